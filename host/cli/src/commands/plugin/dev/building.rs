//! A command of a plugin's project, in a group of processes of its own, so that all of it ends when nobody waits for it any more.

use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use stepwell_workers::off_the_workers;
use tokio::sync::watch;

/// How long what is told to end has for that.
const PATIENCE: Duration = Duration::from_secs(2);

/// Carries a command out by the shell, and shows what it says; none is that it was ended before.
///
/// # Errors
/// The system's, where it can't be started.
pub(super) async fn carried_out(
    command: &str,
    folder: &Path,
    variables: &[(&str, &Path)],
    stop: &mut watch::Receiver<bool>,
) -> io::Result<Option<ExitStatus>> {
    if *stop.borrow() {
        return Ok(None);
    }
    // What this program prints is a result; what a build says is none.
    let said = std::io::stderr().as_fd().try_clone_to_owned()?;
    let child = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(said)
        .process_group(0)
        .spawn()?;
    let group = Group::of(&child);
    let mut child = child;
    let mut ended = std::pin::pin!(off_the_workers(move || child.wait()));
    tokio::select! {
        status = &mut ended => return status.map(Some),
        _ = stop.wait_for(|stop| *stop) => {}
    }
    group.signal(Signal::TERM);
    // Until the first of them has ended: the others may go on, and are ended below.
    let first = tokio::time::timeout(PATIENCE, &mut ended).await;
    group.signal(Signal::KILL);
    match first {
        Ok(ended) => ended.map(|_| None),
        Err(_) => ended.await.map(|_| None),
    }
}

/// The processes of a command.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(i32::try_from(child.id()).ok().and_then(Pid::from_raw))
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.0 {
            // There may be none of them any more.
            let _ = kill_process_group(group, signal);
        }
    }
}
