//! Remedies in words: the sentence is the same everywhere, what is to be done in it is named by each face.

use stepwell_contract::{Choice, FolderProblem, GoOn, Obstacle, Remedy, RunId, StepPath};

use super::pieces::{Action, GivenField, Piece};

/// A remedy as a sentence without its full stop, in pieces. One of a later build has none.
#[must_use]
pub fn wording(remedy: &Remedy) -> Vec<Piece> {
    let mut sentence = Sentence::default();
    sentence.of_a_step(remedy);
    sentence.0
}

/// A remedy as one text, where each face says how it names actions and fields.
#[must_use]
pub fn worded(
    remedy: &Remedy,
    action: impl Fn(&Action) -> String,
    field: impl Fn(&GivenField) -> String,
) -> String {
    let pieces = wording(remedy).into_iter();
    let texts = pieces.map(|piece| match piece {
        Piece::Words(words) => words,
        Piece::Action(named) => action(&named),
        Piece::Field(named) => field(&named),
    });
    texts.collect()
}

#[derive(Default)]
struct Sentence(Vec<Piece>);

impl Sentence {
    fn say(&mut self, words: impl Into<String>) -> &mut Self {
        self.0.push(Piece::Words(words.into()));
        self
    }

    fn act(&mut self, action: Action) -> &mut Self {
        self.0.push(Piece::Action(action));
        self
    }

    fn give(&mut self, field: GivenField) -> &mut Self {
        self.0.push(Piece::Field(field));
        self
    }

    fn go_on(&mut self, then: &GoOn) -> &mut Self {
        self.act(match then {
            GoOn::Run(run) => Action::ResumeRun(Some(*run)),
            GoOn::Comparison(_) => Action::ResumeComparison,
        })
    }

    fn rerun(&mut self, run: &RunId, step: &StepPath) -> &mut Self {
        self.act(Action::RerunStep(Some((*run, step.clone()))))
    }

    /// What a step failed of. What it has no words for it passes on to the next.
    fn of_a_step(&mut self, remedy: &Remedy) -> &mut Self {
        let in_file =
            |file: &Option<String>| file.clone().unwrap_or_else(|| "the definition".to_owned());
        match remedy {
            Remedy::CheckInputs { step, file } => {
                self.say(format!("check the inputs of step `{step}` in {}", in_file(file)))
            }
            Remedy::AskAgain { then } => self
                .act(Action::ListCalls(None))
                .say(" shows what the model answered; ")
                .go_on(then)
                .say(" asks again, a clearer prompt may help (")
                .act(Action::EditPrompt(None))
                .say(")"),
            // The run keeps the version that it began with: to resume alone would fill the same prompt again.
            Remedy::MendPrompt { run, step } => self
                .say("mend the prompt (")
                .act(Action::EditPrompt(None))
                .say("), then ")
                .rerun(run, step)
                .say(" takes the current version"),
            Remedy::AnswerAgain { then } => self.go_on(then).say(" asks again"),
            Remedy::MendWhatItSays { then } => self.say("mend what it says, then ").go_on(then),
            Remedy::RaiseLimit {
                setting,
                step,
                file,
                then,
            } => self
                .say(format!(
                    "raise `{setting}` of step `{step}` in {}, then ",
                    in_file(file)
                ))
                .go_on(then),
            // The run keeps the plugin that it began with: to resume alone would meet the same bug again.
            Remedy::MendPlugin { run, step } => self
                .say("this is a bug of the plugin; when its file is mended, ")
                .rerun(run, step)
                .say(" takes the new one"),
            Remedy::AddGrant { grant, value } => self
                .say("add ")
                .give(GivenField::Grant(*grant, value.clone())),
            Remedy::CheckSandbox => self.act(Action::Diagnose).say(" checks the sandbox"),
            Remedy::ShrinkCopy { step, then } => self
                .say(format!(
                    "name what step `{step}` doesn't need in .gitignore, or raise that limit of the step; then "
                ))
                .go_on(then),
            Remedy::ClearTheWay { obstacle, then } => {
                self.say(match obstacle {
                    Obstacle::Full => "make room on the disk of the workspace",
                    Obstacle::Permission => {
                        "let this user write to the file's folder, or run as one who may"
                    }
                    Obstacle::InTheWay => "move away what stands in its place",
                });
                match then {
                    Some(then) => self.say("; then ").go_on(then).say(" goes on there"),
                    None => self,
                }
            }
            Remedy::RunInOrder { then } => self.go_on(then).say(
                " runs it again from the files of now; to avoid it, let one of the steps refer to a document of the other, \
                 so that they run one after the other",
            ),
            Remedy::CorrectInput { then } => self
                .say("correct the document (")
                .act(Action::PutDocument)
                .say(") or the definition, then ")
                .go_on(then),
            Remedy::CorrectList => self
                .say("correct the document (")
                .act(Action::PutDocument)
                .say("), or run the step that wrote it again (")
                .act(Action::RerunStep(None))
                .say(")"),
            Remedy::KeepOutcome { run } => self
                .say("that is what came of the version, and it stays; ")
                .act(Action::ListCalls(Some(*run)))
                .say(" shows what was asked and answered"),
            _ => self.of_a_comparison(remedy),
        }
    }

