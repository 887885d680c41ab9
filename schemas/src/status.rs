//! How a request ends.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

macro_rules! statuses {
    ($($(#[$meta:meta])* $name:ident = $code:literal,)+) => {
        /// The number that ends a request, with the meaning it has in HTTP.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub enum Status {
            $($(#[$meta])* $name,)+
        }

        impl Status {
            /// All statuses, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Returns the number.
            #[must_use]
            pub const fn code(self) -> u16 {
                match self {
                    $(Self::$name => $code,)+
                }
            }
        }
    };
}

statuses! {
    /// Done; the value is there.
    #[default]
    Ok = 200,
    /// Made; the subscription is there.
    Created = 201,
    /// Taken on; the final answer follows.
    Accepted = 202,
    /// Done; there is nothing to report.
    NoContent = 204,
    /// The message is malformed.
    BadRequest = 400,
    /// No token, or a bad one.
    Unauthorized = 401,
    /// Denied, or unsafe.
    Forbidden = 403,
    /// Unknown, or not for the asker to see.
    NotFound = 404,
    /// The property is read-only.
    MethodNotAllowed = 405,
    /// The request expired before it could act.
    Expired = 408,
    /// Something stands against it.
    Conflict = 409,
    /// The property has another version than the request wanted.
    PreconditionFailed = 412,
    /// The message is too large.
    TooLarge = 413,
    /// The content type is not spoken here.
    UnsupportedContentType = 415,
    /// The value does not fit the property.
    Unprocessable = 422,
    /// There are too many requests.
    TooMany = 429,
    /// The gateway itself failed.
    Internal = 500,
    /// The cluster answered with an error.
    ClusterError = 502,
    /// The cluster or the device is offline.
    Offline = 503,
    /// No confirmation came in time.
    Timeout = 504,
}

impl Status {
    /// Finds the status with a number.
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|status| status.code() == code)
    }

    /// Says whether the request did what it was to do.
    #[must_use]
    pub const fn is_success(self) -> bool {
        self.code() < 300
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code().fmt(f)
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.code())
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = u16::deserialize(deserializer)?;
        Self::from_code(code).ok_or_else(|| de::Error::custom(format_args!("{code} is not a status")))
    }
}

impl JsonSchema for Status {
    fn schema_name() -> Cow<'static, str> {
        "Status".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let codes: Vec<u16> = Self::ALL.iter().map(|status| status.code()).collect();
        json_schema!({ "type": "integer", "enum": codes })
    }
}

macro_rules! symbols {
    ($($(#[$doc:meta])* $name:ident = $text:literal => $status:ident,)+) => {
        /// The word that names an error, finer than its status.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum Symbol {
            $($(#[$doc])* #[serde(rename = $text)] $name,)+
        }

        impl Symbol {
            /// All symbols.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Returns the word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// Returns the status that the error ends a request with.
            #[must_use]
            pub const fn status(self) -> Status {
                match self {
                    $(Self::$name => Status::$status,)+
                }
            }
        }
    };
}

symbols! {
    /// The payload is not a message.
    Malformed = "malformed" => BadRequest,
    /// The request was retained, and so could act again at each reconnect.
    RetainedRequest = "retained_request" => BadRequest,
    /// The answer would go where the asker does not own the topic.
    ForeignResponseTopic = "foreign_response_topic" => Forbidden,
    /// The other home does not know the token by which it was asked.
    TokenUnknown = "token_unknown" => Unauthorized,
    /// The asker may see it but not do it.
    Denied = "denied" => Forbidden,
    /// The command is too dangerous for the way in which it was asked.
    Unsafe = "unsafe" => Forbidden,
    /// There is no such thing, or none that the asker may see.
    Unknown = "unknown" => NotFound,
    /// The name fits more than one thing.
    Ambiguous = "ambiguous" => Conflict,
    /// Another command is under way, and this one is too dangerous to wait.
    Busy = "busy" => Conflict,
    /// The property can only be written.
    WriteOnly = "write_only" => MethodNotAllowed,
    /// The property cannot be written.
    ReadOnly = "read_only" => MethodNotAllowed,
    /// The command is so dangerous that it must be asked for again, with the challenge that comes with this.
    Unconfirmed = "unconfirmed" => Conflict,
    /// It does not fit how things stand.
    Conflict = "conflict" => Conflict,
    /// The request came too late.
    Expired = "expired" => Expired,
    /// The same request id was used for another request.
    RequestIdReused = "request_id_reused" => Conflict,
    /// The property has another version than the request wanted.
    VersionMismatch = "version_mismatch" => PreconditionFailed,
    /// The payload is too large, too deep or too long.
    TooLarge = "too_large" => TooLarge,
    /// The content type is neither JSON nor CBOR.
    UnsupportedContentType = "unsupported_content_type" => UnsupportedContentType,
    /// The value does not fit the property.
    BadValue = "bad_value" => Unprocessable,
    /// Too much is under way for this device or this asker.
    TooMany = "too_many" => TooMany,
    /// The gateway failed.
    Internal = "internal" => Internal,
    /// The cluster reported an error.
    ClusterError = "cluster_error" => ClusterError,
    /// The cluster is offline.
    ClusterOffline = "cluster_offline" => Offline,
    /// The device is offline.
    DeviceOffline = "device_offline" => Offline,
    /// The other home is offline.
    HomeOffline = "home_offline" => Offline,
    /// The device did not confirm in time.
    NotConfirmed = "not_confirmed" => Timeout,
}

/// Why a request failed, as the asker is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{}: {detail}", symbol.as_str())]
pub struct Fault {
    /// The number.
    pub status: Status,
    /// The word.
    #[serde(rename = "error")]
    pub symbol: Symbol,
    /// A sentence for people.
    pub detail: String,
}

impl Fault {
    /// Makes a fault; its status is the symbol's.
    #[must_use]
    pub fn new(symbol: Symbol, detail: impl Into<String>) -> Self {
        Self { status: symbol.status(), symbol, detail: detail.into() }
    }
}
