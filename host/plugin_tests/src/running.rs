//! Runs the cases of a plugin, some at a time.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::{Stream, StreamExt as _, stream};
use stepwell_definition::TestCase;

use crate::bench::Bench;
use crate::carrying::carry_out;
use crate::crashing::crash;
use crate::held::held;
use crate::results::{CaseResult, Mismatch};

/// How many cases are under way at once.
const AT_ONCE: usize = 4;

/// How cases are carried out.
#[derive(Debug, Clone, Copy, Default)]
pub struct How {
    /// Each is ended at every commit, too, and started again.
    pub crash: bool,
}

impl Bench {
    /// Carries the cases out, some at a time; what came of them follows in their order.
    pub fn results(
        self: &Arc<Self>,
        cases: Vec<TestCase>,
        how: How,
    ) -> impl Stream<Item = CaseResult> + use<> {
        let bench = Arc::clone(self);
        let begun = move |case: TestCase| {
            let bench = Arc::clone(&bench);
            async move {
                let work = tokio::spawn(async move { bench.result(&case, how).await });
                match work.await {
                    Ok(result) => Some(result),
                    Err(ended) => match ended.try_into_panic() {
                        Ok(panic) => std::panic::resume_unwind(panic),
                        // The runtime ends, and nobody waits any more.
                        Err(_) => None,
                    },
                }
            }
        };
        let results = stream::iter(cases).map(begun).buffered(AT_ONCE);
        results.filter_map(std::future::ready)
    }

    async fn result(&self, case: &TestCase, how: How) -> CaseResult {
        let mut result = CaseResult {
            id: case.id.clone(),
            place: case.place,
            blessed: false,
            mismatches: Vec::new(),
            crashes: None,
            came: None,
        };
        let carried = match carry_out(self, case, None).await {
            Ok(carried) => carried,
            Err(reason) => {
                result.mismatches.push(Mismatch::NotCarriedOut { reason });
                return result;
            }
        };
        result.mismatches = match held(self, case, &carried.came).await {
            Ok(mismatches) => mismatches,
            Err(failed) => vec![Mismatch::NotCarriedOut {
                reason: failed.to_string(),
            }],
        };
        // What it comes to is known only where nothing was lacking.
        let is_whole = !result.mismatches.iter().any(Mismatch::is_of_the_case);
        if is_whole {
            let unused = unused_answers(case, &carried.answered);
            result.mismatches.extend(unused);
        }
        if how.crash && is_whole {
            let (crashes, mismatch) = crash(self, case, &carried).await;
            result.crashes = Some(crashes);
            result.mismatches.extend(mismatch);
        }
        result.came = Some(carried.came);
        result
    }
}

/// The case's own answers to questions that nobody asked: a key is most likely misspelt.
fn unused_answers(case: &TestCase, answered: &BTreeSet<String>) -> Option<Mismatch> {
    let own = case.answers.keys();
    let own = own.filter(|key| !case.shared_answers.contains(*key));
    let keys: Vec<String> = own
        .filter(|key| !answered.contains(*key))
        .cloned()
        .collect();
    (!keys.is_empty()).then_some(Mismatch::UnusedAnswers { keys })
}
