//! What is taken out of a request: extractors that refuse with problem details, which a page shows and the API sends as they are.

use aide::generate::GenContext;
use aide::openapi::Operation;
use aide::operation::OperationInput;
use axum::extract::{self, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::ProblemDetails;

/// An extractor of the framework that refuses with problem details.
macro_rules! refusing {
    ($(#[$about:meta])* $name:ident: $from:ident::$extracted:ident, $read:ident from $what:ty) => {
        $(#[$about])*
        pub(crate) struct $name<T>(pub(crate) T);

        impl<T: DeserializeOwned + Send, S: Send + Sync> $from<S> for $name<T> {
            type Rejection = ProblemDetails;

            async fn $read(given: $what, state: &S) -> Result<Self, ProblemDetails> {
                let extract::$extracted(value) = extract::$extracted::<T>::$read(given, state).await?;
                Ok(Self(value))
            }
        }

        impl<T: JsonSchema> OperationInput for $name<T> {
            fn operation_input(context: &mut GenContext, operation: &mut Operation) {
                extract::$extracted::<T>::operation_input(context, operation);
            }
        }
    };
}

refusing! {
    /// A JSON body.
    Body: FromRequest::Json, from_request from Request
}

refusing! {
    /// What stands after the `?` of an address.
    Query: FromRequestParts::Query, from_request_parts from &mut Parts
}

refusing! {
    /// What stands in the path of an address.
    InPath: FromRequestParts::Path, from_request_parts from &mut Parts
}
