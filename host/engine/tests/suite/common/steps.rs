//! Steps as plain functions: what the sandbox would run, without a sandbox.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use stepwell_contract::{
    AttemptEnd, AttemptReport, ChatRequest, CopiedFile, Description, Digest, Environment, Failure,
    FailureKind, Field, Form, GuestAnswer, GuestCall, Held, HostServices, LoadError, LoadedPlugin,
    Message, PromptDeclaration, Question, Role, StepRunner, TellCompiling, Text,
};
use stepwell_engine::{BuiltinStep, BuiltinSteps};

type Ended = Result<Vec<Text>, AttemptEnd>;
type Pending = Pin<Box<dyn Future<Output = Ended> + Send>>;

pub trait StepFunction: Send + Sync + 'static {
    fn call(&self, host: Ask, inputs: Vec<Text>) -> Pending;
}

impl<F, R> StepFunction for F
where
    F: Fn(Ask, Vec<Text>) -> R + Send + Sync + 'static,
    R: Future<Output = Ended> + Send + 'static,
{
    fn call(&self, host: Ask, inputs: Vec<Text>) -> Pending {
        Box::pin(self(host, inputs))
    }
}

/// The host, with shorthands for what tests do most.
#[derive(Clone)]
pub struct Ask(
    pub Arc<dyn HostServices>,
    /// The copy of the workspace that comes with the call.
    pub Option<Arc<[CopiedFile]>>,
);

impl Ask {
    pub async fn chat(&self, prompt: &str) -> Result<String, AttemptEnd> {
        let request = request(prompt);
        let answer = self.0.complete(request).await.map_err(AttemptEnd::from)?;
        answer
            .map(|response| response.text)
            .map_err(|error| failure(FailureKind::Other("chat".into()), &error.message, true))
    }

    pub async fn chat_all(&self, prompts: &[&str]) -> Result<Vec<String>, AttemptEnd> {
        let requests = prompts.iter().map(|prompt| request(prompt)).collect();
        let answers = self
            .0
            .complete_all(requests)
            .await
            .map_err(AttemptEnd::from)?;
        Ok(answers
            .into_iter()
            .map(|answer| answer.map_or_else(|error| error.to_string(), |answer| answer.text))
            .collect())
    }

    pub async fn question(&self, key: &str) -> Result<String, AttemptEnd> {
        let question = Question {
            key: key.into(),
            text: format!("What about {key}?"),
            choices: vec![],
            suggested: None,
            annotations: vec![],
        };
        let form = Form {
            title: "A form".into(),
            guidance: String::new(),
            about: None,
            questions: vec![question],
        };
        let answers = self.0.ask(form).await.map_err(AttemptEnd::from)?;
        Ok(answers.map_or_else(
            |error| error.kind.code().to_owned(),
            |answers| answers.join(","),
        ))
    }

    pub async fn form(&self, keys: &[&str]) -> Result<Vec<String>, AttemptEnd> {
        let question = |key: &&str| Question {
            key: (*key).into(),
            text: format!("What about {key}?"),
            choices: vec![],
            suggested: None,
            annotations: vec![],
        };
        let form = Form {
            title: "A form".into(),
            guidance: String::new(),
            about: None,
            questions: keys.iter().map(question).collect(),
        };
        let answers = self.0.ask(form).await.map_err(AttemptEnd::from)?;
        Ok(answers.unwrap_or_default())
    }

    pub async fn read(&self, path: &str) -> Result<String, AttemptEnd> {
        let read = self
            .0
            .read_file(path.into())
            .await
            .map_err(AttemptEnd::from)?;
        Ok(read.map_or_else(
            |error| error.kind.code().to_owned(),
            |bytes| String::from_utf8(bytes).unwrap(),
        ))
    }

    pub async fn write(&self, path: &str, text: &str) -> Result<String, AttemptEnd> {
        let written = self
            .0
            .write_file(path.into(), text.as_bytes().to_vec())
            .await
            .map_err(AttemptEnd::from)?;
        Ok(written.map_or_else(|error| error.to_string(), |()| "ok".into()))
    }

    pub async fn remove(&self, path: &str) -> Result<String, AttemptEnd> {
        let removed = self
            .0
            .remove_file(path.into())
            .await
            .map_err(AttemptEnd::from)?;
        Ok(removed.map_or_else(|error| error.to_string(), |()| "ok".into()))
    }

    pub async fn list(&self, pattern: &str) -> Result<String, AttemptEnd> {
        let entries = self
            .0
            .workspace_entries(pattern.into())
            .await
            .map_err(AttemptEnd::from)?;
        let paths: Vec<_> = entries
            .unwrap_or_default()
            .into_iter()
            .map(|entry| entry.path)
            .collect();
        Ok(paths.join(" "))
    }

