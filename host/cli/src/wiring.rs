//! Puts the rooms together: store, sandbox, models and built-in steps become an engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use stepwell_contract::{Clock, ModelsSettings, TextService};
use stepwell_definition::{Configuration, parse_configuration};
use stepwell_engine::{BuiltinStep, BuiltinSteps, Engine, EngineParts, StepsApart};
use stepwell_llm::{Cassette, Keys, Matching, Models, Recorder, settings_from_keys};
use stepwell_sandbox::SandboxSettings;
use stepwell_server::{About, Client, Server};
use stepwell_store::{RedbStore, Store, StoreError};
use stepwell_texts::Sandboxed;

use crate::application::Application;
use crate::arguments::{GlobalArguments, ModelArguments};
use crate::environment::Environment;
use crate::errors::CommandError;
use crate::project::{Project, has_store, make_store_folder};
use crate::runner::LateSandbox;
use crate::socket::{self, Door};
use crate::terminal::{Screen, now};

/// How long a store is waited for that a process holds without a socket.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often it is looked at.
const GLANCE: Duration = Duration::from_millis(20);

/// How many templates and JSON Schemas are worked on at the same time; others wait, for milliseconds each.
const TEXTS_AT_ONCE: u32 = 8;

/// What every command is given: the global arguments, the environment, the screen.
pub(crate) struct Context {
    pub(crate) environment: Environment,
    pub(crate) global: GlobalArguments,
    pub(crate) screen: Arc<Screen>,
    /// The working directory, read once.
    pub(crate) start: PathBuf,
}

/// What a command needs of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// It writes: a store that isn't there is made.
    Make,
    /// It reads what is there.
    There,
    /// It would look if there were one.
    IfThere,
}

/// What a command does with the cassette that it records into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tape {
    /// It begins a run, and so a cassette.
    Begins,
    /// It goes on with a run, and so with the run's cassette.
    GoesOn,
    /// It asks no model, and leaves the file alone.
    Stays,
}

/// The rooms, wired together.
pub(crate) struct House {
    pub(crate) engine: Application,
    /// None where another process holds it.
    pub(crate) store: Option<Arc<dyn Store>>,
    /// The store's folder.
    pub(crate) folder: PathBuf,
    /// The project's folder.
    pub(crate) project: PathBuf,
    /// What answers instead of models.
    pub(crate) cassette: Option<Cassette>,
    /// The cassette's file, as it was named.
    pub(crate) replay: Option<PathBuf>,
    /// The file that is recorded into, as it was named.
    pub(crate) record: Option<PathBuf>,
    pub(crate) recorder: Option<Arc<Recorder>>,
}

/// What the operator says, and where the project is.
pub(crate) struct Setting {
    pub(crate) project: Project,
    pub(crate) configuration: Configuration,
    pub(crate) store: PathBuf,
}

impl Context {
    pub(crate) fn new(
        global: GlobalArguments,
        environment: Environment,
        screen: Arc<Screen>,
    ) -> Self {
        let start = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        Self {
            environment,
            global,
            screen,
            start,
        }
    }

    /// The project and its configuration.
    pub(crate) fn setting(&self) -> Result<Setting, CommandError> {
        let project = Project::find(&self.start, self.global.config.as_deref());
        let configuration = match &project.configuration {
            Some(file) => self.configuration(file)?,
            None => Configuration::default(),
        };
        let store = project.store(
            &self.start,
            self.global.store.as_deref(),
            configuration.store.as_deref(),
        );
        Ok(Setting {
            project,
            configuration,
            store,
        })
    }

    /// What the operator says in this file.
    pub(crate) fn configuration(&self, file: &Path) -> Result<Configuration, CommandError> {
        let text = std::fs::read_to_string(file).map_err(|source| CommandError::File {
            path: file.to_owned(),
            source,
            hint: None,
        })?;
        let (configuration, diagnostics) = parse_configuration(&text, &file.display().to_string());
        match configuration {
            Some(configuration) => {
                for warning in diagnostics {
                    self.screen.note(&self.relative(warning).render(&text));
                }
                Ok(configuration)
            }
            None => {
                let diagnostics = diagnostics
                    .into_iter()
                    .map(|diagnostic| self.relative(diagnostic))
                    .collect();
                Err(CommandError::Configuration {
                    diagnostics,
                    source_text: text,
                })
            }
        }
    }

