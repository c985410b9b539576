//! The person's keyboard: lines of standard input, one whenever somebody asks for it.

use std::io::BufRead as _;
use std::sync::{Mutex, PoisonError, mpsc};

use tokio::sync::oneshot;

/// What came from the keyboard.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// A line without its end.
    Line(String),
    /// A line in another encoding than UTF-8: an answer must not be guessed.
    Foreign,
}

/// Reads standard input on a thread of its own, a line whenever one is asked for: no task waits for a person, and
/// nobody waits for the thread when the command ends.
#[derive(Default)]
pub(super) struct Keyboard {
    requests: Mutex<Option<mpsc::Sender<oneshot::Sender<Option<Typed>>>>>,
}

impl Keyboard {
    /// The next line; none where there are no more.
    pub(super) async fn line(&self) -> Option<Typed> {
        let (answer, line) = oneshot::channel();
        self.requests().send(answer).ok()?;
        line.await.ok().flatten()
    }

    fn requests(&self) -> mpsc::Sender<oneshot::Sender<Option<Typed>>> {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = || {
            let (sender, receiver) = mpsc::channel::<oneshot::Sender<Option<Typed>>>();
            std::thread::spawn(move || {
                while let Ok(answer) = receiver.recv() {
                    let mut line = Vec::new();
                    let read = std::io::stdin().lock().read_until(b'\n', &mut line);
                    let some = read.is_ok_and(|bytes| bytes > 0);
                    let _ = answer.send(some.then(|| typed(line)));
                }
            });
            sender
        };
        requests.get_or_insert_with(begin).clone()
    }
}

fn typed(line: Vec<u8>) -> Typed {
    match String::from_utf8(line) {
        Ok(line) => Typed::Line(line.trim_end_matches(['\r', '\n']).to_owned()),
        Err(_) => Typed::Foreign,
    }
}
