//! The plugins that something is about to use, held against `stepwell.lock`: whoever is at the terminal is asked about what differs.

use stepwell_contract::amounts;
use stepwell_definition::{PLUGIN_LOCK, PluginDifference};
use stepwell_engine::{Agreement, DefinitionSource, LockPlugins, LockedPlugins};

use super::driving::{explained, prepared};
use crate::arguments::AgreementArguments;
use crate::errors::CommandError;
use crate::project::shown;
use crate::terminal::{plain, says_yes};
use crate::wiring::{Context, Wired};

/// The plugins of a definition.
pub(super) fn of_definition(definition: &DefinitionSource) -> LockPlugins {
    LockPlugins {
        definition: Some(definition.clone()),
        ..LockPlugins::default()
    }
}

/// A plugin that somebody named, as seen from a folder; from the project's where none is said.
pub(super) fn of_plugin(uses: &str, folder: Option<String>) -> LockPlugins {
    LockPlugins {
        plugins: vec![uses.to_owned()],
        folder,
        ..LockPlugins::default()
    }
}

/// Whether what is to be started may begin: not where a person said no. What nobody was there to be asked about is refused where
/// it is started.
///
/// # Errors
/// What [`stepwell_engine::Engine::lock_plugins`] refuses.
pub(super) async fn may_begin(
    plugins: LockPlugins,
    how: &AgreementArguments,
    context: &Context,
    wired: &Wired,
) -> Result<bool, CommandError> {
    if how.locked {
        let required = held(&plugins, Agreement::Require, context, wired).await?;
        return Ok(required.exists);
    }
    if how.accept {
        let taken = held(&plugins, Agreement::All, context, wired).await?;
        tell_taken(&taken, context);
        return Ok(true);
    }
    // Most projects have no lock and no plugins of other machines, and there is nothing to look at twice then.
    let is_free = !wired.project.join(PLUGIN_LOCK).exists() && !names_others(&plugins);
    if is_free || !context.screen.can_ask() {
        return Ok(true);
    }
    let seen = held(&plugins, Agreement::Look, context, wired).await?;
    if !seen.refused {
        return Ok(true);
    }
    Ok(asked(&plugins, &seen, context, wired).await?.is_some())
}

/// Whether plugins of other machines may be among them.
fn names_others(plugins: &LockPlugins) -> bool {
    let definition = plugins.definition.iter().map(|it| &it.text);
    let mut texts = plugins.plugins.iter().chain(definition);
    texts.any(|text| text.contains("://"))
}

/// Shows what differs, and takes it into the lock with a yes; none is a no.
pub(super) async fn asked(
    plugins: &LockPlugins,
    seen: &LockedPlugins,
    context: &Context,
    wired: &Wired,
) -> Result<Option<LockedPlugins>, CommandError> {
    let screen = &context.screen;
    let told = told(&seen.differences);
    let question = match seen.exists {
        true => format!("{told}\nThat isn't what {PLUGIN_LOCK} has. Agree to it?"),
        false => {
            format!("{told}\nAgree to it? {PLUGIN_LOCK} is written, and nothing else is run then.")
        }
    };
    if !says_yes(screen, &question).await {
        screen.say("nothing was changed, and nothing was started\n");
        return Ok(None);
    }
    let agreement = Agreement::Shown(seen.shown);
    Ok(Some(held(plugins, agreement, context, wired).await?))
}

/// Holds plugins against the lock.
pub(super) async fn held(
    plugins: &LockPlugins,
    agreement: Agreement,
    context: &Context,
    wired: &Wired,
) -> Result<LockedPlugins, CommandError> {
    let request = LockPlugins {
        agreement,
        ..plugins.clone()
    };
    let held = prepared(context, wired, wired.engine.lock_plugins(request)).await;
    held.map_err(|error| explained(error, context, wired))
}

/// Says what was agreed to.
pub(super) fn tell_taken(taken: &LockedPlugins, context: &Context) {
    if !taken.agreed {
        return;
    }
    let told = told(&taken.differences);
    let count = amounts::counted(taken.plugins.len() as u64, "plugin");
    let file = shown(taken.file.as_ref(), &context.start);
    context.screen.say(&format!(
        "{told}{}agreed: {file} has {count}\n",
        match told.is_empty() {
            true => "",
            false => "\n",
        }
    ));
}

/// What differs, for a person.
pub(super) fn told(differences: &[PluginDifference]) -> String {
    let lines: Vec<String> = differences
        .iter()
        .map(|difference| difference.to_string())
        .collect();
    plain(&lines.join("\n"))
}
