//! Calls to large language models: the registry, wire formats, retries, budgets, record and replay.
//!
//! Nothing here knows the sandbox, the store, runs or definitions, and nothing reads the environment: keys
//! are handed in as data. What has to be durable before and after a request is told to a [`CallObserver`],
//! who may stop the call.
//!
//! - [`Models`] is the registry. [`Models::resolve`] turns a short name into a [`ResolvedModel`], and
//!   [`Models::complete`] makes one [`Call`] to it, with all its attempts.
//! - [`Keys`] hold the secrets. Each goes into one HTTP header or parameter and nowhere else.
//! - [`Models::offered`] asks a provider which models it has.
//! - [`known_providers`] are those that need no settings but a key.
//! - [`Ledger`] is one budget: calls reserve before they are sent and settle after.
//! - [`sse`] reads server-sent events, for whoever receives some.
//! - [`Cassette`] answers calls from a file; [`Recorder`] writes such a file.

mod access;
mod answer_schema;
mod anthropic_messages;
mod asking;
mod attempting;
mod batch;
mod budget;
mod call;
mod canonical;
mod cassette;
mod circuit;
mod gemini_interactions;
mod in_turn;
mod in_words;
mod keys;
mod known;
mod limits;
mod offered;
mod openai_chat;
mod openai_responses;
mod price;
mod price_list;
mod provider;
mod queue;
mod recorder;
mod registry;
mod replay;
mod resolved;
mod retry;
mod reusing;
mod saying;
mod scrub;
mod sending;
mod set_by;
mod settings;
mod sizes;
pub mod sse;
mod taking;
mod thinking;
mod transport;
mod unpack;
mod whole;
mod wire;

pub use batch::{
    BatchAnswer, BatchDesk, BatchEnd, BatchFound, BatchLook, BatchOffice, BatchPlace, BatchProblem,
    BatchRequest, CameInBatch, MOST_BATCH_BYTES, MOST_BATCH_REQUESTS, PlaceInBatch,
};
pub use budget::{Ledger, Standing};
pub use call::{
    Asker, AttemptIntent, AttemptReport, Call, CallFailure, CallObserver, Origin, Queued,
    TokenBound,
};
pub use canonical::canonical_request;
pub use cassette::{
    CallEnd, CallPlace, Cassette, CassetteError, CassetteProblem, Entry, Matching, RecordedAnswer,
    RecordedCall,
};
pub use keys::Keys;
pub use known::known_providers;
pub use offered::OfferedModel;
pub use price_list::prices_as_of;
pub use recorder::{RecordError, Recorder};
pub use registry::{ModelInfo, Models, keyed};
pub use resolved::ResolvedModel;
pub use retry::Patience;
pub use settings::{DEFAULT_OPENAI_MODEL, SettingsError, SettingsProblem, settings_from_keys};
pub use sizes::estimated_tokens;
