//! The entry that answers a call, or why there is none.
//!
//! It depends on nothing but the call and the cassette, so that a replay after a restart finds the same.

use serde_json::Value;
use stepwell_contract::{ChatError, ChatErrorKind};

use super::{CallPlace, Cassette, Entry, Matching, RecordedCall, difference};
use crate::Origin;

impl Cassette {
    /// The entry that answers a call with this canonical request.
    pub(crate) fn find(
        &self,
        origin: &Origin,
        request: &Value,
    ) -> Result<&RecordedCall, ChatError> {
        let place = CallPlace::of(origin);
        match self.matching {
            Matching::Sequence => {
                let found = self.index.at(&place).first();
                match found.and_then(|at| self.entries.get(*at)) {
                    Some(Entry::Call(call)) => Ok(call),
                    _ => Err(self.no_place(&place)),
                }
            }
            Matching::Request => {
                let equal = |call: &&RecordedCall| call.request.as_ref() == Some(request);
                let here = self
                    .calls()
                    .filter(equal)
                    .filter(|call| call.place.is_beside(&place));
                nth(here, origin.occurrence)
                    .or_else(|| nth(self.calls().filter(equal), origin.occurrence))
                    .ok_or_else(|| self.no_request(&place, request))
            }
        }
    }

    fn no_place(&self, place: &CallPlace) -> ChatError {
        let of_step: Vec<String> = self
            .calls()
            .filter(|call| call.place.step == place.step)
            .map(|call| format!("`{}`", call.place))
            .collect();
        let there = if of_step.is_empty() {
            "it has none of this step".to_owned()
        } else {
            format!("of this step it has {}", of_step.join(", "))
        };
        miss(format!(
            "the cassette {} has no entry `{place}`; {there}; add the entry, or record the run again",
            self.shown()
        ))
    }

    fn no_request(&self, place: &CallPlace, request: &Value) -> ChatError {
        let new = difference::lines(request);
        let nearest = self
            .entries
            .iter()
            .enumerate()
            .filter_map(|(index, entry)| {
                let Entry::Call(call) = entry else {
                    return None;
                };
                let recorded = difference::lines(call.request.as_ref()?);
                let likeness = difference::likeness(&recorded, &new);
                // Between entries that are as much alike, one of the same step is the one that was meant.
                let bonus = if call.place.step == place.step {
                    0.01
                } else {
                    0.0
                };
                Some((likeness + bonus, index, call, recorded))
            })
            .max_by(|(one, a, ..), (other, b, ..)| one.total_cmp(other).then(b.cmp(a)));
        let Some((_, index, call, recorded)) = nearest else {
            return miss(format!(
                "the cassette {} holds no requests to compare with that of `{place}`; record the run again, or write `match = \"sequence\"` into its head",
                self.shown()
            ));
        };
        let line = self
            .lines
            .get(index)
            .map(|line| format!(" (line {line})"))
            .unwrap_or_default();
        miss(format!(
            "the cassette {} has no answer to this request of `{place}`; the nearest entry is `{}`{line}, and this differs:\n{}\nrecord the run again, or write `match = \"sequence\"` into the head of the cassette, if its answers are to survive an edit of a prompt",
            self.shown(),
            call.place,
            difference::show(&recorded, &new),
        ))
    }

    fn shown(&self) -> String {
        match (self.file.is_empty(), self.is_cut_off()) {
            (true, _) => "in memory".to_owned(),
            (false, false) => format!("`{}`", self.file),
            (false, true) => format!(
                "`{}`, whose recording was cut off while an entry was added,",
                self.file
            ),
        }
    }
}

/// The n-th, or the last where there are fewer.
fn nth<'a>(calls: impl Iterator<Item = &'a RecordedCall>, number: u32) -> Option<&'a RecordedCall> {
    calls
        .take(
            usize::try_from(number)
                .unwrap_or(usize::MAX)
                .saturating_add(1),
        )
        .last()
}

fn miss(message: String) -> ChatError {
    ChatError::new(ChatErrorKind::ReplayMiss, message)
}
