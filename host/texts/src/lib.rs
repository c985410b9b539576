//! Fills templates, holds values against JSON Schemas, and searches with regular expressions.
//!
//! It reads nothing but what it is handed. Everybody else reaches it through [`TextService`] and knows neither of the
//! libraries behind it. All three are a stranger's, and the libraries recurse and take memory as these say: so
//! the program has the work done by [`Sandboxed`], a component under limits, in which this same crate is.
//!
//! ```
//! # use futures_util::FutureExt as _;
//! use stepwell_contract::{Filling, TextService as _};
//! let filling = Filling {
//!     template: "Tea for {{ count }}",
//!     variables: &[("count", 2.into())],
//!     most_bytes: 100,
//! };
//! let filled = stepwell_texts::InProcess.fill_template(filling).now_or_never();
//! assert_eq!(filled.unwrap().unwrap(), "Tea for 2");
//! ```

pub mod apart;
mod environment;
mod pattern;
mod sandboxed;
mod schema;
mod template;

use std::ops::Range;

use async_trait::async_trait;
use serde_json::Value;
use stepwell_contract::{
    Filling, HeldAgainst, Misfits, PatternError, SchemaError, TemplateError, TextService,
    TextServiceFailed, VariableUse,
};

pub use sandboxed::Sandboxed;

/// The service in this process. It never waits, and nothing bounds it: it is for tests, and for the component.
#[derive(Debug, Clone, Copy, Default)]
pub struct InProcess;

#[async_trait]
impl TextService for InProcess {
    async fn read_template(&self, template: &str) -> Result<Vec<VariableUse>, TemplateError> {
        template::read(template)
    }

    async fn fill_template(&self, filling: Filling<'_>) -> Result<String, TemplateError> {
        template::fill(&filling)
    }

    async fn check_schemas(
        &self,
        schemas: &[&Value],
    ) -> Result<Vec<Result<(), SchemaError>>, TextServiceFailed> {
        Ok(schemas.iter().map(|schema| schema::check(schema)).collect())
    }

    async fn check_values(
        &self,
        values: &[HeldAgainst<'_>],
        most: usize,
    ) -> Result<Vec<Result<Misfits, SchemaError>>, TextServiceFailed> {
        let misfits = |held: &HeldAgainst<'_>| {
            let validator = schema::read(held.schema)?;
            Ok(schema::misfits(&validator, held.value, most))
        };
        Ok(values.iter().map(misfits).collect())
    }

    async fn check_patterns(
        &self,
        patterns: &[&str],
    ) -> Result<Vec<Result<(), PatternError>>, TextServiceFailed> {
        let checked = patterns.iter().map(|pattern| pattern::check(pattern));
        Ok(checked.collect())
    }

    async fn search(
        &self,
        pattern: &str,
        text: &str,
    ) -> Result<Result<Option<Range<usize>>, PatternError>, TextServiceFailed> {
        Ok(pattern::search(pattern, text))
    }
}
