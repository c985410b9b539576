//! Workflow definitions, templates and the operator's configuration: read from text, checked, every problem at once.
//!
//! Nothing here reads a file, the environment or a clock, and nothing knows how a plugin is loaded or run. The
//! caller hands over text and gets back data and [`Diagnostic`]s, each with its place and, where one is known, its mend.
//!
//! - [`parse_definition`] reads a workflow definition; [`check`] holds it against what its plugins say of
//!   themselves and makes the [`Plan`] that the engine carries out.
//! - [`Template`] is a text of a definition with references in it; [`fill_prompt`] fills the text of a prompt.
//! - [`parse_configuration`] reads the operator's `stepwell.toml`.
//! - [`definition_schema`] and [`configuration_schema`] describe both files as JSON Schema, for editors.
//!
//! ```
//! let source = "name = \"demo\"\n[[steps]]\nid = \"greet\"\nuse = \"greet.wasm\"\n";
//! let (_, problems) = stepwell_definition::parse_definition(source, "demo.toml");
//! assert_eq!(problems[0].message, "unknown key `use` in step `greet`");
//! assert_eq!(problems[0].hint.as_deref(), Some("did you mean `uses`?"));
//! ```

mod base_urls;
mod bounds;
mod budgeted;
mod case_rules;
mod cases;
mod ceiling;
mod check;
mod condition;
mod configuration;
mod content;
mod definition;
mod described;
mod diagnostics;
mod examples;
mod expression;
mod granted;
mod graph;
mod hosts;
mod inference;
mod json_text;
mod keeping;
mod keys;
mod located;
mod looked_into;
mod one_step;
mod parse;
mod parse_cases;
mod parse_configuration;
mod parse_models;
mod parse_providers;
mod parse_sources;
mod parse_tests;
mod parts_of_cases;
mod plan;
mod plugin;
mod plugin_lock;
mod presence;
mod prompts;
mod quantity;
mod reader;
mod reference;
mod repetition;
mod resolved;
mod resolver;
mod says;
mod schema;
mod secrets;
mod sent_back;
mod shape;
mod shared_prompts;
mod sources;
mod template;
mod test_cases;
mod test_keys;
mod text_places;
mod tree;
mod values;
mod writers;
mod written;

pub use cases::{Case, Check, Judge, Length, LengthUnit, Rule, Split, Target};
pub use ceiling::{BySource, Ceiling, MostGranted};
pub use check::check;
pub use configuration::{
    Budgets, Configuration, ConfigurationLines, InDoubt, Retention, SandboxSettings,
};
pub use content::content_problems;
pub use definition::{
    Defaults, Definition, GrantRequest, InputDefinition, LimitOverrides, Otherwise, StepDefinition,
};
pub use described::{description_findings, filled_findings};
pub use diagnostics::{Diagnostic, Severity, Span, most_of};
pub use examples::{example_inputs, example_settings};
pub use located::Located;
pub use one_step::{OneStep, UnwritableSetting};
pub use parse::{LARGEST_DEFINITION, parse_definition};
pub use parse_cases::parse_cases;
pub use parse_configuration::parse_configuration;
pub use parse_tests::{TestSources, parse_tests};
pub use parts_of_cases::CaseSources;
pub use plan::{Kept, Need, Plan, PlannedRepeat, PlannedStep, PlannedWhen};
pub use plugin_lock::{
    LockUnread, LockedPlugin, PLUGIN_LOCK, PluginChange, PluginDifference, PluginLock, PluginNews,
};
pub use prompts::{UnknownVariable, fill_prompt, unknown_variables};
pub use quantity::{bytes, money};
pub use reference::{Reference, Whole};
pub use schema::{cases_schema, configuration_schema, definition_schema, tests_schema};
pub use sources::{Origin, PluginSources, SignedBy, SourcePlace, SourceRules, tidied};
pub use template::Template;
pub use test_cases::{
    Cassette, Expected, ExpectedFailure, Response, Served, ServerAnswer, TestCase, TestCheck,
    ToolCalled, WhoAnswers,
};
pub use written::{InsteadOfOthers, WrittenStep, step_alone, written_steps};
