//! Requests over the socket: a connection for each, which costs a few microseconds on one machine.

use axum::body::Bytes;
use axum::http::{Method, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;

use super::{Client, ClientError, read};

pub(super) fn gone(error: impl std::fmt::Display) -> ClientError {
    ClientError::Gone {
        reason: error.to_string(),
    }
}

impl Client {
    /// Asks, and reads the whole answer.
    pub(super) async fn ask(
        &self,
        method: Method,
        address: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Bytes, ClientError> {
        let answer = self.open(method, address, body).await?;
        Ok(answer.collect().await.map_err(gone)?.to_bytes())
    }

    /// Asks, and gives the answer's body as it comes.
    pub(super) async fn open(
        &self,
        method: Method,
        address: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Incoming, ClientError> {
        let stream = self.reach().await?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(gone)?;
        tokio::spawn(async move {
            // How it ends is told by the answer.
            let _ = connection.await;
        });
        let mut request = Request::builder().method(method).uri(address);
        request = request.header(header::HOST, "localhost");
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let request = request
            .body(Full::new(Bytes::from(body.unwrap_or_default())))
            .map_err(gone)?;
        let response = sender.send_request(request).await.map_err(gone)?;
        let status = response.status();
        let body = response.into_body();
        if status.is_success() {
            return Ok(body);
        }
        let bytes = body.collect().await.map_err(gone)?.to_bytes();
        Err(ClientError::Refused(read(&bytes)?))
    }
}
