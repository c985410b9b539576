//! A workflow definition as it was written: names checked, references not yet resolved.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use stepwell_contract::{
    Budget, HttpGrant, Inference, Limit, Limits, Name, Publish, ReadGrant, StepPath,
    WorkspaceGrant, table_of_limits,
};

use crate::diagnostics::{Diagnostic, Problems, Severity, Source, Span};
use crate::located::Located;
use crate::reader::Table;
use crate::template::{RawReference, RawTemplate};

/// A workflow definition. [`check`](crate::check) makes a plan of it.
#[derive(Debug, Clone)]
pub struct Definition {
    /// The workflow's name.
    pub name: Name,
    /// What it does, for a person; may be empty.
    pub description: String,
    /// What a person gives to a run, in the order of the file.
    pub inputs: IndexMap<Name, InputDefinition>,
    /// The directory that the steps work on, relative to the project.
    pub workspace: Option<Located<String>>,
    /// Where a run puts what its steps write; none where nothing is said.
    pub publish: Option<Publish>,
    /// What holds for every step that doesn't say otherwise.
    pub defaults: Defaults,
    /// The outermost steps, in the order of the file.
    pub steps: Vec<StepDefinition>,
    /// The text, for the places of problems that are found later.
    pub(crate) source: Arc<Source>,
    /// Whether reading it found errors: then no plan is made of it.
    pub(crate) broken: bool,
    /// Whether a step or an input is missing because it couldn't be read: a reference to it is no further problem.
    pub(crate) incomplete: bool,
}

/// What a person gives to a run.
#[derive(Debug, Clone)]
pub struct InputDefinition {
    /// What to give, for a person; may be empty.
    pub description: String,
    /// The text where a run gives none; without it the input must be given.
    pub default: Option<String>,
    /// The file of the workspace whose text it is where a run gives none and the file is there.
    pub file: Option<String>,
    /// Where its name stands.
    pub span: Span,
}

/// What holds for every step that doesn't say otherwise.
#[derive(Debug, Clone, Default)]
pub struct Defaults {
    /// A short name of a model.
    pub model: Option<Located<String>>,
    /// How often a failed step is tried again.
    pub retries: Option<u32>,
    /// What one attempt may use.
    pub limits: LimitOverrides,
    /// Where that is said.
    pub limits_place: Option<Span>,
}

/// A step as it was written.
#[derive(Debug, Clone)]
pub struct StepDefinition {
    /// Its id.
    pub id: Located<Name>,
    /// Its plugin; none for a group.
    pub uses: Option<Located<String>>,
    /// A short name of a model.
    pub model: Option<Located<String>>,
    /// How its models are asked.
    pub inference: Inference,
    /// The plugin's settings.
    pub settings: BTreeMap<String, Located<serde_json::Value>>,
    /// Other names for the plugin's prompts: declared name to stored name.
    pub prompts: BTreeMap<String, (Span, Located<Name>)>,
    /// Documents that are kept as files of the workspace: the document's name, and the file's path.
    pub(crate) keep: Vec<(String, Span, Located<String>)>,
    /// What it may do.
    pub grants: GrantRequest,
    /// The most that it may spend in a run, its items together.
    pub budget: Budget,
    /// What one attempt may use.
    pub limits: LimitOverrides,
    /// How often it is tried again.
    pub retries: Option<u32>,
    /// How many items are worked on at once.
    pub concurrency: Option<Located<u32>>,
    /// Whether the run goes on when it fails.
    pub optional: bool,
    /// Its sub-steps, in the order of the file.
    pub steps: Vec<StepDefinition>,
    /// The document that it is repeated for; defaulted where no document means no items.
    pub(crate) for_each: Option<RawReference>,
    /// While what it runs again.
    pub(crate) repeat: Option<RepeatDefinition>,
    /// If what it is carried out.
    pub(crate) when: Option<WhenDefinition>,
    pub(crate) inputs: Vec<(Located<Name>, RawTemplate)>,
    /// The keys it has, with their places: some mean nothing on a group.
    pub(crate) keys: Vec<(&'static str, Span)>,
    /// Whether its plugin is missing because `uses` couldn't be read.
    pub(crate) lost_uses: bool,
    /// Whether one of its sub-steps is missing because it couldn't be read.
    pub(crate) lost_steps: bool,
}

impl StepDefinition {
    /// Where its budget is said.
    #[must_use]
    pub fn budget_place(&self) -> Option<Span> {
        self.place_of("budget")
    }

    /// Where its limits are said.
    #[must_use]
    pub fn limits_place(&self) -> Option<Span> {
        self.place_of("limits")
    }

    /// Documents that are kept as files of the workspace: the document's name, and the file's path.
    pub fn kept(&self) -> impl Iterator<Item = (&str, &Located<String>)> {
        let kept = self.keep.iter();
        kept.map(|(document, _, path)| (document.as_str(), path))
    }

