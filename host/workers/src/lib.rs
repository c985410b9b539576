//! Work that blocks, away from the threads that a runtime works with.
//!
//! A runtime has as many workers as there are processors. Whoever waits for a disk on one of them, or computes for long,
//! lets all that is planned there wait too: the tokens of other runs, the answers of a server. Files that somebody named are
//! such work, and the only ones that may never end: [`read_file`] and its like read them, and [`read_large_file`] where many may be
//! read at once.

mod checksum;
mod files;
mod room;

pub use checksum::checksum;
pub use files::{
    LARGEST_CASSETTE, LARGEST_COMPONENT, LARGEST_CONFIGURATION, LARGEST_TEXT, Special, Unfit,
    read_file, read_given, read_given_text, read_text, read_text_from,
};
pub use room::{LARGE_TOGETHER, LargeFile, NoRoom, Room, Unread, read_large_file};

/// Carries `work` out on a thread that may block.
///
/// Whoever asked may be dropped meanwhile: work that has begun goes on to its end. A panic goes on where it is awaited, as if
/// the work had been done there. Has to be used within a tokio runtime.
pub async fn off_the_workers<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime ends, and with it whoever waits here.
            Err(_) => std::future::pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::off_the_workers;

    #[tokio::test(flavor = "current_thread")]
    async fn others_go_on_meanwhile() {
        let (go_on, waits) = mpsc::channel();
        let work = off_the_workers(move || waits.recv().is_ok());
        let other = async move { go_on.send(()).is_ok() };
        assert_eq!(tokio::join!(work, other), (true, true));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_panic_goes_on_where_it_is_awaited() {
        let panicked = tokio::spawn(off_the_workers(|| panic!("a bug"))).await;
        let error = panicked.err().filter(tokio::task::JoinError::is_panic);
        assert!(error.is_some_and(|error| error.to_string().contains("a bug")));
    }
}
