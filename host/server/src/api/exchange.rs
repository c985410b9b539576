//! What comes out: answers with their status and headers.

use aide::generate::GenContext;
use aide::openapi::{
    HeaderStyle, OpenApi, Operation, Parameter, ParameterData, ParameterSchemaOrContent,
    ReferenceOr, Response as DescribedResponse, SchemaObject, StatusCode as DescribedStatus,
};
use aide::operation::{OperationInput, OperationOutput, add_parameters};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_engine::Listed;

use crate::ProblemDetails;

/// What a handler gives back.
pub(crate) type Answer<T> = Result<axum::Json<T>, ProblemDetails>;

/// A part of a listing, and where the next part begins.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// What the next request gives to read on; none where this was the last part.
    #[serde(default)]
    pub next: Option<String>,
    /// How many records that belong into this part can't be read, and so aren't among its items; none where they aren't counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<u64>,
}

impl<T> Page<T> {
    /// A part that may have so many items; the name of its last one is where the next part begins.
    pub(super) fn of(items: Vec<T>, limit: usize, name: impl Fn(&T) -> String) -> axum::Json<Self> {
        let last = items.last().filter(|_| items.len() == limit);
        let next = last.map(name);
        axum::Json(Self {
            items,
            next,
            unreadable: None,
        })
    }

    /// The same of a listing that says how much of it can't be read.
    pub(super) fn listed(
        listed: Listed<T>,
        limit: usize,
        name: impl Fn(&T) -> String,
    ) -> axum::Json<Self>
    where
        T: Clone,
    {
        let unreadable = Some(listed.unreadable);
        let axum::Json(page) = Self::of(listed.items, limit, name);
        axum::Json(Self { unreadable, ..page })
    }
}

/// An answer with a status and a header of its own.
pub(crate) struct Headed<const STATUS: u16, T> {
    header: (HeaderName, String),
    value: T,
}

/// Something that was begun or made, with its address.
pub(crate) type Created<T> = Headed<201, T>;

/// Something with a tag that changes whenever it does.
pub(crate) type Tagged<T> = Headed<200, T>;

impl<T> Created<T> {
    pub(crate) fn at(address: String, value: T) -> Self {
        let header = (header::LOCATION, address);
        Self { header, value }
    }
}

impl<T> Tagged<T> {
    pub(crate) fn with(tag: String, value: T) -> Self {
        let header = (header::ETAG, tag);
        Self { header, value }
    }
}

/// Something that is there afterwards: made with this request, or there before.
pub(crate) enum Saved<T> {
    New(Created<T>),
    There(T),
}

impl<T: Serialize> IntoResponse for Saved<T> {
    fn into_response(self) -> Response {
        match self {
            Self::New(created) => created.into_response(),
            Self::There(value) => axum::Json(value).into_response(),
        }
    }
}

impl<T: JsonSchema> OperationOutput for Saved<T> {
    type Inner = T;

    fn operation_response(
        context: &mut GenContext,
        operation: &mut Operation,
    ) -> Option<DescribedResponse> {
        Created::<T>::operation_response(context, operation)
    }

    fn inferred_responses(
        context: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<DescribedStatus>, DescribedResponse)> {
        let mut all = Created::<T>::inferred_responses(context, operation);
        all.extend(axum::Json::<T>::inferred_responses(context, operation));
        all
    }
}

impl<const STATUS: u16, T: Serialize> IntoResponse for Headed<STATUS, T> {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(STATUS).unwrap_or_default();
        (status, [self.header], axum::Json(self.value)).into_response()
    }
}

impl<const STATUS: u16, T: JsonSchema> OperationOutput for Headed<STATUS, T> {
    type Inner = T;

    fn operation_response(
        context: &mut GenContext,
        operation: &mut Operation,
    ) -> Option<DescribedResponse> {
        axum::Json::<T>::operation_response(context, operation)
    }

    fn inferred_responses(
        context: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<DescribedStatus>, DescribedResponse)> {
        let response = Self::operation_response(context, operation);
        let status = Some(DescribedStatus::Code(STATUS));
        response
            .map(|response| (status, response))
            .into_iter()
            .collect()
    }
}

