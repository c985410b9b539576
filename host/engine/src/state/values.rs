//! From references to values: where they are, how large they are, and what they say.
//!
//! Nothing here knows what they are wanted for, or how much of them is too much.

use std::borrow::Cow;

use serde_json::Value;
use stepwell_contract::{Digest, DocumentEntry, ExecutionKey, Position};
use stepwell_definition::Reference;
use stepwell_store::{DocumentKey, StoreError};

use super::context::RunContext;
use super::graph::shared_levels;
use super::lock::lock;
use super::unit::Unit;
use serde::Deserialize;
use serde::Serialize;

/// A document in the memo of a look: what the guest is told, and where its text is.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SeenDocument {
    #[serde(flatten)]
    pub(crate) entry: DocumentEntry,
    pub(crate) digest: Digest,
}

/// A value that is there.
pub(super) enum Found<'r> {
    /// A text that the run was given.
    Text(&'r str),
    /// Of an item.
    Value(Value),
    /// A document's text.
    Document(Digest),
    /// The texts of a document of several items, with which ones.
    List {
        texts: Vec<(Vec<u32>, Digest)>,
        /// In how many levels of lists.
        lists: u32,
    },
}

impl RunContext {
    /// Where a value is; none where there is none. Nothing is read for it.
    pub(super) fn find(&self, unit: &Unit, reference: &Reference) -> Option<Found<'_>> {
        match reference {
            Reference::Input(name) => {
                let text = self.pins.inputs.get(name.as_str())?;
                Some(Found::Text(text))
            }
            Reference::Item { step, fields } => {
                let item = self.item_of(unit, *step)?;
                field_of(&item, fields).map(Found::Value)
            }
            Reference::Document {
                step,
                document,
                source,
                lists,
                before,
                ..
            } => {
                let seen_from = self.round_seen(unit, *before)?;
                // What a person gave counts, though a sub-step may have written its own before.
                let given = lock(&self.board).is_given(*step);
                let document = document.as_str();
                let found = match given {
                    true => None,
                    false => self.find_document(&seen_from, *source, document, *lists),
                };
                match found {
                    // The sub-step that stands in was given or left out: the step's own document is there.
                    None if given || source != step => {
                        self.find_document(&seen_from, *step, document, 0)
                    }
                    found => found,
                }
            }
        }
    }

    /// From where a unit sees documents: from where it is, or from the repeated step's round before; none in the first.
    fn round_seen<'u>(&self, unit: &'u Unit, before: Option<usize>) -> Option<Cow<'u, Unit>> {
        let Some(repeated) = before else {
            return Some(Cow::Borrowed(unit));
        };
        let mut at = unit.at.get(..self.step(repeated).path.depth())?.to_vec();
        let position = at.last_mut()?;
        position.round = position.round.checked_sub(1).filter(|round| *round > 0)?;
        Some(Cow::Owned(Unit { step: repeated, at }))
    }

    /// What a round of a repeated step says of another one: the execution that wrote it, and its text.
    pub(crate) async fn said_by_round(
        &self,
        round: &Unit,
        document: &Reference,
    ) -> Result<Option<(ExecutionKey, String)>, StoreError> {
        let Reference::Document {
            step,
            document,
            source,
            ..
        } = document
        else {
            return Ok(None);
        };
        for writer in [*source, *step] {
            let positions = lock(&self.board).positions(&self.plan, writer, &round.at);
            for at in positions {
                let place = (writer, at, document.to_string());
                let digest = lock(&self.documents).get(&place).copied();
                if let Some(digest) = digest {
                    let (step, at, _) = place;
                    let key = self.key_of(&Unit { step, at });
                    return Ok(Some((key, self.house.text(&digest).await?)));
                }
            }
        }
        Ok(None)
    }

    /// The item at which a unit stands of the `for_each` of `step`, which is the unit's step or one above it.
    fn item_of(&self, unit: &Unit, step: usize) -> Option<Value> {
        let level = self.step(step).path.depth().checked_sub(1)?;
        let item = usize::try_from(unit.at.get(level)?.item?).ok()?;
        let place = (step, unit.at.get(..level)?.to_vec());
        lock(&self.items).get(&place)?.get(item).cloned()
    }

    /// A document as a unit sees it: one text where both stand at the same items, else a list of them, in as many
    /// levels as items lie between the two.
    fn find_document(
        &self,
        unit: &Unit,
        source: usize,
        document: &str,
        lists: u32,
    ) -> Option<Found<'_>> {
        let shared = shared_levels(&self.plan, unit.step, source).min(unit.at.len());
        let positions = lock(&self.board).positions(&self.plan, source, &unit.at[..shared]);
        let documents = lock(&self.documents);
        let mut texts = Vec::new();
        for position in positions {
            let items: Vec<u32> = position[shared..]
                .iter()
                .filter_map(|level| level.item)
                .collect();
            let place = (source, position, document.to_owned());
            texts.extend(documents.get(&place).map(|digest| (items, *digest)));
        }
        if lists == 0 {
            return texts.pop().map(|(_, digest)| Found::Document(digest));
        }
        Some(Found::List { texts, lists })
    }

    /// How many bytes a value has.
    pub(super) async fn bytes_of(&self, found: &Found<'_>) -> Result<u64, StoreError> {
        Ok(match found {
            Found::Text(text) => text.len() as u64,
            Found::Value(value) => written_bytes(value),
            Found::Document(digest) => self.house.store.blob_length(digest).await?.unwrap_or(0),
            Found::List { texts, .. } => {
                let mut bytes = 0_u64;
                for (_, digest) in texts {
                    let length = self.house.store.blob_length(digest).await?;
                    bytes = bytes.saturating_add(length.unwrap_or(0));
                }
                bytes
            }
        })
    }

    /// Reads a value.
    pub(super) async fn read(&self, found: Found<'_>) -> Result<Value, StoreError> {
        Ok(match found {
            Found::Text(text) => Value::from(text),
            Found::Value(value) => value,
            Found::Document(digest) => Value::String(self.house.text(&digest).await?),
            Found::List { texts, lists } => {
                let mut read = Vec::with_capacity(texts.len());
                for (items, digest) in texts {
                    read.push((items, self.house.text(&digest).await?));
                }
                nested(read, 0, lists)
            }
        })
    }

    /// A value as a step's parent sees it at a position, outside of the step's own items and rounds.
    pub(crate) async fn value_above(
        &self,
        step: usize,
        parent_at: &[Position],
        reference: &Reference,
    ) -> Result<Option<Value>, StoreError> {
        match self.find(&self.above(step, parent_at), reference) {
            Some(found) => self.read(found).await.map(Some),
            None => Ok(None),
        }
    }

    /// From where a step's parent sees.
    pub(super) fn above(&self, step: usize, parent_at: &[Position]) -> Unit {
        Unit {
            step: self.step(step).parent.unwrap_or(step),
            at: parent_at.to_vec(),
        }
    }

    /// Whether a unit sees a step's documents of this place: of the rounds that both stand in, those of its own round
    /// or of the one before, of others the last.
    fn is_seen(&self, unit: &Unit, step: usize, at: &[Position]) -> bool {
        let plan = &self.plan;
        let before = plan.round_before(unit.step, step);
        let board = lock(&self.board);
        let mut shared = shared_levels(plan, unit.step, step);
        plan.repeats_around(step).into_iter().all(|repeated| {
            let depth = plan.steps[repeated].path.depth();
            let (Some((position, parent_at)), own) = (
                at.get(..depth).and_then(<[_]>::split_last),
                unit.at.get(..depth),
            ) else {
                return false;
            };
            let own = own
                .filter(|_| depth <= shared)
                .and_then(<[_]>::split_last)
                .filter(|(own, above)| own.item == position.item && *above == parent_at);
            match own {
                Some((own, _)) if before == Some(repeated) => {
                    // Below, it has rounds of its own.
                    shared = depth;
                    position.round + 1 == own.round
                }
                Some((own, _)) => position.round == own.round,
                None => {
                    let (last, _) = board.last_round(plan, repeated, parent_at, position.item);
                    position.round == last
                }
            }
        })
    }

    /// The documents of a step, of all its items, as a unit may read them.
    pub(crate) async fn documents_of(
        &self,
        step: usize,
        unit: &Unit,
    ) -> Result<Vec<SeenDocument>, StoreError> {
        let mut places: Vec<_> = {
            let documents = lock(&self.documents);
            let of_step = documents.iter().filter(|((index, _, _), _)| *index == step);
            of_step
                .map(|(place, digest)| (place.clone(), *digest))
                .collect()
        };
        places.retain(|((_, at, _), _)| self.is_seen(unit, step, at));
        let mut seen = Vec::new();
        for ((index, at, name), digest) in places {
            let unit = Unit { step: index, at };
            let key = self.key_of(&unit);
            let items = key.items();
            let record = self
                .house
                .store
                .document(&DocumentKey {
                    execution: key,
                    name: name.clone(),
                })
                .await?;
            let latest = record.as_ref().and_then(|record| record.revisions.last());
            seen.push(SeenDocument {
                entry: DocumentEntry {
                    step: self.step(index).path.to_string(),
                    name,
                    items,
                    bytes: latest.map_or(0, |revision| {
                        u32::try_from(revision.bytes).unwrap_or(u32::MAX)
                    }),
                    revision: latest.map_or(1, |revision| revision.number),
                },
                digest,
            });
        }
        Ok(seen)
    }
}

