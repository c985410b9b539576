//! Panics of the database become values.
//!
//! redb trusts what a page says where it has checked the page's sum once, and panics where that is nonsense: a file
//! that was damaged while it was closed in order is opened without a look at its sums. A damaged file is nothing that
//! a program should fall over. Nothing here decides what is done about it.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// What panicked on this thread while it was in [`caught`]; none outside of it.
    static HEARD: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Does the work; where it panics, gives what the panic says, and nothing is printed.
///
/// What the work changed may be half done then: the caller must not use it again.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    listen();
    let outer = HEARD.with(|heard| heard.replace(Some(String::new())));
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    let heard = HEARD.with(|heard| heard.replace(outer));
    done.map_err(|_| heard.unwrap_or_default())
}

/// Has a panic within [`caught`] noted instead of printed. A panic elsewhere goes to the hook that was there before.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // The thread may be ending, and has no such place any more.
            let noted = HEARD.try_with(|heard| match heard.try_borrow_mut().as_deref_mut() {
                Ok(Some(text)) => {
                    // The first one is the cause.
                    if text.is_empty() {
                        *text = told(info);
                    }
                    true
                }
                _ => false,
            });
            if !noted.unwrap_or(false) {
                before(info);
            }
        }));
    });
}

fn told(info: &panic::PanicHookInfo<'_>) -> String {
    let message = info.payload_as_str().unwrap_or("it gave no reason");
    match info.location() {
        Some(place) => {
            let file = place.file().rsplit(['/', '\\']).next().unwrap_or_default();
            format!("{message} ({file}:{})", place.line())
        }
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_value_and_says_where_it_was() {
        let told = caught(|| -> u32 { panic!("page {} is nonsense", 7) }).unwrap_err();
        assert!(told.starts_with("page 7 is nonsense (panics.rs:"), "{told}");
        assert_eq!(caught(|| caught(|| 1).unwrap()), Ok(1));
        let inner = caught(|| caught(|| panic!("inner")).is_err());
        assert_eq!(inner, Ok(true));
    }
}