    /// Why a request about a comparison was refused.
    fn of_a_comparison(&mut self, remedy: &Remedy) -> &mut Self {
        match remedy {
            Remedy::StartComparison => self.act(Action::StartComparison).say(" makes one"),
            Remedy::ListComparisons => self.act(Action::ListComparisons).say(OF_IDS),
            Remedy::CompareAgain => self
                .say("a cell stays as it is; ")
                .act(Action::StartComparison)
                .say(" makes others"),
            Remedy::GiveRating => self.say("give one of them"),
            Remedy::CarryOnFirst { .. } => self
                .say("carry the comparison on first: ")
                .act(Action::ResumeComparison),
            Remedy::NameCell {
                cases,
                variants,
                repeats,
            } => self.say(format!(
                "it has {cases} cases, {variants} variants and {repeats} repeats"
            )),
            Remedy::NameComparedVersion => self.say("name one of the versions that it compares"),
            Remedy::CompareLess => self.say("name fewer cases, versions, models or repeats"),
            Remedy::CompareModels => self
                .say("compare models instead, with ")
                .give(GivenField::Models),
            Remedy::NamePrompt { names } => self
                .say("say which one differs with ")
                .give(GivenField::Prompt)
                .say(format!(": {}", names.join(", "))),
            Remedy::LeaveOutVersion => self
                .say("leave it out with ")
                .give(GivenField::Versions),
            Remedy::GiveOwnIds => self.say("give each its own `id`"),
            Remedy::MendCase => {
                self.say("nothing was asked yet: mend the case, and compare again")
            }
            Remedy::GiveCaseInputs => self
                .say("give it in the case file (`inputs.NAME = \"…\"`), with ")
                .give(GivenField::Input)
                .say(", or compare within a run (")
                .give(GivenField::Run)
                .say(")"),
            Remedy::NameOtherRun => self
                .say("name a run in which it did, or give the cases' inputs with ")
                .give(GivenField::Cases)
                .say(" or ")
                .give(GivenField::Input),
            Remedy::NameStep => self.say("name the step by its path, such as `requirement/refine`"),
            Remedy::NameSubStep => self.say("name one of its sub-steps"),
            Remedy::NameJudge => self.say(
                "name a step that does; `docs/guides/compare.md` says what a judge is given and gives",
            ),
            Remedy::CheckTemporaryFolder => {
                self.say("check the disk, and the folder that TMPDIR names")
            }
            _ => self.of_a_request(remedy),
        }
    }