/// Texts with their items as lists in lists, one level for each item index.
fn nested(texts: Vec<(Vec<u32>, String)>, level: usize, lists: u32) -> Value {
    if lists <= 1 {
        return texts
            .into_iter()
            .map(|(_, text)| Value::from(text))
            .collect();
    }
    let mut groups: Vec<Vec<(Vec<u32>, String)>> = Vec::new();
    for (items, text) in texts {
        let is_same = |group: &&mut Vec<(Vec<u32>, String)>| {
            let first = group.first();
            first.is_some_and(|(before, _)| before.get(level) == items.get(level))
        };
        match groups.last_mut().filter(is_same) {
            Some(group) => group.push((items, text)),
            None => groups.push(vec![(items, text)]),
        }
    }
    groups
        .into_iter()
        .map(|group| nested(group, level + 1, lists - 1))
        .collect()
}

/// How many bytes a value has where it is written: a text its own, all else those of its JSON.
fn written_bytes(value: &Value) -> u64 {
    struct Count(u64);
    impl std::fmt::Write for Count {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0 += text.len() as u64;
            Ok(())
        }
    }
    match value {
        Value::String(text) => text.len() as u64,
        other => {
            let mut count = Count(0);
            // It never fails to count.
            let _ = std::fmt::Write::write_fmt(&mut count, format_args!("{other}"));
            count.0
        }
    }
}

fn field_of(value: &Value, fields: &[String]) -> Option<Value> {
    fields
        .iter()
        .try_fold(value, |value, field| value.get(field))
        .cloned()
}
