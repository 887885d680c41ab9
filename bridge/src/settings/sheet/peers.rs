//! What is said of other homes.

use super::{BrokerUrl, Count, Deserialize, HomeId, PathBuf, Serialize, Size};

/// Other homes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in crate::settings) struct PeersSheet {
    /// Another broker where other homes are met, those that were invited to it; all others are met at the built-in broker, or
    /// at theirs.
    pub(in crate::settings) url: Option<BrokerUrl>,
    /// User name there.
    pub(in crate::settings) user: Option<String>,
    /// File whose first line is the password there.
    pub(in crate::settings) password_file: Option<PathBuf>,
    /// File with the certificates of those who sign for that broker and for the brokers of other homes, if they are
    /// `mqtts://`; without it, those that this machine knows.
    pub(in crate::settings) ca: Option<PathBuf>,
    /// File with the certificate that is shown there, if it asks who we are.
    pub(in crate::settings) certificate: Option<PathBuf>,
    /// File with its key.
    pub(in crate::settings) key: Option<PathBuf>,
    /// Homes that are told what other homes tell this one; all others hear of this home alone.
    pub(in crate::settings) transit: Vec<HomeId>,
    /// How many messages each of them may send in a second; more is read later.
    pub(in crate::settings) max_messages: Count<1, 1_000_000>,
    /// How much each of them may send in a second to the built-in broker; more is read later.
    pub(in crate::settings) max_size: Size<1_048_576, 1_073_741_824>,
}
impl Default for PeersSheet {
    fn default() -> Self {
        Self {
            url: None,
            user: None,
            password_file: None,
            ca: None,
            certificate: None,
            key: None,
            transit: Vec::new(),
            max_messages: Count::new(20_000),
            max_size: Size::new(32 * 1_048_576),
        }
    }
}
