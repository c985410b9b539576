//! Bodies, which end: by their size, by a limit, and by a server that says nothing more.

use std::fs::File;
use std::io::{self, Write as _};
use std::time::Duration;

use bytes::Bytes;
use reqwest::Response;
use sha2::{Digest as _, Sha256};
use stepwell_contract::Digest;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::failing::{failed, shown};
use crate::errors::{FetchError, Part};

/// How many pieces wait for the disk.
const PIECES_AHEAD: usize = 16;

/// Reads a small body of at most so many bytes.
pub(crate) async fn read_all(
    mut response: Response,
    part: Part,
    most: u64,
    idle: Duration,
) -> Result<Bytes, FetchError> {
    let too_large = || FetchError::TooLarge { part, most };
    if response.content_length().is_some_and(|said| said > most) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(piece) = next(&mut response, idle).await? {
        if (body.len() + piece.len()) as u64 > most {
            return Err(too_large());
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.into())
}

/// What a body has to be: so many bytes, where that is known, and never more than a limit.
pub(crate) struct Expected {
    pub(crate) part: Part,
    pub(crate) size: Option<u64>,
    pub(crate) most: u64,
}

impl Expected {
    /// Nothing more is read once it can't be right any more.
    fn may_have(&self, bytes: u64) -> Result<(), FetchError> {
        let part = self.part;
        match self.size {
            Some(wanted) if bytes > wanted => Err(FetchError::GoesOn { part, wanted }),
            _ if bytes > self.most => Err(FetchError::TooLarge {
                part,
                most: self.most,
            }),
            _ => Ok(()),
        }
    }
}

/// Writes a body into a file, and gives its digest and how many bytes it has. `watch` is told how many came so far.
pub(crate) async fn read_into(
    mut response: Response,
    file: File,
    expected: Expected,
    idle: Duration,
    watch: &(dyn Fn(u64) + Send + Sync),
) -> Result<Result<(Digest, u64), io::Error>, FetchError> {
    let (pieces, to_write) = mpsc::channel(PIECES_AHEAD);
    let writing = spawn_blocking(move || write_down(to_write, file));
    let mut came = 0;
    expected.may_have(response.content_length().unwrap_or_default())?;
    let ended = loop {
        match next(&mut response, idle).await {
            Ok(Some(piece)) => {
                came += piece.len() as u64;
                if let Err(error) = expected.may_have(came) {
                    break Err(error);
                }
                // Where the disk has ended it, the writer says why.
                if pieces.send(piece).await.is_err() {
                    break Ok(());
                }
                watch(came);
            }
            Ok(None) => break Ok(()),
            // By its size it is whole only with its last byte; the server's way to end says nothing more than that.
            Err(FetchError::Broken { .. }) if expected.size.is_some_and(|size| came < size) => {
                break Ok(());
            }
            Err(error) => break Err(error),
        }
    };
    drop(pieces);
    let written = writing
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)));
    ended?;
    match (written, expected.size) {
        (Ok(_), Some(wanted)) if came < wanted => Err(FetchError::CutOff {
            part: expected.part,
            wanted,
            came,
        }),
        (written, _) => Ok(written.map(|digest| (digest, came))),
    }
}

fn write_down(mut pieces: mpsc::Receiver<Bytes>, mut file: File) -> io::Result<Digest> {
    let mut hash = Sha256::new();
    while let Some(piece) = pieces.blocking_recv() {
        hash.update(&piece);
        file.write_all(&piece)?;
    }
    // Before its name is: else a machine that stops would have the name, and half of the bytes.
    file.sync_all()?;
    Ok(Digest::from_bytes(hash.finalize().into()))
}

async fn next(response: &mut Response, idle: Duration) -> Result<Option<Bytes>, FetchError> {
    match timeout(idle, response.chunk()).await {
        Ok(Ok(piece)) => Ok(piece),
        Ok(Err(error)) => Err(failed(&error, response.url(), None)),
        Err(_) => Err(FetchError::Silent {
            host: shown(response.url()),
            idle,
        }),
    }
}