    /// The paths that the run changed, each with its text of before.
    pub async fn changed(&self) -> Result<String, AttemptEnd> {
        let paths = self.0.changed_files().await.map_err(AttemptEnd::from)?;
        let mut shown = Vec::new();
        for path in paths.unwrap() {
            let before = self.before(&path).await?;
            shown.push(format!("{path}={before}"));
        }
        Ok(shown.join(" "))
    }

    pub async fn before(&self, path: &str) -> Result<String, AttemptEnd> {
        let read = self.0.read_file_before(path.into()).await;
        Ok(read.map_err(AttemptEnd::from)?.map_or_else(
            |error| error.kind.code().to_owned(),
            |bytes| String::from_utf8(bytes).unwrap(),
        ))
    }

    /// What a path holds where the run publishes.
    pub async fn published(&self, path: &str) -> Result<String, AttemptEnd> {
        let read = self.0.read_file_published(path.into()).await;
        Ok(read.map_err(AttemptEnd::from)?.map_or_else(
            |error| error.kind.code().to_owned(),
            |bytes| String::from_utf8(bytes).unwrap(),
        ))
    }

    pub async fn ignored(&self, pattern: &str) -> Result<String, AttemptEnd> {
        let paths = self.0.ignored_files(pattern.into()).await;
        let paths = paths.map_err(AttemptEnd::from)?;
        Ok(paths.map_or_else(
            |error| error.kind.code().to_owned(),
            |paths| paths.join(" "),
        ))
    }

