//! An engine whose one step is a function: all of a call's way but the sandbox.

use std::collections::BTreeMap;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use stepwell_contract::{
    AttemptReport, ChatRequest, Clock, Description, Digest, Environment, GuestAnswer, GuestCall,
    Held, HostServices, LoadError, LoadedPlugin, Message, ModelSettings, ModelsSettings,
    ProviderKind, ProviderSettings, Role, RunId, StepRunner, TellCompiling,
};
use stepwell_definition::Configuration;
use stepwell_engine::{
    BuiltinStep, DefinitionSource, Drive, Engine, EngineParts, NoSources, RunStatus, StartRun,
    StepsApart,
};
use stepwell_llm::{Keys, Models};
use stepwell_store::RedbStore;

use crate::provider;

/// The model's name at the provider.
pub(crate) const MODEL: &str = "test";
/// The most tokens of an answer.
pub(crate) const MOST_TOKENS: u32 = 200;

/// The host, as a step sees it.
pub(crate) type Host = Arc<dyn HostServices>;
type Working = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What the step does.
struct Step<F>(F);

/// Something to ask, some two hundred bytes of it.
pub(crate) fn question(number: usize) -> String {
    let about = "Which of these words is the longest? ".repeat(5);
    format!("{about}{number}")
}

/// The same as a step asks it.
pub(crate) fn request(number: usize) -> ChatRequest {
    ChatRequest {
        messages: vec![Message::text(Role::User, question(number))],
        ..ChatRequest::default()
    }
}

/// Asks, and waits for the answer.
pub(crate) async fn ask(host: &Host, number: usize) {
    let answer = host.complete(request(number)).await.unwrap();
    assert!(!answer.unwrap().text.is_empty());
}

/// An engine with its store in a folder, whose step does this.
pub(crate) fn engine<F>(folder: &Path, (address, way): (&str, &str), work: F) -> Engine
where
    F: Fn(Host) -> Working + Send + Sync + 'static,
{
    let local = ProviderSettings {
        stall_timeout: Duration::from_secs(60),
        connect_timeout: Duration::from_secs(10),
        retries: 0,
        concurrency: 2000,
        ..ProviderSettings::new(ProviderKind::OpenaiChat, provider::url(address, way))
    };
    let model = ModelSettings {
        max_output_tokens: Some(MOST_TOKENS),
        ..ModelSettings::new("local", MODEL)
    };
    let settings = ModelsSettings {
        providers: BTreeMap::from([("local".into(), local)]),
        models: BTreeMap::from([("writer".into(), model)]),
        default_model: Some("writer".into()),
    };
    let component: Arc<[u8]> = Arc::from(*b"asking");
    Engine::new(EngineParts {
        store: Arc::new(RedbStore::open(&folder.join(".stepwell")).unwrap()),
        store_folder: None,
        clock: Clock::new(jiff::Timestamp::now),
        runner: Arc::new(Step(work)),
        texts: Arc::new(stepwell_texts::InProcess),
        models: Models::live(settings, Keys::default()).unwrap(),
        configuration: Configuration::default(),
        builtin: BTreeMap::from([(
            "asking".to_owned(),
            BuiltinStep::new(false, move || Ok(Arc::clone(&component))),
        )]),
        apart: StepsApart::default(),
        project: folder.to_owned(),
        closed: Vec::new(),
        sources: Arc::new(NoSources),
        http: Arc::new(stepwell_contract::NoServers),
        recorder: None,
    })
}

/// Begins a run of the step.
pub(crate) async fn start(engine: &Engine) -> RunId {
    let text = "name = \"door\"\n[[steps]]\nid = \"asking\"\nuses = \"builtin:asking\"\n";
    let source = DefinitionSource {
        text: text.into(),
        file: None,
    };
    engine.start(StartRun::new(source)).await.unwrap()
}

/// Carries a run out.
pub(crate) async fn drive(engine: &Engine, run: RunId) {
    let outcome = engine.drive(run, Drive::default()).await.unwrap();
    assert_eq!(outcome.status, RunStatus::Success, "{outcome:?}");
}

#[async_trait]
impl<F: Fn(Host) -> Working + Send + Sync> StepRunner for Step<F> {
    async fn load_telling(
        &self,
        component: Arc<[u8]>,
        _: &TellCompiling<'_>,
    ) -> Result<LoadedPlugin, LoadError> {
        Ok(LoadedPlugin {
            digest: Digest::of(&component),
            description: Description {
                name: "asking".into(),
                version: "1.0.0".into(),
                ..Description::default()
            },
        })
    }

    fn hold(&self, _: &Digest) -> Option<Held> {
        Some(Arc::new(()))
    }

    async fn call(&self, _: &Digest, call: GuestCall, _: Environment) -> AttemptReport {
        let GuestCall::Execute { services, .. } = call else {
            unreachable!("the engine asks steps for their work alone");
        };
        (self.0)(services).await;
        AttemptReport {
            outcome: Ok(GuestAnswer::Documents(Vec::new())),
            cpu: Duration::ZERO,
            wall: Duration::ZERO,
            memory: 0,
            host_calls: 0,
            stderr: String::new(),
        }
    }
}
