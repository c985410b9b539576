//! What the tests of the sandbox share: the hostile step, a host that answers it, and short ways to call it.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "each test file uses its own part; cargo's own variables are read to run it again"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use stepwell_contract::*;
use stepwell_sandbox::{Sandbox, SandboxSettings};

/// The bytes of the hostile step, built once for each test program.
pub fn hostile() -> Arc<[u8]> {
    static BYTES: OnceLock<Arc<[u8]>> = OnceLock::new();
    Arc::clone(BYTES.get_or_init(|| build("stepwell-fixture-hostile").into()))
}

/// The bytes of the step that sends requests.
pub fn sends_http() -> Arc<[u8]> {
    static BYTES: OnceLock<Arc<[u8]>> = OnceLock::new();
    Arc::clone(BYTES.get_or_init(|| build("stepwell-fixture-sends-http").into()))
}

/// The hostile step with some of its bytes overwritten by as many others, wherever they occur.
pub fn hostile_with(old: &str, new: &str) -> Arc<[u8]> {
    assert_eq!(old.len(), new.len());
    let mut bytes = hostile().to_vec();
    let mut replaced = 0;
    for start in 0..bytes.len() - old.len() {
        if &bytes[start..start + old.len()] == old.as_bytes() {
            bytes[start..start + old.len()].copy_from_slice(new.as_bytes());
            replaced += 1;
        }
    }
    assert!(replaced > 0, "`{old}` is not in the component");
    bytes.into()
}

/// Builds a crate of the workspace as a component, with an inner cargo that shares nothing with the outer one but its
/// `target/plugins`, where the built-in steps are built by the same profile.
fn build(package: &str) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../plugins");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(root)
        .args(["build", "--quiet", "--release", "--target", "wasm32-wasip2"])
        .args(["--package", package, "--target-dir"])
        .arg(&target);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let outer = [
            "CARGO_",
            "RUSTC",
            "RUSTFLAGS",
            "RUSTDOC",
            "CLIPPY_",
            "MAKEFLAGS",
        ];
        if outer.iter().any(|start| name.starts_with(start))
            && !["CARGO_HOME", "CARGO_NET_OFFLINE"].contains(&name.as_str())
            && !name.starts_with("CARGO_REGISTRIES_")
            && !name.starts_with("CARGO_HTTP_")
        {
            cargo.env_remove(name);
        }
    }
    cargo.envs([
        ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"),
        ("CARGO_PROFILE_RELEASE_DEBUG", "false"),
        ("CARGO_PROFILE_RELEASE_LTO", "fat"),
        ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "s"),
        ("CARGO_PROFILE_RELEASE_PANIC", "abort"),
        ("CARGO_PROFILE_RELEASE_STRIP", "debuginfo"),
    ]);
    let answer = cargo.output().unwrap();
    assert!(
        answer.status.success(),
        "{package} can't be built (is `rustup target add wasm32-wasip2` done?):\n{}",
        String::from_utf8_lossy(&answer.stderr)
    );
    let file = format!("{}.wasm", package.replace('-', "_"));
    std::fs::read(target.join("wasm32-wasip2/release").join(file)).unwrap()
}

/// A sandbox with a few instances, which keeps what it compiles for the next test.
pub fn sandbox() -> Sandbox {
    sandbox_in(Path::new(env!("CARGO_TARGET_TMPDIR")).join("code"))
}

/// A sandbox that has to compile.
pub fn fresh_sandbox() -> Sandbox {
    Sandbox::new(SandboxSettings {
        max_instances: 8,
        ..SandboxSettings::default()
    })
    .unwrap()
}

/// A sandbox that keeps what it compiles in `folder`.
pub fn sandbox_in(folder: PathBuf) -> Sandbox {
    Sandbox::new(SandboxSettings {
        cache_folder: Some(folder),
        max_instances: 8,
        ..SandboxSettings::default()
    })
    .unwrap()
}

/// Surroundings with limits that end a bad guest quickly.
pub fn environment() -> Environment {
    Environment {
        limits: Limits {
            cpu: Duration::from_secs(20),
            wall: Duration::from_secs(60),
            ..Limits::default()
        },
        grants: Grants::default(),
        started_at: "2026-02-03T04:05:06Z".parse().unwrap(),
        seed: [7; 32],
        step: "hostile".into(),
        copy: None,
        folders: Vec::new(),
    }
}

/// Inputs of the hostile step.
pub fn inputs(deed: &str, size: usize) -> Vec<Text> {
    vec![
        Text::new("do", deed),
        Text::new("path", "some/file"),
        Text::new("size", size.to_string()),
    ]
}

/// A sandbox with the hostile step in it.
pub struct Room {
    pub sandbox: Sandbox,
    pub digest: Digest,
}

