//! Ends the execution of a case at each of its commits, and holds what comes of going on against what came without.
//!
//! A memo becomes durable with a commit, so that between two of them there is nothing that a crash could part.

use std::collections::BTreeMap;

use stepwell_definition::TestCase;

use crate::bench::Bench;
use crate::came::{Call, Came};
use crate::carrying::{Carried, carry_out};
use crate::results::{Crashes, Differs, Mismatch, Of};

/// The most commits of one case at which it is ended. Of more so many are taken, as far from each other as can be.
const MOST: usize = 200;

/// Ends a case at each commit, and says after how many it comes to something else.
pub(crate) async fn crash(
    bench: &Bench,
    case: &TestCase,
    whole: &Carried,
) -> (Crashes, Option<Mismatch>) {
    let mut first: Option<(usize, Vec<Differs>)> = None;
    let mut further = 0;
    let mut tried = 0;
    for commits in chosen(whole.commits) {
        tried += 1;
        let differs = match carry_out(bench, case, Some(commits)).await {
            Ok(again) => differences(&whole.came, &again.came),
            Err(reason) => vec![Differs::NotCarriedOut { reason }],
        };
        match &first {
            _ if differs.is_empty() => {}
            None => first = Some((commits, differs)),
            Some(_) => further += 1,
        }
    }
    let mismatch = first.map(|(commits, differs)| Mismatch::AfterCrash {
        commits,
        differs,
        further,
    });
    let of = whole.commits;
    (Crashes { tried, of }, mismatch)
}

/// After how many commits it is ended.
fn chosen(commits: usize) -> impl Iterator<Item = usize> {
    let tried = commits.min(MOST);
    (0..tried).map(move |number| number * commits / tried.max(1))
}

fn differences(before: &Came, after: &Came) -> Vec<Differs> {
    let mut differs = Vec::new();
    differs.extend(prompt(&before.calls, &after.calls));
    if before.ended != after.ended {
        differs.push(Differs::Ended {
            before: before.ended.clone(),
            after: after.ended.clone(),
        });
    }
    differs.extend(texts(&before.documents, &after.documents, Of::Document));
    differs.extend(texts(&before.files, &after.files, Of::File));
    if before.removed != after.removed {
        differs.push(Differs::Removed {
            before: before.removed.clone(),
            after: after.removed.clone(),
        });
    }
    differs
}

/// The first prompt that is another one: one that is asked in other words is asked twice.
fn prompt(before: &[Call], after: &[Call]) -> Option<Differs> {
    let prompt = |calls: &[Call], at: usize| calls.get(at).map(|call| call.prompt.clone());
    let calls = 0..before.len().max(after.len());
    let first = calls
        .into_iter()
        .find(|at| prompt(before, *at) != prompt(after, *at))?;
    Some(Differs::Prompt {
        call: first + 1,
        before: prompt(before, first),
        after: prompt(after, first),
    })
}

fn texts(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
    of: impl Fn(String) -> Of,
) -> Vec<Differs> {
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let other = names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name));
    other
        .map(|name| Differs::Text {
            of: of(name.clone()),
            before: before.get(name).cloned(),
            after: after.get(name).cloned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_commits_so_many_are_taken_from_the_first_on() {
        assert_eq!(chosen(0).count(), 0);
        assert_eq!(chosen(3).collect::<Vec<_>>(), [0, 1, 2]);
        let many: Vec<usize> = chosen(1000).collect();
        assert_eq!(many.len(), MOST);
        assert_eq!((many[0], many[1], many[MOST - 1]), (0, 5, 995));
    }

    #[test]
    fn a_question_in_other_words_is_told_with_both() {
        let call = |prompt: &str| Call {
            prompt: prompt.into(),
            answer: None,
            is_unanswered: false,
        };
        let (one, other) = ([call("a"), call("b")], [call("a"), call("c"), call("b")]);
        assert_eq!(prompt(&one, &one), None);
        let differs = Differs::Prompt {
            call: 2,
            before: Some("b".into()),
            after: Some("c".into()),
        };
        assert_eq!(prompt(&one, &other), Some(differs));
    }
}