    /// The copy of the workspace: `path=text` of each file.
    pub fn copied(&self) -> String {
        let files = self.1.as_deref().unwrap_or_default().iter();
        let shown = files.map(|file| {
            let text = String::from_utf8_lossy(&file.content);
            format!("{}={text}", file.path)
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    pub async fn checkpoint(&self, key: &str, value: &str) -> Result<(), AttemptEnd> {
        let saved = self
            .0
            .save_checkpoint(key.into(), value.as_bytes().to_vec())
            .await
            .map_err(AttemptEnd::from)?;
        saved.unwrap();
        Ok(())
    }

    pub async fn checkpointed(&self, key: &str) -> Result<Option<String>, AttemptEnd> {
        let value = self
            .0
            .load_checkpoint(key.into())
            .await
            .map_err(AttemptEnd::from)?;
        Ok(value.map(|value| String::from_utf8(value).unwrap()))
    }
}

fn request(prompt: &str) -> ChatRequest {
    ChatRequest {
        messages: vec![Message::text(Role::User, prompt)],
        ..ChatRequest::default()
    }
}

pub fn failure(kind: FailureKind, message: &str, retryable: bool) -> AttemptEnd {
    AttemptEnd::Failure(Failure {
        kind,
        message: message.into(),
        retryable,
    })
}

pub fn text(name: &str, value: impl Into<String>) -> Text {
    Text::new(name, value)
}

/// What a step says of itself; documents and inputs are declared by name.
pub struct Declared(pub Description);

/// A step of this name.
pub fn step(name: &str) -> Declared {
    Declared(Description {
        name: name.into(),
        version: "1.0.0".into(),
        ..Description::default()
    })
}

impl Declared {
    pub fn version(mut self, version: &str) -> Self {
        self.0.version = version.into();
        self
    }

    pub fn input(mut self, name: &str) -> Self {
        self.0.inputs.push(Field {
            name: name.into(),
            required: true,
            ..Field::default()
        });
        self
    }

    pub fn document(mut self, name: &str) -> Self {
        self.0.documents.push(Field {
            name: name.into(),
            required: true,
            ..Field::default()
        });
        self
    }

    /// A JSON Schema for the input that was declared last.
    pub fn input_schema(mut self, schema: &str) -> Self {
        let field = self.0.inputs.last_mut().unwrap();
        field.schema = Some(schema.into());
        self
    }

    /// A JSON Schema for the document that was declared last.
    pub fn document_schema(mut self, schema: &str) -> Self {
        let field = self.0.documents.last_mut().unwrap();
        field.schema = Some(schema.into());
        self
    }

    pub fn maybe_document(mut self, name: &str) -> Self {
        self.0.documents.push(Field {
            name: name.into(),
            ..Field::default()
        });
        self
    }

    pub fn prompt(mut self, name: &str, intrinsic: &str, variables: &[&str]) -> Self {
        let variable = |name: &&str| Field {
            name: (*name).into(),
            required: true,
            ..Field::default()
        };
        self.0.prompts.push(PromptDeclaration {
            name: name.into(),
            intrinsic: intrinsic.into(),
            variables: variables.iter().map(variable).collect(),
        });
        self
    }

    pub fn grant(mut self, name: &str, value: &str) -> Self {
        self.0.grants.push(Text::new(name, value));
        self
    }

    /// Makes it a gate: its document of this name says `yes`.
    pub fn gate(mut self, document: &str) -> Self {
        let gate = format!(r#"{{"document":"{document}","is":["yes"]}}"#);
        self.0.annotations.push(Text::new("gate", gate));
        self
    }

    pub fn setting(mut self, name: &str) -> Self {
        self.0.settings.push(Field {
            name: name.into(),
            ..Field::default()
        });
        self
    }
}

/// A step with what it says of itself.
type Registered = (Description, Arc<dyn StepFunction>);

/// Runs registered functions. A component is the description as JSON, so that another description is another digest.
#[derive(Default)]
pub struct FakeRunner {
    steps: Mutex<BTreeMap<Digest, Registered>>,
    components: Mutex<BTreeMap<String, Arc<[u8]>>>,
    loaded: Mutex<BTreeSet<Digest>>,
    /// What every attempt writes to its standard error.
    pub stderr: Mutex<String>,
}

impl FakeRunner {
    pub fn register(&self, declared: Declared, function: impl StepFunction) {
        let component: Arc<[u8]> = serde_json::to_vec(&declared.0).unwrap().into();
        let digest = Digest::of(&component);
        self.components
            .lock()
            .unwrap()
            .insert(declared.0.name.clone(), component);
        self.steps
            .lock()
            .unwrap()
            .insert(digest, (declared.0, Arc::new(function)));
    }

    /// Lets go of all that is loaded, as a sandbox with too many plugins does.
    pub fn let_go(&self) {
        self.loaded.lock().unwrap().clear();
    }

    pub fn components(&self) -> BuiltinSteps {
        let components = self.components.lock().unwrap().clone();
        let builtin =
            |component: Arc<[u8]>| BuiltinStep::new(true, move || Ok(Arc::clone(&component)));
        let steps = components.into_iter();
        steps
            .map(|(name, component)| (name, builtin(component)))
            .collect()
    }
}

impl FakeRunner {
    /// The first prompt of a step, filled with its inputs.
    async fn constructed(
        &self,
        plugin: &Digest,
        inputs: Vec<Text>,
        services: &dyn HostServices,
    ) -> Option<String> {
        let first = |description: &Description| Some(description.prompts.first()?.name.clone());
        let name = first(&self.steps.lock().unwrap()[plugin].0)?;
        let filled = services.render_prompt(name, inputs).await.unwrap();
        Some(filled.unwrap_or_else(|error| error.to_string()))
    }
}

#[async_trait]
impl StepRunner for FakeRunner {
    async fn load_telling(
        &self,
        component: Arc<[u8]>,
        _compiling: &TellCompiling<'_>,
    ) -> Result<LoadedPlugin, LoadError> {
        let digest = Digest::of(&component);
        let steps = self.steps.lock().unwrap();
        let (description, _) = steps.get(&digest).ok_or(LoadError::NotWasm {
            reason: "no such step".into(),
        })?;
        self.loaded.lock().unwrap().insert(digest);
        Ok(LoadedPlugin {
            digest,
            description: description.clone(),
        })
    }

    fn hold(&self, plugin: &Digest) -> Option<Held> {
        let loaded = self.loaded.lock().unwrap().contains(plugin);
        loaded.then(|| Arc::new(()) as Held)
    }

    async fn call(
        &self,
        plugin: &Digest,
        call: GuestCall,
        environment: Environment,
    ) -> AttemptReport {
        assert!(
            self.hold(plugin).is_some(),
            "it is loaded before it is called"
        );
        let function = Arc::clone(&self.steps.lock().unwrap()[plugin].1);
        let outcome = match call {
            GuestCall::Execute { inputs, services } => function
                .call(Ask(services, environment.copy), inputs)
                .await
                .map(GuestAnswer::Documents),
            GuestCall::ConstructPrompt { inputs, services } => {
                let prompt = self.constructed(plugin, inputs, &*services).await;
                Ok(GuestAnswer::Prompt(prompt))
            }
            GuestCall::ProcessResponse { .. } => panic!("nobody reads an answer alone"),
        };
        AttemptReport {
            outcome,
            cpu: Duration::ZERO,
            wall: Duration::ZERO,
            memory: 0,
            host_calls: 0,
            stderr: self.stderr.lock().unwrap().clone(),
        }
    }
}
