//! Carries one case out: in a store and a workspace of its own, once through, or ended on its way and started again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use stepwell_contract::{Form, Problem, RunId};
use stepwell_definition::{TestCase, WhoAnswers};
use stepwell_engine::{
    AddVersion, DefinitionSource, Drive, Engine, EngineError, GivenAnswer, Person, PersonsAnswer,
    RunOutcome, RunStatus, StartRun,
};
use stepwell_store::{Ending, ExecutionState, Gaps, Numbers, RedbStore, Store};
use stepwell_workers::off_the_workers;
use tempfile::TempDir;

use crate::bench::Bench;
use crate::came::Came;
use crate::scripted::Scripted;
use crate::servers::Servers;
use crate::workflow::Workflow;

/// A case that was carried out.
pub(crate) struct Carried {
    pub(crate) came: Came,
    /// How often its run was committed, from where it was driven on.
    pub(crate) commits: usize,
    /// The keys of the questions that the case answered.
    pub(crate) answered: BTreeSet<String>,
}

/// Carries a case out; ended after so many commits and started again, where it is to be.
///
/// # Errors
/// Why it can't be, for a person.
pub(crate) async fn carry_out(
    bench: &Bench,
    case: &TestCase,
    end_after: Option<usize>,
) -> Result<Carried, String> {
    let place = Place::of(bench, case).await?;
    let run = place.start().await.map_err(|error| told(&error))?;
    let (outcome, commits) = match end_after {
        None => place.drive(run).await,
        Some(commits) => place.drive_twice(run, commits).await,
    }
    .map_err(|error| told(&error))?;
    let (store, engine) = place.opened(usize::MAX);
    let script = (bench.step(), &place.scripted);
    let came = Came::of(outcome, script, &engine, &*store).await;
    Ok(Carried {
        came: came.map_err(|error| told(&error))?,
        commits,
        answered: place.answered(),
    })
}

/// Where a case is carried out.
struct Place<'b> {
    bench: &'b Bench,
    case: &'b TestCase,
    workflow: Workflow,
    scripted: Scripted,
    folder: TempDir,
    store: Arc<dyn Store>,
    numbers: Numbers,
    answered: Arc<Mutex<BTreeSet<String>>>,
}

impl<'b> Place<'b> {
    async fn of(bench: &'b Bench, case: &'b TestCase) -> Result<Self, String> {
        let workflow = Workflow::of(case, bench.uses(), bench.plugin())?;
        let scripted = Scripted::of(case, bench.step())?;
        let (files, within) = (case.files.clone(), bench.folder().to_owned());
        let made = off_the_workers(move || -> std::io::Result<_> {
            let folder = tempfile::tempdir_in(within)?;
            write(folder.path(), &files)?;
            Ok(folder)
        });
        let folder = made.await;
        let folder = folder.map_err(|error| format!("its workspace can't be made: {error}"))?;
        let store = RedbStore::in_memory().map_err(|error| error.to_string())?;
        Ok(Self {
            bench,
            case,
            workflow,
            scripted,
            folder,
            store: Arc::new(store),
            numbers: Numbers::default(),
            answered: Arc::default(),
        })
    }

