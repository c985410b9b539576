//! The socket beside the store, by which other commands reach the process that holds it.
//!
//! Only the user whose store it is can reach it: that guards it, and no token is needed. A socket that a killed process
//! left behind is replaced by the next one that holds the store.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use stepwell_server::{Limits, Server, listen};
use tokio::net::UnixListener;
use tokio::task::JoinHandle;

use crate::open_files;

/// Its name in the store's folder.
const NAME: &str = "socket";
/// The longest path that every system takes for a socket, its end included.
const LONGEST: usize = 104;

/// Where the holder of a store listens. In a folder whose path is too long for a socket stands a link to a short one.
pub(crate) fn of_store(store: &Path) -> PathBuf {
    store.join(NAME)
}

/// A process that holds a store, open to other commands. Close it before the store is let go of.
pub(crate) struct Door {
    socket: PathBuf,
    /// Holds the socket itself, where the store's path is too long.
    elsewhere: Option<tempfile::TempDir>,
    server: Server,
    serving: JoinHandle<()>,
}

impl Door {
    /// Opens the door to a server of this store.
    pub(crate) fn open(store: &Path, server: Server) -> io::Result<Self> {
        let socket = store.join(NAME);
        let (listener, elsewhere) = listening(store, &socket)?;
        let router = server.router();
        let ending = server.ending();
        let limits = Limits::of_descriptors(open_files::allowed(), 8);
        let serving = tokio::spawn(listen(listener, router, limits, ending));
        Ok(Self {
            socket,
            elsewhere,
            server,
            serving,
        })
    }

    /// Lets nobody in any more, and waits until those who are inside have what they asked for.
    pub(crate) async fn close(self) {
        let Self {
            socket,
            elsewhere,
            server,
            serving,
        } = self;
        // Whoever comes from now on waits for the store itself.
        let _ = std::fs::remove_file(&socket);
        drop(elsewhere);
        server.end().await;
        let _ = serving.await;
    }
}

/// Listens at a socket that nobody else can reach at any moment: it gets its place when its permissions are right.
fn listening(store: &Path, socket: &Path) -> io::Result<(UnixListener, Option<tempfile::TempDir>)> {
    let fits = |folder: &Path| folder.as_os_str().len() + 8 < LONGEST;
    let beside = tempfile::Builder::new()
        .prefix(".s")
        .rand_bytes(6)
        .tempdir_in(store)?;
    let folder = if fits(beside.path()) {
        beside
    } else {
        drop(beside);
        tempfile::Builder::new().prefix("stepwell-").tempdir()?
    };
    let made = folder.path().join("s");
    let listener = UnixListener::bind(&made)?;
    std::fs::set_permissions(&made, std::fs::Permissions::from_mode(0o600))?;
    if folder.path().starts_with(store) {
        // It replaces what a killed process left behind.
        std::fs::rename(&made, socket)?;
        return Ok((listener, None));
    }
    let link = store.join(format!("{NAME}.new"));
    let _ = std::fs::remove_file(&link);
    std::os::unix::fs::symlink(&made, &link)?;
    std::fs::rename(&link, socket)?;
    Ok((listener, Some(folder)))
}
