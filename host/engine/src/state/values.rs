//! From references to values: inputs of a unit, items of a `for_each`, documents of a step.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use stepwell_contract::{
    Digest, DocumentEntry, ExecutionKey, Position, TemplateError, Text, TextServiceFailed,
};
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

/// Why a value can't be had.
#[derive(Debug)]
pub(crate) enum ValueError {
    /// The store failed.
    Store(StoreError),
    /// Something about the definition or a document, for a person.
    Problem(String),
    /// What fills templates failed, whatever the definition says.
    Texts(TextServiceFailed),
}

impl From<StoreError> for ValueError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl RunContext {
    /// The inputs of a unit, filled with what is there now.
    pub(crate) async fn inputs_for(&self, unit: &Unit) -> Result<Vec<Text>, ValueError> {
        let step = self.step(unit.step);
        let mut texts = Vec::new();
        for (name, template) in &step.inputs {
            let mut values = BTreeMap::new();
            for (reference, _) in template.references() {
                if let Some(value) = self.value_of(unit, reference).await? {
                    values.insert(reference.clone(), value);
                }
            }
            let lookup = |reference: &Reference| values.get(reference).cloned();
            let text = match template.render(&lookup, &*self.house.texts).await {
                Ok(text) => text,
                Err(TemplateError::Failed(failed)) => return Err(ValueError::Texts(failed)),
                Err(error) => {
                    let path = &step.path;
                    let message =
                        format!("input `{name}` of step `{path}` can't be filled: {error}");
                    return Err(ValueError::Problem(message));
                }
            };
            texts.push(Text::new(name.as_str(), text));
        }
        Ok(texts)
    }

    async fn value_of(
        &self,
        unit: &Unit,
        reference: &Reference,
    ) -> Result<Option<Value>, ValueError> {
        match reference {
            Reference::Input(name) => Ok(self
                .pins
                .inputs
                .get(name.as_str())
                .cloned()
                .map(Value::String)),
            Reference::Item { step, fields } => Ok(self
                .item_of(unit, *step)
                .and_then(|item| field_of(&item, fields))),
            Reference::Document {
                step,
                document,
                source,
                lists,
                before,
                ..
            } => {
                let Some(seen_from) = self.round_seen(unit, *before) else {
                    return Ok(None);
                };
                // What a person gave counts, though a sub-step may have written its own before.
                let given = lock(&self.board).is_given(*step);
                let value = match given {
                    true => None,
                    false => {
                        self.document_value(&seen_from, *source, document.as_str(), *lists)
                            .await?
                    }
                };
                match value {
                    // The sub-step that stands in was given or left out: the step's own document is there.
                    None if given || source != step => {
                        self.document_value(&seen_from, *step, document.as_str(), 0)
                            .await
                    }
                    value => Ok(value),
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
    async fn document_value(
        &self,
        unit: &Unit,
        source: usize,
        document: &str,
        lists: u32,
    ) -> Result<Option<Value>, ValueError> {
        let shared = shared_levels(&self.plan, unit.step, source).min(unit.at.len());
        let positions = lock(&self.board).positions(&self.plan, source, &unit.at[..shared]);
        let mut texts = Vec::new();
        for position in positions {
            let items: Vec<u32> = position[shared..]
                .iter()
                .filter_map(|level| level.item)
                .collect();
            let place = (source, position, document.to_owned());
            let digest = lock(&self.documents).get(&place).copied();
            if let Some(digest) = digest {
                texts.push((items, self.house.text(&digest).await?));
            }
        }
        if lists == 0 {
            return Ok(texts.pop().map(|(_, text)| Value::String(text)));
        }
        Ok(Some(nested(&texts, 0, lists)))
    }

    /// A value as a step's parent sees it at a position, outside of the step's own items and rounds.
    pub(crate) async fn value_above(
        &self,
        step: usize,
        parent_at: &[Position],
        reference: &Reference,
    ) -> Result<Option<Value>, ValueError> {
        let seen_from = Unit {
            step: self.step(step).parent.unwrap_or(step),
            at: parent_at.to_vec(),
        };
        self.value_of(&seen_from, reference).await
    }

    /// Reads the list of a `for_each`, below a position of its parent.
    pub(crate) async fn read_list(
        &self,
        step: usize,
        parent_at: &[Position],
    ) -> Result<Arc<Vec<Value>>, ValueError> {
        let planned = self.step(step);
        let Some(reference) = &planned.for_each else {
            return Ok(Arc::default());
        };
        let problem = |what: String| {
            ValueError::Problem(format!(
                "`for_each` of step `{}` needs a JSON array, but {what}",
                planned.path
            ))
        };
        let value = self.value_above(step, parent_at, reference).await?;
        match value {
            Some(Value::Array(items)) => Ok(Arc::new(items)),
            Some(Value::String(text)) => match serde_json::from_str(&text) {
                Ok(Value::Array(items)) => Ok(Arc::new(items)),
                Ok(other) => Err(problem(format!("the document holds {}", kind_of(&other)))),
                Err(error) => Err(problem(format!("the document isn't JSON: {error}"))),
            },
            Some(other) => Err(problem(format!("it refers to {}", kind_of(&other)))),
            // Only `| default([])` lets a definition through whose document may be missing.
            None => Ok(Arc::default()),
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
fn nested(texts: &[(Vec<u32>, String)], level: usize, lists: u32) -> Value {
    if lists <= 1 {
        return texts
            .iter()
            .map(|(_, text)| Value::from(text.as_str()))
            .collect();
    }
    let groups = texts.chunk_by(|(one, _), (other, _)| one.get(level) == other.get(level));
    groups
        .map(|group| nested(group, level + 1, lists - 1))
        .collect()
}

fn field_of(value: &Value, fields: &[String]) -> Option<Value> {
    fields
        .iter()
        .try_fold(value, |value, field| value.get(field))
        .cloned()
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
