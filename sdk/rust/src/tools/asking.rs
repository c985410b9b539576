//! A step's question to its model, which may look and change before it answers.
//!
//! Whether there are tools is found out here, once in an execution: the definition has to grant the workspace and some turns,
//! and the model has to take them. Everywhere else the same question goes out in plain text.

use super::{Access, Ended, Tools, WorkError, Worked};
use crate::chat::{self, ChatError, ChatErrorKind, Request, Tool};
use crate::workspace::{self, WorkspaceErrorKind};
use crate::{Description, Failure, Field, Prompt, attempt, context, progress};

/// How many answers of a model may ask for tools, unless the setting says otherwise.
pub const TURNS: u32 = 20;

/// The name of the setting.
const SETTING: &str = "turns";

/// The code with which the host refuses tools for a model that has none, as `stepwell.toml` says. Nothing was sent then.
const NO_TOOLS: &str = "no-tools";

/// The setting that bounds the turns, for a step's description.
#[must_use]
pub fn turns_setting() -> Field {
    let told = format!(
        "How often the model may ask for tools, with which it looks into the workspace, before it has to answer ({TURNS}); 0 offers none"
    );
    Field::optional(SETTING, told).schema(r#"{"type":"integer","minimum":0}"#)
}

impl Prompt {
    /// Adds the variable `tools`, for [`Offer::named`].
    #[must_use]
    pub fn tools(self) -> Self {
        self.variable(
            "tools",
            "The names of the tools that the model has; empty where it has none",
        )
    }
}

impl Description {
    /// Adds what a step needs whose model may look further before it answers: the setting of its turns, and the grant to read the
    /// workspace, without which it answers by what it is told.
    #[must_use]
    pub fn looks_further(self) -> Self {
        self.setting(turns_setting()).optional_grant(
            "workspace",
            "read",
            "its model looks further into the project before it answers",
        )
    }
}

/// How many turns the model has.
///
/// # Errors
/// The setting is no such number.
pub fn turns() -> Result<u32, Failure> {
    context::setting_or(SETTING, TURNS)
}

/// What a model is offered with a question, as the question may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// Tools that may do this.
    Tools(Access),
    /// Nothing: it has to answer with what it is told.
    Nothing,
}

impl Offer {
    /// The names of the tools for a prompt, such as "`list`, `search` and `read`"; empty where there are none.
    #[must_use]
    pub fn named(self) -> String {
        let Self::Tools(access) = self else {
            return String::new();
        };
        let tools = access.tools();
        let names: Vec<String> = tools
            .iter()
            .map(|tool| format!("`{}`", tool.name))
            .collect();
        match names.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, before)) => format!("{} and {last}", before.join(", ")),
            None => String::new(),
        }
    }
}

/// What a model is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    text: String,
    shown: Vec<String>,
}

impl Question {
    /// A question in these words.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let (text, shown) = (text.into(), Vec::new());
        Self { text, shown }
    }

    /// In which these files stand from their first line to their last: they may be replaced.
    #[must_use]
    pub fn shows(mut self, paths: impl IntoIterator<Item = String>) -> Self {
        self.shown.extend(paths);
        self
    }
}

