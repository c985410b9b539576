//! A call to a model, and every attempt at it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{ComparisonId, Digest, ExecutionKey, Expense, Money, PriceSource, Usage};
use uuid::Uuid;

use super::{InBatch, OtherFields};

/// Where a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CallState {
    /// It is about to be sent, or was sent; without a living process it is *in doubt* (rule E7).
    Intended,
    /// Its answer is stored.
    Answered,
    /// It failed for good, within its attempt of the execution.
    Failed,
}

/// One request to a model. Written before it is sent, and again with what came back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
    /// Its id: a UUID, version 7.
    pub id: Uuid,
    /// The execution that asked.
    pub execution: ExecutionKey,
    /// The attempt of the execution that asked.
    pub attempt: u32,
    /// How many calls of the execution came before it: by it a cassette that matches by sequence finds its answer.
    pub sequence: u32,
    /// The hash of the question, as in the memo.
    pub question: Digest,
    /// Which of the equal questions, as in the memo.
    pub occurrence: u32,
    /// The model's short name.
    pub model: String,
    /// The provider's name in the configuration, or `replay`.
    pub provider: String,
    /// The model's name at the provider.
    pub provider_model: String,
    /// The short name of the model that was to answer, where this one is asked because that one could not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<String>,
    /// The answer that was given again, where nothing was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_of: Option<AnswerOf>,
    /// By what an equal question of another run finds its answer, where the operator lets answers be given again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reusable_as: Option<Digest>,
    /// The canonical request, a blob of JSON.
    pub request: Digest,
    /// The prompts and versions that the step had rendered before it asked: name and number.
    #[serde(default)]
    pub prompts: Vec<(String, u32)>,
    /// Where it is.
    pub state: CallState,
    /// Every attempt at it, oldest first.
    #[serde(default)]
    pub attempts: Vec<CallAttempt>,
    /// The answer as the step was given it, a blob of JSON.
    #[serde(default)]
    pub response: Option<Digest>,
    /// Why the answer ended, such as `stop` or `length`; none while there is none.
    #[serde(default)]
    pub finish: Option<String>,
    /// Why it failed for good.
    #[serde(default)]
    pub error: Option<CallError>,
    /// When its intent was written.
    pub created_at: Timestamp,
    /// When it ended.
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// An answer that was given again to an equal question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerOf {
    /// The call that it is the answer of.
    pub call: Uuid,
    /// What that one cost, which was spared; none is not known.
    #[serde(default)]
    pub money: Option<Money>,
}

/// One attempt at a call: what was sent and what came back, as it came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CallAttempt {
    /// 1 for the first.
    pub number: u32,
    /// When it was sent.
    pub started_at: Timestamp,
    /// The bytes of the request's body, a blob.
    pub sent: Digest,
    /// The bytes of the answer's body as far as they came, a blob; none while there are none.
    #[serde(default)]
    pub raw: Option<Digest>,
    /// The HTTP status.
    #[serde(default)]
    pub status: Option<u16>,
    /// The answer's headers, without those that hold secrets.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// Milliseconds until the first token.
    #[serde(default)]
    pub first_token_ms: Option<u64>,
    /// Milliseconds until the end; none while it is under way, or in doubt.
    #[serde(default)]
    pub duration_ms: Option<u64>,
    /// Tokens.
    #[serde(default)]
    pub usage: Usage,
    /// Money; none is not known.
    #[serde(default)]
    pub money: Option<Money>,
    /// What the tokens that were read from the provider's cache would have cost more. None is not known.
    #[serde(default)]
    pub saved: Option<Money>,
    /// Who says what tokens cost, as of when. None where nobody does, and in what was written before this was kept.
    #[serde(default)]
    pub price: Option<PriceSource>,
    /// What it counts in budgets: at first the most that it may use, once it ended what it used, estimated where nobody
    /// said. None is not known: it was written before this was kept.
    #[serde(default)]
    pub budgeted: Option<Expense>,
    /// Who said that an attempt without an end was not paid. It counts in no budget then.
    #[serde(default)]
    pub written_off: Option<WrittenOff>,
    /// The comparison that sent it, and pays for it; none where a run did. One that was written before this was kept is paid
    /// by the comparison that the cell belongs to.
    #[serde(default)]
    pub comparison: Option<ComparisonId>,
    /// The batch that it was sent in; none where it was sent by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<InBatch>,
    /// Why it failed.
    #[serde(default)]
    pub error: Option<CallError>,
    /// Before which time the provider asked for no further attempt; none where it didn't, or none was to follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

impl CallRecord {
    /// What it cost, as far as it is known. Where the price of one attempt isn't known, that another one cost nothing, such as one
    /// that was refused, says nothing of the whole.
    #[must_use]
    pub fn money(&self) -> Option<Money> {
        let mut counted = self.attempts.iter().filter(|it| it.written_off.is_none());
        let is_whole = counted.clone().all(|attempt| attempt.money.is_some());
        let known = counted.clone().filter_map(|attempt| attempt.money);
        let sum = known.fold(0_u64, |sum, money| sum.saturating_add(money.0));
        (counted.next().is_some() && (is_whole || sum > 0)).then_some(Money(sum))
    }
}

impl CallAttempt {
    /// Whether nobody knows how it ended, nor has said that it was not paid: it is under way, or in doubt (rule E7).
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.duration_ms.is_none() && self.error.is_none() && self.written_off.is_none()
    }

    /// What it counts in budgets. What was written before that was kept says what it used, or nothing.
    #[must_use]
    pub fn counts(&self) -> Expense {
        if self.written_off.is_some() {
            return Expense::default();
        }
        let tokens = [self.usage.input_tokens, self.usage.output_tokens];
        self.budgeted.unwrap_or_else(|| Expense {
            tokens: tokens.into_iter().flatten().map(u64::from).sum(),
            money: self.money.unwrap_or_default(),
        })
    }
}

/// Who wrote an attempt off, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WrittenOff {
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// Why a call, or an attempt at it, failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallError {
    /// Such as `rate-limited`.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}
