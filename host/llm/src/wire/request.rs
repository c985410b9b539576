//! What requests of all formats have in common.
//!
//! What a format can't express is an error here or in the format, before anything is sent.

use base64::Engine as _;
use serde_json::{Map, Value};
use stepwell_contract::{Attachment, ChatError, ChatErrorKind, Text, Tool};

/// A request that can't be written. The message says what is wrong with it.
pub(crate) fn invalid(message: impl Into<String>) -> ChatError {
    ChatError::new(ChatErrorKind::InvalidRequest, message)
}

/// A text of JSON as a value; `what` names it where it is none.
pub(crate) fn json_of(what: &str, text: &str) -> Result<Value, ChatError> {
    serde_json::from_str(text).map_err(|error| invalid(format!("the {what} is not JSON: {error}")))
}

/// The schema of a tool's arguments.
pub(crate) fn parameters(tool: &Tool) -> Result<Value, ChatError> {
    let what = format!("schema of the tool `{}`", tool.name);
    json_of(&what, &tool.parameters_schema)
}

/// The bytes of an attachment as a text.
pub(crate) fn base64(attachment: &Attachment) -> String {
    base64::engine::general_purpose::STANDARD.encode(&attachment.content)
}

/// An attachment as an address that holds it.
pub(crate) fn data_url(attachment: &Attachment) -> String {
    format!(
        "data:{};base64,{}",
        attachment.media_type,
        base64(attachment)
    )
}

/// Refuses options that aren't a step's to set: what the registry chose, and what the reader rests on.
pub(crate) fn refuse_closed(options: &[Text], closed: &[&str]) -> Result<(), ChatError> {
    let mut options = options.iter();
    match options.find(|option| closed.contains(&option.name.as_str())) {
        Some(option) => {
            let name = &option.name;
            Err(invalid(format!(
                "the option `{name}` is not a step's to set"
            )))
        }
        None => Ok(()),
    }
}

/// Writes options over the fields that are there.
pub(crate) fn add_options(
    fields: &mut Map<String, Value>,
    options: &[Text],
) -> Result<(), ChatError> {
    for option in options {
        fields.insert(option.name.clone(), value(option)?);
    }
    Ok(())
}

fn value(option: &Text) -> Result<Value, ChatError> {
    json_of(&format!("option `{}`", option.name), &option.value)
}
