//! The plugins that something is about to use, held against `stepwell.lock`: whoever is at the terminal is asked about what differs.

use std::path::Path;

use stepwell_contract::{ComparisonId, RunId, StepPath, amounts};
use stepwell_definition::{PLUGIN_LOCK, PluginDifference};
use stepwell_engine::{
    Agreement, CompareIn, DefinitionSource, EngineError, Fetch, LockError, LockPlugins,
    LockedPlugins, is_locked,
};

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

/// The plugins that a run was begun with.
pub(super) fn of_run(run: RunId) -> LockPlugins {
    LockPlugins {
        run: Some(run),
        ..LockPlugins::default()
    }
}

/// The plugins that a run was begun with, of what stands below a step that is carried out again.
pub(super) fn of_run_below(run: RunId, step: &StepPath) -> LockPlugins {
    LockPlugins {
        below: Some(step.clone()),
        ..of_run(run)
    }
}

/// The plugins that a comparison was begun with.
pub(super) fn of_comparison(comparison: ComparisonId) -> LockPlugins {
    LockPlugins {
        comparison: Some(comparison),
        ..LockPlugins::default()
    }
}

/// The plugins that a comparison is about to use.
pub(super) fn of_compared(step: &str, within: &CompareIn) -> LockPlugins {
    match within {
        CompareIn::Run { run } => LockPlugins {
            step: step.parse().ok(),
            ..of_run(*run)
        },
        CompareIn::Definition { definition } => of_definition(definition),
        CompareIn::Plugin { folder, .. } => of_plugin(step, folder.clone()),
    }
}

/// For what plugins are held against the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Something is to use them: what the lock doesn't refuse is no matter.
    Begin,
    /// The lock is to be as they are.
    Update,
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
    let is_said = how.locked || how.accept;
    if !is_said && (!context.screen.can_ask() || is_free(&plugins, wired)) {
        return Ok(true);
    }
    let settled = settled(&plugins, Purpose::Begin, how, context, wired).await?;
    Ok(settled.is_some())
}

/// Whether nothing can be refused: most projects have no lock and no plugins of other machines, and there is nothing to look at twice then.
fn is_free(plugins: &LockPlugins, wired: &Wired) -> bool {
    if plugins.begun().is_some() {
        return false;
    }
    let definition = plugins.definition.iter();
    let mut texts = plugins
        .plugins
        .iter()
        .chain(definition.clone().map(|it| &it.text));
    let files = definition.filter_map(|it| Path::new(it.file.as_ref()?).parent());
    let folder = plugins.folder.as_deref().map(Path::new);
    let folder = files.chain(folder).next().unwrap_or(&wired.project);
    !is_locked(&wired.project, folder)
        && !wired.has_names_elsewhere
        && !texts.any(|text| text.contains("://"))
}

/// Holds plugins against every lock that counts, and agrees to what differs as far as a person says so, beforehand or now; none where they said no.
///
/// # Errors
/// What [`stepwell_engine::Engine::lock_plugins`] refuses, also where nobody is there to say yes.
pub(super) async fn settled(
    plugins: &LockPlugins,
    purpose: Purpose,
    how: &AgreementArguments,
    context: &Context,
    wired: &Wired,
) -> Result<Option<LockedPlugins>, CommandError> {
    let hold = async |agreement, fetch| held(plugins, agreement, fetch, context, wired).await;
    if how.locked {
        if purpose == Purpose::Update {
            hold(Agreement::Look, Fetch::Known).await?;
        }
        return Ok(Some(hold(Agreement::Require, Fetch::Nothing).await?));
    }
    if how.accept {
        let taken = hold(Agreement::All, Fetch::All).await?;
        tell_taken(plugins, &taken, context);
        return Ok(Some(taken));
    }
    // What a person named is asked for; what a definition names, which somebody else may have written, isn't before a yes.
    let mut fetch = match (purpose, plugins.plugins.is_empty()) {
        (Purpose::Begin, true) => Fetch::Nothing,
        (Purpose::Begin, false) => Fetch::New,
        (Purpose::Update, true) => Fetch::Known,
        (Purpose::Update, false) => Fetch::All,
    };
    let mut taken = None;
    loop {
        let mut seen = hold(Agreement::Look, fetch).await?;
        fetch = Fetch::Nothing;
        let is_settled = match purpose {
            Purpose::Begin => !seen.refused,
            Purpose::Update => seen.exists && seen.differences.is_empty(),
        };
        if is_settled {
            return Ok(Some(taken.unwrap_or(seen)));
        }
        if !context.screen.can_ask() && purpose == Purpose::Update && !seen.exists {
            let differs = LockError::Differs {
                file: seen.file.into(),
                differences: seen.differences,
                named: plugins.named().map(str::to_owned),
            };
            return Err(explained(EngineError::from(differs).into(), context, wired));
        }
        if !context.screen.can_ask() {
            return Ok(Some(hold(Agreement::Require, fetch).await?));
        }
        if let Some(question) = question_of_fetching(&seen) {
            if !says_yes(&context.screen, &question).await {
                tell_nothing_changed(context);
                return Ok(None);
            }
            seen = hold(Agreement::Look, Fetch::New).await?;
        }
        taken = asked(plugins, &seen, context, wired).await?;
        if taken.is_none() {
            return Ok(None);
        }
        // Another lock may count besides.
    }
}

