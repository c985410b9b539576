//! One call: what the caller gives, and what it is told on the way.
//!
//! Nothing is sent here.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use stepwell_contract::{
    ChatError, ChatRequest, ChatResponse, Clock, Expense, Halt, Inference, Money, PriceSource,
    StepPath, Usage,
};

use crate::{BatchDesk, CameInBatch, Ledger, PlaceInBatch, ResolvedModel};

/// One request to one model, with where it stands and who pays.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// The model, as [`Models::resolve`](crate::Models::resolve) gave it.
    pub model: &'a ResolvedModel,
    /// The models that are asked instead where it can't answer, in this order.
    pub fallback: &'a [ResolvedModel],
    /// Who asks.
    pub asker: Asker,
    /// What the step asks.
    pub request: &'a ChatRequest,
    /// How the model is asked, where the definition says otherwise than the model's settings and the step's own code.
    pub inference: Inference,
    /// So many bytes of the first text of the first user's message begin other calls as well, as far as that is known: a provider that
    /// wants to be asked may be asked to keep them.
    pub repeats: Option<usize>,
    /// Nothing is sent before this time: the provider asked to wait, and the process that did ended.
    pub not_before: Option<Timestamp>,
    /// Where the call stands, for cassettes.
    pub origin: Origin,
    /// Where it is handed over, to be sent in a batch: then nothing is sent here, and [`Call::came`] of the same call made again has its
    /// answer. None sends it by itself.
    pub batch: Option<&'a dyn BatchDesk>,
    /// What came of its last attempt, which was sent in a batch.
    pub came: Option<CameInBatch>,
    /// Every budget that it counts against. Each attempt reserves in all of them or is not sent.
    pub budgets: &'a [Arc<Ledger>],
    /// What its times are read from.
    pub clock: &'a Clock,
}

/// Who asks, where calls wait for their turn: those of one asker in their order, and askers in turns. It is a run's id, or that of
/// a comparison, whose cells are no runs of their own here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asker(pub u128);

/// Where a call stands in its run. It must come from records, not from memory, so that a replay finds the
/// same answers after a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The step that asks.
    pub step: StepPath,
    /// The indices on its path, one for each level that has a `for_each`.
    pub items: Vec<u32>,
    /// The rounds on its path, one for each level; all ones, or empty, without a `repeat`.
    pub rounds: Vec<u32>,
    /// How many calls of the execution came before this one.
    pub sequence: u32,
    /// How many equal questions of the execution came before this one.
    pub occurrence: u32,
}

/// An attempt that is about to be sent.
#[derive(Debug, Clone)]
pub struct AttemptIntent {
    /// 1 for the first.
    pub number: u32,
    /// The bytes of the request's body.
    pub sent: Bytes,
    /// When. It counts in the budget of this day.
    pub started_at: Timestamp,
    /// What is reserved for it in every budget: the most that it may use. Nothing in a replay.
    pub reserved: Expense,
    /// The bytes that an answer of the most tokens takes where it is kept, with its records. Nothing in a replay, which costs
    /// nothing to repeat.
    pub room: u64,
    /// What that room follows from.
    pub bound: TokenBound,
    /// Where it stands in a batch; none where it is sent by itself.
    pub batch: Option<PlaceInBatch>,
    /// Whether it was sent before, in that batch, and what came of it is about to be told.
    pub is_there: bool,
}

/// Who says how many tokens an answer has at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenBound {
    /// The step, in what it asks.
    Step(u32),
    /// `max_output_tokens` of the model.
    Model(u32),
    /// Nobody: so many are reckoned with.
    Nobody(u32),
}

impl TokenBound {
    /// The tokens.
    #[must_use]
    pub fn tokens(self) -> u32 {
        let (Self::Step(tokens) | Self::Model(tokens) | Self::Nobody(tokens)) = self;
        tokens
    }
}

