//! What is taken for usual where nothing is known, each with its reason; all such figures stand here.

use stepwell_contract::Spread;

/// How many earlier runs of a step are looked at, the newest ones: prompts, models and code change, and what is older tells
/// of something else. With so many a range is wide enough to hold one of twenty that is out of the ordinary.
pub const RUNS: usize = 20;

/// How many executions of the same plugin and prompts elsewhere.
pub const EXECUTIONS: usize = 20;

/// Bytes of a token, at most: English prose with short words, in the tokenizers of today's models. The fewer tokens.
pub(crate) const MOST_BYTES_OF_A_TOKEN: u64 = 5;

/// Bytes of a token, at least: code, JSON and other languages. As budgets reckon before a call is sent.
pub(crate) const LEAST_BYTES_OF_A_TOKEN: u64 = 3;

/// Tokens of an answer. An edit of one line has some forty, a verdict or a short list a hundred; a document of some pages or a file of code some thousand, and
/// what a model thinks before it answers counts as well.
pub(crate) const ANSWER: Spread = Spread {
    low: 40,
    high: 3_000,
};

/// Bytes of a document that a step writes without asking a model: a verdict, or what is told of a project.
pub(crate) const DOCUMENT: Spread = Spread {
    low: 100,
    high: 12_000,
};

/// Items of a list that a model writes: most plans have a handful of parts. None at all is rare where a step depends on it.
pub(crate) const ITEMS: Spread = Spread { low: 1, high: 6 };

/// Calls of one execution whose model works by tools, beside those that answer: it looks into the workspace so often. There
/// may be more (`turns`), which few answers need.
pub(crate) const LOOKS: u64 = 2;

/// Tokens of what one such look, or what a step shows of the workspace by itself, adds to what is sent.
pub(crate) const LOOKED_AT: u64 = 2_000;

/// Calls in which the same is asked once more, since the answer couldn't be read: more than one is rare.
pub(crate) const ASKED_AGAIN: u64 = 1;
