//! Lists of hosts, as two files have them: each host in the form in which a request names it.

use stepwell_contract::{InvalidHosts, ReadHost};
use url::Host;

use crate::diagnostics::Problems;
use crate::located::Located;
use crate::reader::Table;
use crate::values;

/// The most bytes of a line: a name has 253.
const LONGEST: usize = 300;

/// The lines of a key that names hosts.
pub(crate) fn hosts<T>(
    table: &Table<'_, '_>,
    key: &str,
    parse: fn(&str, &ReadHost<'_>) -> Result<T, InvalidHosts>,
    problems: &mut Problems,
) -> Vec<Located<T>> {
    let mut lines = Vec::new();
    for value in table.list(key, problems) {
        let Some(Located { value, span }) = values::string(value, key, problems) else {
            continue;
        };
        let read = match value.len() > LONGEST {
            true => Err(InvalidHosts::Host("it is too long for a host".to_owned())),
            false => parse(&value, &host),
        };
        match read {
            Ok(value) => lines.push(Located { value, span }),
            Err(why) => {
                let message = format!("`{value}` names no host: {why}");
                problems.error("bad-host", span, message, mend(&why));
            }
        }
    }
    lines
}

/// A host as an address of the web has it in the end: in ASCII and small letters, an address in its usual writing.
fn host(written: &str) -> Result<String, String> {
    if written.is_empty() {
        return Err("no host stands there".to_owned());
    }
    let without_dot = written.strip_suffix('.').unwrap_or(written);
    match Host::parse(without_dot) {
        // Another writing of an address is understood, and told: `127.1` in a file is a slip, or meant to be read over.
        Ok(Host::Ipv4(address)) if address.to_string() != written => {
            Err(format!("write it as `{address}`"))
        }
        Ok(Host::Domain(name)) if name.contains("..") || name.starts_with('.') => {
            Err("a part of the name is empty".to_owned())
        }
        Ok(host) => Ok(host.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

fn mend(why: &InvalidHosts) -> &'static str {
    match why {
        InvalidHosts::Behind(_) => "name the host alone: a grant is for all that it serves",
        InvalidHosts::User => "take it out: what a step shows to a server it sends itself",
        InvalidHosts::NoScheme(_) => "name the host alone, such as `\"db.corp.example\"`",
        InvalidHosts::Scheme(_)
        | InvalidHosts::Star
        | InvalidHosts::TooWide
        | InvalidHosts::Port(_)
        | InvalidHosts::Host(_) => {
            "such as `\"api.example.org\"`, `\"*.example.org\"` or `\"api.example.org:8443\"`"
        }
    }
}
