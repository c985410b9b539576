//! A host for an author's unit tests: scripted answers go in, what the step asked comes out.
//!
//! It fills prompts as the real host does, keeps files in memory, and panics, naming the function, where the real
//! host would end the attempt: a call of the host in `describe` or `process_response`. It has no store, and of grants
//! it knows only whether there is a workspace.

use std::cell::{Ref, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use crate::chat::{ChatError, Message, Request, Response};
use crate::dialogue::{DialogueError, DialogueErrorKind, Form};
use crate::host::with_host;
use crate::workspace::{WorkspaceError, WorkspaceErrorKind};
use crate::{Documents, Failure, Inputs, Step, attempt};

mod answers;
mod fake;
mod filling;
mod searching;

pub use answers::response;

/// A host that answers from a script.
///
/// ```
/// use stepwell_sdk::testing::FakeHost;
/// # use stepwell_sdk::{Description, Documents, Failure, Inputs, Prompt, Step};
/// # #[derive(Default)]
/// # struct Summary;
/// # impl Step for Summary {
/// #     fn describe(&self) -> Description {
/// #         Description::new("summary", "0.1.0", "Sums up.")
/// #             .prompt(Prompt::new("summary", "Sum up: {{ text }}").variable("text", "The text"))
/// #     }
/// #     fn process_response(&self, _: &Inputs, response: &str) -> Result<Documents, Failure> {
/// #         Ok(Documents::one("summary", response))
/// #     }
/// # }
/// let host = FakeHost::new().answer("Short.");
/// let documents = host.execute(&Summary, &Inputs::new().with("text", "Long.")).unwrap();
/// assert_eq!(documents.get("summary"), Some("Short."));
/// assert_eq!(host.prompts_sent(), ["Sum up: Long."]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct FakeHost {
    state: Rc<RefCell<State>>,
}

#[derive(Debug, Default)]
struct State {
    answers: VecDeque<Result<Response, ChatError>>,
    person: VecDeque<Result<BTreeMap<String, String>, DialogueError>>,
    prompts: BTreeMap<String, String>,
    /// Variables whose declarations have a schema: they are offered as the JSON that they hold.
    json_variables: BTreeSet<(String, String)>,
    settings: BTreeMap<String, String>,
    files: BTreeMap<String, Vec<u8>>,
    /// What the run has written, with what was there before.
    before: BTreeMap<String, Option<Vec<u8>>>,
    /// What stands where the run publishes, where that is neither what was there before it nor what it sees.
    published: BTreeMap<String, Option<Vec<u8>>>,
    /// The files that are there and that .gitignore hides.
    ignored: BTreeSet<String>,
    /// Symbolic links, with the files that they lead to.
    links: BTreeMap<String, String>,
    /// What .gitignore names, as globs.
    ignoring: Vec<String>,
    /// Whether the definition grants nothing of the workspace.
    no_workspace: bool,
    /// Files that are listed and can't be read.
    unreadable: BTreeSet<String>,
    documents: BTreeMap<(String, String), String>,
    checkpoints: BTreeMap<String, Vec<u8>>,
    attempt: u32,
    previous_end: Option<String>,
    /// The label of the last progress, and that of the attempt before.
    at: Option<String>,
    previous_progress: Option<String>,
    phase: Phase,
    requests: Vec<Request>,
    forms: Vec<Form>,
    log: Vec<String>,
}

/// Which of the step's functions runs, and so what it may call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    Describe,
    ConstructPrompt,
    ProcessResponse,
    #[default]
    Execute,
}

