//! What a provider answers beside the answers of models: lists, files, and what it says of a batch. It is read to its end, or piece by
//! piece where it may be large.
//!
//! The key is taken out of it, as everywhere. It understands nothing of what it reads.

use reqwest::{RequestBuilder, Response};
use stepwell_contract::ChatErrorKind;
use tokio::time::timeout;

use crate::provider::Provider;
use crate::scrub::Scrubs;
use crate::transport::{
    LARGEST_ANSWER, broken, packed, packing, redirected, response, stalled, too_large,
};
use crate::unpack::{Unpack, Unpacked};
use crate::wire::{Problem, excerpt};

/// Sends a request and reads the whole of what is answered with a status of success. `what` is for messages.
pub(crate) async fn whole(
    provider: &Provider,
    request: RequestBuilder,
    what: &'static str,
) -> Result<Vec<u8>, Problem> {
    let mut answer = Answer::of(provider, request, what, LARGEST_ANSWER).await?;
    let mut body = Vec::new();
    while let Some(piece) = answer.next().await? {
        body.extend_from_slice(&piece);
        if body.len() > LARGEST_ANSWER {
            return Err(too_large());
        }
    }
    Ok(body)
}

/// An answer with a status of success, in pieces and without the key.
struct Answer<'p> {
    provider: &'p Provider,
    what: &'static str,
    response: Response,
    unpack: Unpack,
    scrub: Scrubs,
    has_ended: bool,
}

impl<'p> Answer<'p> {
    /// Sends a request. At most so many bytes are unpacked of what is answered.
    async fn of(
        provider: &'p Provider,
        request: RequestBuilder,
        what: &'static str,
        most: usize,
    ) -> Result<Self, Problem> {
        let response = response(provider, request).await?;
        let status = response.status();
        if status.is_redirection() {
            let location = response.headers().get("location");
            let location = location.and_then(|text| text.to_str().ok());
            return Err(redirected(location.map(excerpt)));
        }
        let packing =
            packing(response.headers()).map_err(|told| packed(provider, status, &told))?;
        let mut answer = Self {
            provider,
            what,
            response,
            unpack: Unpack::new(packing, most),
            scrub: Scrubs::new(provider.secrets()),
            has_ended: false,
        };
        if status.is_success() {
            return Ok(answer);
        }
        let mut refused = Vec::new();
        while let Some(piece) = answer.next().await? {
            refused.extend_from_slice(&piece);
            if refused.len() > LARGEST_ANSWER {
                return Err(too_large());
            }
        }
        Err(provider.format.refusal(status.as_u16(), &refused))
    }

    /// The next piece; none behind the last.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Problem> {
        if self.has_ended {
            return Ok(None);
        }
        let stall = self.provider.settings.stall_timeout;
        let piece = match timeout(stall, self.response.chunk()).await {
            Ok(Ok(Some(piece))) => piece,
            Ok(Ok(None)) => {
                self.has_ended = true;
                return Ok(Some(self.scrub.end()));
            }
            Ok(Err(error)) => return Err(broken(&error)),
            Err(_) => return Err(stalled(stall, &format!("{} stalled", self.what))),
        };
        let (piece, unpacked) = self.unpack.take(&piece);
        unpacked.map_err(|unpacked| match unpacked {
            Unpacked::TooLarge => too_large(),
            Unpacked::Broken(reason) => Problem::lasting(
                ChatErrorKind::Network,
                format!("{} can't be unpacked: {reason}", self.what),
            ),
        })?;
        Ok(Some(self.scrub.take(&piece)))
    }
}

/// An answer line by line.
pub(crate) struct Lines<'p> {
    answer: Answer<'p>,
    /// What came and was not given yet, and how far it was looked through.
    came: Vec<u8>,
    read: usize,
}

/// All lines together.
const LARGEST_FILE: usize = 8 << 30;

impl<'p> Lines<'p> {
    pub(crate) async fn of(
        provider: &'p Provider,
        request: RequestBuilder,
        what: &'static str,
    ) -> Result<Self, Problem> {
        Ok(Self {
            answer: Answer::of(provider, request, what, LARGEST_FILE).await?,
            came: Vec::new(),
            read: 0,
        })
    }

    /// The next line that isn't empty; none behind the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<u8>>, Problem> {
        loop {
            let rest = self.came.get(self.read..).unwrap_or_default();
            if let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let rest = self.came.split_off(self.read + end + 1);
                let line = std::mem::replace(&mut self.came, rest);
                self.read = 0;
                match line.trim_ascii().is_empty() {
                    true => continue,
                    false => return Ok(Some(line)),
                }
            }
            self.read = self.came.len();
            if self.came.len() > LARGEST_ANSWER {
                return Err(too_large());
            }
            match self.answer.next().await? {
                Some(piece) => self.came.extend_from_slice(&piece),
                None => {
                    let line = std::mem::take(&mut self.came);
                    self.read = 0;
                    return Ok(Some(line).filter(|line| !line.trim_ascii().is_empty()));
                }
            }
        }
    }
}
