//! How many files the process may have open, connections among them.

/// Lets the process open as many files as the system allows: the half of that is there for steps' copies of the workspace, and
/// the usual 1,024 would have them wait for each other.
#[cfg(unix)]
pub(crate) fn allow_more() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    const ENOUGH: u64 = 1 << 16;
    let now = getrlimit(Resource::Nofile);
    let most = now.maximum.map_or(ENOUGH, |most| most.min(ENOUGH));
    if now.current.is_some_and(|current| current < most) {
        // Where it can't be, they wait.
        let _ = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: Some(most),
                maximum: now.maximum,
            },
        );
    }
}

/// How many it may have open; none where nothing bounds them.
#[cfg(unix)]
pub(crate) fn allowed() -> Option<u64> {
    use rustix::process::{Resource, getrlimit};
    getrlimit(Resource::Nofile).current
}

#[cfg(not(unix))]
pub(crate) fn allow_more() {}

#[cfg(not(unix))]
pub(crate) fn allowed() -> Option<u64> {
    None
}
