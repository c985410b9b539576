//! `stepwell plugin dev`: a plugin's project is watched, built by its own command, and the component swapped in.

mod building;
mod meanwhile;
mod recipe;
mod sources;
mod swapping;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use stepwell_contract::{Digest, amounts};
use tokio::sync::watch;

use self::building::carried_out;
use self::meanwhile::Meanwhile;
use self::recipe::Recipe;
use self::sources::{Seen, Sources};
use self::swapping::Place;
use crate::arguments::DevArguments;
use crate::errors::{CommandError, DevelopError};
use crate::exit::Exit;
use crate::project::shown;
use crate::terminal::{Interrupts, plain, plain_line};
use crate::wiring::Context;

/// How often the sources are looked at.
const BETWEEN_LOOKS: Duration = Duration::from_millis(400);

pub(super) async fn developed(
    arguments: DevArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let recipe = Recipe::of(&arguments, &context.start)?;
    let used = arguments.to.as_ref().map(|to| context.start.join(to));
    let used = used.unwrap_or_else(|| recipe.component.clone());
    let place = Place::of(recipe.component.clone(), used, &context.start).await?;
    let sources = Sources {
        roots: recipe.watch.clone(),
        made: vec![place.made.clone(), place.used.clone()],
    };
    let interrupts = Interrupts::listen(Arc::clone(&context.screen));
    let mut bench = Bench {
        recipe,
        place,
        stop: interrupts.stop(),
        arguments,
        context,
    };
    if bench.arguments.once {
        let ended = bench.build().await?;
        return match ended {
            Ended::Stopped => Ok(interrupts.exit().unwrap_or(Exit::Interrupted)),
            Ended::Taken | Ended::Unchanged => Ok(Exit::Success),
            Ended::Failed(error) => Err(error),
        };
    }
    bench.watched(&sources).await
}

/// Where a plugin is made.
struct Bench<'a> {
    recipe: Recipe,
    place: Place,
    stop: watch::Receiver<bool>,
    arguments: DevArguments,
    context: &'a Context,
}

/// How a build ended.
enum Ended {
    /// Its component is used from now on.
    Taken,
    /// It made what is used already.
    Unchanged,
    /// What was used before is used still.
    Failed(CommandError),
    /// Somebody ended it.
    Stopped,
}

/// What came of a build, for a program.
#[derive(Serialize)]
struct Told {
    outcome: Outcome,
    /// Where definitions name it.
    component: PathBuf,
    /// What is used now.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    Swapped,
    Unchanged,
    Failed,
}

