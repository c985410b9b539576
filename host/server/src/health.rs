//! Where whoever watches a server asks whether it lives: anybody may, and is answered also where no other place is left.

/// Whether the process lives.
pub(crate) const LIVES: &str = "/healthz";
/// Whether its store can be read.
pub(crate) const READY: &str = "/readyz";

/// Whether a path is one of these.
pub(crate) fn is_of_health(path: &str) -> bool {
    [LIVES, READY].contains(&path)
}
