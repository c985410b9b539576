//! What a face is told of calls to models.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Money, RunId, StepPath, Usage};
use stepwell_store::{AnswerOf, CallAttempt, CallError, CallState};
use uuid::Uuid;

use super::prompt_views::PromptVersion;

/// A call to a model.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CallView {
    /// Its id.
    pub id: Uuid,
    /// The run.
    pub run: RunId,
    /// The step.
    pub step: StepPath,
    /// The execution, as a person names it.
    pub execution: String,
    /// How many calls of the execution came before it.
    pub sequence: u32,
    /// The model's short name.
    pub model: String,
    /// The provider's name.
    pub provider: String,
    /// The model's name at the provider.
    pub provider_model: String,
    /// The short name of the model that was to answer, where this one was asked because that one could not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<String>,
    /// The answer that was given again, where nothing was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_of: Option<AnswerOf>,
    /// The prompts and versions that stand in what it asked: rendered for it, or for what it goes on from.
    pub prompts: Vec<PromptVersion>,
    /// Where it is; `intended` without a living process is in doubt.
    pub state: CallState,
    /// Every attempt at it.
    pub attempts: Vec<CallAttempt>,
    /// Why the answer ended, such as `stop`, `length` (at the most output tokens) or `content-filter`.
    pub finish: Option<String>,
    /// Why it failed.
    pub error: Option<CallError>,
    /// Tokens of the attempt that was answered.
    pub usage: Usage,
    /// Money of all attempts, as far as it is known.
    pub money: Option<Money>,
    /// When it began.
    pub created_at: Timestamp,
}

/// A call with everything that was sent and received.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CallDetail {
    /// What a listing shows of it.
    #[serde(flatten)]
    pub call: CallView,
    /// The messages that were sent, as text: what a person reads as the prompt.
    pub prompt: String,
    /// The canonical request, as JSON.
    pub request: serde_json::Value,
    /// The text of the answer as it came, before any parsing; none while there is none.
    pub answer: Option<String>,
    /// What the model thought before it answered, where it is known. It is no part of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
    /// The bytes of each attempt's answer as they came, as text.
    pub raw: Vec<String>,
}
