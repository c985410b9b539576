//! Runs, listed and found.

use std::collections::BTreeSet;
use std::sync::Arc;

use stepwell_store::RunRecord;
use stepwell_workers::off_the_workers;

use super::Operations;
use crate::state::RunPages;
use crate::words::{EngineError, ListRuns, Listed, RunSummary};

impl Operations {
    pub(super) async fn runs(&self, wanted: &ListRuns) -> Result<Listed<RunSummary>, EngineError> {
        let most = wanted.limit.unwrap_or(usize::MAX);
        let words = Arc::new(Words::of(wanted.search.as_deref().unwrap_or_default()));
        let mut pages = RunPages::before(wanted.before);
        let mut found = Vec::new();
        let mut were_active = BTreeSet::new();
        while found.len() < most {
            // Where all fit, no more is read than is asked for.
            let as_many = match wanted.leaves_out() {
                true => usize::MAX,
                false => most - found.len(),
            };
            // Before the records: one that ends meanwhile was under way, and not interrupted.
            were_active.extend(self.house.all_active());
            let Some(page) = pages.next(self.house.store.as_ref(), as_many).await? else {
                break;
            };
            let page = page.into_iter().filter(|run| {
                let was_active = were_active.contains(&run.id.into());
                let status = wanted
                    .status
                    .is_none_or(|status| status == self.status_of(run, was_active));
                let workflow = wanted.workflow.as_ref();
                status && workflow.is_none_or(|workflow| *workflow == run.workflow)
            });
            let (page, words): (Vec<_>, _) = (page.collect(), Arc::clone(&words));
            // Inputs may be long.
            let fitting = off_the_workers(move || {
                let fits = |run: &RunRecord| words.all_stand_in(run);
                page.into_iter().filter(fits).collect::<Vec<_>>()
            });
            found.extend(fitting.await);
        }
        found.truncate(most);
        let mut summaries = Vec::new();
        for record in found {
            let record = self.house.adopted(record).await;
            let calls = self.house.store.totals_of_run(record.id).await?;
            let was_active = were_active.contains(&record.id.into());
            summaries.push(self.summary(&record, calls.spent(), was_active));
        }
        Ok(Listed {
            items: summaries,
            unreadable: pages.unreadable(),
        })
    }
}

/// What is looked for: each of some words, in whatever case.
struct Words(Vec<String>);

impl Words {
    fn of(search: &str) -> Self {
        Self(search.split_whitespace().map(str::to_lowercase).collect())
    }

    fn all_stand_in(&self, run: &RunRecord) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let problem = run.problem.as_ref();
        let texts = [
            Some(&run.workflow),
            run.label.as_ref(),
            problem.map(|problem| &problem.message),
        ];
        let texts = texts.into_iter().flatten().chain(run.inputs.values());
        let mut texts: Vec<String> = texts.map(|text| text.to_lowercase()).collect();
        // What a listing shows of the problem and its step, too.
        let code = problem.map(|problem| problem.code.as_str().to_owned());
        texts.extend(
            code.into_iter()
                .chain(problem.and_then(|problem| problem.step.clone())),
        );
        texts.push(run.id.to_string());
        let stands = |word: &String| texts.iter().any(|text| text.contains(word));
        self.0.iter().all(stands)
    }
}
