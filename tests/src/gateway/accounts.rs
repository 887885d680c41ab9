//! The accounts of a gateway.

use super::Gateway;
use crate::wire::Account;

impl Gateway {
    /// Returns the credentials of a user: the password of all is made from the name.
    #[must_use]
    pub fn account(user: &str) -> Account {
        Account::new(user, &format!("secret of {user}"))
    }

    /// Makes an account with a role.
    pub fn add_user(&self, name: &str, role: &str) {
        self.add_account(name, &["--role", role]);
    }

    /// Makes an account without a role, which may do nothing until it is granted.
    pub fn add_stranger(&self, name: &str) {
        self.add_account(name, &[]);
    }

    fn add_account(&self, name: &str, options: &[&str]) {
        let file = self.write("password", &Self::account(name).password).display().to_string();
        self.manage(&[&["user", "add", name, "--password-file", &file], options].concat());
    }

    /// Gives an account a right: `read,notify` on `zigbee/lamp`.
    pub fn grant(&self, name: &str, actions: &str, scope: &str) {
        self.manage(&["user", "grant", name, actions, scope]);
    }

    /// Takes a right back.
    pub fn revoke(&self, name: &str, scope: &str) {
        self.manage(&["user", "revoke", name, scope]);
    }
}
