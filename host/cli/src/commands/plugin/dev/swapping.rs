//! A component that was just built, put where definitions name it, if it can be used. What was there stays otherwise.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use stepwell_contract::Digest;
use stepwell_engine::{CheckPlugin, CheckedPlugin, EngineError, PluginView};
use stepwell_workers::{LARGEST_COMPONENT, off_the_workers, read_file};

use crate::commands::driving::prepared;
use crate::commands::plugin::check::findings;
use crate::commands::plugin::placing::{WASM, beside};
use crate::errors::{CommandError, DevelopError};
use crate::project::shown;
use crate::wiring::{Context, Need};

/// Where a component is made, and where it is used.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) made: PathBuf,
    pub(super) used: PathBuf,
    /// From where a person sees paths.
    start: PathBuf,
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
        let mut place = Self {
            made,
            used,
            start: start.to_owned(),
            good: None,
            is_taken: false,
        };
        place.good = match place.is_one() {
            // What lies there was built, whatever it is: it is built anew.
            true => read(&place.used).await.ok(),
            false => place.looked_at().await?,
        };
        Ok(place)
    }

    /// The component that lies where it is used and isn't made; a link is taken for what it leads to from now on.
    ///
    /// # Errors
    /// Something else than a component is there, or what can't be told of.
    async fn looked_at(&mut self) -> Result<Option<Vec<u8>>, CommandError> {
        let is_link = |it: std::fs::Metadata| it.is_symlink();
        if self.used.symlink_metadata().is_ok_and(is_link)
            && let Ok(led_to) = self.used.canonicalize()
        {
            self.used = led_to;
        }
        let shown = || shown(&self.used, &self.start);
        if self.used.is_dir() {
            return Err(DevelopError::Folder { shown: shown() }.into());
        }
        match read(&self.used).await {
            Ok(bytes) if bytes.starts_with(WASM) => Ok(Some(bytes)),
            Ok(_) => Err(DevelopError::NoComponent { shown: shown() }.into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(CommandError::unread(&self.used, None)(error)),
        }
    }

    /// Whether the component is used where it is made.
    fn is_one(&self) -> bool {
        self.made == self.used
    }

    /// The component that a build left.
    ///
    /// # Errors
    /// That there is none, or that it can't be read. `recipe` says what a build makes.
    pub(super) async fn built(&self, recipe: &Path) -> Result<Vec<u8>, CommandError> {
        read(&self.made).await.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => DevelopError::NotMade {
                shown: shown(&self.made, &self.start),
                recipe: recipe.to_owned(),
            }
            .into(),
            _ => CommandError::unread(&self.made, None)(error),
        })
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
            let plugin = self.loaded(&self.made, context).await?;
            self.taken(component);
            return Ok(plugin);
        }
        // Somebody may have put something else there meanwhile.
        self.looked_at().await?;
        let unwritten = CommandError::unwritten(&self.used);
        let beside = beside(&self.used, &component).await.map_err(&unwritten)?;
        let plugin = self.loaded(beside.path(), context).await?;
        let used = self.used.clone();
        let swap = move || beside.persist(used).map_err(|error| error.error);
        off_the_workers(swap).await.map_err(unwritten)?;
        self.taken(component);
        Ok(plugin)
    }

    /// Loads a component as a run would. The store is free again afterwards: others may want it while a person thinks.
    ///
    /// # Errors
    /// That it can't be used. Everything that is wrong with it is told then.
    async fn loaded(&self, path: &Path, context: &Context) -> Result<PluginView, CommandError> {
        let wired = context.wire(Need::IfThere).await?;
        let uses = path.display().to_string();
        let plugin = wired.engine.plugin(&uses, &context.start);
        match prepared(context, &wired, plugin).await {
            Err(CommandError::Engine(error @ EngineError::Plugin { .. })) => {
                let request = CheckPlugin {
                    uses,
                    folder: context.start.to_str().map(str::to_owned),
                    inputs: BTreeMap::new(),
                };
                let checked = wired.engine.check_plugin(&request);
                Err(self.refused(error, prepared(context, &wired, checked).await?, context))
            }
            other => other,
        }
    }

    /// Tells everything that is wrong with a component.
    fn refused(
        &self,
        error: EngineError,
        checked: CheckedPlugin,
        context: &Context,
    ) -> CommandError {
        let of_errors = checked.findings.iter().filter(|finding| finding.is_error());
        let errors = of_errors.count() as u64;
        // What isn't of the component is told as it is.
        if errors == 0 {
            return error.into();
        }
        let screen = &context.screen;
        screen.say(&findings(&checked, screen.style()));
        let shown = shown(&self.made, &self.start);
        // Where it is used itself, what was there comes back.
        let kept = (!self.is_one()).then(|| shown.clone());
        DevelopError::Refused {
            shown,
            errors,
            kept,
        }
        .into()
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
