//! Following a run over the socket: server-sent events, read back into what they were made from.

use std::collections::VecDeque;

use axum::http::Method;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use stepwell_contract::{ComparisonId, RunId};
use stepwell_engine::{EventView, Happening};

use super::{Address, Client, ClientError};

/// Follows one run. Nothing of its events is missed or seen twice, also when the process that holds the store is killed and
/// another one takes its place.
pub struct Watch {
    client: Client,
    /// What is followed, as its address names it.
    what: [String; 2],
    cursor: u64,
    body: Option<Incoming>,
    /// What came and isn't a whole event yet.
    text: Vec<u8>,
    read: VecDeque<Happening>,
}

impl Client {
    /// Follows a run from the event after a cursor on.
    #[must_use]
    pub fn follow(&self, run: RunId, after: u64) -> Watch {
        self.watch(["runs".into(), run.to_string()], after)
    }

    /// Follows a comparison from the event after a cursor on.
    #[must_use]
    pub fn follow_comparison(&self, id: ComparisonId, after: u64) -> Watch {
        self.watch(["comparisons".into(), id.to_string()], after)
    }

    fn watch(&self, what: [String; 2], after: u64) -> Watch {
        Watch {
            client: self.clone(),
            what,
            cursor: after,
            body: None,
            text: Vec::new(),
            read: VecDeque::new(),
        }
    }
}

impl Watch {
    /// The next thing that happens; none when nothing can happen any more. It may be dropped while it waits.
    ///
    /// # Errors
    /// The holder's, or that it is gone.
    pub async fn next(&mut self) -> Result<Option<Happening>, ClientError> {
        loop {
            if let Some(happening) = self.read.pop_front() {
                if let Happening::Event(event) = &happening {
                    self.cursor = event.cursor;
                }
                return Ok(Some(happening));
            }
            let body = match &mut self.body {
                Some(body) => body,
                None => {
                    let [kind, id] = &self.what;
                    let address =
                        Address::of([kind.as_str(), id, "stream"]).with("after", Some(self.cursor));
                    let body = self.client.open(Method::GET, &address.0, None).await?;
                    self.text.clear();
                    self.body.insert(body)
                }
            };
            let Some(frame) = body.frame().await else {
                return Ok(None);
            };
            let Ok(frame) = frame else {
                self.body = None;
                self.client.reach_the_next().await?;
                continue;
            };
            if let Some(bytes) = frame.data_ref() {
                self.text.extend_from_slice(bytes);
                self.take_whole_events();
            }
        }
    }

    /// Everything that is in the store by now and was not given yet.
    ///
    /// # Errors
    /// The holder's, or that it is gone.
    pub async fn rest(&mut self) -> Result<Vec<EventView>, ClientError> {
        self.read.clear();
        self.body = None;
        let [kind, id] = &self.what;
        let rest = self
            .client
            .events_of([kind, id], self.cursor, usize::MAX)
            .await?;
        if let Some(last) = rest.last() {
            self.cursor = last.cursor;
        }
        Ok(rest)
    }

    fn take_whole_events(&mut self) {
        while let Some(end) = self.text.windows(2).position(|two| two == b"\n\n") {
            let event: Vec<u8> = self.text.drain(..end + 2).collect();
            self.read
                .extend(happening(&String::from_utf8_lossy(&event)));
        }
    }
}

/// What an event was made from; none for a sign of life, and for what a later build sends.
fn happening(event: &str) -> Option<Happening> {
    let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
    let data = field("data:")?.trim_start();
    match field("event:")?.trim() {
        "event" => Some(Happening::Event(serde_json::from_str(data).ok()?)),
        "live" => Some(Happening::Live(serde_json::from_str(data).ok()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use stepwell_engine::Live;

    use super::*;

    #[test]
    fn an_event_is_read_back() {
        let live = "event: live\ndata: {\"kind\":\"compiling\",\"plugin\":\"x\",\"bytes\":1}\n\n";
        let Some(Happening::Live(Live::Compiling { plugin, bytes: 1 })) = happening(live) else {
            panic!("should be read");
        };
        assert_eq!(plugin, "x");
        assert!(happening(":\n\n").is_none(), "a sign of life");
        assert!(happening("event: later\ndata: {}\n\n").is_none());
    }
}
