//! Why a request failed, out of the errors within each other that say so.

use std::error::Error;
use std::io;

/// The innermost cause: the outer ones only say that something went wrong.
#[must_use]
pub fn innermost(error: &reqwest::Error) -> String {
    let mut innermost: &dyn Error = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}

/// The cause of this type, if one is.
#[must_use]
pub fn cause<T: Error + 'static>(error: &reqwest::Error) -> Option<&T> {
    let mut next: Option<&(dyn Error + 'static)> = error.source();
    while let Some(cause) = next {
        if let Some(found) = cause.downcast_ref() {
            return Some(found);
        }
        // An error of the system that holds another one doesn't name it as its source.
        let inner = cause
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner),
            None => cause.source(),
        };
    }
    None
}

/// Whether the other end answered, but not in TLS.
#[must_use]
pub fn speaks_no_tls(error: &reqwest::Error) -> bool {
    matches!(
        cause::<rustls::Error>(error),
        Some(rustls::Error::InvalidMessage(_))
    )
}
