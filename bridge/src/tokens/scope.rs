//! What a token narrows the rights of its account to.

use std::{fmt, str::FromStr};

use hes_schemas::rights::{Action, Grant, Grants, Safety, Scope, ScopeError};

/// The words of a token's scope.
///
/// Shape: `read,write:zigbee/lamp notify:topic:panel/#`; words are separated by spaces, so none can hold one.
///
/// Source: RFC 6749, 3.3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(Vec<Word>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    actions: Vec<Action>,
    scope: Scope,
}

/// Says why a text is no scope of a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// It has no words.
    #[error("a scope has at least one word, such as read:zigbee/lamp")]
    Empty,
    /// A word does not say what may be done, and with what.
    #[error("{0:?} is not actions and a scope, such as read,write:zigbee/lamp")]
    Shape(String),
    /// An action is not known.
    #[error("{0:?} is none of read, write, notify, manage")]
    Action(String),
    /// A word holds what a token cannot.
    #[error("{0:?} holds a sign that no scope of a token may hold")]
    Sign(String),
    /// What it may be done with is no scope.
    #[error(transparent)]
    Scope(#[from] ScopeError),
}

impl Words {
    /// Returns them as rights, to be held beside those of the account.
    #[must_use]
    pub fn grants(&self) -> Grants {
        let grant = |word: &Word| Grant {
            actions: word.actions.clone(),
            scope: word.scope.clone(),
            safety: Safety::S3,
            until: None,
        };
        Grants::new(self.0.iter().map(grant).collect())
    }

    /// Returns the words of which nothing is among the rights of an account, as far as their texts tell.
    pub fn idle<'w>(&'w self, grants: &'w Grants) -> impl Iterator<Item = String> + 'w {
        let is_granted = |word: &Word| {
            let meets = |grant: &Grant| grant.scope.includes(&word.scope) || word.scope.includes(&grant.scope);
            grants.iter().any(|grant| grant.actions.iter().any(|it| word.actions.contains(it)) && meets(grant))
        };
        self.0.iter().filter(move |word| !is_granted(word)).map(ToString::to_string)
    }
}

impl FromStr for Words {
    type Err = WordsError;

    fn from_str(text: &str) -> Result<Self, WordsError> {
        let words = text.split(' ').filter(|word| !word.is_empty()).map(str::parse).collect::<Result<Vec<_>, _>>()?;
        if words.is_empty() { Err(WordsError::Empty) } else { Ok(Self(words)) }
    }
}

impl FromStr for Word {
    type Err = WordsError;

    fn from_str(text: &str) -> Result<Self, WordsError> {
        if !text.bytes().all(|sign| matches!(sign, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)) {
            return Err(WordsError::Sign(text.to_owned()));
        }
        let (actions, scope) = text.split_once(':').ok_or_else(|| WordsError::Shape(text.to_owned()))?;
        let known = |name: &str| Action::ALL.into_iter().find(|action| action.as_str() == name);
        let read = |name: &str| known(name).ok_or_else(|| WordsError::Action(name.to_owned()));
        let actions = actions.split(',').map(read).collect::<Result<_, _>>()?;
        Ok(Self { actions, scope: Scope::new(scope)? })
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, word) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            word.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let actions: Vec<&str> = self.actions.iter().map(|action| action.as_str()).collect();
        write!(f, "{}:{}", actions.join(","), self.scope)
    }
}