impl Room {
    pub async fn new() -> Self {
        let sandbox = sandbox();
        let digest = sandbox.load(hostile()).await.unwrap().digest;
        Self { sandbox, digest }
    }

    /// Executes a deed.
    pub async fn execute(
        &self,
        deed: &str,
        size: usize,
        environment: Environment,
    ) -> AttemptReport {
        self.execute_on(deed, size, environment, &Arc::default())
            .await
    }

    /// Executes a deed on a host.
    pub async fn execute_on(
        &self,
        deed: &str,
        size: usize,
        environment: Environment,
        host: &Arc<Host>,
    ) -> AttemptReport {
        let inputs = inputs(deed, size);
        let services: Arc<dyn HostServices> = host.clone();
        self.call(GuestCall::Execute { inputs, services }, environment)
            .await
    }

    pub async fn call(&self, call: GuestCall, environment: Environment) -> AttemptReport {
        self.sandbox.call(&self.digest, call, environment).await
    }
}

/// The text of the one document of an answer.
pub fn document(report: &AttemptReport) -> &str {
    match &report.outcome {
        Ok(GuestAnswer::Documents(documents)) if documents.len() == 1 => &documents[0].value,
        other => panic!("no document: {other:?}\n{}", report.stderr),
    }
}

/// How an attempt ended that gave no answer.
pub fn end(report: &AttemptReport) -> &AttemptEnd {
    report.outcome.as_ref().unwrap_err()
}

/// The limit that ended an attempt, with what was used and allowed.
pub fn limit(report: &AttemptReport) -> (Limit, &str, &str) {
    match end(report) {
        AttemptEnd::Limit {
            limit,
            used,
            allowed,
        } => (*limit, used, allowed),
        other => panic!("not a limit: {other:?}"),
    }
}