/// The tags that the caller's copy may have, from the header `If-Match`; none is whatever it has.
pub(crate) struct IfMatch(pub(crate) Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ProblemDetails;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let Some(tags) = parts.headers.get(header::IF_MATCH) else {
            return Ok(Self(None));
        };
        let tags = tags
            .to_str()
            .map_err(|_| ProblemDetails::bad_request("the header `If-Match` is not text"))?;
        Ok(Self(Some(tags.to_owned())))
    }
}

impl OperationInput for IfMatch {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        let json_schema = schemars::json_schema!({ "type": "string", "examples": ["\"v4-c3\""] });
        let data = ParameterData {
            name: "If-Match".into(),
            description: Some("The tag of the copy that the change starts from".into()),
            required: false,
            deprecated: None,
            format: ParameterSchemaOrContent::Schema(SchemaObject {
                json_schema,
                external_docs: None,
                example: None,
            }),
            example: None,
            examples: Default::default(),
            explode: None,
            extensions: Default::default(),
        };
        let style = HeaderStyle::Simple;
        let header = Parameter::Header {
            parameter_data: data,
            style,
        };
        add_parameters(context, operation, [header]);
    }
}

impl IfMatch {
    /// Whether a copy with this tag may be changed.
    pub(crate) fn allows(&self, tag: &str) -> bool {
        let fits = |wanted: &str| wanted.trim() == "*" || wanted.trim() == tag;
        self.0
            .as_deref()
            .is_none_or(|tags| tags.split(',').any(fits))
    }
}

impl OperationOutput for ProblemDetails {
    type Inner = Self;

    fn operation_response(
        context: &mut GenContext,
        operation: &mut Operation,
    ) -> Option<DescribedResponse> {
        let mut response = axum::Json::<Self>::operation_response(context, operation)?;
        if let Some(json) = response.content.shift_remove("application/json") {
            response
                .content
                .insert(crate::problem::MEDIA_TYPE.into(), json);
        }
        "Why the server says no: 400 and 422 for what doesn't fit, 401 and 403 without access, 404 for what isn't there, \
         409 where its state doesn't allow it, 412 where somebody changed it meanwhile, 408, 413 and 415 for a body that \
         is too slow, too large or no JSON, 5xx where the store can't be used."
            .clone_into(&mut response.description);
        Some(response)
    }

    fn inferred_responses(
        context: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<DescribedStatus>, DescribedResponse)> {
        let response = Self::operation_response(context, operation);
        let ranges = [4, 5].map(DescribedStatus::Range);
        ranges
            .into_iter()
            .filter_map(|range| Some((Some(range), response.clone()?)))
            .collect()
    }
}

/// Puts every path under `/api`, and takes `null` away from what stands in an address: there nothing is `null`.
pub(super) fn under_api(document: &mut OpenApi) {
    let Some(paths) = &mut document.paths else {
        return;
    };
    paths.paths = std::mem::take(&mut paths.paths)
        .into_iter()
        .map(|(path, item)| (format!("/api{path}"), item))
        .collect();
    for item in paths.paths.values_mut() {
        let ReferenceOr::Item(item) = item else {
            continue;
        };
        for operation in operations(item) {
            for parameter in &mut operation.parameters {
                if let ReferenceOr::Item(parameter) = parameter {
                    without_null(parameter.parameter_data_mut());
                }
            }
        }
    }
}

fn operations(item: &mut aide::openapi::PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
    ]
    .into_iter()
    .filter_map(Option::as_mut)
}

fn without_null(parameter: &mut aide::openapi::ParameterData) {
    let ParameterSchemaOrContent::Schema(schema) = &mut parameter.format else {
        return;
    };
    let schema = &mut schema.json_schema;
    schema.remove("default");
    if let Some(kinds) = schema.get("type").and_then(|kind| kind.as_array()).cloned()
        && let Some(kind) = kinds.into_iter().find(|kind| kind != "null")
    {
        schema.insert("type".into(), kind);
    }
    if let Some(choices) = schema.get("anyOf").and_then(|any| any.as_array()).cloned() {
        let given = choices
            .into_iter()
            .filter(|choice| choice["type"] != "null");
        schema.insert("anyOf".into(), given.collect());
    }
}
