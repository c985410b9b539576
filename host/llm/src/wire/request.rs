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

/// A body for a batch, which no stream answers.
pub(crate) fn unstreamed(body: Vec<u8>) -> Vec<u8> {
    match serde_json::from_slice(&body) {
        Ok(Value::Object(mut fields)) => {
            fields.shift_remove("stream");
            fields.shift_remove("stream_options");
            Value::Object(fields).to_string().into_bytes()
        }
        _ => body,
    }
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

/// Writes options beside the fields that are there. Where the host wrote an object or a list, and the step gives one as well, both
/// go together.
///
/// # Errors
/// Where a step sets what follows from its request.
pub(crate) fn join_options(
    fields: &mut Map<String, Value>,
    options: &[Text],
) -> Result<(), ChatError> {
    for option in options {
        let name = &option.name;
        match (fields.get_mut(name), value(option)?) {
            (Some(Value::Object(there)), Value::Object(more)) => {
                if let Some(twice) = more.keys().find(|key| there.contains_key(*key)) {
                    return Err(invalid(format!(
                        "the option `{name}` sets `{twice}`, which follows from the request: leave one of the two out"
                    )));
                }
                there.extend(more);
            }
            (Some(Value::Array(there)), Value::Array(more)) => {
                let new: Vec<_> = more.into_iter().filter(|it| !there.contains(it)).collect();
                there.extend(new);
            }
            (_, value) => {
                fields.insert(name.clone(), value);
            }
        }
    }
    Ok(())
}

fn value(option: &Text) -> Result<Value, ChatError> {
    json_of(&format!("option `{}`", option.name), &option.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_option_goes_beside_what_the_host_wrote_and_never_over_it() {
        let mut fields = Map::new();
        fields.insert("text".into(), json!({ "format": 1 }));
        fields.insert("include".into(), json!(["a"]));
        let options = [
            Text::new("text", r#"{"verbosity":"low"}"#),
            Text::new("include", r#"["b","a"]"#),
            Text::new("seed", "3"),
        ];
        join_options(&mut fields, &options).unwrap();
        let expected = json!({
            "text": { "format": 1, "verbosity": "low" }, "include": ["a", "b"], "seed": 3,
        });
        assert_eq!(Value::Object(fields.clone()), expected);
        let twice = join_options(&mut fields, &[Text::new("text", r#"{"format":2}"#)]);
        assert!(twice.unwrap_err().message.contains("`format`"));
    }
}
