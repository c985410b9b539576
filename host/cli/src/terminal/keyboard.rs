//! The person's keyboard: lines of standard input, one whenever somebody asks for it.

use std::sync::{Mutex, PoisonError, mpsc};

use tokio::sync::oneshot;

/// Reads standard input on a thread of its own, a line whenever one is asked for: no task waits for a person, and
/// nobody waits for the thread when the command ends.
#[derive(Default)]
pub(super) struct Keyboard {
    requests: Mutex<Option<mpsc::Sender<oneshot::Sender<Option<String>>>>>,
}

impl Keyboard {
    /// The next line without its end; none where there are no more.
    pub(super) async fn line(&self) -> Option<String> {
        let (answer, line) = oneshot::channel();
        self.requests().send(answer).ok()?;
        line.await.ok().flatten()
    }

    fn requests(&self) -> mpsc::Sender<oneshot::Sender<Option<String>>> {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = || {
            let (sender, receiver) = mpsc::channel::<oneshot::Sender<Option<String>>>();
            std::thread::spawn(move || {
                while let Ok(answer) = receiver.recv() {
                    let mut line = String::new();
                    let read = std::io::stdin()
                        .read_line(&mut line)
                        .ok()
                        .filter(|bytes| *bytes > 0);
                    let _ =
                        answer.send(read.map(|_| line.trim_end_matches(['\r', '\n']).to_owned()));
                }
            });
            sender
        };
        requests.get_or_insert_with(begin).clone()
    }
}
