//! The code of the link that a server prints: a browser shows it once, soon, and has a session from then on.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::token::{random, same};

/// How long it is good for.
const LASTS: Duration = Duration::from_secs(10 * 60);

/// A code that is good once. All clones are one code.
#[derive(Clone)]
pub struct Code {
    text: String,
    /// When it ends; none once it was used.
    until: Arc<Mutex<Option<Instant>>>,
}

impl Code {
    /// A code that nobody can guess; none where the system gives no randomness.
    #[must_use]
    pub fn made() -> Option<Self> {
        Some(Self {
            text: random()?,
            until: Arc::new(Mutex::new(Some(Instant::now() + LASTS))),
        })
    }

    /// Its text, for the one who is to use it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// Uses it up, if this is it and it is still good.
    pub(super) fn take(&self, given: &str) -> bool {
        if !same(&self.text, given) {
            return false;
        }
        let until = self
            .until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        until.is_some_and(|until| Instant::now() < until)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Code(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_code_is_good_once_and_not_for_long() {
        let code = Code::made().unwrap();
        assert!(!code.take("another"), "that uses nothing up");
        assert!(code.clone().take(code.reveal()));
        assert!(!code.take(code.reveal()));
        let late = Code::made().unwrap();
        tokio::time::advance(LASTS).await;
        assert!(!late.take(late.reveal()));
        assert!(!format!("{late:?}").contains(late.reveal()));
    }
}
