//! A schema for a model that takes none: it is told in words what its answer has to keep to.
//!
//! The answer is held against the schema all the same, by whoever asked for it.

use std::borrow::Cow;

use stepwell_contract::{ChatRequest, Message, Part, Role};

use crate::ResolvedModel;

/// The request as the model understands it.
pub(crate) fn request<'r>(model: &ResolvedModel, request: &'r ChatRequest) -> Cow<'r, ChatRequest> {
    let Some(schema) = request.answer_schema.as_ref().filter(|_| !model.schemas) else {
        return Cow::Borrowed(request);
    };
    let text = format!(
        "Answer with JSON alone, without any other text and without a fence around it. It has to keep to this JSON Schema:\n\n{schema}"
    );
    let mut told = ChatRequest {
        answer_schema: None,
        ..request.clone()
    };
    match told.messages.last_mut() {
        Some(last) if last.role == Role::User => last.parts.push(Part::Text(text)),
        _ => told.messages.push(Message::text(Role::User, text)),
    }
    Cow::Owned(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_said_in_words_to_who_takes_none() {
        let asked = ChatRequest {
            messages: vec![Message::text(Role::User, "How many?")],
            answer_schema: Some(r#"{"type":"integer"}"#.into()),
            ..ChatRequest::default()
        };
        let mut model = ResolvedModel::new("writer", "local", "m");
        assert!(matches!(request(&model, &asked), Cow::Borrowed(_)));
        model.schemas = false;
        let told = request(&model, &asked);
        assert_eq!(told.answer_schema, None);
        let [Part::Text(question), Part::Text(schema)] = &told.messages[0].parts[..] else {
            panic!("{told:?}");
        };
        assert_eq!(question, "How many?");
        assert!(schema.ends_with(r#"{"type":"integer"}"#));
        let none = ChatRequest::default();
        assert!(matches!(request(&model, &none), Cow::Borrowed(_)));
    }
}
