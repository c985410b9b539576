//! Fills templates and holds values against JSON Schemas, in the process of the host.
//!
//! It reads nothing but what it is handed. Everybody else reaches it through [`TextService`] and knows neither of the
//! libraries behind it, so that it can be put elsewhere.
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

mod environment;
mod schema;
mod template;

use async_trait::async_trait;
use serde_json::Value;
use stepwell_contract::{Filling, Misfits, SchemaError, TemplateError, TextService, VariableUse};

/// The service in this process. It never waits.
#[derive(Debug, Clone, Copy, Default)]
pub struct InProcess;

#[async_trait]
impl TextService for InProcess {
    async fn read_template(&self, template: &str) -> Result<Vec<VariableUse>, TemplateError> {
        Ok(template::Template::read(template)?.variables())
    }

    async fn fill_template(&self, filling: Filling<'_>) -> Result<String, TemplateError> {
        template::Template::read(filling.template)?.fill(&filling)
    }

    async fn check_schema(&self, schema: &Value) -> Result<(), SchemaError> {
        schema::read(schema).map(drop)
    }

    async fn check_value(
        &self,
        schema: &Value,
        value: &Value,
        most: usize,
    ) -> Result<Misfits, SchemaError> {
        Ok(schema::misfits(&schema::read(schema)?, value, most))
    }
}
