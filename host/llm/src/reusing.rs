//! By what an answer is found again that an equal question got.

use serde_json::{Value, json};
use stepwell_contract::{ChatRequest, Inference};

use crate::registry::Source;
use crate::{Models, ResolvedModel, canonical_request};

impl Models {
    /// All that an answer depends on: the canonical request, the model and where it is, and how it is asked. None in a replay,
    /// which has its own answers.
    #[must_use]
    pub fn question(
        &self,
        model: &ResolvedModel,
        request: &ChatRequest,
        inference: Inference,
    ) -> Option<Value> {
        let Source::Live { providers, .. } = &self.source else {
            return None;
        };
        let provider = providers.get(&model.provider)?;
        Some(json!({
            "request": canonical_request(request, &model.provider_model),
            "base_url": provider.base_url.as_str(),
            "kind": provider.settings.kind,
            // Parameters may choose a deployment; headers may hold what changes from day to day.
            "query": provider.settings.query,
            "inference": inference.over(model.inference),
            "max_output_tokens": model.max_output_tokens,
            "tools": model.tools,
            "schemas": model.schemas,
        }))
    }
}