/// An attempt that ended.
#[derive(Debug, Clone)]
pub struct AttemptReport {
    /// The number of its intent.
    pub number: u32,
    /// When it was sent.
    pub started_at: Timestamp,
    /// The answer's body as far as it came, byte for byte, unpacked where it was packed; only a key that the server sent back is removed. A body that held
    /// the key in pieces is left out, with a note in its place.
    /// In a replay it is the text of the entry. None where nothing came.
    pub raw: Option<Bytes>,
    /// The HTTP status; none where no answer came, and in a replay.
    pub status: Option<u16>,
    /// The answer's headers, without those that hold secrets.
    pub headers: Vec<(String, String)>,
    /// Time until the first piece of the answer.
    pub first_token: Option<Duration>,
    /// Time until the end.
    pub duration: Duration,
    /// Tokens, as far as the provider said.
    pub usage: Usage,
    /// What it cost; none where tokens or prices are not known.
    pub money: Option<Money>,
    /// What the tokens that were read from the provider's cache would have cost more; none where `money` isn't known.
    pub saved: Option<Money>,
    /// What it would have cost more, sent by itself; none where it was, or `money` isn't known.
    pub saved_by_batch: Option<Money>,
    /// Who says what tokens cost; none where nobody does.
    pub price: Option<PriceSource>,
    /// What it counts in every budget: what it used, estimated where the provider doesn't say.
    pub counts: Expense,
    /// The answer, where the attempt succeeded: what `complete` is going to return. It is here so that it
    /// can be made durable in one go with the raw answer.
    pub response: Option<Arc<ChatResponse>>,
    /// Why it failed. An answer that breaks `answer_schema` is an error too, paid for and with `raw`.
    pub error: Option<ChatError>,
    /// Why nobody knows whether the answer keeps to `answer_schema`. It is paid for, and handed on as it came.
    pub unchecked: Option<String>,
    /// After this wait another attempt follows; none where there is none.
    pub retries_in: Option<Duration>,
    /// The least wait before it that the provider asked for.
    pub asked_wait: Option<Duration>,
}

/// Is told how a call goes, and may stop it.
///
/// For each attempt: `before_send`; any number of `tokens` and `restarted`; `after`. Before an attempt and
/// between two, any number of `waiting` and `queued`; between two models any number of `passes_over`, and `falls_back`. In a replay
/// `stands_in` comes first, where another model answered than the one that is meant.
#[async_trait]
pub trait CallObserver: Send + Sync {
    /// Called before each attempt. Nothing is sent until it returns.
    ///
    /// # Errors
    /// [`Halt`] stops the call before it is sent.
    async fn before_send(&self, attempt: &AttemptIntent) -> Result<(), Halt>;

    /// The tokens so far are void: their stream broke, and another attempt follows.
    fn restarted(&self);

    /// A piece of the answer's text.
    fn tokens(&self, text: &str);

    /// Called after each attempt. The answer is not handed on until it returns.
    ///
    /// # Errors
    /// [`Halt`] ends the call without its answer.
    async fn after(&self, attempt: AttemptReport) -> Result<(), Halt>;

    /// The call waits this long before its next attempt, and why.
    fn waiting(&self, time: Duration, why: &str);

    /// The call waits in the queue before its provider: for the minute to pass, for a provider that is down, or for the time that it was asked to
    /// wait. It is told again where that takes longer.
    fn queued(&self, wait: Queued<'_>);

    /// The model failed for good, and another one is asked instead. What follows is about that one, whose attempts are counted
    /// from 1.
    ///
    /// # Errors
    /// [`Halt`] ends the call without asking it.
    async fn falls_back(&self, error: &ChatError, to: &ResolvedModel) -> Result<(), Halt>;

    /// A model that might be asked instead isn't, since it can't take the request: it takes no tools, nothing that the request
    /// holds besides, or has no known price where money is bounded.
    ///
    /// # Errors
    /// [`Halt`] ends the call without asking another one.
    async fn passes_over(&self, model: &ResolvedModel, why: &ChatError) -> Result<(), Halt>;

    /// What follows was answered by this model, when it was recorded: the one that was meant could not answer.
    async fn stands_in(&self, model: &ResolvedModel);
}

/// That a call waits in the queue before a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queued<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// The setting that makes it wait, or the header of an answer that does.
    pub limit: &'static str,
    /// For how long, at least.
    pub wait: Duration,
}

/// Why a call gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallFailure {
    /// The error that the step is told.
    #[error(transparent)]
    Error(#[from] ChatError),
    /// The error that the step is told of an answer that came, was paid for, and can't be read. To ask again would be to pay
    /// again, and to get the same: that is a person's to decide.
    #[error(transparent)]
    Unreadable(ChatError),
    /// The observer stopped it.
    #[error(transparent)]
    Halted(#[from] Halt),
}