    /// The keys of the questions that were answered so far.
    fn answered(&self) -> BTreeSet<String> {
        let answered = self.answered.lock();
        answered.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// An engine as of another process each time, which ends after so many commits.
    fn opened(&self, commits: usize) -> (Arc<Ending>, Engine) {
        let store = Ending::after(Arc::clone(&self.store), commits, &self.numbers);
        let store = Arc::new(store);
        let engine = self.bench.engine(
            store.clone(),
            self.scripted.models(),
            Servers::of(self.case),
            self.workflow.before.clone(),
            self.folder.path().to_owned(),
        );
        (store, engine)
    }

    async fn start(&self) -> Result<RunId, EngineError> {
        let (_, engine) = self.opened(usize::MAX);
        for (name, text) in &self.case.prompts {
            let name = name.parse().map_err(|_| EngineError::Bug {
                reason: format!("the prompt `{name}` has no name"),
            })?;
            let add = AddVersion {
                name,
                content: text.clone(),
                note: String::new(),
                by: String::new(),
                based_on: None,
                plugin: None,
            };
            engine.add_prompt_version(add).await?;
        }
        // Those of a recording are given one by one, in its order.
        let recorded = self.scripted.answers.iter();
        let recorded = recorded.map(|(key, text)| GivenAnswer {
            step: None,
            items: Vec::new(),
            form: None,
            key: key.clone(),
            text: text.clone(),
            by: String::new(),
        });
        let request = StartRun {
            inputs: self.case.inputs.clone(),
            workspace: Some(self.folder.path().display().to_string()),
            answers: recorded.collect(),
            no_questions: self.case.person == WhoAnswers::Nobody,
            confirmed: true,
            ..StartRun::new(DefinitionSource {
                text: self.workflow.definition.clone(),
                file: None,
            })
        };
        engine.start(request).await
    }

    fn how(&self) -> Drive {
        let person = ScriptedPerson {
            answers: self.case.answers.clone(),
            answered: Arc::clone(&self.answered),
            otherwise: match self.case.person {
                WhoAnswers::Declines => PersonsAnswer::Declined,
                WhoAnswers::Nothing | WhoAnswers::Nobody => PersonsAnswer::Later,
            },
        };
        Drive {
            person: Some(Arc::new(person)),
            stop: None,
        }
    }

    async fn drive(&self, run: RunId) -> Result<(RunOutcome, usize), EngineError> {
        let (store, engine) = self.opened(usize::MAX);
        let outcome = engine.drive(run, self.how()).await?;
        Ok((outcome, store.committed()))
    }

    /// Drives it until its process is ended, and from there to its end in another one.
    async fn drive_twice(
        &self,
        run: RunId,
        commits: usize,
    ) -> Result<(RunOutcome, usize), EngineError> {
        let (_, ended) = self.opened(commits);
        // What it says of its end is no matter: it is gone.
        let _ = ended.drive(run, self.how()).await;
        drop(ended);
        let (_, engine) = self.opened(usize::MAX);
        let outcome = engine.outcome(run).await?;
        let is_under_way = matches!(
            outcome.status,
            RunStatus::Started | RunStatus::Interrupted | RunStatus::Waiting
        );
        if !is_under_way {
            return Ok((outcome, commits));
        }
        if let Some(problem) = self.failed(run).await? {
            let outcome = RunOutcome {
                status: RunStatus::Failure,
                waiting_for: None,
                problem: Some(problem),
                ..outcome
            };
            return Ok((outcome, commits));
        }
        let outcome = engine.drive(run, self.how()).await?;
        Ok((outcome, commits))
    }
}

impl Place<'_> {
    /// Why the step has failed for good. Whoever resumes its run tries it once more, as a person who mended something wants it; that is
    /// nothing that a crash would bring about.
    async fn failed(&self, run: RunId) -> Result<Option<Problem>, EngineError> {
        let executions = self.store.executions(run, Gaps::Refuse).await?;
        let mut executions = executions.into_iter();
        let tested = executions.find(|it| it.key.path == *self.bench.step());
        let failed = tested.filter(|it| it.state == ExecutionState::Failure);
        Ok(failed.and_then(|execution| execution.problem))
    }
}

/// The person of a case: one answer for each key, however often it is asked for.
struct ScriptedPerson {
    answers: BTreeMap<String, String>,
    /// The keys for which one was given.
    answered: Arc<Mutex<BTreeSet<String>>>,
    /// What is said to all other questions.
    otherwise: PersonsAnswer,
}

#[async_trait]
impl Person for ScriptedPerson {
    async fn answer(
        &self,
        _step: &str,
        form: &Form,
        question: usize,
        _answers: &[Option<String>],
    ) -> PersonsAnswer {
        let asked = form.questions.get(question);
        let answer = asked.and_then(|asked| self.answers.get(&asked.key));
        match answer {
            Some(answer) => {
                let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
                answered.extend(asked.map(|asked| asked.key.clone()));
                PersonsAnswer::Text(answer.clone())
            }
            None => self.otherwise.clone(),
        }
    }
}

/// Puts the files of a case into its workspace. Their paths lead nowhere else: the reader has looked.
fn write(folder: &Path, files: &BTreeMap<String, String>) -> std::io::Result<()> {
    for (path, text) in files {
        let path = folder.join(path);
        if let Some(above) = path.parent() {
            std::fs::create_dir_all(above)?;
        }
        std::fs::write(path, text)?;
    }
    Ok(())
}

/// An error in words; of a definition what is wrong with it, since nobody sees its text.
fn told(error: &EngineError) -> String {
    let EngineError::Definition { diagnostics, .. } = error else {
        return error.to_string();
    };
    let problems = diagnostics.iter().filter(|problem| problem.is_error());
    let told = problems.map(|problem| match &problem.hint {
        Some(hint) => format!("{} ({hint})", problem.message),
        None => problem.message.clone(),
    });
    told.collect::<Vec<_>>().join("\n")
}
