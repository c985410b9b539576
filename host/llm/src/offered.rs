//! What a provider has: the models that it lists itself.
//!
//! Nothing is paid for that, and nothing of it is kept. What a model can do isn't said by such lists.

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stepwell_contract::{ChatError, ChatErrorKind, Clock, ProviderKind};

use crate::access::Access;
use crate::provider::Provider;
use crate::saying;
use crate::transport::request;
use crate::whole::whole;
use crate::wire::{Problem, excerpt};

/// A model that a provider has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedModel {
    /// Its name there, as it stands behind `PROVIDER/`.
    pub id: String,
    /// What it is called, where that is something else.
    pub title: Option<String>,
    /// The most tokens that it reads, where that is said.
    pub input_tokens: Option<u64>,
}

/// The path of the list, of all formats.
const PATH: &str = "models";

/// So many models are asked for at once, where a list comes in pages.
const PAGE: &str = "1000";

/// A list of more pages is cut: nobody reads on.
const MOST_PAGES: usize = 20;

/// Asks a provider what it has.
pub(crate) async fn offered(
    provider: &Provider,
    clock: &Clock,
) -> Result<Vec<OfferedModel>, ChatError> {
    let access = provider.access()?;
    let mut models = Vec::new();
    let mut next = first(provider.settings.kind);
    for _ in 0..MOST_PAGES {
        let mut access = access.clone();
        let more = next.drain(..).map(|(name, value)| (name.to_owned(), value));
        access.query.extend(more);
        let page = page(provider, &access, clock).await;
        let page = page.map_err(|mut problem| saying::told(&mut problem, provider, PATH))?;
        models.extend(entries(&page).into_iter().flatten().filter_map(model));
        match follows(provider.settings.kind, &page) {
            Some(more) => next = more,
            None => break,
        }
    }
    Ok(models)
}

/// What the address of a first page says.
fn first(kind: ProviderKind) -> Vec<(&'static str, String)> {
    match kind {
        ProviderKind::AnthropicMessages => vec![("limit", PAGE.to_owned())],
        ProviderKind::GeminiInteractions => vec![("pageSize", PAGE.to_owned())],
        ProviderKind::OpenaiChat | ProviderKind::OpenaiResponses => Vec::new(),
    }
}

/// What the address of the page behind this one says.
fn follows(kind: ProviderKind, page: &Value) -> Option<Vec<(&'static str, String)>> {
    let text = |name: &str| page.get(name)?.as_str().map(str::to_owned);
    let more = match kind {
        ProviderKind::AnthropicMessages => {
            page.get("has_more")
                .filter(|more| **more == Value::Bool(true))?;
            ("after_id", text("last_id")?)
        }
        ProviderKind::GeminiInteractions => ("pageToken", text("nextPageToken")?),
        ProviderKind::OpenaiChat | ProviderKind::OpenaiResponses => return None,
    };
    let mut asked = first(kind);
    asked.push(more);
    Some(asked).filter(|asked| asked.iter().all(|(_, value)| !value.is_empty()))
}

/// The entries of a list, in each of the forms in which servers write it.
fn entries(page: &Value) -> Option<&Vec<Value>> {
    page.as_array()
        .or_else(|| page.get("data")?.as_array())
        .or_else(|| page.get("models")?.as_array())
}

fn model(entry: &Value) -> Option<OfferedModel> {
    let text = |name: &str| entry.get(name)?.as_str().filter(|text| !text.is_empty());
    let id = text("id")
        .or_else(|| text("name"))
        .or_else(|| entry.as_str())?;
    let id = id.strip_prefix("models/").unwrap_or(id).to_owned();
    let titles = ["display_name", "displayName", "name"];
    let title = titles.iter().find_map(|name| text(name));
    let title = title.filter(|title| !title.ends_with(&id));
    let sizes = [
        "context_length",
        "context_window",
        "max_context_length",
        "max_input_tokens",
        "max_model_len",
        "inputTokenLimit",
    ];
    let size = sizes.iter().find_map(|name| entry.get(name)?.as_u64());
    Some(OfferedModel {
        title: title.map(str::to_owned),
        input_tokens: size.filter(|size| *size > 0),
        id,
    })
}

async fn page(provider: &Provider, access: &Access, clock: &Clock) -> Result<Value, Problem> {
    let request = request(provider, Method::GET, PATH, access, clock)?;
    let body = whole(provider, request, "the list").await?;
    let page: Option<Value> = serde_json::from_slice(&body).ok();
    page.filter(|page| entries(page).is_some()).ok_or_else(|| {
        let shown = excerpt(&String::from_utf8_lossy(&body));
        let message = format!("the answer is no list of models: {shown}");
        Problem::lasting(ChatErrorKind::Network, message).of_address()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_read_in_each_form_in_which_servers_write_them() {
        let plain = |id: &str| OfferedModel {
            id: id.into(),
            title: None,
            input_tokens: None,
        };
        let read = |page: Value| -> Vec<OfferedModel> {
            entries(&page).unwrap().iter().filter_map(model).collect()
        };
        let openai = json!({ "object": "list", "data": [{ "id": "gpt-x", "object": "model" }, 7] });
        assert_eq!(read(openai), [plain("gpt-x")]);
        assert_eq!(read(json!([{ "id": "org/m" }])), [plain("org/m")]);
        let gemini = json!({ "models": [
            { "name": "models/gemini-x", "displayName": "Gemini X", "inputTokenLimit": 1000 },
        ] });
        let expected = OfferedModel {
            title: Some("Gemini X".into()),
            input_tokens: Some(1000),
            ..plain("gemini-x")
        };
        assert_eq!(read(gemini), [expected]);
        assert!(entries(&json!({ "data": {} })).is_none());
    }

    #[test]
    fn pages_follow_as_their_providers_say() {
        let page = json!({ "data": [], "has_more": true, "last_id": "b" });
        let next = follows(ProviderKind::AnthropicMessages, &page).unwrap();
        assert_eq!(next[1], ("after_id", "b".to_owned()));
        let last = json!({ "data": [], "has_more": false, "last_id": "b" });
        assert!(follows(ProviderKind::AnthropicMessages, &last).is_none());
        let page = json!({ "models": [], "nextPageToken": "t" });
        let next = follows(ProviderKind::GeminiInteractions, &page).unwrap();
        assert_eq!(next[1], ("pageToken", "t".to_owned()));
        let last = json!({ "models": [], "nextPageToken": "" });
        assert!(follows(ProviderKind::GeminiInteractions, &last).is_none());
        assert!(follows(ProviderKind::OpenaiChat, &page).is_none());
    }
}
