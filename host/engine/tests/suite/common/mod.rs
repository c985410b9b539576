//! A whole engine without wasmtime and without a real provider: steps are plain functions, the store is in memory,
//! and models are answered by a small HTTP server that keeps a journal.

#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each test file is a crate of its own and uses a part of it"
)]

mod counting;
pub mod rounds;
mod steps;
mod time;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use stepwell_contract::{
    ModelSettings, ModelsSettings, ProviderKind, ProviderSettings, RunId, TextService,
};
use stepwell_definition::Configuration;
use stepwell_engine::{
    DefinitionSource, Drive, Engine, EngineParts, GivenAnswer, NoSources, RunOutcome, RunStatus,
    RunView, Selection, StartRun, StepView, StepsApart,
};
use stepwell_llm::{Keys, Models};
use stepwell_store::{RedbStore, Store};
use stepwell_texts::InProcess;

pub use counting::Counting;
pub use steps::{Ask, Declared, FakeRunner, StepFunction, failure, step, text};
pub use stepwell_tests::Provider;
pub use time::Time;

/// An engine with everything around it, which can be closed and opened again like a process.
pub struct World {
    pub folder: tempfile::TempDir,
    pub store: Arc<dyn Store>,
    pub runner: Arc<FakeRunner>,
    pub provider: Arc<Provider>,
    pub configuration: Configuration,
    pub time: Time,
    /// What works on templates and JSON Schemas, from the next start on.
    pub texts: Arc<dyn TextService>,
    pub engine: Engine,
}

impl World {
    pub async fn new() -> Self {
        Self::with(Configuration::default()).await
    }

    pub async fn with(configuration: Configuration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(RedbStore::in_memory().unwrap());
        let runner = Arc::new(FakeRunner::default());
        let provider = Arc::new(Provider::echo());
        let time = Time::default();
        let texts: Arc<dyn TextService> = Arc::new(InProcess);
        let engine = engine(
            &folder,
            &store,
            &runner,
            &provider,
            &configuration,
            &time,
            &texts,
        );
        Self {
            folder,
            store,
            runner,
            provider,
            configuration,
            time,
            texts,
            engine,
        }
    }

    /// As after the end of the process: everything in memory is gone, the store and the workspace are there.
    pub fn restart(&mut self) {
        self.runner.let_go();
        self.engine = engine(
            &self.folder,
            &self.store,
            &self.runner,
            &self.provider,
            &self.configuration,
            &self.time,
            &self.texts,
        );
    }

    /// Keeps everything in a folder from now on.
    pub fn use_store(&mut self, folder: &Path) {
        self.store = Arc::new(RedbStore::open(folder).unwrap());
        self.restart();
    }

    /// Lets go of the store's file.
    pub fn close_store(&mut self) {
        self.store = Arc::new(RedbStore::in_memory().unwrap());
        self.restart();
    }

    /// Registers a step: its name is `builtin:NAME`.
    pub fn step(&mut self, declared: Declared, function: impl StepFunction) {
        self.runner.register(declared, function);
        self.restart();
    }

    /// Waits until the provider has received so many requests, without holding up the engine.
    pub async fn wait_for_requests(provider: &Provider, count: usize) {
        let arrived = tokio::task::spawn_blocking(provider.arrival(count));
        arrived.await.unwrap();
    }

    pub fn workspace(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub fn file(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.folder.path().join(path)).ok()
    }

    pub fn put_file(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub async fn start(&self, definition: &str) -> RunId {
        self.engine
            .start(StartRun::new(source(definition)))
            .await
            .unwrap()
    }

    pub async fn run(&self, definition: &str) -> (RunId, RunOutcome) {
        let id = self.start(definition).await;
        let outcome = self.engine.drive(id, Drive::default()).await.unwrap();
        (id, outcome)
    }

    pub async fn view(&self, run: RunId) -> RunView {
        self.engine.run(run).await.unwrap()
    }

    /// The text of a document, by step, name and items.
    pub async fn document(
        &self,
        run: RunId,
        step: &str,
        name: &str,
        items: &[u32],
    ) -> Option<String> {
        self.document_at(run, step, name, items, &[]).await
    }

    /// The text of a document of one round, by step, name and the rounds of its levels.
    pub async fn document_of_round(
        &self,
        run: RunId,
        step: &str,
        name: &str,
        rounds: &[Option<u32>],
    ) -> Option<String> {
        self.document_at(run, step, name, &[], rounds).await
    }

    pub async fn document_at(
        &self,
        run: RunId,
        step: &str,
        name: &str,
        items: &[u32],
        rounds: &[Option<u32>],
    ) -> Option<String> {
        let address = stepwell_engine::DocumentAddress {
            run,
            step: step.parse().unwrap(),
            name: name.into(),
            items: items.to_vec(),
            rounds: rounds.to_vec(),
            take: None,
        };
        self.engine
            .document(&address, None)
            .await
            .ok()
            .map(|document| document.text)
    }

    pub async fn events(&self, run: RunId) -> Vec<String> {
        let events = self.engine.events(run.into(), 0, usize::MAX).await.unwrap();
        let kind = |event: &stepwell_engine::Event| {
            serde_json::to_value(event).unwrap()["kind"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        events.iter().map(|event| kind(&event.event)).collect()
    }

    pub async fn calls(&self, run: RunId) -> Vec<stepwell_engine::CallView> {
        self.engine
            .calls(&Selection {
                run: Some(run),
                ..Selection::default()
            })
            .await
            .unwrap()
            .items
    }
}

pub fn source(definition: &str) -> DefinitionSource {
    DefinitionSource {
        text: definition.into(),
        file: None,
    }
}

pub fn answer(key: &str, text: &str) -> GivenAnswer {
    GivenAnswer {
        step: None,
        items: Vec::new(),
        form: None,
        key: key.into(),
        text: text.into(),
        by: String::new(),
    }
}

pub fn step_view<'a>(view: &'a RunView, path: &str) -> &'a StepView {
    fn find<'a>(steps: &'a [StepView], path: &str) -> Option<&'a StepView> {
        steps.iter().find_map(|step| {
            if step.path.as_str() == path {
                Some(step)
            } else {
                find(&step.steps, path)
            }
        })
    }
    find(&view.steps, path).unwrap_or_else(|| panic!("no step {path}"))
}

