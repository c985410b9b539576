//! What a step is handed that the definition says: its inputs, filled, and the items of its `for_each`.
//!
//! What is too much is refused by its size, before anything of it is in memory. All texts that steps are handed at the same time share
//! one room, as long as their executions take. Nothing here is remembered.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use serde::Deserializer as _;
use serde::de::{SeqAccess, Visitor};
use serde_json::Value;
use stepwell_contract::amounts::size;
use stepwell_contract::{
    GoOn, Limit, Limits, Position, Problem, ProblemCode, Remedy, TemplateError, Text,
    TextServiceFailed,
};
use stepwell_definition::{PlannedStep, Reference};
use stepwell_store::StoreError;
use stepwell_workers::Room;

use super::context::RunContext;
use super::unit::Unit;
use super::values::Found;

/// How often a text is in memory while it is handed over: itself, in what is kept of it, and for the guest.
const TIMES: u64 = 3;

/// What a filter, or the JSON of a list, may add without another look.
const SPARE: u64 = 16 << 10;

/// What inputs refer to may have so many times what they may have themselves: filters may take a part of it.
const READ: u64 = 4;

/// Texts for a step, and their room in memory.
pub(crate) struct Filled {
    pub(crate) texts: Vec<Text>,
    pub(crate) room: TextRoom,
}

/// Room that is taken until all who hold this are gone, or one gives it back.
#[derive(Clone)]
pub(crate) struct TextRoom(Arc<Mutex<Option<Room>>>);

impl TextRoom {
    /// Waits for room for texts of so many bytes that are handed over.
    pub(crate) async fn of(bytes: u64) -> Self {
        let room = Room::of_texts(bytes.saturating_mul(TIMES)).await;
        Self(Arc::new(Mutex::new(Some(room))))
    }

    /// Gives it back before the end: a person is waited for, who may take any time, and others shall not wait for that.
    pub(crate) fn give_back(&self) {
        super::lock(&self.0).take();
    }
}

/// Why a value can't be had.
#[derive(Debug)]
pub(crate) enum ValueError {
    /// The store failed.
    Store(StoreError),
    /// Something about the definition or a document, for a person.
    Problem(String),
    /// There is more of it than a limit of the step allows.
    Limit {
        /// The limit.
        limit: Limit,
        /// What is too much, for a person.
        message: String,
    },
    /// What fills templates failed, whatever the definition says.
    Texts(TextServiceFailed),
}

impl From<StoreError> for ValueError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The most bytes that all inputs of a step have together.
pub(crate) fn most_bytes(limits: &Limits) -> usize {
    usize::try_from(limits.transfer).unwrap_or(usize::MAX)
}

impl ValueError {
    /// What a run's step fails of; the store's own failure isn't the step's.
    pub(crate) fn into_problem(
        self,
        run: &RunContext,
        step: &PlannedStep,
        correct: impl FnOnce(GoOn) -> Remedy,
    ) -> Result<Problem, StoreError> {
        let then = GoOn::Run(run.id);
        Ok(match self {
            Self::Store(error) => return Err(error),
            Self::Problem(message) => {
                Problem::new(ProblemCode::InvalidInput, message).with(correct(then))
            }
            Self::Limit { limit, message } => {
                let setting = limit.setting();
                let message = format!("{message} (`{setting}`)");
                Problem::new(ProblemCode::Limit, message).with(Remedy::RaiseLimit {
                    setting: setting.to_owned(),
                    step: step.path.clone(),
                    file: run.pins.definition_file.clone(),
                    then,
                })
            }
            // The input may be right.
            Self::Texts(failed) => {
                Problem::new(ProblemCode::Sandbox, failed.to_string()).with(Remedy::CheckSandbox)
            }
        })
    }
}

/// What a unit's inputs refer to: where it is, and how large.
type Sizes<'r> = BTreeMap<Reference, (Found<'r>, u64)>;

impl RunContext {
    /// The inputs of a unit, filled with what is there now.
    pub(crate) async fn inputs_for(&self, unit: &Unit) -> Result<Filled, ValueError> {
        let step = self.step(unit.step);
        let most = step.limits.transfer;
        let likely = likely_bytes(step, &self.sizes_for(unit).await?)?;
        match self.fill(unit, likely).await? {
            Some(filled) => Ok(filled),
            // Filters made more of it than they mostly do.
            None if likely < most => match self.fill(unit, most).await? {
                Some(filled) => Ok(filled),
                None => Err(too_much(step)),
            },
            None => Err(too_much(step)),
        }
    }

    /// The same in room for so many bytes; none where that isn't enough.
    async fn fill(&self, unit: &Unit, bytes: u64) -> Result<Option<Filled>, ValueError> {
        let step = self.step(unit.step);
        let sizes = self.sizes_for(unit).await?;
        let read: u64 = sizes.values().map(|(_, bytes)| bytes).sum();
        // What is read may be there twice: whoever fills templates is handed its own.
        let needed = read
            .saturating_mul(2)
            .saturating_add(bytes.saturating_mul(TIMES));
        let mut room = Room::of_texts(needed).await;
        let mut values = BTreeMap::new();
        for (reference, (found, _)) in sizes {
            values.insert(reference, self.read(found).await?);
        }
        let lookup = |reference: &Reference| values.get(reference);
        let mut texts: Vec<Text> = Vec::new();
        let most = usize::try_from(bytes).unwrap_or(usize::MAX);
        let mut left = most;
        for (name, template) in &step.inputs {
            let text = match template.render(&lookup, &*self.house.texts, left).await {
                Ok(text) => text,
                Err(TemplateError::Failed(failed)) => return Err(ValueError::Texts(failed)),
                Err(TemplateError::TooLarge { .. }) => return Ok(None),
                Err(error) => {
                    let path = &step.path;
                    let message =
                        format!("input `{name}` of step `{path}` can't be filled: {error}");
                    return Err(ValueError::Problem(message));
                }
            };
            left -= text.len();
            texts.push(Text::new(name.as_str(), text));
        }
        room.shrink_to(((most - left) as u64).saturating_mul(TIMES));
        let room = TextRoom(Arc::new(Mutex::new(Some(room))));
        Ok(Some(Filled { texts, room }))
    }

