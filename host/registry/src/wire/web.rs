//! The clients: one for this machine, and one for the rest of the world.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Client, Url, redirect};
use stepwell_workers::off_the_workers;

use super::addresses::Names;
use crate::errors::FetchError;
use crate::reference::is_loopback;

/// How long it may take until somebody has taken a connection.
const TO_CONNECT: Duration = Duration::from_secs(15);

/// What makes connections. To make a client reads the certificates of the machine, so that none is made before it is needed.
pub(crate) struct Web {
    near: Mutex<Option<Client>>,
    far: Mutex<Option<Client>>,
    pub(super) names: Names,
    /// How long a server may say nothing.
    pub(crate) idle: Duration,
}

impl Web {
    pub(crate) fn new(idle: Duration) -> Self {
        Self {
            near: Mutex::default(),
            far: Mutex::default(),
            names: Names::default(),
            idle,
        }
    }

    /// The client for an address.
    pub(super) async fn client(&self, url: &Url) -> Result<Client, FetchError> {
        let is_near = is_loopback(url);
        let kept = match is_near {
            true => &self.near,
            false => &self.far,
        };
        let known = |kept: &Mutex<Option<Client>>| {
            let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.clone()
        };
        if let Some(client) = known(kept) {
            return Ok(client);
        }
        let names = self.names.clone();
        let made = off_the_workers(move || made(is_near, names)).await;
        let client = made.map_err(|error| FetchError::NoClient {
            reason: error.to_string(),
        })?;
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(kept.get_or_insert(client).clone())
    }
}

fn made(is_near: bool, names: Names) -> reqwest::Result<Client> {
    // Fails where another provider of cryptography is installed already, which then serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .user_agent(concat!("stepwell/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(TO_CONNECT)
        // Followed one by one: each may lead to where nothing is to be asked.
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .dns_resolver(Arc::new(names));
    if is_near {
        // A proxy's own loopback is another machine's.
        builder = builder.no_proxy();
    }
    builder.build()
}
