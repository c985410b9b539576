//! The service at work somewhere else: what is sent there, and what answers it.
//!
//! An operation is JSON. The texts that it works on go beside it by their names, each as it is, so that none is nested
//! deeper by being sent. The answer is a `Result` as JSON.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use stepwell_contract::{Filling, HeldAgainst, Misfits, SchemaError, Text};

use crate::{pattern, schema, template};

/// The name of the document that an answer is.
pub const ANSWER: &str = "answer";

const TEMPLATE: &str = "template";
const SEARCHED: &str = "searched";

/// What is to be done.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Operation {
    ReadTemplate,
    FillTemplate {
        /// The names of the variables. Each value goes beside, by its place in this list.
        variables: Vec<String>,
        most_bytes: usize,
    },
    CheckSchemas {
        /// Each goes beside, by its place.
        count: usize,
    },
    CheckValues {
        /// Each value and its schema go beside, by their place.
        count: usize,
        most: usize,
    },
    CheckPatterns {
        /// Each goes beside, by its place.
        count: usize,
    },
    /// The expression goes beside as the first pattern, and so does the text.
    Search,
}

/// A request: the operation, and the texts that it works on.
pub(crate) struct Request {
    pub(crate) operation: String,
    pub(crate) inputs: Vec<Text>,
}

impl Request {
    pub(crate) fn read_template(template: &str) -> serde_json::Result<Self> {
        Self::new(&Operation::ReadTemplate, vec![text(TEMPLATE, template)])
    }

    pub(crate) fn fill_template(filling: &Filling<'_>) -> serde_json::Result<Self> {
        let mut inputs = vec![text(TEMPLATE, filling.template)];
        for (place, (_, value)) in filling.variables.iter().enumerate() {
            inputs.push(json(&value_at(place), value)?);
        }
        let names = filling.variables.iter().map(|(name, _)| (*name).to_owned());
        let operation = Operation::FillTemplate {
            variables: names.collect(),
            most_bytes: filling.most_bytes,
        };
        Self::new(&operation, inputs)
    }

    pub(crate) fn check_schemas(schemas: &[&Value]) -> serde_json::Result<Self> {
        let inputs = schemas.iter().enumerate();
        let inputs = inputs.map(|(place, schema)| json(&schema_at(place), schema));
        let count = schemas.len();
        Self::new(
            &Operation::CheckSchemas { count },
            inputs.collect::<Result<_, _>>()?,
        )
    }

    pub(crate) fn check_values(
        values: &[HeldAgainst<'_>],
        most: usize,
    ) -> serde_json::Result<Self> {
        let mut inputs = Vec::new();
        for (place, held) in values.iter().enumerate() {
            inputs.push(json(&schema_at(place), held.schema)?);
            inputs.push(json(&value_at(place), held.value)?);
        }
        let count = values.len();
        Self::new(&Operation::CheckValues { count, most }, inputs)
    }

    pub(crate) fn check_patterns(patterns: &[&str]) -> serde_json::Result<Self> {
        let inputs = patterns.iter().enumerate();
        let inputs = inputs.map(|(place, pattern)| text(&pattern_at(place), pattern));
        let count = patterns.len();
        Self::new(&Operation::CheckPatterns { count }, inputs.collect())
    }

    pub(crate) fn search(pattern: &str, searched: &str) -> serde_json::Result<Self> {
        let inputs = vec![text(&pattern_at(0), pattern), text(SEARCHED, searched)];
        Self::new(&Operation::Search, inputs)
    }

    fn new(operation: &Operation, inputs: Vec<Text>) -> serde_json::Result<Self> {
        Ok(Self {
            operation: serde_json::to_string(operation)?,
            inputs,
        })
    }

    /// How many bytes are sent.
    pub(crate) fn bytes(&self) -> usize {
        let inputs = self.inputs.iter();
        self.operation.len() + inputs.map(|input| input.value.len()).sum::<usize>()
    }
}

fn schema_at(place: usize) -> String {
    format!("schema {place}")
}

fn pattern_at(place: usize) -> String {
    format!("pattern {place}")
}

fn value_at(place: usize) -> String {
    format!("value {place}")
}

fn text(name: &str, value: &str) -> Text {
    Text {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

fn json(name: &str, value: &Value) -> serde_json::Result<Text> {
    Ok(text(name, &serde_json::to_string(value)?))
}

/// Carries an operation out, with the texts that `input` gives by their names.
///
/// # Errors
/// Where the request isn't one that [`Sandboxed`](crate::Sandboxed) makes. What is wrong with a template or a schema is an
/// answer.
pub fn answer<'i>(
    operation: &str,
    input: impl Fn(&str) -> Option<&'i str>,
) -> serde_json::Result<String> {
    let text = |name: &str| input(name).unwrap_or_default();
    let json = |name: &str| serde_json::from_str::<Value>(text(name));
    match serde_json::from_str(operation)? {
        Operation::ReadTemplate => serde_json::to_string(&template::read(text(TEMPLATE))),
        Operation::FillTemplate {
            variables,
            most_bytes,
        } => {
            let given = variables.iter().enumerate();
            let given = given.map(|(place, name)| Ok((name.as_str(), json(&value_at(place))?)));
            let filling = Filling {
                template: text(TEMPLATE),
                variables: &given.collect::<serde_json::Result<Vec<_>>>()?,
                most_bytes,
            };
            serde_json::to_string(&template::fill(&filling))
        }
        Operation::CheckSchemas { count } => {
            let checked = (0..count).map(|place| Ok(schema::check(&json(&schema_at(place))?)));
            serde_json::to_string(&checked.collect::<serde_json::Result<Vec<_>>>()?)
        }
        Operation::CheckValues { count, most } => {
            // Values that share a schema are held against one reading of it.
            let mut validators = BTreeMap::new();
            let mut found: Vec<Result<Misfits, SchemaError>> = Vec::new();
            for place in 0..count {
                let validator = match validators.entry(text(&schema_at(place))) {
                    Entry::Occupied(entry) => entry.into_mut(),
                    Entry::Vacant(entry) => {
                        let schema = json(&schema_at(place))?;
                        entry.insert(schema::read(&schema))
                    }
                };
                let value = json(&value_at(place))?;
                found.push(match validator {
                    Ok(validator) => Ok(schema::misfits(validator, &value, most)),
                    Err(error) => Err(error.clone()),
                });
            }
            serde_json::to_string(&found)
        }
        Operation::CheckPatterns { count } => {
            let checked = (0..count).map(|place| pattern::check(text(&pattern_at(place))));
            serde_json::to_string(&checked.collect::<Vec<_>>())
        }
        Operation::Search => {
            let found = pattern::search(text(&pattern_at(0)), text(SEARCHED));
            serde_json::to_string(&found)
        }
    }
}
