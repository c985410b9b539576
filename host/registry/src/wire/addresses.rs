//! Which addresses a server may lead to: whoever fetches a plugin mustn't be made to ask something inside of a network.
//!
//! What a person names is asked wherever it is.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::errors::Refusal;

/// How far away an address must be that a server names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Distance {
    /// Not this machine, nor its link: a token service stands beside its registry, also in a private network.
    OffMachine,
    /// On the internet.
    Public,
}

/// Why an address may not be asked, if so.
pub(crate) fn refused(address: IpAddr, distance: Distance) -> Option<Refusal> {
    let refusal = nearness(address)?;
    match (refusal, distance) {
        (Refusal::Private, Distance::OffMachine) => None,
        (refusal, _) => Some(refusal),
    }
}

/// What an address is that isn't one of the internet.
fn nearness(address: IpAddr) -> Option<Refusal> {
    match address {
        IpAddr::V4(address) => near_v4(address),
        IpAddr::V6(address) => near_v6(address),
    }
}

fn near_v4(address: Ipv4Addr) -> Option<Refusal> {
    let [first, second, ..] = address.octets();
    Some(match address {
        // 0.0.0.0 is this machine, too.
        it if it.is_loopback() || first == 0 => Refusal::Loopback,
        it if it.is_link_local() => Refusal::LinkLocal,
        // 100.64.0.0/10 is what providers use inside of their networks, and clouds for their own services.
        it if it.is_private() || (first == 100 && second & 0xc0 == 64) => Refusal::Private,
        it if it.is_multicast() || first >= 240 => Refusal::Reserved,
        _ => return None,
    })
}

fn near_v6(address: Ipv6Addr) -> Option<Refusal> {
    // An address of the fourth version may be written as one of the sixth, also by a translator (64:ff9b::/96).
    let parts = address.segments();
    if let [0x64, 0xff9b, 0, 0, 0, 0, ..] = parts {
        let [.., a, b, c, d] = address.octets();
        return near_v4(Ipv4Addr::new(a, b, c, d));
    }
    // Tunnels carry one, too: 6to4 (2002::/16) the relay's, Teredo (2001::/32) the server's, and the client's with each bit turned round.
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        near_v4(Ipv4Addr::new(a, b, c, d))
    };
    match parts {
        [0x2002, high, low, ..] => return v4(high, low),
        [0x2001, 0, high, low, _, _, by, end] => return v4(high, low).or_else(|| v4(!by, !end)),
        _ => {}
    }
    if address == Ipv6Addr::LOCALHOST || address == Ipv6Addr::UNSPECIFIED {
        return Some(Refusal::Loopback);
    }
    if let Some(mapped) = address.to_ipv4() {
        return near_v4(mapped);
    }
    Some(match address {
        it if it.is_unicast_link_local() => Refusal::LinkLocal,
        it if it.is_unique_local() => Refusal::Private,
        it if it.is_multicast() => Refusal::Reserved,
        _ => return None,
    })
}

/// Why an address may not be asked that a server names, as far as that shows before its name is looked up.
pub(crate) fn refused_by_sight(url: &Url, distance: Distance) -> Option<Refusal> {
    if url.scheme() != "https" {
        return Some(Refusal::NoHttps);
    }
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_matches(['[', ']']).trim_end_matches('.');
    if host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost") {
        return Some(Refusal::Loopback);
    }
    refused(host.parse().ok()?, distance)
}

/// A name that isn't asked, for what it leads to.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct RefusedName(pub(super) Refusal);

/// A name that leads nowhere.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NoName(pub(super) io::Error);

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
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let found: Vec<SocketAddr> = found.map_err(NoName)?.collect();
            if found.is_empty() {
                let nothing = io::Error::new(io::ErrorKind::NotFound, "it has no address");
                return Err(NoName(nothing).into());
            }
            let near = |it: &SocketAddr| refused(it.ip(), distance?);
            match found.iter().find_map(near) {
                Some(refusal) => Err(RefusedName(refusal).into()),
                None => Ok(Box::new(found.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(url: &str) -> Option<Refusal> {
        refused_by_sight(&Url::parse(url).unwrap(), Distance::Public)
    }

    #[test]
    fn what_is_inside_of_a_network_is_known_in_every_writing() {
        for (url, expected) in [
            ("https://127.0.0.1/", Refusal::Loopback),
            ("https://2130706433/", Refusal::Loopback),
            ("https://0.0.0.0/", Refusal::Loopback),
            ("https://[::1]/", Refusal::Loopback),
            ("https://[::]/", Refusal::Loopback),
            ("https://[::ffff:127.0.0.1]/", Refusal::Loopback),
            ("https://localhost/", Refusal::Loopback),
            ("https://LOCALHOST./", Refusal::Loopback),
            ("https://a.localhost/", Refusal::Loopback),
            ("https://169.254.169.254/latest", Refusal::LinkLocal),
            ("https://[fe80::1]/", Refusal::LinkLocal),
            ("https://[64:ff9b::a9fe:a9fe]/", Refusal::LinkLocal),
            ("https://[2002:7f00:1::]/", Refusal::Loopback),
            ("https://[2002:a00:1::1]/", Refusal::Private),
            ("https://[2001:0:7f00:1::]/", Refusal::Loopback),
            // The client's is 10.1.2.3.
            (
                "https://[2001:0:4136:e378:8000:63bf:f5fe:fdfc]/",
                Refusal::Private,
            ),
            ("https://10.1.2.3/", Refusal::Private),
            ("https://172.16.0.1/", Refusal::Private),
            ("https://192.168.0.1/", Refusal::Private),
            ("https://100.100.100.200/", Refusal::Private),
            ("https://[fd00::1]/", Refusal::Private),
            ("https://224.0.0.1/", Refusal::Reserved),
            ("https://255.255.255.255/", Refusal::Reserved),
            ("http://example.com/", Refusal::NoHttps),
            ("file:///etc/passwd", Refusal::NoHttps),
        ] {
            assert_eq!(sight(url), Some(expected), "{url}");
        }
        for far in [
            "https://example.com/",
            "https://1.1.1.1/",
            "https://[2606:4700::1111]/",
            "https://[2002:101:101::1]/",
            "https://[2001:0:4136:e378:8000:63bf:fefe:fefe]/",
            "https://172.32.0.1/",
        ] {
            assert_eq!(sight(far), None, "{far}");
        }
        let private = Url::parse("https://10.1.2.3/").unwrap();
        assert_eq!(refused_by_sight(&private, Distance::OffMachine), None);
    }

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
