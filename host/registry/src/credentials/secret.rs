//! Who somebody is at a registry, in words that nothing prints.

use std::fmt;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;

/// A text that nothing prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a text in.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Who somebody is at a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// By name and password, or a token in the place of a password.
    Password {
        /// The name. It has no colon.
        username: String,
        /// The password.
        password: Secret,
    },
    /// By a token for which the registry's service gives others.
    Identity(Secret),
}

impl Credentials {
    /// Name and password as a header.
    pub(crate) fn basic(&self) -> Option<HeaderValue> {
        let Self::Password { username, password } = self else {
            return None;
        };
        let encoded = STANDARD.encode(format!("{username}:{}", password.reveal()));
        let mut header = HeaderValue::from_str(&format!("Basic {encoded}")).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

/// Where credentials are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// In a file, in which they can be read.
    File(PathBuf),
    /// By the program `docker-credential-NAME`.
    Helper(String),
}
