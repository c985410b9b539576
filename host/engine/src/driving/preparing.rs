//! From a definition to something that can be driven: parsed, its plugins loaded, checked, its pins chosen.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use stepwell_contract::{ChatError, Description, Digest, StepPath};
use stepwell_definition::{
    Definition, Diagnostic, LARGEST_DEFINITION, Located, Plan, Severity, check, most_of,
    parse_definition,
};
use stepwell_store::PinnedPlugin;
use stepwell_workers::{LargeFile, off_the_workers};

use super::asking::Asking;
use super::inside::inside;
use super::lent::not_lent;
use super::loading::load;
use super::locking::Locks;
use super::models::{doubts_of_others, pin_models, unsaid};
use super::narrowing::{beyond, forbidden_instead, lay_ceilings};
use crate::state::{House, PreparedRun, Reach, shown_source};
use crate::words::{DefinitionSource, EngineError, PluginError};

/// The text that problems have their places in. One that wasn't even looked at has none.
pub(super) fn shown(text: &str) -> String {
    match text.len() <= LARGEST_DEFINITION {
        true => text.to_owned(),
        false => String::new(),
    }
}

/// The folder that the paths of a definition's plugins start at.
pub(crate) fn folder_of<'a>(house: &'a House, source: &'a DefinitionSource) -> &'a Path {
    let file = source.file.as_ref();
    let folder = file.and_then(|file| Path::new(file).parent());
    folder.unwrap_or(&house.project)
}

/// The file of a definition, unless it is one that was only made up around a plugin.
async fn named_by_a_person(source: &DefinitionSource) -> Option<String> {
    let file = source.file.clone()?;
    off_the_workers(move || Path::new(&file).is_file().then_some(file)).await
}

/// Parses and checks a definition, and loads the plugins that it names.
///
/// # Errors
/// [`EngineError::Definition`] with every problem, those of its plugins and models among them; [`EngineError::OutOfReach`];
/// [`EngineError::Lock`] for plugins that the project didn't agree to.
pub(crate) async fn prepare(
    house: &House,
    reach: &Reach,
    source: &DefinitionSource,
    model: Option<&str>,
    asking: Asking,
) -> Result<PreparedRun, EngineError> {
    if let Some(file) = &source.file {
        reach.require(file).await?;
    }
    let file = source
        .file
        .clone()
        .unwrap_or_else(|| "definition.toml".into());
    let (text, named) = (source.text.clone(), file.clone());
    let parsed = move || parse_definition(&text, &named);
    let (definition, mut diagnostics) = off_the_workers(parsed).await;
    let refused = |diagnostics: Vec<Diagnostic>| EngineError::Definition {
        diagnostics,
        source_text: shown(&source.text),
    };
    let Some(definition) = definition else {
        return Err(refused(diagnostics));
    };
    let folder = folder_of(house, source);
    let mut loaded = load_plugins(house, reach, &definition, folder, asking).await?;
    if !loaded.not_agreed.is_empty() {
        let locks = Locks::of(house, reach, folder).await?;
        let locks = locks.named(named_by_a_person(source).await.as_deref());
        return Err(locks.unfetched(loaded.not_agreed).into());
    }
    // Before anything is said of how they fit: a plugin in another one's place is told as that.
    if asking.carries_out() {
        let used: Vec<_> = loaded.used().collect();
        let locks = Locks::of(house, reach, folder).await?;
        locks
            .named(named_by_a_person(source).await.as_deref())
            .hold(&used, folder)
            .await?;
    }
    diagnostics.append(&mut loaded.problems);
    let (plan, found) = checked(house, &definition, &loaded).await;
    diagnostics.extend(found);
    let mut diagnostics = most_of(diagnostics, &file);
    let is_error = |found: &Diagnostic| found.severity == Severity::Error;
    let (Some(mut plan), false) = (plan, diagnostics.iter().any(is_error)) else {
        return Err(refused(diagnostics));
    };
    lay_ceilings(house, folder, &mut plan).await?;
    let steps = plan.steps.iter();
    let descriptions: Vec<_> = steps.map(|step| loaded.description(&step.path)).collect();
    let (models, lacking) = pin_models(house, &plan, &descriptions, model, asking)?;
    if !asking.is_never() {
        diagnostics.extend(beyond(&plan, &definition, &models));
        diagnostics.extend(not_lent(house, &plan, &definition, source.file.as_deref()).await);
        diagnostics.extend(inside(house, &plan, &definition));
        if diagnostics.iter().any(is_error) {
            return Err(refused(diagnostics));
        }
        let unsaid = unsaid(house, &plan, &definition, &models);
        if !unsaid.is_empty() {
            diagnostics.extend(unsaid);
            return Err(refused(diagnostics));
        }
        match lacking {
            None => {}
            Some(lacking) if asking == Asking::Now => return Err(EngineError::Model(lacking)),
            Some(lacking) => diagnostics.push(lacks_model(file, lacking)),
        }
        diagnostics.extend(doubts_of_others(house, &plan, &models));
        diagnostics.extend(forbidden_instead(&plan, &models));
    }
    let plugins = loaded.plugins.into_iter();
    Ok(PreparedRun {
        plan: Arc::new(plan),
        descriptions,
        plugins: plugins.map(|(path, (pin, _))| (path, pin)).collect(),
        components: loaded.components,
        models,
        warnings: diagnostics,
        policy_changes: Vec::new(),
    })
}