    /// Names a problem's file as a person would from here.
    pub(crate) fn relative(
        &self,
        mut diagnostic: stepwell_definition::Diagnostic,
    ) -> stepwell_definition::Diagnostic {
        diagnostic.file = crate::project::shown(Path::new(&diagnostic.file), &self.start);
        diagnostic
    }

    /// The runner of a project's steps.
    pub(crate) fn runner(&self, setting: &Setting) -> Arc<LateSandbox> {
        let usual = self.sandbox(&setting.store);
        let max_instances = setting.configuration.sandbox.max_instances;
        LateSandbox::new(SandboxSettings {
            max_instances: max_instances.unwrap_or(usual.max_instances),
            ..usual
        })
    }

    /// What fills templates and holds values against JSON Schemas, for everybody: a component in a small sandbox of its own,
    /// so that no step that waits for its template is in the way.
    pub(crate) fn texts(&self, store: &Path) -> Arc<dyn TextService> {
        let sandbox = LateSandbox::new(SandboxSettings {
            max_instances: TEXTS_AT_ONCE,
            max_plugins: 1,
            ..self.sandbox(store)
        });
        Arc::new(Sandboxed::new(sandbox, || stepwell_builtin::TEXTS.into()))
    }

    /// Compiled code is the user's, so that all projects share it.
    fn sandbox(&self, store: &Path) -> SandboxSettings {
        let cache = self.environment.cache_folder();
        SandboxSettings {
            cache_folder: Some(cache.unwrap_or_else(|| store.join("cache"))),
            ..SandboxSettings::default()
        }
    }

    /// An engine for a command that asks no model: neither models nor sandbox are set up before they are needed. Where
    /// another process holds the store, it does the work.
    pub(crate) async fn house(&self, need: Need) -> Result<House, CommandError> {
        let setting = self.setting()?;
        match open_or_connect(&setting.store, need).await? {
            Opened::Own(store) => {
                let runner = self.runner(&setting);
                let models = Models::live(ModelsSettings::default(), Keys::default())?;
                Ok(self.built(setting, store, runner, models, Asked::default()))
            }
            Opened::Held(client, _) => Ok(elsewhere(client, setting)),
        }
    }

    /// An engine that asks the models of the configuration, or a cassette. Where another process holds the store, it
    /// does the work with the models that it has.
    pub(crate) async fn house_with(
        &self,
        need: Need,
        arguments: &ModelArguments,
        tape: Tape,
    ) -> Result<House, CommandError> {
        match self.own_house_with(need, arguments, tape) {
            Err(CommandError::Store(StoreError::Held { .. })) => {}
            other => return other,
        }
        let setting = self.setting()?;
        match open_or_connect(&setting.store, need).await? {
            Opened::Own(store) => {
                drop(store);
                self.own_house_with(need, arguments, tape)
            }
            // A cassette is this command's, and the models are the other's.
            Opened::Held(_, held) if arguments.replay.is_some() || arguments.record.is_some() => {
                Err(held.into())
            }
            Opened::Held(client, _) => Ok(elsewhere(client, setting)),
        }
    }

    /// The house after long work. Where another process did it, that one may have ended by now: then this one has the
    /// store.
    pub(crate) async fn after_work(&self, house: House) -> Result<House, CommandError> {
        match house.engine {
            Application::Here(_) => Ok(house),
            Application::There(_) => self.house(Need::There).await,
        }
    }