    /// Why another request was refused.
    fn of_a_request(&mut self, remedy: &Remedy) -> &mut Self {
        match remedy {
            Remedy::StartRun => self.act(Action::StartRun).say(" makes one"),
            Remedy::ListRuns => self.act(Action::ListRuns).say(OF_IDS),
            Remedy::ListCalls => self
                .act(Action::ListCalls(None))
                .say(" lists them with their ids; the last characters of one are enough"),
            Remedy::GiveMoreOfId { ids } => {
                self.say(format!("give more of the id: {}", ids.join(", ")))
            }
            Remedy::ChooseAmong { what, names } => self.say(choice(*what, names)),
            Remedy::GiveInputs { names } => self
                .say("give it with ")
                .give(GivenField::Inputs(names.clone())),
            Remedy::GiveDocument { step, name } => self
                .say("give it too: ")
                .give(GivenField::Document(step.clone(), name.clone())),
            Remedy::GiveListInstead => {
                self.say("give the document that its `for_each` reads instead")
            }
            Remedy::CorrectInRound { step } => self
                .say("let the run stop there (")
                .give(GivenField::Until(step.clone()))
                .say("), correct the document (")
                .act(Action::PutDocument)
                .say("), and resume"),
            Remedy::FitPrompt { name, declared } => self
                .say("make a version current that fits (")
                .act(Action::UsePrompt(name.clone()))
                .say(", ")
                .act(Action::EditPrompt(Some(name.clone())))
                .say(format!(
                    "), or keep the step's versions under another name: `prompts.{declared} = \"another_name\"`"
                )),
            Remedy::RenamePrompt => self.say("choose another name in `prompts`"),
            Remedy::LeaveOutSetting => self.say("leave it out instead"),
            Remedy::ChooseWorkspace { problem } => self.of_a_folder(*problem),
            Remedy::OverwriteFile { run, path } => self
                .say("keep a copy of it; ")
                .act(Action::OverwriteFile(*run, path.clone()))
                .say(" then overwrites it"),
            Remedy::RestoreFile { run, path } => self
                .act(Action::RestoreFile(*run, path.clone()))
                .say(" brings it back"),
            Remedy::ListFiles { run } => self
                .act(Action::ListFiles(*run))
                .say(" lists what it wrote"),
            Remedy::DeclineWhatIsOpen => {
                self.say("only questions that are open can be declined")
            }
            Remedy::Wait => self.say("wait until it ends"),
            Remedy::WaitOrStop => self.say("wait until it ends, or stop it first"),
            Remedy::RerunOrCorrect => self
                .act(Action::RerunStep(None))
                .say(" runs one of its steps again, ")
                .act(Action::PutDocument)
                .say(" corrects a document"),
            Remedy::NothingLeft => self.say("there is nothing left to cancel"),
            Remedy::LookAtDifference {
                name,
                based_on,
                latest,
            } => self
                .say("look at it with ")
                .act(Action::DiffPrompt(name.clone(), *based_on, *latest))
                .say(", then save again"),
            Remedy::WriteSomething => self.say("write what the model is to do"),
            Remedy::ListPlugins => self.act(Action::ListPlugins).say(
                " shows the built-in steps; a file is named by its path, such as `plugins/mine.wasm`",
            ),
            Remedy::BuildStep { command } => self.say(format!(
                "run `{command}` in a checkout of Stepwell: it builds the step and puts it there"
            )),
            Remedy::NameBuiltin { name } => {
                self.say(format!("the built-in step is named `builtin:{name}`"))
            }
            Remedy::StartAtDefinition => {
                self.say("a path in `uses` starts at the folder of the definition")
            }
            Remedy::ListDefinitions => self
                .say("name one of those that ")
                .act(Action::ListDefinitions)
                .say(" lists"),
            Remedy::ListModels => self
                .act(Action::Diagnose)
                .say(" shows the models and their keys"),
            Remedy::ListDocuments => self
                .act(Action::ListDocuments)
                .say(" shows the documents"),
            Remedy::NameItem { example } => self
                .say(format!("name one of them, such as `{example}`; "))
                .act(Action::ListDocuments)
                .say(" shows all"),
            Remedy::NameRevision { last } => {
                self.say(format!("it has the revisions 1 to {last}"))
            }
            Remedy::ListPrompts => self.act(Action::ListPrompts).say(
                " shows the prompts; one appears when a run, or somebody who adds a version, first uses it",
            ),
            Remedy::ListVersions { name } => self
                .act(Action::ListVersions(name.clone()))
                .say(" shows its versions"),
            Remedy::UseAnotherVersion { name } => self
                .say("make another version current first: ")
                .act(Action::UsePrompt(name.to_string())),
            Remedy::Said { text } => self.say(text.clone()),
            _ => self.of_the_store(remedy),
        }
    }

    /// What only the operator of the store can mend.
    fn of_the_store(&mut self, remedy: &Remedy) -> &mut Self {
        match remedy {
            Remedy::WaitForHolder => {
                self.say("wait until it ends, or stop it; one process at a time has the store open")
            }
            Remedy::FreeSpace => self.say(
                "free some space and give the same command again: nothing that was stored is lost",
            ),
            Remedy::FreeSpaceAndGoOn => self
                .say("free some space or mend what it says, then ")
                .act(Action::ResumeRun(None))
                .say(" goes on; nothing that was stored is lost"),
            Remedy::ChooseStore => self
                .say("check that you may write there, or name another folder with ")
                .give(GivenField::Store),
            Remedy::RestoreBackup => self
                .say("put a backup in its place, or name another folder with ")
                .give(GivenField::Store)
                .say("; the damaged file is left as it is"),
            Remedy::ListUnreadable => self
                .act(Action::Diagnose)
                .say(" lists every record that can't be read"),
            Remedy::ReportBug => self
                .say("please report it; nothing that was stored is lost, and ")
                .act(Action::ResumeRun(None))
                .say(" goes on"),
            _ => self,
        }
    }

    fn of_a_folder(&mut self, problem: FolderProblem) -> &mut Self {
        let other = "`workspace` in the definition, or ";
        let words = match problem {
            FolderProblem::Missing => format!("create it, or name another: {other}"),
            FolderProblem::NotAFolder => format!("name a directory: {other}"),
            FolderProblem::Permission => {
                return self
                    .say("run as a user who may read and enter it, or change its permissions");
            }
            FolderProblem::Name => "choose another with ".to_owned(),
            FolderProblem::System => {
                "see that its file system is there and whole, or name another: ".to_owned()
            }
        };
        self.say(words).give(GivenField::Workspace)
    }
}

const OF_IDS: &str =
    " lists them; the last characters of an id are enough, and `last` is the newest";

fn choice(what: Choice, names: &[String]) -> String {
    let names = names.join(", ");
    match what {
        Choice::Steps => format!("its steps are {names}"),
        Choice::Inputs if names.is_empty() => "it has no inputs".to_owned(),
        Choice::Inputs => format!("its inputs are {names}"),
        Choice::Prompts if names.is_empty() => "it uses none".to_owned(),
        Choice::Prompts => format!("it uses {names}"),
        Choice::Documents if names.is_empty() => "it writes none".to_owned(),
        Choice::Documents => format!("it writes {names}"),
        Choice::Versions => format!("compared are {names}"),
    }
}