/// The plugins of a definition.
#[derive(Default)]
struct Loaded {
    plugins: BTreeMap<StepPath, (PinnedPlugin, Arc<Description>)>,
    /// The bytes of those that are to be kept and aren't yet.
    components: BTreeMap<Digest, LargeFile>,
    /// Those of other machines that nobody agreed to: they aren't fetched.
    not_agreed: BTreeSet<String>,
    /// Those that can't be used.
    problems: Vec<Diagnostic>,
}

impl Loaded {
    /// Each of them by what names it, with its digest.
    fn used(&self) -> impl Iterator<Item = (&str, Digest)> {
        let plugins = self.plugins.values();
        plugins.map(|(plugin, _)| (plugin.uses.as_str(), plugin.digest))
    }

    fn description(&self, path: &StepPath) -> Option<Arc<Description>> {
        let plugin = self.plugins.get(path);
        plugin.map(|(_, description)| Arc::clone(description))
    }
}

impl PreparedRun {
    /// The plugins of its steps by what names them, with their digests.
    pub(crate) fn used(&self) -> impl Iterator<Item = (&str, Digest)> {
        let plugins = self.plugins.values();
        plugins.map(|plugin| (plugin.uses.as_str(), plugin.digest))
    }
}

/// Loads the plugins that a definition names, seen from its folder.
async fn load_plugins(
    house: &House,
    reach: &Reach,
    definition: &Definition,
    folder: &Path,
    asking: Asking,
) -> Result<Loaded, EngineError> {
    let mut loaded = Loaded::default();
    for (path, uses) in definition.plugins() {
        match load(house, reach, &uses.value, folder, asking.meant()).await {
            Ok(plugin) => {
                // What is kept already, or never will be, takes no room.
                if asking == Asking::Now && !house.store.has_blob(&plugin.digest).await? {
                    loaded.components.insert(plugin.digest, plugin.component);
                }
                let pin = PinnedPlugin {
                    uses: uses.value.clone(),
                    digest: plugin.digest,
                    title: Some(plugin.description.title()),
                    before: None,
                    signed_by: plugin.signed_by,
                    other: Default::default(),
                };
                loaded.plugins.insert(path, (pin, plugin.description));
            }
            Err(PluginError::NotAgreed) => {
                loaded.not_agreed.insert(uses.value.clone());
            }
            // Nothing is wrong with the definition.
            Err(
                error @ (PluginError::NoRoom(_)
                | PluginError::Unsigned { .. }
                | PluginError::Key { .. }),
            ) => {
                return Err(EngineError::Plugin {
                    uses: uses.value.clone(),
                    error,
                });
            }
            Err(error) => {
                let problem = unusable(definition, &path, uses, &error);
                loaded.problems.push(problem);
            }
        }
    }
    Ok(loaded)
}

/// What is told of a plugin that can't be used. Without one that is only missing, a step that is optional is left out.
fn unusable(
    definition: &Definition,
    path: &StepPath,
    uses: &Located<String>,
    error: &PluginError,
) -> Diagnostic {
    let missing = matches!(
        error,
        PluginError::NoFile { .. }
            | PluginError::File { .. }
            | PluginError::NoSuchBuiltin { .. }
            | PluginError::NotBuilt { .. }
            | PluginError::BareName { .. }
    );
    let message = format!(
        "the plugin `{}` of step `{path}` can't be used: {error}",
        shown_source(&uses.value)
    );
    let mut problem = definition.error("plugin", uses.span, message, None);
    problem.remedy = Some(error.remedy());
    problem.secret = matches!(
        error,
        PluginError::PasswordInSource { .. } | PluginError::QueryInSource { .. }
    );
    if missing && definition.step(path).is_some_and(|step| step.optional) {
        problem.severity = Severity::Warning;
    }
    problem
}

/// The plan of a definition with its plugins, and what is to be said of it.
async fn checked(
    house: &House,
    definition: &Definition,
    loaded: &Loaded,
) -> (Option<Plan>, Vec<Diagnostic>) {
    let models = house.models.list().into_iter();
    let names: BTreeSet<String> = models.map(|model| model.name).collect();
    let known = (!house.models.is_replay()).then_some(&names);
    let describe = |path: &StepPath, _: &str| loaded.description(path);
    check(definition, &describe, known, &*house.texts).await
}

/// A model that can't be asked yet.
fn lacks_model(file: String, lacking: ChatError) -> Diagnostic {
    Diagnostic {
        severity: Severity::Warning,
        code: "model".into(),
        file,
        span: None,
        message: lacking.message,
        hint: None,
        remedy: None,
        secret: false,
    }
}
