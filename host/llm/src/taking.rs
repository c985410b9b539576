//! Whether a model can take the tools that a request offers, as far as that is known before anything is sent.

use stepwell_contract::{ChatError, ChatErrorKind, ChatRequest};

use crate::ResolvedModel;
use crate::provider::Provider;

/// Refuses a request that offers tools to a model that has none, as the operator says or its server has said.
pub(crate) fn check_tools(
    provider: &Provider,
    model: &ResolvedModel,
    request: &ChatRequest,
) -> Result<(), ChatError> {
    model.check_tools(request)?;
    if request.tools.is_empty() || provider.takes_tools(&model.provider_model) {
        return Ok(());
    }
    Err(ChatError::new(
        ChatErrorKind::Other(ChatError::NO_TOOLS.into()),
        format!(
            "the model `{}` takes no tools, as its provider said when it was asked before; `tools = false` for it in stepwell.toml says so from the start",
            model.name
        ),
    ))
}
