//! A plan as the model writes it, and what makes it one that can be carried out.

use serde::{Deserialize, Serialize};
use stepwell_sdk::answer::check_path;

/// The subtasks, as an array or in an object.
#[derive(Debug, Deserialize)]
#[serde(try_from = "serde_json::Value")]
pub(crate) struct Plan(Vec<Subtask>);

/// By hand, so that the error names the subtask and the field: an untagged enum would only say that nothing fits.
impl TryFrom<serde_json::Value> for Plan {
    type Error = String;

    fn try_from(mut value: serde_json::Value) -> Result<Self, String> {
        for name in ["subtasks", "tasks"] {
            if let Some(list) = value.get_mut(name) {
                value = list.take();
            }
        }
        let serde_json::Value::Array(items) = value else {
            return Err("there is no array of subtasks".to_owned());
        };
        let read = |(index, item): (usize, serde_json::Value)| {
            serde_json::from_value(item).map_err(|error| format!("subtask {}: {error}", index + 1))
        };
        items
            .into_iter()
            .enumerate()
            .map(read)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// What a plan is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To build what was designed.
    Build,
    /// To mend what a report says of what was built. It may be that nothing of that is in the code, such as a test that isn't there.
    Mend,
}

/// A piece of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subtask {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) files: Vec<String>,
    /// Those of the files that are there when the subtask is begun.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) existing: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) depends_on: Vec<String>,
}

impl Plan {
    /// The subtasks, each after those that it depends on; else in the order given.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub(crate) fn checked(self, purpose: Purpose) -> Result<Vec<Subtask>, Vec<String>> {
        let Self(mut subtasks) = self;
        let mut problems = Vec::new();
        if subtasks.is_empty() && purpose == Purpose::Build {
            problems.push("there is no subtask".to_owned());
        }
        let ids: Vec<String> = subtasks.iter().map(|subtask| subtask.id.clone()).collect();
        for (index, subtask) in subtasks.iter_mut().enumerate() {
            subtask.check(&ids, index, &mut problems);
        }
        if problems.is_empty() {
            sorted(subtasks).map_err(|cycle| vec![cycle])
        } else {
            Err(problems)
        }
    }
}

impl Subtask {
    fn check(&mut self, ids: &[String], index: usize, problems: &mut Vec<String>) {
        let id = &self.id;
        let sound = id.starts_with(|c: char| c.is_ascii_lowercase())
            && id
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c));
        if !sound {
            problems.push(format!(
                "the id `{id}` isn't made of lower-case letters, digits, `_` and `-`"
            ));
        }
        if ids[..index].contains(id) {
            problems.push(format!("the id `{id}` is there twice"));
        }
        for (name, text) in [("title", &self.title), ("description", &self.description)] {
            if text.trim().is_empty() {
                problems.push(format!("`{id}` has no {name}"));
            }
        }
        if self.files.is_empty() {
            problems.push(format!("`{id}` names no file"));
        }
        for file in &mut self.files {
            match check_path(file) {
                Ok(path) => *file = path,
                Err(problem) => problems.push(format!("`{id}`: {problem}")),
            }
        }
        self.existing = self
            .existing
            .iter()
            .flat_map(|path| check_path(path))
            .collect();
        self.existing.retain(|path| self.files.contains(path));
        for other in &self.depends_on {
            if !ids.contains(other) {
                problems.push(format!("`{id}` depends on `{other}`, which is no subtask"));
            }
        }
    }
}

/// Takes, again and again, the first subtask whose needs are met.
fn sorted(mut subtasks: Vec<Subtask>) -> Result<Vec<Subtask>, String> {
    let mut done: Vec<Subtask> = Vec::with_capacity(subtasks.len());
    while !subtasks.is_empty() {
        let ready = subtasks.iter().position(|subtask| {
            subtask
                .depends_on
                .iter()
                .all(|need| done.iter().any(|other| other.id == *need))
        });
        match ready {
            Some(index) => done.push(subtasks.remove(index)),
            None => {
                let ids: Vec<String> = subtasks.iter().map(|s| format!("`{}`", s.id)).collect();
                return Err(format!(
                    "these subtasks depend on each other: {}",
                    ids.join(", ")
                ));
            }
        }
    }
    Ok(done)
}
