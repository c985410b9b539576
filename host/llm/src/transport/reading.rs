//! An answer while its pieces come: unpacked, rid of keys, kept as it came, and handed to the reader of its format.

use std::time::Duration;

use reqwest::Response;
use stepwell_contract::{ChatErrorKind, ChatResponse};
use tokio::time::{Instant, timeout};

use super::{Exchange, LARGEST_ANSWER, broken, stalled, too_large};
use crate::scrub::Scrubs;
use crate::unpack::{Unpack, Unpacked};
use crate::wire::{AnswerReader, Problem};

/// After an answer's end was said, this long is waited for what it cost and for the connection's end, and no longer than
/// `stall_timeout`. Most servers end at once.
const LINGER: Duration = Duration::from_secs(2);

/// An answer while its pieces come.
pub(super) struct Reading<'r> {
    /// None where what comes is no answer.
    pub(super) reader: Option<Box<dyn AnswerReader>>,
    pub(super) scrub: Scrubs,
    pub(super) unpack: Unpack,
    pub(super) raw: Vec<u8>,
    pub(super) start: Instant,
    pub(super) first_token: Option<Duration>,
    /// Whoever watches.
    pub(super) text: &'r mut (dyn FnMut(&str) + Send),
}

impl Reading<'_> {
    /// Reads until the answer is complete, or nothing more comes.
    pub(super) async fn read_to_the_end(
        &mut self,
        mut response: Response,
        stall: Duration,
    ) -> Result<(), Problem> {
        let mut quiet = Quiet::new(stall);
        while !self
            .reader
            .as_ref()
            .is_some_and(|reader| reader.is_complete())
        {
            let Some(wait) = quiet.wait(self.reader.as_deref()) else {
                break;
            };
            match timeout(wait, response.chunk()).await {
                Ok(Ok(Some(piece))) => self.take(&piece)?,
                Ok(Ok(None)) => break,
                Ok(Err(error)) => return Err(broken(&error)),
                Err(_) => return Err(stalled(wait, "the answer stalled")),
            }
        }
        Ok(())
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), Problem> {
        let (piece, unpacked) = self.unpack.take(piece);
        let piece = self.scrub.take(&piece);
        self.raw.extend_from_slice(&piece);
        let read = self.read(&piece);
        if self.raw.len() + self.scrub.held() > LARGEST_ANSWER {
            return Err(too_large());
        }
        read.and(unpacked.map_err(|unpacked| match unpacked {
            Unpacked::TooLarge => too_large(),
            Unpacked::Broken(reason) => Problem::passing(
                ChatErrorKind::Network,
                format!("the answer can't be unpacked: {reason}"),
            ),
        }))
    }

    fn read(&mut self, piece: &[u8]) -> Result<(), Problem> {
        let Some(reader) = &mut self.reader else {
            return Ok(());
        };
        let taken = reader.take(piece, self.text);
        if self.first_token.is_none() && reader.has_started() {
            self.first_token = Some(self.start.elapsed());
        }
        taken
    }

    /// What came in the end, if it was an answer, and the bytes of it as they came. What it tells besides is written into the
    /// exchange.
    pub(super) fn finish(
        mut self,
        end: Result<(), Problem>,
        exchange: &mut Exchange,
    ) -> (Option<Result<ChatResponse, Problem>>, Vec<u8>) {
        let rest = self.scrub.end();
        self.raw.extend_from_slice(&rest);
        // What was held back may be the end of an answer whose connection broke.
        let taken = self.read(&rest);
        let outcome = self.reader.map(|mut reader| {
            let outcome = reader.end(end.and(taken), self.text);
            if self.first_token.is_none() && reader.has_started() {
                self.first_token = Some(self.start.elapsed());
            }
            exchange.first_token = self.first_token;
            exchange.usage = reader.usage();
            exchange.hour_writes = reader.hour_writes();
            exchange.answer_bytes = reader.answer_bytes();
            outcome
        });
        (outcome, self.raw)
    }
}

/// How long nothing may come.
struct Quiet {
    stall: Duration,
    /// So much of the answer had come, and when the last of it did.
    news: usize,
    since: Instant,
}

impl Quiet {
    fn new(stall: Duration) -> Self {
        Self {
            stall,
            news: 0,
            since: Instant::now(),
        }
    }

    /// How long to wait for the next bytes; none where nothing more is waited for. Behind an answer's end heartbeats keep
    /// nobody waiting.
    fn wait(&mut self, reader: Option<&dyn AnswerReader>) -> Option<Duration> {
        let Some(reader) = reader.filter(|reader| reader.has_ended()) else {
            return Some(self.stall);
        };
        if self.news != reader.news() {
            self.news = reader.news();
            self.since = Instant::now();
        }
        let left = LINGER.min(self.stall).checked_sub(self.since.elapsed())?;
        (!left.is_zero()).then_some(left)
    }
}
