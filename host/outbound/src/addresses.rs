//! Which addresses a stranger may lead to: nobody is to be made to ask something inside of a network.
//!
//! What a person names is asked wherever it is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;

/// Why an address that a server names isn't asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is this machine.
    #[error("that is this machine")]
    Loopback,
    /// It is a link-local address, where clouds keep what only a machine's own programs may read.
    #[error("that is an address of the machine's own link")]
    LinkLocal,
    /// It is an address of a private network.
    #[error("that is an address of a private network")]
    Private,
    /// It is none that a server has: a multicast or reserved one.
    #[error("that is no address of a server")]
    Reserved,
    /// It isn't https.
    #[error("that is not https")]
    NoHttps,
}

/// How far away an address must be that a server names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Distance {
    /// Wherever a server can be: who runs this machine has said that it stands inside.
    Anywhere,
    /// Not this machine, nor its link: a token service stands beside its registry, also in a private network.
    OffMachine,
    /// On the internet.
    Public,
}

/// Why an address may not be asked, if so.
pub fn refused(address: IpAddr, distance: Distance) -> Option<Refusal> {
    let refusal = nearness(address)?;
    match (refusal, distance) {
        (Refusal::Loopback | Refusal::LinkLocal | Refusal::Private, Distance::Anywhere) => None,
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
        // 198.18.0.0/15 is for measuring a network of one's own.
        _ if first == 198 && second & 0xfe == 18 => Refusal::Private,
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
        // fec0::/10 was what is unique and local now; a network may translate by 64:ff9b:1::/48 to what is its own.
        _ if parts[0] & 0xffc0 == 0xfec0 || parts[..3] == [0x64, 0xff9b, 1] => Refusal::Private,
        it if it.is_multicast() => Refusal::Reserved,
        _ => return None,
    })
}

/// Why an address may not be asked that a server names, as far as that shows before its name is looked up.
pub fn refused_by_sight(url: &Url, distance: Distance) -> Option<Refusal> {
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
            ("https://10.1.2.3/", Refusal::Private),
            ("https://172.16.0.1/", Refusal::Private),
            ("https://192.168.0.1/", Refusal::Private),
            ("https://100.100.100.200/", Refusal::Private),
            ("https://198.19.0.1/", Refusal::Private),
            ("https://[fd00::1]/", Refusal::Private),
            ("https://[fec0::1]/", Refusal::Private),
            ("https://[64:ff9b:1::a00:1]/", Refusal::Private),
            ("https://[2002:7f00:1::]/", Refusal::Loopback),
            ("https://[2002:a00:1::1]/", Refusal::Private),
            ("https://[2001:0:7f00:1::]/", Refusal::Loopback),
            // The client's is 10.1.2.3.
            (
                "https://[2001:0:4136:e378:8000:63bf:f5fe:fdfc]/",
                Refusal::Private,
            ),
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
            "https://172.32.0.1/",
            "https://[2002:808:808::]/",
            "https://[2001:0:4136:e378:8000:63bf:fefe:fefe]/",
        ] {
            assert_eq!(sight(far), None, "{far}");
        }
        let private = Url::parse("https://10.1.2.3/").unwrap();
        assert_eq!(refused_by_sight(&private, Distance::OffMachine), None);
    }

    #[test]
    fn what_is_inside_by_a_persons_word_is_no_reason_to_ask_everybody() {
        let anywhere = |address: &str| refused(address.parse().unwrap(), Distance::Anywhere);
        for inside in ["127.0.0.1", "::1", "169.254.169.254", "10.0.0.1", "fd00::1"] {
            assert_eq!(anywhere(inside), None, "{inside}");
        }
        assert_eq!(anywhere("224.0.0.1"), Some(Refusal::Reserved));
        assert_eq!(anywhere("255.255.255.255"), Some(Refusal::Reserved));
    }
}