impl From<String> for Question {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

/// Asks a model one question, as [`chat::ask`] does; where it can, the model uses tools before it answers. `fill` gives the text
/// of the question: it may be asked for twice, since a model without tools is found out by asking.
///
/// ```
/// use stepwell_sdk::tools::{self, Access};
/// # use stepwell_sdk::testing::FakeHost;
/// # use stepwell_sdk::{Description, Documents, Failure, Inputs, Prompt, Step};
/// # struct Plan;
/// # impl Step for Plan {
/// #     fn describe(&self) -> Description {
/// #         let prompt = Prompt::new("plan", "Plan.{% if tools %} Look with {{ tools }}.{% endif %}");
/// #         Description::new("plan", "0.1.0", "Plans.").prompt(prompt.variable("tools", "The tools"))
/// #     }
/// #     fn process_response(&self, _: &Inputs, response: &str) -> Result<Documents, Failure> {
/// #         Ok(Documents::one("plan", response))
/// #     }
/// fn execute(&self, inputs: &Inputs) -> Result<Documents, Failure> {
///     let answer = tools::ask(Access::Look, |offer| {
///         inputs.fill(&self.describe(), "plan", &[("tools", &offer.named())])
///     })?;
///     self.process_response(inputs, &answer)
/// }
/// # }
/// # let host = FakeHost::new()
/// #     .tool_calls(&[("list", "{}")])
/// #     .answer("First this.");
/// # let documents = host.execute(&Plan, &Inputs::new()).unwrap();
/// # assert_eq!(documents.get("plan"), Some("First this."));
/// # assert_eq!(host.requests()[0].messages[0].joined_text(), "Plan. Look with `list`, `search` and `read`.");
/// ```
///
/// # Errors
/// The text can't be made, the host could get no answer, or it can't be used.
pub fn ask<Q: Into<Question>>(
    access: Access,
    fill: impl FnMut(Offer) -> Result<Q, Failure>,
) -> Result<String, Failure> {
    Tools::new(access).ask(fill).map(|worked| worked.text)
}

impl Tools {
    /// Asks a model one question, with these tools where there may be any. See [`ask`].
    ///
    /// Where not the model ended its work, a warning says what did.
    ///
    /// # Errors
    /// As [`ask`].
    pub fn ask<Q: Into<Question>>(
        &mut self,
        mut fill: impl FnMut(Offer) -> Result<Q, Failure>,
    ) -> Result<Worked, Failure> {
        let turns = turns()?;
        if turns > 0 && !attempt::is_without_tools() && sees_the_workspace()? {
            let question = self.shown(fill(Offer::Tools(self.access))?);
            match self.work(Request::new(question), turns) {
                Ok(worked) => {
                    if worked.ended == Ended::ByTurns {
                        progress::warn(format!(
                            "the model had not ended when its {turns} turns with tools were used up, and had to answer with what it knew: the setting `{SETTING}` gives more"
                        ));
                    }
                    return Ok(worked);
                }
                Err(WorkError::Chat { error, is_first }) if is_first && refuses_tools(&error) => {
                    attempt::go_on_without_tools();
                    progress::info(format!(
                        "the model takes no tools, and is asked in plain text{}",
                        how_it_is_known(&error)
                    ));
                }
                Err(error) => return Err(with_what_was_spent(error)),
            }
        }
        let text = chat::ask(self.shown(fill(Offer::Nothing)?))?;
        Ok(Worked {
            text,
            ended: Ended::ByModel,
            offer: Offer::Nothing,
        })
    }

    /// The text of a question, with what it shows taken note of.
    fn shown(&mut self, question: impl Into<Question>) -> String {
        let Question { text, shown } = question.into();
        shown.iter().for_each(|path| self.saw(path));
        text
    }
}

impl Access {
    /// The tools that may do this.
    pub(super) fn tools(self) -> Vec<Tool> {
        let mut tools = super::looking::tools();
        if self == Self::Change {
            tools.extend(super::changing::tools());
        }
        tools
    }
}

/// Whether the definition lets the step see files. The cheapest look tells it.
fn sees_the_workspace() -> Result<bool, Failure> {
    match workspace::changed() {
        Ok(_) => Ok(true),
        Err(error) if error.kind == WorkspaceErrorKind::Denied => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Whether a request may have been refused since it offered tools. Providers have no word for that: some say that the request
/// is wrong, others that there is no such model with tools. What else is wrong is told of the same question in plain text.
fn refuses_tools(error: &ChatError) -> bool {
    match &error.kind {
        ChatErrorKind::InvalidRequest | ChatErrorKind::UnknownModel => true,
        ChatErrorKind::Other(code) => code == NO_TOOLS,
        _ => false,
    }
}

/// Why that is so, or how an operator spares being told so each time. What the provider said stands beside the call itself, with a remedy that
/// nobody needs: the step goes on.
fn how_it_is_known(error: &ChatError) -> String {
    match &error.kind {
        // Nothing was sent: the configuration says it.
        ChatErrorKind::Other(_) => format!(": {}", error.message),
        _ => {
            "; `tools = false` for it in stepwell.toml spares the request that it refuses each time"
                .to_owned()
        }
    }
}

/// A budget that ends the work of tools names itself; that turns cost it isn't seen from there.
fn with_what_was_spent(error: WorkError) -> Failure {
    let is_budget = matches!(
        &error,
        WorkError::Chat { error, is_first: false } if error.kind == ChatErrorKind::OverBudget
    );
    let mut failure = Failure::from(error);
    if is_budget {
        failure.message = format!(
            "the budget ended the model's work with tools before it had answered (`settings.{SETTING}` bounds how often it may ask for them): {}",
            failure.message
        );
    }
    failure
}
