//! A step for tests that sends the HTTP requests of its settings, one after the other or all at once, and writes down what came.

use serde_json::{Value, json};
use stepwell_sdk::{Description, Documents, Failure, Field, Inputs, Step, context, progress};
use wasip2::http::outgoing_handler::{self, ErrorCode, FutureIncomingResponse};
use wasip2::http::types::{
    Fields, IncomingResponse, Method, OutgoingBody, OutgoingRequest, RequestOptions, Scheme,
};
use wasip2::io::streams::StreamError;

/// The step.
#[derive(Debug, Default)]
pub struct SendsHttp;

stepwell_sdk::export!(SendsHttp);

impl Step for SendsHttp {
    fn describe(&self) -> Description {
        Description::new(
            "sends_http",
            "1.0.0",
            "Sends the requests of its settings, for tests.",
        )
        .document(Field::required("answers", "What came, as a JSON array"))
        .setting(Field::optional(
            "requests",
            "The requests, each with `url` and what else it has",
        ))
        .setting(Field::optional("at_once", "Whether they are sent at once"))
        .setting(Field::optional(
            "early",
            "Whether `construct-prompt` sends a request, which it mayn't",
        ))
    }

    fn construct_prompt(&self, _: &Inputs) -> Result<Option<String>, Failure> {
        if context::setting_or("early", false)? {
            let sent = send(&json!({ "url": "https://early.example/" }));
            return Ok(sent.err());
        }
        Ok(None)
    }

    fn process_response(&self, _: &Inputs, _: &str) -> Result<Documents, Failure> {
        Err(Failure::invalid_response("it asks no model"))
    }

    fn execute(&self, _: &Inputs) -> Result<Documents, Failure> {
        let requests: Vec<Value> = context::setting_or("requests", Vec::new())?;
        let answers: Vec<Value> = match context::setting_or("at_once", false)? {
            true => {
                let sent: Vec<_> = requests.iter().map(send).collect();
                sent.into_iter()
                    .map(|one| told(one.and_then(wait)))
                    .collect()
            }
            false => requests
                .iter()
                .enumerate()
                .map(|(number, request)| {
                    let answer = told(send(request).and_then(wait));
                    progress::info(format!("answer {}: {answer}", number + 1));
                    answer
                })
                .collect(),
        };
        Ok(Documents::one("answers", Value::from(answers).to_string()))
    }
}

fn told(answer: Result<Value, String>) -> Value {
    answer.unwrap_or_else(|error| json!({ "error": error }))
}

fn text<'v>(request: &'v Value, key: &str) -> Option<&'v str> {
    request.get(key).and_then(Value::as_str)
}

/// Hands one request over.
fn send(request: &Value) -> Result<FutureIncomingResponse, String> {
    let headers = Fields::new();
    for (name, value) in request
        .get("headers")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let value = value.as_str().unwrap_or_default().as_bytes();
        headers
            .append(name, value)
            .map_err(|error| format!("{name}: {error}"))?;
    }
    let outgoing = OutgoingRequest::new(headers);
    let url = text(request, "url").unwrap_or_default();
    let (scheme, rest) = url.split_once("://").ok_or("no address")?;
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    };
    let method = match text(request, "method").unwrap_or("GET") {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "HEAD" => Method::Head,
        other => Method::Other(other.to_owned()),
    };
    let refused = |what: &str| format!("{what} is refused");
    outgoing
        .set_method(&method)
        .map_err(|()| refused("the method"))?;
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_owned()),
    };
    outgoing
        .set_scheme(Some(&scheme))
        .map_err(|()| refused("the scheme"))?;
    outgoing
        .set_authority(Some(authority))
        .map_err(|()| refused("the authority"))?;
    outgoing
        .set_path_with_query(Some(path))
        .map_err(|()| refused("the path"))?;
    let body = outgoing.body().map_err(|()| refused("the body"))?;
    let options = RequestOptions::new();
    let future = outgoing_handler::handle(outgoing, Some(options)).map_err(shown)?;
    let sent = match request.get("body_bytes").and_then(Value::as_u64) {
        Some(bytes) => "x".repeat(usize::try_from(bytes).unwrap_or_default()),
        None => text(request, "body").unwrap_or_default().to_owned(),
    };
    {
        let stream = body.write().map_err(|()| refused("a stream"))?;
        for piece in sent.as_bytes().chunks(4096) {
            match stream.blocking_write_and_flush(piece) {
                Ok(()) => {}
                // Why it takes no more is said where the answer would be.
                Err(StreamError::Closed) => return Ok(future),
                Err(error) => return Err(format!("{error:?}")),
            }
        }
    }
    OutgoingBody::finish(body, None).map_err(shown)?;
    Ok(future)
}

/// What the code says in words, where it says anything.
fn shown(error: ErrorCode) -> String {
    match error {
        ErrorCode::InternalError(Some(words)) => words,
        other => format!("{other:?}"),
    }
}

/// Waits for an answer, and reads it to its end.
fn wait(future: FutureIncomingResponse) -> Result<Value, String> {
    future.subscribe().block();
    let response = future.get().ok_or("it isn't there")?;
    let response = response
        .map_err(|()| "it was taken".to_owned())?
        .map_err(shown)?;
    let headers: serde_json::Map<String, Value> = response
        .headers()
        .entries()
        .into_iter()
        .map(|(name, value)| {
            (
                name,
                Value::from(String::from_utf8_lossy(&value).into_owned()),
            )
        })
        .collect();
    let status = response.status();
    let body = read(&response)?;
    let shown = match body.len() > 200 {
        true => json!(body.len()),
        false => json!(String::from_utf8_lossy(&body)),
    };
    Ok(json!({ "status": status, "headers": headers, "body": shown }))
}

fn read(response: &IncomingResponse) -> Result<Vec<u8>, String> {
    let body = response
        .consume()
        .map_err(|()| "its body was taken".to_owned())?;
    let stream = body
        .stream()
        .map_err(|()| "its stream was taken".to_owned())?;
    let mut all = Vec::new();
    loop {
        match stream.blocking_read(64 << 10) {
            Ok(piece) => all.extend_from_slice(&piece),
            Err(StreamError::Closed) => return Ok(all),
            Err(error) => return Err(format!("{error:?}")),
        }
    }
}
