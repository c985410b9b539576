//! Puts the rooms together: store, sandbox, models and built-in steps become an engine.

mod bench;
mod builtin;
mod models;
mod scratch;
mod sources;
mod store;
mod telling;
mod wired;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use stepwell_contract::{Clock, Digest, ModelsSettings, RunId, TextService, compiling};
use stepwell_definition::{Configuration, parse_configuration};
use stepwell_engine::{Engine, EngineParts, ErrorCode, RunOutcome, RunStatus, StepsApart};
use stepwell_llm::{Keys, Models, known_providers};
use stepwell_outbound::Outbound;
use stepwell_registry::{Registry, RegistrySettings};
use stepwell_sandbox::{Compiler, SandboxSettings};
use stepwell_server::ClientError;
use stepwell_store::{RedbStore, Store, StoreError};
use stepwell_texts::Sandboxed;
use stepwell_workers::{LARGEST_CONFIGURATION, read_given_text};

use crate::application::Application;
use crate::arguments::{GlobalArguments, ModelArguments};
use crate::environment::Environment;
use crate::errors::{CommandError, Given, ModelsError};
use crate::project::{Project, has_store};
use crate::runner::{COMPILES, LateSandbox};
use crate::terminal::{Screen, now};
use builtin::builtin_steps;
pub(crate) use models::{Asked, Tape, how_to_set_up, models};
pub(crate) use scratch::Scratch;
use sources::FromRegistries;
pub(crate) use sources::evidence;
pub(crate) use store::{Need, open_store};
use store::{Opened, open_or_connect};
pub(crate) use telling::Telling;
pub(crate) use wired::Wired;

/// How many processes may end, one after the other, while they are asked what came of some work.
const LOOKS: u32 = 5;

/// How many templates, JSON Schemas and regular expressions are worked on at the same time; others wait, for milliseconds each.
const TEXTS_AT_ONCE: u32 = 8;