#[track_caller]
pub fn assert_success(outcome: &RunOutcome) {
    assert_eq!(outcome.status, RunStatus::Success, "{:?}", outcome.problem);
}

fn engine(
    folder: &tempfile::TempDir,
    store: &Arc<dyn Store>,
    runner: &Arc<FakeRunner>,
    provider: &Provider,
    configuration: &Configuration,
    time: &Time,
    texts: &Arc<dyn TextService>,
) -> Engine {
    Engine::new(EngineParts {
        store: Arc::clone(store),
        store_folder: None,
        clock: time.clock(),
        runner: Arc::clone(runner) as _,
        texts: Arc::clone(texts),
        models: Models::live(models(provider.url()), Keys::default()).unwrap(),
        configuration: configuration.clone(),
        builtin: runner.components(),
        apart: StepsApart::default(),
        project: Path::new(folder.path()).to_owned(),
        closed: Vec::new(),
        sources: Arc::new(NoSources),
        http: Arc::new(stepwell_contract::NoServers),
        recorder: None,
    })
}

fn models(base_url: String) -> ModelsSettings {
    let provider = ProviderSettings {
        stall_timeout: std::time::Duration::from_secs(20),
        connect_timeout: std::time::Duration::from_secs(5),
        retries: 0,
        concurrency: 16,
        ..ProviderSettings::new(ProviderKind::OpenaiChat, base_url)
    };
    let model = ModelSettings {
        max_output_tokens: Some(100),
        ..ModelSettings::new("local", "test-model")
    };
    ModelsSettings {
        providers: BTreeMap::from([("local".into(), provider)]),
        models: BTreeMap::from([("writer".into(), model.clone()), ("other".into(), model)]),
        default_model: Some("writer".into()),
    }
}

/// A workflow of one built-in step, with more lines for it.
pub fn one(id: &str, more: &str) -> String {
    format!("name = \"one\"\n[[steps]]\nid = \"{id}\"\nuses = \"builtin:{id}\"\n{more}\n")
}

/// A step that writes these files. By the time of publishing a file stands where a folder should be that some of them need, so
/// that nothing gets there.
pub fn writes_and_blocks(
    world: &mut World,
    name: &str,
    files: &'static [(&'static str, &'static str)],
    folder: &'static str,
) {
    let blocked = world.workspace().join(folder);
    world.step(
        step(name).document("out").grant("workspace", "write"),
        move |host: Ask, _: Vec<_>| {
            let blocked = blocked.clone();
            async move {
                for (path, text) in files {
                    host.write(path, text).await?;
                }
                std::fs::write(blocked, "in the way").unwrap();
                Ok(vec![text("out", "")])
            }
        },
    );
}

/// Drives a run until the provider has received so many requests, then stops it as Ctrl-C would.
pub async fn drive_until_requests(world: &World, run: RunId, requests: usize) {
    let provider = Arc::clone(&world.provider);
    drive_until(world, run, async move {
        World::wait_for_requests(&provider, requests).await;
    })
    .await;
}

/// Drives a run until something has happened, then stops it as Ctrl-C would.
pub async fn drive_until(world: &World, run: RunId, happened: impl Future<Output = ()>) {
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let drive = Drive {
        stop: Some(stopped),
        ..Drive::default()
    };
    let watch = async move {
        happened.await;
        stop.send_replace(true);
    };
    let (outcome, ()) = tokio::join!(world.engine.drive(run, drive), watch);
    assert_eq!(outcome.unwrap().status, RunStatus::Interrupted);
}

/// An answer of the provider.
pub fn reply(text: String) -> stepwell_tests::Reply {
    stepwell_tests::Reply::Text(text)
}