/// Whether plugins may be fetched that nobody agreed to, so that they can be looked at; none where there are none.
fn question_of_fetching(seen: &LockedPlugins) -> Option<String> {
    let unfetched = seen
        .differences
        .iter()
        .filter_map(|difference| match difference {
            PluginDifference::Unfetched { uses } => Some(format!("  {}", plain(uses))),
            _ => None,
        });
    let unfetched: Vec<String> = unfetched.collect();
    let named = unfetched.join("\n");
    (!unfetched.is_empty()).then(|| {
        format!(
            "{named}\nNobody agreed to that yet. Fetch it, to see what it is? It isn't run by that."
        )
    })
}

/// Shows what differs, and takes it into the lock with a yes; none is a no.
async fn asked(
    plugins: &LockPlugins,
    seen: &LockedPlugins,
    context: &Context,
    wired: &Wired,
) -> Result<Option<LockedPlugins>, CommandError> {
    let told = told(&seen.differences);
    let question = match (plugins.begun(), seen.exists) {
        (Some(begun), _) => format!(
            "{told}\nThat is what {begun} was begun with, and not what {PLUGIN_LOCK} has. Let it use that all the same? {PLUGIN_LOCK} stays as it is."
        ),
        (None, true) => format!(
            "{told}\nThat isn't what {} has. Agree to it?",
            file_of(seen, context)
        ),
        (None, false) => {
            format!("{told}\nAgree to it? {PLUGIN_LOCK} is written, and nothing else is run then.")
        }
    };
    if !says_yes(&context.screen, &question).await {
        tell_nothing_changed(context);
        return Ok(None);
    }
    let agreement = Agreement::Shown(seen.shown);
    let taken = held(plugins, agreement, Fetch::Nothing, context, wired).await?;
    Ok(Some(taken))
}

fn tell_nothing_changed(context: &Context) {
    context
        .screen
        .say("nothing was changed, and nothing was started\n");
}

/// Holds plugins against the lock.
pub(super) async fn held(
    plugins: &LockPlugins,
    agreement: Agreement,
    fetch: Fetch,
    context: &Context,
    wired: &Wired,
) -> Result<LockedPlugins, CommandError> {
    let request = LockPlugins {
        agreement,
        fetch,
        ..plugins.clone()
    };
    let held = prepared(context, wired, wired.engine.lock_plugins(request)).await;
    held.map_err(|error| explained(error, context, wired))
}

fn file_of(seen: &LockedPlugins, context: &Context) -> String {
    shown(seen.file.as_ref(), &context.start)
}

/// Says what was agreed to.
fn tell_taken(plugins: &LockPlugins, taken: &LockedPlugins, context: &Context) {
    if !taken.agreed {
        return;
    }
    let mut told = told(&taken.differences);
    if !told.is_empty() {
        told.push('\n');
    }
    let agreed = match plugins.begun() {
        Some(begun) => format!("{begun} may use that"),
        None => {
            let count = amounts::counted(taken.plugins.len() as u64, "plugin");
            format!("{} has {count}", file_of(taken, context))
        }
    };
    context.screen.say(&format!("{told}agreed: {agreed}\n"));
}

/// What differs, for a person.
fn told(differences: &[PluginDifference]) -> String {
    let lines: Vec<String> = differences
        .iter()
        .map(|difference| difference.to_string())
        .collect();
    plain(&lines.join("\n"))
}
