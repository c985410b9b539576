//! A component that was just built, put where definitions name it, if it can be used. What was there stays otherwise.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use stepwell_contract::Digest;
use stepwell_engine::{EngineError, PluginView};
use stepwell_workers::{LARGEST_COMPONENT, off_the_workers, read_file};

use crate::commands::driving::prepared;
use crate::errors::{CommandError, DevelopError};
use crate::project::shown;
use crate::wiring::{Context, Need};

/// What every component and module begins with.
const WASM: &[u8] = b"\0asm";

/// Where a component is made, and where it is used.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) made: PathBuf,
    pub(super) used: PathBuf,
    /// What is there, to go back to; nothing where nothing is.
    good: Option<Vec<u8>>,
    /// Whether that was taken here, and not only found.
    is_taken: bool,
}

impl Place {
    /// What is there now is what is used so far. A link stands for what it leads to.
    ///
    /// # Errors
    /// Something else than a component is there, which nobody meant to lose.
    pub(super) async fn of(
        made: PathBuf,
        used: PathBuf,
        start: &Path,
    ) -> Result<Self, CommandError> {
        let is_elsewhere = made != used;
        let is_link = used.symlink_metadata().is_ok_and(|it| it.is_symlink());
        let used = match is_elsewhere && is_link {
            true => used.canonicalize().unwrap_or(used),
            false => used,
        };
        let good = match read(&used).await {
            Ok(bytes) if is_elsewhere && !bytes.starts_with(WASM) => None,
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self::new(made, used, None));
            }
            Err(_) => None,
        };
        if is_elsewhere && good.is_none() {
            let shown = shown(&used, start);
            return Err(DevelopError::NoComponent { shown }.into());
        }
        Ok(Self::new(made, used, good))
    }

    fn new(made: PathBuf, used: PathBuf, good: Option<Vec<u8>>) -> Self {
        Self {
            made,
            used,
            good,
            is_taken: false,
        }
    }

    /// Whether the component is used where it is made.
    fn is_one(&self) -> bool {
        self.made == self.used
    }

    /// The component that a build left.
    ///
    /// # Errors
    /// That there is none, or that it can't be read.
    pub(super) async fn built(&self) -> Result<Vec<u8>, CommandError> {
        let unread = CommandError::unread(&self.made, None);
        read(&self.made).await.map_err(unread)
    }

    /// What is used, by its digest.
    pub(super) fn digest(&self) -> Option<Digest> {
        self.good.as_deref().map(Digest::of)
    }

    /// Whether that is what was taken last.
    pub(super) fn is_used(&self, component: &[u8]) -> bool {
        self.is_taken && self.good.as_deref() == Some(component)
    }

    fn taken(&mut self, component: Vec<u8>) {
        self.good = Some(component);
        self.is_taken = true;
    }

    /// Takes a component, if it can be used, and gives what it says of itself.
    ///
    /// # Errors
    /// Why it can't be used: then what was used before is there.
    pub(super) async fn take(
        &mut self,
        component: Vec<u8>,
        context: &Context,
    ) -> Result<PluginView, CommandError> {
        if self.is_one() {
            let plugin = loaded(&self.made, context).await?;
            self.taken(component);
            return Ok(plugin);
        }
        let unwritten = CommandError::unwritten(&self.used);
        let beside = beside(&self.used, &component).await.map_err(&unwritten)?;
        let plugin = loaded(beside.path(), context).await;
        let plugin = plugin.map_err(|error| named_as(&self.made, error))?;
        let used = self.used.clone();
        let swap = move || beside.persist(used).map_err(|error| error.error);
        off_the_workers(swap).await.map_err(unwritten)?;
        self.taken(component);
        Ok(plugin)
    }

    /// Puts back what was used before, where a build left something else in its place.
    ///
    /// # Errors
    /// That it can't be written.
    pub(super) async fn put_back(&self) -> Result<(), CommandError> {
        let Some(good) = self.good.as_deref().filter(|_| self.is_one()) else {
            return Ok(());
        };
        if read(&self.used).await.is_ok_and(|now| now == good) {
            return Ok(());
        }
        let unwritten = CommandError::unwritten(&self.used);
        // A rename, and no write: tools link what they build to where they keep it.
        let kept = beside(&self.used, good).await.map_err(&unwritten)?;
        let used = self.used.clone();
        let swap = move || kept.persist(used).map_err(|error| error.error);
        off_the_workers(swap).await.map_err(unwritten)?;
        Ok(())
    }
}

async fn read(path: &Path) -> io::Result<Vec<u8>> {
    let path = path.to_owned();
    off_the_workers(move || read_file(&path, LARGEST_COMPONENT)).await
}

/// A file beside another one, from where it gets into its place by a rename.
async fn beside(path: &Path, bytes: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let (path, bytes) = (path.to_owned(), bytes.to_vec());
    let write = move || {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new()
            .prefix(".stepwell-")
            .suffix(".wasm")
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
            .tempfile_in(folder)?;
        file.write_all(&bytes)?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    off_the_workers(write).await
}

/// Loads a component as a run would. The store is free again afterwards: others may want it while a person thinks.
async fn loaded(path: &Path, context: &Context) -> Result<PluginView, CommandError> {
    let wired = context.wire(Need::IfThere).await?;
    let uses = path.display().to_string();
    let plugin = wired.engine.plugin(&uses, &context.start);
    prepared(context, &wired, plugin).await
}

/// A component that lies beside its place for a moment is told by where it was made.
fn named_as(made: &Path, error: CommandError) -> CommandError {
    match error {
        CommandError::Engine(EngineError::Plugin { error, .. }) => {
            let uses = made.display().to_string();
            EngineError::Plugin { uses, error }.into()
        }
        other => other,
    }
}