    /// An engine in this process, and nowhere else.
    pub(crate) fn own_house_with(
        &self,
        need: Need,
        arguments: &ModelArguments,
        tape: Tape,
    ) -> Result<House, CommandError> {
        let mut setting = self.setting()?;
        let runner = self.runner(&setting);
        runner.warm_up();
        let asked = Asked::of(arguments, tape)?;
        let keys = self.environment.keys(&setting.configuration.models);
        let Setting {
            configuration,
            store: folder,
            ..
        } = &mut setting;
        // Certificates are read for the models, the file is locked and looked through for the store: neither waits
        // for the other.
        let (models, store) = std::thread::scope(|scope| {
            let models = scope.spawn(|| models(configuration, keys, &asked));
            let store = open_store(folder, need);
            let models = models
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (models, store)
        });
        // Who holds the store has models of its own: those here don't matter then.
        let store = store?;
        Ok(self.built(setting, store, runner, models?, asked))
    }

    /// The built-in steps that don't ride inside.
    pub(crate) fn steps_apart(&self) -> StepsApart {
        let folders = self.environment.plugin_folders();
        let builds = stepwell_builtin::APART.iter();
        StepsApart {
            folders: folders
                .iter()
                .map(|folder| self.start.join(folder))
                .collect(),
            builds: builds
                .map(|(name, build)| ((*name).to_owned(), (*build).to_owned()))
                .collect(),
        }
    }

    /// The command that builds a built-in step, where it neither rides inside nor is found in a folder.
    pub(crate) fn build_of(&self, name: &str) -> Option<String> {
        let mut apart = self.steps_apart();
        let is_there = apart.find(name).is_some();
        apart.builds.remove(name).filter(|_| !is_there)
    }

    fn built(
        &self,
        setting: Setting,
        store: RedbStore,
        runner: Arc<LateSandbox>,
        models: Models,
        asked: Asked,
    ) -> House {
        let store: Arc<dyn Store> = Arc::new(store);
        let texts = self.texts(&setting.store);
        let (folder, project) = (setting.store.clone(), setting.project.folder.clone());
        let apart = self.steps_apart();
        let folders = apart.folders.clone();
        let engine = Engine::new(EngineParts {
            store: Arc::clone(&store),
            clock: Clock::new(now),
            runner,
            texts,
            models,
            configuration: setting.configuration,
            builtin: builtin_steps(),
            apart,
            project: setting.project.folder,
            closed: [setting.store]
                .into_iter()
                .chain(setting.project.configuration)
                .chain(folders)
                .collect(),
            recorder: asked.recorder.clone(),
        });
        let Asked {
            cassette,
            replay,
            record,
            recorder,
        } = asked;
        House {
            engine: Application::Here(engine),
            store: Some(store),
            folder,
            project,
            cassette,
            replay,
            record,
            recorder,
        }
    }
}

/// A store of this process, or the way to the process that holds it.
enum Opened {
    Own(RedbStore),
    Held(Client, StoreError),
}

/// Opens the store, or finds who holds it. A short command may hold it for a moment without a socket: it is waited for.
async fn open_or_connect(folder: &Path, need: Need) -> Result<Opened, CommandError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let held = match open_store(folder, need) {
            Ok(store) => return Ok(Opened::Own(store)),
            Err(CommandError::Store(held @ StoreError::Held { .. })) => held,
            Err(error) => return Err(error),
        };
        if let Ok(client) = Client::connect(&socket::of_store(folder)).await {
            return Ok(Opened::Held(client, held));
        }
        if Instant::now() >= deadline {
            return Err(held.into());
        }
        tokio::time::sleep(GLANCE).await;
    }
}

/// A house whose work is done in the process that holds the store.
fn elsewhere(client: Client, setting: Setting) -> House {
    House {
        engine: Application::There(client),
        store: None,
        folder: setting.store,
        project: setting.project.folder,
        cassette: None,
        replay: None,
        record: None,
        recorder: None,
    }
}

impl House {
    /// The engine of this process.
    ///
    /// # Errors
    /// That another process holds the store.
    pub(crate) fn own_engine(&self) -> Result<Engine, CommandError> {
        match &self.engine {
            Application::Here(engine) => Ok(engine.clone()),
            Application::There(_) => Err(StoreError::Held {
                path: self.folder.clone(),
                pid: 0,
                command: None,
            }
            .into()),
        }
    }