    async fn sizes_for(&self, unit: &Unit) -> Result<Sizes<'_>, ValueError> {
        let step = self.step(unit.step);
        let mut sizes = Sizes::new();
        let references = step.inputs.iter().flat_map(|(_, input)| input.references());
        let mut read = 0_u64;
        for (reference, _) in references {
            if sizes.contains_key(reference) {
                continue;
            }
            if let Some(found) = self.find(unit, reference) {
                let bytes = self.bytes_of(&found).await?;
                read = read.saturating_add(bytes);
                sizes.insert(reference.clone(), (found, bytes));
            }
        }
        let most = step.limits.transfer.saturating_mul(READ);
        if read > most {
            let (path, read, most) = (&step.path, size(read), size(most));
            return Err(ValueError::Limit {
                limit: Limit::Transfer,
                message: format!(
                    "what the inputs of step `{path}` refer to has {read}, and {most} are read at most, {READ} times what they may have"
                ),
            });
        }
        Ok(sizes)
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
        // Only `| default([])` lets a definition through whose document may be missing.
        let Some(found) = self.find(&self.above(step, parent_at), reference) else {
            return Ok(Arc::default());
        };
        let most = planned.limits.items as usize;
        let bytes = self.bytes_of(&found).await?;
        if bytes > planned.limits.transfer.saturating_mul(READ) {
            let (path, bytes) = (&planned.path, size(bytes));
            return Err(ValueError::Limit {
                limit: Limit::Transfer,
                message: format!(
                    "the list of `for_each` of step `{path}` has {bytes}, which is more than {READ} times what its inputs may have"
                ),
            });
        }
        let _room = Room::of_texts(bytes).await;
        let read = match self.read(found).await? {
            Value::Array(items) if items.len() <= most => Ok(items),
            Value::Array(_) => Err(NoList::TooMany),
            Value::String(text) => items_of(&text, most),
            other => Err(NoList::Is(format!("it refers to {}", kind_of(&other)))),
        };
        match read {
            Ok(items) => Ok(Arc::new(items)),
            Err(NoList::TooMany) => Err(ValueError::Limit {
                limit: Limit::Items,
                message: format!(
                    "`for_each` of step `{}` has more than {most} items",
                    planned.path
                ),
            }),
            Err(NoList::Is(what)) => Err(ValueError::Problem(format!(
                "`for_each` of step `{}` needs a JSON array, but {what}",
                planned.path
            ))),
        }
    }
}

/// The bytes that the inputs probably have when they are filled; an error where they have more than they may in any case.
fn likely_bytes(step: &PlannedStep, sizes: &Sizes<'_>) -> Result<u64, ValueError> {
    let most = step.limits.transfer;
    let (mut least, mut filtered) = (0_u64, 0_u64);
    for (_, template) in &step.inputs {
        let weight = |reference: &Reference| sizes.get(reference).map_or(0, |(_, bytes)| *bytes);
        let (own, into_filters) = template.bytes_with(weight);
        least = least.saturating_add(own);
        filtered = filtered.saturating_add(into_filters);
    }
    if least > most {
        return Err(too_much(step));
    }
    // A list is longer as JSON than its texts, by what has to be escaped.
    let is_list = |(found, _): &(Found<'_>, u64)| matches!(found, Found::List { .. });
    let more = match sizes.values().any(is_list) {
        true => least,
        false => 0,
    };
    let likely = least.saturating_add(more).saturating_add(filtered);
    Ok(likely.saturating_add(SPARE).min(most))
}

fn too_much(step: &PlannedStep) -> ValueError {
    let (path, most) = (&step.path, size(step.limits.transfer));
    ValueError::Limit {
        limit: Limit::Transfer,
        message: format!(
            "the inputs of step `{path}` can't be filled: together they would have more than {most}"
        ),
    }
}

/// Why there is no list of items.
enum NoList {
    TooMany,
    /// Something else is there, for a person.
    Is(String),
}

/// Reads a list out of a text, and no more of it than is allowed.
fn items_of(text: &str, most: usize) -> Result<Vec<Value>, NoList> {
    struct Items(usize);
    impl<'de> Visitor<'de> for Items {
        type Value = Option<Vec<Value>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a JSON array")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut items = Vec::new();
            let mut is_within = true;
            while is_within && let Some(item) = list.next_element()? {
                is_within = items.len() < self.0;
                items.push(item);
            }
            if is_within {
                return Ok(Some(items));
            }
            // What follows has to be read as what it is, and isn't kept.
            while list.next_element::<serde::de::IgnoredAny>()?.is_some() {}
            Ok(None)
        }
    }
    let unread =
        |error: &serde_json::Error| NoList::Is(format!("the document isn't JSON: {error}"));
    if !text.trim_start().starts_with('[') {
        return Err(match serde_json::from_str::<Value>(text) {
            Ok(other) => NoList::Is(format!("the document holds {}", kind_of(&other))),
            Err(error) => unread(&error),
        });
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let items = reader.deserialize_seq(Items(most));
    let items = items.and_then(|items| reader.end().map(|()| items));
    items
        .map_err(|error| unread(&error))?
        .ok_or(NoList::TooMany)
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
