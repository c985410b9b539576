//! Names looked up, and what they lead to held against how far that must be: what was looked up is what is connected to.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::addresses::{Distance, Refusal, refused};

/// A name that isn't asked, for what it leads to.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct RefusedName(pub Refusal);

/// A name that leads nowhere.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoName(pub io::Error);

/// Looks names up.
#[async_trait]
pub trait LookUp: Send + Sync {
    /// All addresses that a name leads to.
    ///
    /// # Errors
    /// There are none, or nobody can be asked.
    async fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// Looks names up as the system does.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemNames;

#[async_trait]
impl LookUp for SystemNames {
    async fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((name, 0)).await?;
        let found: Vec<IpAddr> = found.map(|address| address.ip()).collect();
        match found.is_empty() {
            true => Err(io::Error::new(io::ErrorKind::NotFound, "it has no address")),
            false => Ok(found),
        }
    }
}

/// Refuses a name of which one address is nearer than this. A name that leads to both may be meant to be asked once more.
///
/// # Errors
/// For what it is refused.
pub fn far_enough(found: &[IpAddr], distance: Distance) -> Result<(), RefusedName> {
    let near = found.iter().find_map(|it| refused(*it, distance));
    near.map_or(Ok(()), |refusal| Err(RefusedName(refusal)))
}

/// The names of one client: all of them have to be as far.
pub(crate) struct Names {
    pub(crate) look_up: Arc<dyn LookUp>,
    pub(crate) distance: Distance,
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let (look_up, distance) = (Arc::clone(&self.look_up), self.distance);
        Box::pin(async move {
            let found = look_up.look_up(name.as_str()).await.map_err(NoName)?;
            far_enough(&found, distance)?;
            let found = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(found) as Addrs)
        })
    }
}
