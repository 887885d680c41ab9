//! Trust begins when both owners have seen the same number, and ends when one of them says so.

use std::{num::NonZeroU32, sync::Arc};

use hes_broker::Allowance;
use hes_schemas::{Fault, HomeId, UserName};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::oneshot;

use super::{
    super::report,
    Peers,
    errands::{hashed, internal},
    line::Account,
};
use crate::{
    accounts::generate,
    client::Connection,
    peers::invitation::Invitation,
    remote::Remote,
    store::{PairingRow, PairingSide, PeerRow},
};

/// How many connections a peer may have: one may take over from another that is about to end.
const CONNECTIONS: u32 = 4;

impl Peers {
    /// Trusts a home that both owners have confirmed.
    pub(super) async fn trust(self: &Arc<Self>, waiting: &PairingRow) -> Result<(), Fault> {
        let home = waiting.paired.home.clone();
        self.forget(&home).await?;
        let now = self.now();
        let row = PeerRow {
            home: home.clone(),
            identity: waiting.paired.identity.clone(),
            since: now,
            account: None,
            url: None,
            user: None,
            password: None,
            invited: None,
        };
        let url = waiting.invitation.url();
        let row = match waiting.side {
            PairingSide::Guest => self.as_guest(row, &waiting.invitation),
            PairingSide::Host if self.third_broker(url).is_some() => PeerRow { url: Some(url.to_owned()), ..row },
            PairingSide::Host => self.with_account(row, &waiting.invitation).await?,
        };
        self.around.store.ledger().keep_peer(&row).await.map_err(fault)?;
        self.around.accounts.reload().await.map_err(fault)?;
        self.hold(row);
        self.tell_terms();
        self.end_pairing(waiting).await;
        report::trusted(&home);
        Ok(())
    }

    /// Ends the trust in a home; says whether there was any.
    pub(super) async fn distrust(self: &Arc<Self>, home: &HomeId) -> Result<bool, Fault> {
        let was_trusted = self.let_go(home);
        self.around.station.book().unpin(home);
        let removed = self.around.store.ledger().remove_peer(home).await.map_err(fault)?;
        self.around.accounts.reload().await.map_err(fault)?;
        self.tell_terms();
        self.forget(home).await?;
        self.end_invited().await;
        report::distrusted(home);
        Ok(was_trusted || removed)
    }

    /// Takes note that a peer has come by its own account: what it came by before is not needed any more.
    pub(super) fn handed_over(self: &Arc<Self>, home: &HomeId) {
        let (me, home) = (Arc::clone(self), home.clone());
        self.spawn(&self.around.cancel, async move {
            let _turn = me.turn.lock().await;
            let Some(row) = me.row(&home) else { return };
            let row = PeerRow { password: None, invited: None, ..row };
            let kept = me.around.store.ledger().keep_peer(&row).await;
            kept.unwrap_or_else(|error| report::peer_not_kept(&home, &error));
            me.set_row(row);
            me.end_invited().await;
        });
    }

    /// Takes the account that a peer has made for this home, and comes by that from now on.
    pub(super) fn take_account(self: &Arc<Self>, home: HomeId, account: Account) {
        let me = Arc::clone(self);
        self.spawn(&self.around.cancel, async move {
            let _turn = me.turn.lock().await;
            let Some(row) = me.row(&home).filter(|row| row.user.as_ref() != Some(&account.user)) else { return };
            let row = PeerRow { user: Some(account.user), password: Some(account.password.into()), ..row };
            match me.around.store.ledger().keep_peer(&row).await {
                Ok(()) => me.carry_over(row),
                Err(error) => report::peer_not_kept(&home, &error),
            }
        });
    }

    /// Returns the way to the broker where a peer is met.
    pub(super) fn remote_of(&self, row: &PeerRow) -> Option<Remote> {
        let url = row.url.as_deref()?;
        let credentials = row.user.clone().zip(row.password.clone());
        self.third_broker(url).or_else(|| self.remote(url, credentials))
    }

    /// Returns the way to the broker that an invitation leads to.
    pub(super) fn remote_of_invitation(&self, invitation: &Invitation) -> Option<Remote> {
        let url = invitation.url();
        self.third_broker(url).or_else(|| self.remote(url, Some(invitation.account())))
    }

    /// Returns the way to the other broker of the configuration, if it is meant.
    pub(super) fn third_broker(&self, url: &str) -> Option<Remote> {
        let connection = Connection::new(url).ok()?;
        let scheme = if connection.is_tls() { "mqtts" } else { "mqtt" };
        let url = format!("{scheme}://{}", connection.address());
        self.around.settings.remote.clone().filter(|remote| remote.url() == url)
    }

    fn remote(&self, url: &str, credentials: Option<(String, SecretString)>) -> Option<Remote> {
        let connection = Connection::new(url).ok()?;
        let (host, port) = connection.address().rsplit_once(':')?;
        let remote = Remote::new(host.to_owned(), port.parse().ok()?, credentials);
        Some(if connection.is_tls() { remote.with_tls(self.around.settings.trust.clone()) } else { remote })
    }

    async fn with_account(&self, row: PeerRow, invitation: &Invitation) -> Result<PeerRow, Fault> {
        let invited = UserName::new(&invitation.account().0).map_err(fault)?;
        let name = UserName::new(&format!("peer-{}", row.home)).map_err(fault)?;
        let password = generate().map_err(fault)?;
        let made = hashed(password.clone()).await?;
        let ledger = self.around.store.ledger();
        ledger.make_peer_account(&name, &made).await.map_err(fault)?;
        ledger.limit(&name, &self.allowance()).await.map_err(fault)?;
        Ok(PeerRow { account: Some(name), password: Some(password), invited: Some(invited), ..row })
    }

    /// What a peer sends faster than it may is not read, and slows nobody else.
    fn allowance(&self) -> Allowance {
        let settings = &self.around.settings;
        let bytes = NonZeroU32::new(u32::try_from(settings.bytes).unwrap_or(u32::MAX));
        Allowance {
            connections: Some(CONNECTIONS),
            messages: Some(settings.messages),
            bytes,
            subscriptions: Some(4),
            ..Allowance::default()
        }
    }

    fn as_guest(&self, row: PeerRow, invitation: &Invitation) -> PeerRow {
        let url = Some(invitation.url().to_owned());
        if self.third_broker(invitation.url()).is_some() {
            return PeerRow { url, ..row };
        }
        let (user, password) = invitation.account();
        PeerRow { url, user: Some(user), password: Some(password), ..row }
    }

    /// Forgets what was kept of a home; what it says from then on begins anew.
    async fn forget(&self, home: &HomeId) -> Result<(), Fault> {
        let (tell, told) = oneshot::channel();
        let done = Box::new(move |is_on_disk| {
            let _gone = tell.send(is_on_disk);
        });
        self.around.store.forget_home(home.clone(), done);
        match told.await {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(internal("the disk refuses")),
        }
    }
}

/// Returns the account that a peer is still to be given.
pub(super) fn account_of(row: &PeerRow) -> Option<Account> {
    let (user, password) = row.account.as_ref().zip(row.password.as_ref())?;
    Some(Account { user: user.to_string(), password: password.expose_secret().to_owned() })
}

fn fault(error: impl std::error::Error) -> Fault {
    internal(&error.to_string())
}
