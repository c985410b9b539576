//! The same request by a client of reqwest alone: sent, and read to its end.

use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde_json::json;

use crate::provider;
use crate::step::{MODEL, MOST_TOKENS, question};

/// A client, and where it asks.
#[derive(Clone)]
pub(crate) struct Bare {
    client: reqwest::Client,
    url: String,
}

/// How long a call took.
#[derive(Clone, Copy)]
pub(crate) struct Taken {
    /// Until the first piece of its answer.
    pub(crate) first: Duration,
    /// Until its end.
    pub(crate) all: Duration,
}

impl Bare {
    pub(crate) fn to(address: &str, way: &str) -> Self {
        // Fails where one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            url: format!("{}/chat/completions", provider::url(address, way)),
        }
    }

    /// Makes a call.
    pub(crate) async fn ask(&self, number: usize) -> Taken {
        let start = Instant::now();
        let body = json!({
            "model": MODEL,
            "messages": [{ "role": "user", "content": question(number) }],
            "stream": true,
            "stream_options": { "include_usage": true },
            "max_tokens": MOST_TOKENS,
        });
        let request = self.client.post(&self.url).body(body.to_string());
        let request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let mut response = request.send().await.unwrap();
        assert!(response.status().is_success());
        let mut first = None;
        while let Some(piece) = response.chunk().await.unwrap() {
            std::hint::black_box(&piece);
            first.get_or_insert_with(|| start.elapsed());
        }
        Taken {
            first: first.unwrap(),
            all: start.elapsed(),
        }
    }
}
