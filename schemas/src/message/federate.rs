//! About federations: one person's identities in several homes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::request;
use crate::{
    HomeId, Timestamp, UserName,
    link::{Consent, FederationId, Member},
    rights::Grant,
};

request! {
    /// Asks for something about federations, `$req/federate`.
    ///
    /// Shape: `{"do":"list"}`, `{"do":{"accept":{"federation":"oak-5-1"}}}`.
    pub struct Federate {
        /// What is to be done.
        #[serde(rename = "do")]
        pub what: FederateAction,
    }
}

/// What is to be done with federations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum FederateAction {
    /// Propose a federation of the asker with an identity of another home; the asker consents.
    Create {
        /// The other home.
        with: HomeId,
        /// The asker's account there.
        user: UserName,
        /// What the other identity may do here; nothing if empty.
        #[serde(default)]
        give: Vec<Grant>,
        /// What the asker would like to do there.
        #[serde(default)]
        want: Vec<Grant>,
        /// What it is for.
        purpose: String,
        /// Until when.
        until: Timestamp,
    },
    /// Propose another identity for a federation that the asker is a member of.
    Add {
        /// Which one.
        federation: FederationId,
        /// The other home.
        with: HomeId,
        /// The asker's account there.
        user: UserName,
        /// What the asker would like to do there.
        #[serde(default)]
        want: Vec<Grant>,
        /// What this home and the others, each if its member consents, give to the new identity; a home that is not named
        /// gives nothing.
        #[serde(default)]
        gives: Vec<Consent>,
    },
    /// Prove to be the identity that a proposal names, and consent to what it asks for.
    Accept {
        /// Which one.
        federation: FederationId,
        /// Which proposal about it; to be named if several are open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proposal: Option<String>,
    },
    /// Approve, as one who may manage the home, what a member gives here.
    Approve {
        /// Which one.
        federation: FederationId,
        /// Which proposal about it; to be named if several are open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proposal: Option<String>,
    },
    /// List the asker's federations; all of them for one who may manage the home.
    List,
    /// Show one with its consents.
    Show {
        /// Which one.
        federation: FederationId,
    },
    /// Withdraw the consent to what is given here; the federation stays.
    Withdraw {
        /// Which one.
        federation: FederationId,
    },
    /// Leave it with the identity of this home.
    Leave {
        /// Which one.
        federation: FederationId,
    },
    /// End it for all.
    Dissolve {
        /// Which one.
        federation: FederationId,
    },
}

/// What a home knows of a federation: the `info` of an answer to `create`, `add` and `show`, and each one of `list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FederationInfo {
    /// Which one.
    pub id: FederationId,
    /// How it stands.
    pub state: Standing,
    /// What it is for, in the person's words.
    pub purpose: String,
    /// Until when.
    pub until: Timestamp,
    /// When it ended, if it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// Its identities.
    pub members: Vec<MemberInfo>,
    /// What this home is asked to give, and has been given leave to.
    pub consents: Vec<ConsentInfo>,
}

/// How a federation, or an identity in one, stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It is proposed, and somebody has still to agree.
    Proposed,
    /// It is agreed on.
    Active,
    /// It has left.
    Left,
    /// Its time is over, or there is nobody left.
    Over,
    /// Somebody has ended it for all.
    Dissolved,
}

/// One identity of a federation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemberInfo {
    /// Who.
    #[serde(flatten)]
    pub member: Member,
    /// How it stands towards this home; this home's own: whether it has agreed.
    pub state: Standing,
    /// What its home is asked to give to this home's member.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gives: Vec<Grant>,
}

/// What a home gives to others, who said so, and when; kept after its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConsentInfo {
    /// By which proposal.
    pub proposal: String,
    /// Whose consent it takes.
    pub user: UserName,
    /// To whom.
    pub to: Vec<Member>,
    /// What.
    pub grants: Vec<Grant>,
    /// What for.
    pub purpose: String,
    /// Until when.
    pub until: Timestamp,
    /// When the person consented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consented: Option<Deed>,
    /// When one who may manage the home approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<Deed>,
    /// When it was withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Deed>,
}

/// Who did something, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deed {
    /// Who.
    pub by: UserName,
    /// When.
    pub at: Timestamp,
}
