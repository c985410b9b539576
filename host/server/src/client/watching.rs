//! Following a run over the socket: server-sent events, read back into what they were made from.

use std::collections::VecDeque;

use axum::http::Method;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use stepwell_contract::Undertaking;
use stepwell_engine::{EventView, Happening};
use stepwell_llm::sse::{Event, Events};

use super::methods::of_undertaking;
use super::{Client, ClientError, foreign};

/// Follows one run. Nothing of its events is missed or seen twice, also when the process that holds the store is killed and
/// another one takes its place.
pub struct Watch {
    client: Client,
    what: Undertaking,
    cursor: u64,
    body: Option<Incoming>,
    events: Events,
    read: VecDeque<Happening>,
}

impl Client {
    /// Follows a run or a comparison from the event after a cursor on.
    #[must_use]
    pub fn follow(&self, what: impl Into<Undertaking>, after: u64) -> Watch {
        Watch {
            client: self.clone(),
            what: what.into(),
            cursor: after,
            body: None,
            events: Events::default(),
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
                    let address = of_undertaking(self.what, "stream");
                    let address = address.with("after", Some(self.cursor));
                    let body = self
                        .client
                        .open(Method::GET, address.as_str(), None)
                        .await?;
                    self.events = Events::default();
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
                let read = &mut self.read;
                self.events
                    .take(bytes, |event| read.extend(happening(&event)))
                    .map_err(foreign)?;
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
        let rest = self
            .client
            .events(self.what, self.cursor, usize::MAX)
            .await?;
        if let Some(last) = rest.last() {
            self.cursor = last.cursor;
        }
        Ok(rest)
    }
}

/// What an event was made from; none for a sign of life, and for what a later build sends.
fn happening(event: &Event) -> Option<Happening> {
    match event.kind.as_str() {
        "event" => Some(Happening::Event(serde_json::from_str(&event.data).ok()?)),
        "live" => Some(Happening::Live(serde_json::from_str(&event.data).ok()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use stepwell_engine::Live;

    use super::*;

    #[test]
    fn an_event_is_read_back() {
        let sent = "event: live\ndata: {\"kind\":\"compiling\",\"plugin\":\"x\",\"bytes\":1}\n\n\
                    :\n\nevent: later\ndata: {}\n\n";
        let mut read = Vec::new();
        let mut events = Events::default();
        events
            .take(sent.as_bytes(), |event| read.extend(happening(&event)))
            .unwrap();
        let [
            Happening::Live(Live::Compiling {
                plugin,
                bytes: 1,
                waits: false,
            }),
        ] = &read[..]
        else {
            panic!("a sign of life, and what a later build sends, are passed over: {read:?}");
        };
        assert_eq!(plugin, "x");
    }
}