/// What every command is given: the global arguments, the environment, the screen.
pub(crate) struct Context {
    pub(crate) environment: Environment,
    pub(crate) global: GlobalArguments,
    pub(crate) screen: Arc<Screen>,
    /// The working directory, read once.
    pub(crate) start: PathBuf,
    /// What tells a collector of the runs that this command carries on.
    pub(crate) telling: Telling,
    /// What it needs for a while.
    pub(crate) scratch: Scratch,
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
            telling: Telling::default(),
            scratch: Scratch::default(),
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
        )?;
        Ok(Setting {
            project,
            configuration,
            store,
        })
    }

    /// What the operator says in this file.
    pub(crate) fn configuration(&self, file: &Path) -> Result<Configuration, CommandError> {
        let text = read_given_text(file, LARGEST_CONFIGURATION)
            .map_err(CommandError::unread(file, None))?;
        let name = file.display().to_string();
        let (configuration, diagnostics) = parse_configuration(&text, &name, known_providers());
        match configuration {
            Some(configuration) => {
                for warning in diagnostics {
                    self.screen.note(&self.relative(warning).render(&text));
                }
                let folder = file.parent().unwrap_or(&self.start);
                let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
                let sources = configuration.sources.beside(&folder);
                let configuration = Configuration {
                    sources,
                    ..configuration
                };
                Ok(configuration.seen_from(&folder))
            }
            None => {
                let diagnostics = diagnostics.into_iter().map(|it| self.relative(it));
                Err(Given::Configuration.with(diagnostics.collect(), text))
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
        let ours = &setting.configuration.sandbox;
        LateSandbox::new(SandboxSettings {
            max_instances: ours.max_instances.unwrap_or(usual.max_instances),
            compiler: compiler().map(|(program, arguments)| Compiler {
                program,
                arguments,
                time: ours.compile_time.unwrap_or(compiling::TIME),
                memory: ours.compile_memory.unwrap_or(compiling::MEMORY),
            }),
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
        let component = stepwell_builtin::TEXTS;
        let digest = Digest::from_bytes(component.sha256);
        Arc::new(Sandboxed::new(sandbox, digest, move || component.shared()))
    }

    /// Compiled code is the user's, so that all projects share it.
    fn sandbox(&self, store: &Path) -> SandboxSettings {
        let cache = self.environment.cache_folder();
        SandboxSettings {
            cache_folder: Some(cache.unwrap_or_else(|| store.join("cache"))),
            ..SandboxSettings::default()
        }
    }

    /// What fetches plugins and pushes them: into the user's cache, as who the user is for docker.
    pub(crate) fn registry(&self) -> Result<Registry, CommandError> {
        Ok(match self.environment.cache_folder() {
            Some(cache) => self.registry_of(&cache),
            None => self.registry_beside(&self.setting()?.store),
        })
    }

    /// The same, where the store is known: it has the cache of a user who has none.
    fn registry_beside(&self, store: &Path) -> Registry {
        let cache = self.environment.cache_folder();
        self.registry_of(&cache.unwrap_or_else(|| store.join("cache")))
    }

    fn registry_of(&self, cache: &Path) -> Registry {
        Registry::open(RegistrySettings {
            docker_config: self.environment.docker_config(),
            ..RegistrySettings::in_folder(cache.join("plugins"))
        })
    }

    /// An engine for a command that asks no model: neither models nor sandbox are set up before they are needed. Where
    /// another process holds the store, it does the work.
    pub(crate) async fn wire(&self, need: Need) -> Result<Wired, CommandError> {
        let setting = self.setting()?;
        match open_or_connect(&setting.store, need).await? {
            Opened::Own(store) => {
                let runner = self.runner(&setting);
                let models = Models::live(ModelsSettings::default(), Keys::default())
                    .map_err(ModelsError::Settings)?;
                let texts = self.texts(&setting.store);
                Ok(self.built(setting, *store, (runner, texts), models, Asked::default()))
            }
            Opened::Held(client, _) => Ok(Wired::elsewhere(client, setting)),
        }
    }

    /// The application over a store that is there, for a command that asks no model.
    pub(crate) async fn application(&self) -> Result<Application, CommandError> {
        Ok(self.wire(Need::There).await?.engine)
    }

    /// The same, for what can be looked at before there is a store.
    pub(crate) async fn application_to_look(&self) -> Result<Application, CommandError> {
        Ok(self.wire(Need::IfThere).await?.engine)
    }

    /// What a person is told who looked for a prompt: that there is none, or no store that could have it.
    pub(crate) fn not_found(&self, error: CommandError) -> CommandError {
        match self.setting() {
            Ok(Setting { store: path, .. })
                if error.code() == ErrorCode::NoSuchPrompt && !has_store(&path) =>
            {
                CommandError::NoStore { path }
            }
            _ => error,
        }
    }

    /// An engine that asks the models of the configuration, or a cassette. Where another process holds the store, it
    /// does the work with the models that it has.
    pub(crate) async fn wire_with(
        &self,
        need: Need,
        arguments: &ModelArguments,
        tape: Tape,
    ) -> Result<Wired, CommandError> {
        match self.wire_own_with(need, arguments, tape) {
            Err(CommandError::Store(StoreError::Held { .. })) => {}
            other => return other,
        }
        let setting = self.setting()?;
        match open_or_connect(&setting.store, need).await? {
            Opened::Own(store) => {
                drop(store);
                self.wire_own_with(need, arguments, tape)
            }
            // A cassette is this command's, and the models are the other's.
            Opened::Held(_, held) if arguments.replay.is_some() || arguments.record.is_some() => {
                Err(held.into())
            }
            Opened::Held(client, _) => Ok(Wired::elsewhere(client, setting)),
        }
    }

    /// Looks at what came of long work. Where another process did it, that one may have ended by now, or end while it is asked:
    /// then this one has the store, or the next one that holds it is asked. So `look` is to ask before it shows anything.
    pub(crate) async fn after_work<T>(
        &self,
        mut wired: Wired,
        look: impl AsyncFn(&Wired) -> Result<T, CommandError>,
    ) -> Result<(Wired, T), CommandError> {
        let mut left = LOOKS;
        loop {
            if let Application::There(_) = wired.engine {
                wired = self.wire(Need::There).await?;
            }
            left -= 1;
            match look(&wired).await {
                Err(CommandError::There(ClientError::Gone { .. })) if left > 0 => {}
                looked => return Ok((wired, looked?)),
            }
        }
    }

    /// What a run came to whose driver is gone; none where nobody drove it to where it rests.
    pub(crate) async fn came_to(&self, run: RunId) -> Result<Option<RunOutcome>, CommandError> {
        let wired = self.wire(Need::There).await?;
        let outcome = match &wired.engine {
            Application::Here(engine) => engine.outcome(run).await?,
            Application::There(client) => client.outcome(run).await?,
        };
        let is_at_rest = !matches!(outcome.status, RunStatus::Started | RunStatus::Interrupted);
        Ok(is_at_rest.then_some(outcome))
    }

    /// Removes the finished runs that the configuration doesn't keep, once the work could begin. Another process that holds the
    /// store has done so at its own beginning. Where nobody knows what stands on what, nothing goes, and the work goes on. Gives how
    /// many went.
    pub(crate) async fn tidy_up(&self, wired: &Wired) -> usize {
        let Application::Here(engine) = &wired.engine else {
            return 0;
        };
        let removed = engine.tidy_up().await.unwrap_or_else(|error| {
            let text = format!("no run is removed by `[retention]`: {error}");
            self.screen.warn(&text);
            0
        });
        match removed {
            0 => {}
            1 => self
                .screen
                .note("a finished run is removed: `[retention]` doesn't keep it\n"),
            runs => self.screen.note(&format!(
                "{runs} finished runs are removed: `[retention]` doesn't keep them\n"
            )),
        }
        removed
    }

    /// An engine in this process, and nowhere else.
    pub(crate) fn wire_own_with(
        &self,
        need: Need,
        arguments: &ModelArguments,
        tape: Tape,
    ) -> Result<Wired, CommandError> {
        let mut setting = self.setting()?;
        let runner = self.runner(&setting);
        runner.warm_up();
        let texts = self.texts(&setting.store);
        // With a first template that says nothing, its component is at hand when the first that says something comes.
        let first = Arc::clone(&texts);
        tokio::spawn(async move { first.read_template("").await.map(drop) });
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
        let telemetry = telling::settings(&self.environment)?;
        Ok(Wired {
            telemetry,
            ..self.built(setting, store, (runner, texts), models?, asked)
        })
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
        (runner, texts): (Arc<LateSandbox>, Arc<dyn TextService>),
        models: Models,
        asked: Asked,
    ) -> Wired {
        let store: Arc<dyn Store> = Arc::new(store);
        let (folder, project) = (setting.store.clone(), setting.project.folder.clone());
        let has_names_elsewhere = setting.configuration.has_names_elsewhere();
        let registry = self.registry_beside(&folder);
        let apart = self.steps_apart();
        let folders = apart.folders.clone();
        // Whoever could change a key could sign as its owner.
        let keys = setting.configuration.sources.keys().map(PathBuf::from);
        let keys: Vec<PathBuf> = keys.collect();
        let inside = setting.configuration.http_inside.clone();
        let engine = Engine::new(EngineParts {
            store: Arc::clone(&store),
            store_folder: Some(folder.clone()),
            clock: Clock::new(now),
            runner,
            texts,
            models,
            configuration: setting.configuration,
            builtin: builtin_steps(),
            apart,
            project: setting.project.folder,
            closed: [std::path::absolute(&setting.store).unwrap_or(setting.store)]
                .into_iter()
                .chain(setting.project.configuration)
                .chain(folders)
                .chain(keys)
                .collect(),
            sources: Arc::new(FromRegistries(registry)),
            http: Arc::new(Outbound::new(inside)),
            recorder: asked.recorder.clone(),
        });
        Wired {
            engine: Application::Here(engine),
            store: Some(store),
            folder,
            project,
            has_names_elsewhere,
            asked,
            telemetry: None,
        }
    }
}

/// The command that compiles a component: this program, as it is running, also where its file was replaced since.
fn compiler() -> Option<(PathBuf, Vec<OsString>)> {
    let itself = PathBuf::from("/proc/self/exe");
    let program = match itself.exists() {
        true => itself,
        false => std::env::current_exe().ok()?,
    };
    Some((program, vec![COMPILES.into()]))
}