/// A host that answers everything, and notes what it was asked.
#[derive(Default)]
pub struct Host {
    /// How long a model and a person take.
    pub delay: Duration,
    /// What a model's call ends with instead of an answer.
    pub halt: Option<Halt>,
    /// The size of a file, and of what a server answers to a request without a body.
    pub file: usize,
    /// The step's settings, as JSON.
    pub settings: Vec<(&'static str, String)>,
    pub lines: Mutex<Vec<(LogLevel, String)>>,
    pub labels: Mutex<Vec<String>>,
    pub asked: Mutex<Vec<&'static str>>,
}

impl Host {
    fn note(&self, function: &'static str) {
        self.asked.lock().unwrap().push(function);
    }
}

fn version() -> PromptVersion {
    PromptVersion {
        number: 1,
        content: "the prompt".into(),
        note: String::new(),
        current: true,
        created_at: "2026-01-01T00:00:00Z".into(),
        updated_at: "2026-01-01T00:00:00Z".into(),
    }
}

fn answer() -> ChatResponse {
    ChatResponse {
        text: "hi".into(),
        message: Message::text(Role::Assistant, "hi"),
        finish_reason: FinishReason::Stop,
        usage: Usage::default(),
        model: "fake".into(),
        details: vec![],
    }
}

#[async_trait]
impl HostServices for Host {
    fn run_id(&self) -> String {
        self.note("run-id");
        "run".into()
    }
    fn path(&self) -> Vec<Level> {
        vec![]
    }
    fn attempt(&self) -> u32 {
        1
    }
    fn previous_end(&self) -> Option<String> {
        None
    }
    fn previous_progress(&self) -> Option<String> {
        None
    }
    fn attempts_left(&self) -> u32 {
        0
    }
    fn setting(&self, name: &str) -> Option<String> {
        let found = self.settings.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone())
    }
    async fn save_checkpoint(&self, _: String, _: Vec<u8>) -> Hosted<Result<(), CheckpointError>> {
        self.note("save-checkpoint");
        Ok(Ok(()))
    }
    async fn load_checkpoint(&self, _: String) -> Hosted<Option<Vec<u8>>> {
        Ok(None)
    }
    async fn active_prompt(&self, _: String) -> Hosted<Result<PromptVersion, PromptError>> {
        self.note("active");
        Ok(Ok(version()))
    }
    async fn render_prompt(&self, _: String, _: Vec<Text>) -> Hosted<Result<String, PromptError>> {
        Ok(Ok("the prompt".into()))
    }
    async fn latest_prompt(&self, _: String) -> Hosted<Result<PromptVersion, PromptError>> {
        Ok(Ok(version()))
    }
    async fn prompt_version(
        &self,
        _: String,
        _: u32,
    ) -> Hosted<Result<PromptVersion, PromptError>> {
        Ok(Ok(version()))
    }
    async fn prompt_versions(&self, _: String) -> Hosted<Result<Vec<PromptVersion>, PromptError>> {
        Ok(Ok(vec![version()]))
    }
    async fn add_prompt(&self, _: String, _: String, _: String) -> Hosted<Result<(), PromptError>> {
        self.note("add");
        Ok(Ok(()))
    }
    async fn make_prompt_current(&self, _: String, _: u32) -> Hosted<Result<(), PromptError>> {
        Ok(Ok(()))
    }
    async fn complete(&self, request: ChatRequest) -> Hosted<Result<ChatResponse, ChatError>> {
        self.note("complete");
        assert_eq!(request.messages, [Message::text(Role::User, "hello")]);
        tokio::time::sleep(self.delay).await;
        match &self.halt {
            Some(halt) => Err(halt.clone()),
            None => Ok(Ok(answer())),
        }
    }
    async fn complete_all(
        &self,
        requests: Vec<ChatRequest>,
    ) -> Hosted<Vec<Result<ChatResponse, ChatError>>> {
        Ok(requests.iter().map(|_| Ok(answer())).collect())
    }
    async fn document_entries(
        &self,
        _: String,
    ) -> Hosted<Result<Vec<DocumentEntry>, DocumentError>> {
        Ok(Ok(vec![]))
    }
    async fn read_document(
        &self,
        _: String,
        _: String,
        _: Vec<u32>,
    ) -> Hosted<Result<String, DocumentError>> {
        Ok(Err(DocumentError::new(DocumentErrorKind::NotFound, "none")))
    }
    async fn workspace_entries(
        &self,
        _: String,
    ) -> Hosted<Result<Vec<WorkspaceEntry>, WorkspaceError>> {
        Ok(Ok(vec![]))
    }
    async fn read_file(&self, _: String) -> Hosted<Result<Vec<u8>, WorkspaceError>> {
        Ok(Ok(vec![b'x'; self.file]))
    }
    async fn skim_files(
        &self,
        paths: Vec<String>,
    ) -> Hosted<Result<Vec<Result<Vec<u8>, WorkspaceError>>, WorkspaceError>> {
        let files = paths.iter().map(|_| Ok(vec![b'x'; self.file]));
        Ok(Ok(files.collect()))
    }
    async fn changed_files(&self) -> Hosted<Result<Vec<String>, WorkspaceError>> {
        Ok(Ok(vec![]))
    }
    async fn read_file_before(&self, _: String) -> Hosted<Result<Vec<u8>, WorkspaceError>> {
        Ok(Ok(vec![b'x'; self.file]))
    }
    async fn read_file_published(&self, _: String) -> Hosted<Result<Vec<u8>, WorkspaceError>> {
        Ok(Ok(vec![b'x'; self.file]))
    }
    async fn ignored_files(&self, _: String) -> Hosted<Result<Vec<String>, WorkspaceError>> {
        Ok(Ok(vec![]))
    }
    async fn is_ignored(&self, _: String) -> Hosted<Result<bool, WorkspaceError>> {
        Ok(Ok(false))
    }
    async fn leads_to(&self, _: String) -> Hosted<Result<Option<String>, WorkspaceError>> {
        Ok(Ok(None))
    }
    async fn search_files(
        &self,
        _: WorkspaceQuery,
    ) -> Hosted<Result<WorkspaceFindings, WorkspaceError>> {
        Ok(Ok(WorkspaceFindings::default()))
    }
    async fn write_file(&self, path: String, _: Vec<u8>) -> Hosted<Result<(), WorkspaceError>> {
        self.note("write");
        let error = WorkspaceError::new(WorkspaceErrorKind::Denied, format!("not `{path}`"));
        Ok(Err(error))
    }
    async fn remove_file(&self, _: String) -> Hosted<Result<(), WorkspaceError>> {
        Ok(Ok(()))
    }
    async fn ask(&self, form: Form) -> Hosted<Result<Vec<String>, DialogueError>> {
        self.note("ask");
        tokio::time::sleep(self.delay).await;
        Ok(Ok(form.questions.into_iter().map(|one| one.key).collect()))
    }
    async fn exchange(&self, request: HttpRequest) -> Hosted<Result<HttpResponse, HttpError>> {
        self.note("exchange");
        tokio::time::sleep(self.delay).await;
        if let Some(halt) = &self.halt {
            return Err(halt.clone());
        }
        if request.url.contains("denied") {
            let message = "no line grants it";
            return Ok(Err(HttpError::new(HttpErrorKind::Denied, message)));
        }
        Ok(Ok(HttpResponse {
            status: 200,
            headers: vec![HttpHeader {
                name: "x-method".into(),
                value: request.method.into_bytes(),
            }],
            body: match request.body.is_empty() {
                true => vec![b'x'; self.file],
                false => request.body,
            },
        }))
    }
    fn log(&self, level: LogLevel, message: String) {
        self.lines.lock().unwrap().push((level, message));
    }
    fn advance(&self, _: u32, _: u32, label: String) {
        self.labels.lock().unwrap().push(label);
    }
}
