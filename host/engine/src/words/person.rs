//! The person behind a run, where one is at hand.

use async_trait::async_trait;
use stepwell_contract::Form;

/// What came of asking a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonsAnswer {
    /// The answer.
    Text(String),
    /// Not now: the run goes to sleep, and `resume` asks again.
    Later,
    /// The person declines to answer the form.
    Declined,
}

/// Asks a person who is there now, such as one at a terminal.
///
/// Several steps of a run may ask at the same time: an implementation puts one question after the other.
#[async_trait]
pub trait Person: Send + Sync {
    /// Who it is; empty where that isn't known.
    fn name(&self) -> String {
        String::new()
    }

    /// Asks one question of a form. `answers` has what was answered so far, in the order of the questions.
    async fn answer(
        &self,
        step: &str,
        form: &Form,
        question: usize,
        answers: &[Option<String>],
    ) -> PersonsAnswer;
}
