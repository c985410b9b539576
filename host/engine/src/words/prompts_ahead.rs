//! What a step would ask first, as it is looked at: the request, and what is told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Form, Problem, Role, RunId, StepPath};

use super::requests::{RerunStep, RunAlone, RunStepAlone};

/// Looks at what a step would ask a model first, without asking.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct LookAhead {
    /// The step, and what it is carried out in.
    pub of: AheadOf,
    /// What is chosen for it, as where it is run again.
    #[serde(default)]
    pub with: RerunStep,
}

/// Where a step stands of which the prompt is looked at.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum AheadOf {
    /// In a run, where it would be run again.
    Run {
        /// The run.
        run: RunId,
        /// The step.
        step: StepPath,
    },
    /// Nowhere: it is a plugin that would be run alone.
    Plugin {
        /// How it would be run.
        alone: Box<RunAlone>,
    },
    /// Nowhere: it is a step of a definition that would be run alone.
    Definition {
        /// How it would be run.
        alone: Box<RunStepAlone>,
    },
}

/// What a step would ask first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Ahead {
    /// The run in which it would; none where the step stands alone.
    pub run: Option<RunId>,
    /// The step.
    pub step: StepPath,
    /// The execution that would ask, as a person names it.
    pub execution: String,
    /// What would be sent first; several are sent at once. What is asked after them follows from their answers. Empty where
    /// nothing is asked, or not yet.
    pub calls: Vec<UnsentCall>,
    /// What a person would be asked before: what is sent follows from the answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<Form>,
    /// Why the step would fail before it asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

impl Ahead {
    /// A step that does nothing, as far as is known.
    pub(crate) fn nothing(run: Option<RunId>, step: StepPath, execution: String) -> Self {
        Self {
            run,
            step,
            execution,
            calls: Vec::new(),
            question: None,
            problem: None,
        }
    }
}

/// A call that isn't sent.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct UnsentCall {
    /// The model that would be asked, by its short name; none where the step names none and there is no default.
    pub model: Option<String>,
    /// Its provider; none where no model of this name is set up.
    pub provider: Option<String>,
    /// Its name at the provider.
    pub provider_model: Option<String>,
    /// The prompts and versions that the step fills for it.
    pub prompts: Vec<PromptAhead>,
    /// The messages, in their order.
    pub messages: Vec<UnsentMessage>,
    /// The names of the tools that the model would be offered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<String>,
    /// All messages as one text: what a person reads as the prompt.
    pub prompt: String,
    /// How many tokens it has, by its bytes: rather too many, as budgets count before a call is sent.
    pub estimated_tokens: u32,
    /// The canonical request, as JSON.
    pub request: serde_json::Value,
}

/// A version of a prompt that a step would fill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PromptAhead {
    /// The name under which its versions are kept.
    pub name: String,
    /// The version's number; 0 is the intrinsic prompt in the place of one that can't be read, or a text that isn't saved.
    pub number: u32,
    /// Whether it is stored. One that isn't is the plugin's own prompt, which gets this number when a run first uses it.
    pub stored: bool,
    /// Whether it is the text that is tried, which is no version.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsaved: bool,
}

/// A message that isn't sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnsentMessage {
    /// Who says it.
    pub role: Role,
    /// Its text; what is no text is named between brackets.
    pub text: String,
}