impl FakeHost {
    /// A host that knows no answers yet. A person is there, who has none either.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn change(self, change: impl FnOnce(&mut State)) -> Self {
        change(&mut self.state.borrow_mut());
        self
    }

    /// Adds the person's answers to the next form, by key; questions without one are left empty.
    #[must_use]
    pub fn person(self, answers: &[(&str, &str)]) -> Self {
        let answers = answers
            .iter()
            .map(|(key, text)| ((*key).to_owned(), (*text).to_owned()))
            .collect();
        self.change(|state| state.person.push_back(Ok(answers)))
    }

    /// Nobody answers, from the next form on.
    #[must_use]
    pub fn nobody(self) -> Self {
        self.unanswered(DialogueErrorKind::NobodyThere, "nobody will answer")
    }

    /// The person declines the next form.
    #[must_use]
    pub fn declines(self) -> Self {
        self.unanswered(DialogueErrorKind::Declined, "the person declined")
    }

    fn unanswered(self, kind: DialogueErrorKind, message: &str) -> Self {
        let message = message.to_owned();
        self.change(|state| state.person.push_back(Err(DialogueError { kind, message })))
    }

    /// Sets a setting, as JSON.
    #[must_use]
    pub fn setting(self, name: &str, json: &str) -> Self {
        self.change(|state| {
            state.settings.insert(name.to_owned(), json.to_owned());
        })
    }

    /// Puts a file into the workspace.
    #[must_use]
    pub fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.change(|state| {
            state
                .files
                .insert(path.to_owned(), content.as_ref().to_vec());
        })
    }

    /// Puts a file into the workspace that is listed and can't be read.
    #[must_use]
    pub fn unreadable_file(self, path: &str) -> Self {
        self.file(path, "").change(|state| {
            state.unreadable.insert(path.to_owned());
        })
    }

    /// Grants nothing of the workspace: each look at it is denied.
    #[must_use]
    pub fn without_workspace(self) -> Self {
        self.change(|state| state.no_workspace = true)
    }

    /// Says that the run wrote or removed a file, and what was there before; none is nothing.
    #[must_use]
    pub fn changed_file(self, path: &str, before: Option<&str>) -> Self {
        self.change(|state| {
            let before = before.map(|text| text.as_bytes().to_vec());
            state.before.insert(path.to_owned(), before);
        })
    }

    /// Says what stands at a path where the run publishes; none is nothing. Where nothing is said, what was there before the run does.
    #[must_use]
    pub fn published_file(self, path: &str, there: Option<&str>) -> Self {
        self.change(|state| {
            let there = there.map(|text| text.as_bytes().to_vec());
            state.published.insert(path.to_owned(), there);
        })
    }

    /// Says that there is a file that .gitignore hides.
    #[must_use]
    pub fn ignored_file(self, path: &str) -> Self {
        self.change(|state| {
            state.ignored.insert(path.to_owned());
        })
    }

    /// Puts a symbolic link into the workspace that leads to another file of it.
    #[must_use]
    pub fn link(self, path: &str, leads_to: &str) -> Self {
        self.change(|state| {
            state.links.insert(path.to_owned(), leads_to.to_owned());
        })
    }

    /// Says that .gitignore names all paths that match a glob.
    #[must_use]
    pub fn ignores(self, pattern: &str) -> Self {
        self.change(|state| state.ignoring.push(pattern.to_owned()))
    }

    /// Puts another text in the place of a prompt's intrinsic one.
    #[must_use]
    pub fn prompt(self, name: &str, template: &str) -> Self {
        self.change(|state| {
            state.prompts.insert(name.to_owned(), template.to_owned());
        })
    }

    /// Adds a document of another step.
    #[must_use]
    pub fn document(self, step: &str, name: &str, text: &str) -> Self {
        self.change(|state| {
            let key = (step.to_owned(), name.to_owned());
            state.documents.insert(key, text.to_owned());
        })
    }

    /// Executes the step, as its first attempt.
    ///
    /// # Errors
    /// Whatever the step failed with.
    pub fn execute(&self, step: &dyn Step, inputs: &Inputs) -> Result<Documents, Failure> {
        self.attempt(step, inputs, 1, None)
    }

    /// Executes the step again after a failure, as the host would: what it asked before is up to the script.
    ///
    /// # Errors
    /// Whatever the step failed with.
    pub fn retry(
        &self,
        step: &dyn Step,
        inputs: &Inputs,
        failure: &Failure,
    ) -> Result<Documents, Failure> {
        let attempt = self.state.borrow().attempt + 1;
        let end = format!("{}: {}", failure.kind.code(), failure.message);
        self.attempt(step, inputs, attempt, Some(end))
    }

    fn attempt(
        &self,
        step: &dyn Step,
        inputs: &Inputs,
        number: u32,
        previous_end: Option<String>,
    ) -> Result<Documents, Failure> {
        self.load(step);
        {
            let mut state = self.state.borrow_mut();
            state.attempt = number;
            let at = state.at.take();
            state.previous_progress = at.filter(|_| previous_end.is_some());
            state.previous_end = previous_end;
        }
        let inputs = self.with_template(step, inputs);
        self.during(Phase::Execute, || attempt::execute(step, &inputs))
    }

    /// Calls the step's `construct_prompt`.
    ///
    /// # Errors
    /// Whatever the step failed with.
    pub fn construct_prompt(
        &self,
        step: &dyn Step,
        inputs: &Inputs,
    ) -> Result<Option<String>, Failure> {
        self.load(step);
        let inputs = self.with_template(step, inputs);
        self.during(Phase::ConstructPrompt, || step.construct_prompt(&inputs))
    }

    /// Calls the step's `process_response`.
    ///
    /// # Errors
    /// Whatever the step failed with.
    pub fn process_response(
        &self,
        step: &dyn Step,
        inputs: &Inputs,
        response: &str,
    ) -> Result<Documents, Failure> {
        self.load(step);
        let inputs = self.with_template(step, inputs);
        self.during(Phase::ProcessResponse, || {
            step.process_response(&inputs, response)
        })
    }

    /// The inputs as the host hands them in: with the template of the step's first prompt.
    fn with_template(&self, step: &dyn Step, inputs: &Inputs) -> Inputs {
        let description = self.during(Phase::Describe, || step.describe());
        let first = description.prompts.first();
        let state = self.state.borrow();
        let template = first.and_then(|prompt| state.prompts.get(&prompt.name));
        match template.filter(|_| inputs.template().is_none()) {
            Some(template) => inputs.clone().with(crate::step::TEMPLATE, template),
            None => inputs.clone(),
        }
    }

    /// Reads the description and keeps the intrinsic prompts, as the host does before a step first runs.
    fn load(&self, step: &dyn Step) {
        let description = self.during(Phase::Describe, || step.describe());
        let mut state = self.state.borrow_mut();
        for prompt in description.prompts {
            for variable in prompt
                .variables
                .iter()
                .filter(|field| field.schema.is_some())
            {
                let key = (prompt.name.clone(), variable.name.clone());
                state.json_variables.insert(key);
            }
            state.prompts.entry(prompt.name).or_insert(prompt.intrinsic);
        }
    }

    fn during<T>(&self, phase: Phase, work: impl FnOnce() -> T) -> T {
        self.state.borrow_mut().phase = phase;
        with_host(Rc::new(self.clone()), work)
    }

    /// The requests that the step sent, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.state.borrow().requests.clone()
    }

    /// The text of the last message of each request.
    #[must_use]
    pub fn prompts_sent(&self) -> Vec<String> {
        let requests = &self.state.borrow().requests;
        let last = |request: &Request| request.messages.last().map(Message::joined_text);
        requests
            .iter()
            .map(|request| last(request).unwrap_or_default())
            .collect()
    }

    /// The forms that the step asked, in order.
    #[must_use]
    pub fn forms(&self) -> Vec<Form> {
        self.state.borrow().forms.clone()
    }

    /// The text of a file of the workspace, as the step left it.
    #[must_use]
    pub fn file_text(&self, path: &str) -> Option<String> {
        let state = self.state.borrow();
        let bytes = state.files.get(path)?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    }

    /// The paths of all files of the workspace.
    #[must_use]
    pub fn file_paths(&self) -> Vec<String> {
        self.state.borrow().files.keys().cloned().collect()
    }

    /// What the step logged.
    #[must_use]
    pub fn log_lines(&self) -> Vec<String> {
        self.state.borrow().log.clone()
    }

    /// How many of the scripted answers nobody asked for.
    #[must_use]
    pub fn answers_left(&self) -> usize {
        self.state.borrow().answers.len()
    }

    fn in_execute(&self, function: &str) -> Ref<'_, State> {
        let state = self.state.borrow();
        assert!(
            state.phase == Phase::Execute,
            "`{function}` may only be called in `execute`: the host would end the attempt"
        );
        state
    }

    /// As [`Self::in_execute`], where the workspace is granted.
    fn in_workspace(&self, function: &str) -> Result<Ref<'_, State>, WorkspaceError> {
        let state = self.in_execute(function);
        match state.no_workspace {
            false => Ok(state),
            true => Err(WorkspaceError {
                kind: WorkspaceErrorKind::Denied,
                message: format!("`{function}` isn't granted"),
            }),
        }
    }

    fn in_prompt(&self, function: &str) -> Ref<'_, State> {
        let state = self.state.borrow();
        assert!(
            matches!(state.phase, Phase::Execute | Phase::ConstructPrompt),
            "`{function}` may be called in `construct_prompt` and `execute`: the host would end the attempt"
        );
        state
    }
}
