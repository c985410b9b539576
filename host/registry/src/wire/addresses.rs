//! Which addresses a server may lead to: whoever fetches a plugin mustn't be made to ask something inside of a network.
//!
//! What a person names is asked wherever it is.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use stepwell_outbound::{Distance, LookUp as _, NoName, SystemNames, far_enough};

/// Looks names up. Those that a server named it refuses where they lead to near addresses: what is looked up is what is connected to.
#[derive(Debug, Default, Clone)]
pub(super) struct Names {
    /// The names that servers named, and how far each of them has to be.
    named: Arc<Mutex<BTreeMap<String, Distance>>>,
}

impl Names {
    /// From now on this name has to be as far.
    pub(super) fn keep_away(&self, url: &Url, distance: Distance) {
        let Some(host) = url.host_str() else { return };
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = named.entry(host.to_owned()).or_insert(distance);
        *kept = distance.max(*kept);
    }

    fn distance(&self, name: &str) -> Option<Distance> {
        let named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        named.get(name).copied()
    }
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let distance = self.distance(name.as_str());
        Box::pin(async move {
            let found = SystemNames.look_up(name.as_str()).await.map_err(NoName)?;
            if let Some(distance) = distance {
                far_enough(&found, distance)?;
            }
            let found = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(found) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use stepwell_outbound::{Refusal, RefusedName};

    use super::*;

    #[tokio::test]
    async fn a_name_that_a_server_named_is_refused_by_what_it_leads_to() {
        let names = Names::default();
        let resolve = || names.resolve("localhost".parse().unwrap());
        assert!(resolve().await.is_ok());
        names.keep_away(
            &Url::parse("https://localhost/").unwrap(),
            Distance::OffMachine,
        );
        let error = resolve().await.err().unwrap();
        assert_eq!(
            error.downcast_ref::<RefusedName>().unwrap().0,
            Refusal::Loopback
        );
    }
}