    /// What a server of this house says of itself.
    pub(crate) fn about(&self) -> About {
        About {
            project: self.project.display().to_string(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// Lets other commands in while this one carries on long work. Where that can't be, they are told who holds the
    /// store, and nothing else is lost.
    pub(crate) fn open_door(&self) -> Option<Door> {
        let Application::Here(engine) = &self.engine else {
            return None;
        };
        let server = Server::beside_a_run(engine.clone(), self.about());
        Door::open(&self.folder, server).ok()
    }
}

/// What answers instead of models, and what is recorded.
#[derive(Default)]
pub(crate) struct Asked {
    cassette: Option<Cassette>,
    replay: Option<PathBuf>,
    record: Option<PathBuf>,
    recorder: Option<Arc<Recorder>>,
}

impl Asked {
    fn of(arguments: &ModelArguments, tape: Tape) -> Result<Self, CommandError> {
        let matching = arguments.record_match.map(Matching::from);
        let recorder = match (&arguments.record, tape) {
            (None, _) | (_, Tape::Stays) => None,
            (Some(path), Tape::Begins) => {
                let matching = matching.unwrap_or(Matching::Request);
                Some(Recorder::begin(path, matching)?)
            }
            (Some(path), Tape::GoesOn) => Some(Recorder::go_on(path, matching)?),
        };
        Ok(Self {
            cassette: arguments.replay.as_deref().map(read_cassette).transpose()?,
            replay: arguments.replay.clone(),
            record: arguments.record.clone(),
            recorder: recorder.map(Arc::new),
        })
    }
}

/// Opens the store, as far as a command needs one.
pub(crate) fn open_store(folder: &Path, need: Need) -> Result<RedbStore, CommandError> {
    if folder.is_file() {
        return Err(CommandError::StoreIsFile {
            path: folder.to_owned(),
        });
    }
    match need {
        Need::Make => {
            make_store_folder(folder).map_err(|source| CommandError::StoreFolder {
                path: folder.to_owned(),
                source,
            })?;
        }
        Need::There if !has_store(folder) => {
            return Err(CommandError::NoStore {
                path: folder.to_owned(),
            });
        }
        Need::IfThere if !has_store(folder) => return Ok(RedbStore::in_memory()?),
        Need::There | Need::IfThere => {}
    }
    Ok(RedbStore::open(folder)?)
}

/// The models that answer: a cassette's, the configuration's, or those of the usual variables.
pub(crate) fn models(
    configuration: &mut Configuration,
    keys: Keys,
    asked: &Asked,
) -> Result<Models, CommandError> {
    if let Some(cassette) = &asked.cassette {
        return Ok(Models::replaying(cassette.clone()));
    }
    if configuration.models.models.is_empty()
        && let Some(usual) = settings_from_keys(&keys)
    {
        configuration.models.models = usual.models;
        configuration.models.default_model = usual.default_model;
        for (name, provider) in usual.providers {
            configuration
                .models
                .providers
                .entry(name)
                .or_insert(provider);
        }
    }
    let models = Models::live(configuration.models.clone(), keys)?;
    Ok(match &asked.recorder {
        Some(recorder) => models.recording(Arc::clone(recorder)),
        None => models,
    })
}

pub(crate) fn read_cassette(file: &Path) -> Result<Cassette, CommandError> {
    let hint = "name a cassette's file with `--replay FILE`; `--record FILE` makes one";
    let bytes = std::fs::read(file).map_err(|source| CommandError::CassetteFile {
        path: file.to_owned(),
        source,
        hint,
    })?;
    Ok(Cassette::read(&bytes, &file.display().to_string())?)
}

fn builtin_steps() -> BuiltinSteps {
    let steps = stepwell_builtin::STEPS.iter();
    steps
        .map(|step| {
            let component = || step.component().map(Arc::from);
            (
                step.name.to_owned(),
                BuiltinStep::new(step.has_prompts(), component),
            )
        })
        .collect()
}