impl Bench<'_> {
    /// Builds whenever something has changed, until somebody ends it.
    async fn watched(&mut self, sources: &Sources) -> Result<Exit, CommandError> {
        let mut at_once = Meanwhile::default();
        loop {
            let before = sources.look().await;
            let ended = match self.read_again() {
                Ok(()) => self.build().await?,
                Err(error) => Ended::Failed(error),
            };
            match ended {
                Ended::Stopped => return Ok(Exit::Success),
                Ended::Failed(error) => error.show(&self.context.screen),
                Ended::Taken | Ended::Unchanged => {}
            }
            let after = sources.look().await;
            if at_once.builds_again(after.changed_since(&before)) {
                continue;
            }
            for path in at_once.rested() {
                let path = shown(&path, &self.context.start);
                self.context.screen.note(&plain(&format!(
                    "each build changes {path}: it is no source, so name it in .gitignore\n"
                )));
            }
            self.context.screen.note("watching; Ctrl-C ends it\n");
            if !self.changed(sources, after).await {
                return Ok(Exit::Success);
            }
        }
    }

    /// Takes over what the project's file says by now, as far as that can change under way.
    fn read_again(&mut self) -> Result<(), CommandError> {
        let now = Recipe::of(&self.arguments, &self.context.start)?;
        let last = std::mem::replace(&mut self.recipe, now);
        let now = &self.recipe;
        if (&now.component, &now.watch) != (&last.component, &last.watch) {
            let text = "another `component` or `watch` holds when this is started again\n";
            self.context.screen.note(text);
            (self.recipe.component, self.recipe.watch) = (last.component, last.watch);
        }
        Ok(())
    }

    /// Waits until the sources are others, and somebody has written all of them; `false` is that it was ended meanwhile.
    async fn changed(&mut self, sources: &Sources, before: Seen) -> bool {
        let mut last = before.clone();
        loop {
            tokio::select! {
                _ = self.stop.wait_for(|stop| *stop) => return false,
                () = tokio::time::sleep(BETWEEN_LOOKS) => {}
            }
            let now = sources.look().await;
            if now == last && !now.changed_since(&before).is_empty() {
                return true;
            }
            last = now;
        }
    }

    /// Builds once, and takes what came of it.
    async fn build(&mut self) -> Result<Ended, CommandError> {
        let command = self.recipe.build.clone();
        self.context
            .screen
            .note(&format!("building: {}\n", plain(&command)));
        let ended = match self.built(&command).await {
            Ok(ended) => ended,
            Err(error) => Ended::Failed(error),
        };
        if let Ended::Failed(_) | Ended::Stopped = ended {
            self.place.put_back().await?;
        }
        self.tell(&ended)?;
        Ok(ended)
    }

    async fn built(&mut self, command: &str) -> Result<Ended, CommandError> {
        if !self.carry_out(command).await? {
            return Ok(Ended::Stopped);
        }
        let component = self.place.built(&self.recipe.file()).await?;
        if self.place.is_used(&component) {
            return Ok(Ended::Unchanged);
        }
        if let Some(check) = self.recipe.check.clone()
            && !self.carry_out(&check).await?
        {
            return Ok(Ended::Stopped);
        }
        let plugin = self.place.take(component, self.context).await?;
        let description = &plugin.description;
        self.context.screen.say(&(plain_line(&format!(
            "{} {} is at {}: {}, {}; the next run uses it, and so does a step that is run again",
            description.name,
            description.version,
            shown(&self.place.used, &self.context.start),
            amounts::size(plugin.bytes),
            plugin.digest,
        )) + "\n"));
        Ok(Ended::Taken)
    }

    /// Carries a command of the project out; `false` is that somebody ended it.
    async fn carry_out(&mut self, command: &str) -> Result<bool, CommandError> {
        let folder = &self.recipe.folder;
        let made = [("STEPWELL_COMPONENT", self.place.made.as_path())];
        let ended = carried_out(command, folder, &made, &mut self.stop).await;
        let command = command.to_owned();
        match ended {
            Ok(None) => Ok(false),
            Ok(Some(status)) if status.success() => Ok(true),
            Ok(Some(status)) => Err(DevelopError::Failed { command, status }.into()),
            Err(source) => Err(DevelopError::NotStarted { command, source }.into()),
        }
    }

    fn tell(&self, ended: &Ended) -> Result<(), CommandError> {
        let (outcome, message) = match ended {
            Ended::Taken => (Outcome::Swapped, None),
            Ended::Unchanged => (Outcome::Unchanged, None),
            Ended::Failed(error) => (Outcome::Failed, Some(error.to_string())),
            Ended::Stopped => return Ok(()),
        };
        let used = shown(&self.place.used, &self.context.start);
        match outcome {
            Outcome::Swapped => {}
            Outcome::Unchanged => self
                .context
                .screen
                .note(&format!("{used} has that already\n")),
            Outcome::Failed => {
                let is = match self.place.digest() {
                    Some(_) => "stays as it was",
                    None => "isn't there yet",
                };
                self.context.screen.note(&format!("{used} {is}\n"));
            }
        }
        if !self.arguments.json {
            return Ok(());
        }
        let told = Told {
            outcome,
            component: self.place.used.clone(),
            digest: self.place.digest(),
            message,
        };
        Ok(self.context.screen.print_json_line(&told)?)
    }
}