    fn place_of(&self, key: &str) -> Option<Span> {
        let mut keys = self.keys.iter();
        keys.find(|(known, _)| *known == key).map(|(_, span)| *span)
    }
}

/// While what a step runs again, as it was written.
#[derive(Debug, Clone)]
pub(crate) struct RepeatDefinition {
    /// The document; none where it couldn't be read.
    pub(crate) document: Option<RawReference>,
    /// The words that it says for another round.
    pub(crate) words: Vec<String>,
    /// How many more times at most.
    pub(crate) times: u32,
    /// What follows where the last round still says so; none where nothing is said.
    pub(crate) otherwise: Option<Otherwise>,
}

/// If what a step is carried out, as it was written.
#[derive(Debug, Clone)]
pub(crate) struct WhenDefinition {
    /// The document or input; none where it couldn't be read.
    pub(crate) value: Option<RawReference>,
    /// The words that it says for the step to be carried out.
    pub(crate) words: Vec<String>,
}

/// The grants of a step, each with its place.
#[derive(Debug, Clone, Default)]
pub struct GrantRequest {
    /// `grants.workspace`
    pub workspace: Option<Located<WorkspaceGrant>>,
    /// `grants.prompts = "write"`
    pub prompts: Option<Span>,
    /// `grants.clock = "real"`
    pub clock: Option<Span>,
    /// `grants.include`
    pub include: Vec<Located<String>>,
    /// `grants.read`
    pub read: Vec<Located<ReadGrant>>,
    /// `grants.http`
    pub http: Vec<Located<HttpGrant>>,
    /// `grants.models`
    pub models: Vec<Located<String>>,
    /// Whether one couldn't be read: then a missing one is no further problem.
    pub(crate) unreadable: bool,
}

/// Makes the overrides of the limits of the table.
macro_rules! overrides {
    ($($limit:ident: $variant:ident($amount:ty) $shape:ident = $number:literal $unit:tt => $about:literal;)*) => {
        /// Some limits; the others stay as they are elsewhere.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        #[expect(missing_docs, reason = "each is the field of `Limits` with its name")]
        pub struct LimitOverrides {
            $(pub $limit: Option<$amount>,)*
        }

        impl LimitOverrides {
            /// These limits over others.
            #[must_use]
            pub fn over(&self, base: &Limits) -> Limits {
                Limits { $($limit: self.$limit.unwrap_or(base.$limit),)* }
            }

            /// These limits, and those of `other` where these say nothing.
            #[must_use]
            pub fn or(&self, other: &Self) -> Self {
                Self { $($limit: self.$limit.or(other.$limit),)* }
            }

            /// Whether something is said of this one.
            #[must_use]
            pub fn says(&self, limit: Limit) -> bool {
                match limit {
                    $(Limit::$variant => self.$limit.is_some(),)*
                }
            }

            /// What a table says of them.
            pub(crate) fn read(table: &Table<'_, '_>, problems: &mut Problems) -> Self {
                Self { $($limit: read!($shape table, stringify!($limit), problems),)* }
            }
        }
    };
}

/// A limit by the shape of its value.
macro_rules! read {
    (duration $table:ident, $key:expr, $problems:ident) => {
        $table.duration($key, $problems)
    };
    (size $table:ident, $key:expr, $problems:ident) => {
        $table.size($key, $problems)
    };
    ($number:ident $table:ident, $key:expr, $problems:ident) => {
        $table.number($key, $problems)
    };
}

table_of_limits!(overrides);

impl Definition {
    /// The plugins that it names: the step, what its `uses` says, and where; parents before their sub-steps.
    #[must_use]
    pub fn plugins(&self) -> Vec<(StepPath, &Located<String>)> {
        fn walk<'d>(
            steps: &'d [StepDefinition],
            parent: Option<&StepPath>,
            found: &mut Vec<(StepPath, &'d Located<String>)>,
        ) {
            for step in steps {
                let path = path_below(parent, &step.id.value);
                if let Some(uses) = &step.uses {
                    found.push((path.clone(), uses));
                }
                walk(&step.steps, Some(&path), found);
            }
        }
        let mut found = Vec::new();
        walk(&self.steps, None, &mut found);
        found
    }

    /// The step of this path.
    #[must_use]
    pub fn step(&self, path: &StepPath) -> Option<&StepDefinition> {
        let mut steps = &self.steps;
        let mut found = None;
        for id in path.ids() {
            let step = steps.iter().find(|step| step.id.value.as_str() == id)?;
            found = Some(step);
            steps = &step.steps;
        }
        found
    }

    /// A problem of this definition that the caller found, such as a plugin that can't be loaded.
    #[must_use]
    pub fn error(
        &self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        hint: Option<String>,
    ) -> Diagnostic {
        Diagnostic::new(
            Severity::Error,
            code,
            &self.source.file,
            Some(span),
            message.into(),
            hint,
        )
    }
}

/// The path of a step below its parent.
pub(crate) fn path_below(parent: Option<&StepPath>, id: &Name) -> StepPath {
    parent.map_or_else(|| StepPath::root(id), |parent| parent.child(id))
}

/// What follows the last round that a step may have, where its document still asks for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Otherwise {
    /// The run fails, and nothing that depends on the step starts. What it says where nothing is said.
    Fail,
    /// The run goes on with what the last round left.
    GoOn,
}
