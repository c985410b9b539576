//! The servers of a case: they answer what it says, and nobody else is asked.

use async_trait::async_trait;
use stepwell_contract::{
    HttpAddress, HttpBounds, HttpClient, HttpError, HttpErrorKind, HttpHeader, HttpRequest,
    HttpResponse,
};
use stepwell_definition::{Served, ServerAnswer, TestCase};
use stepwell_outbound::address_of;

/// Answers by address and method, each as often as it is asked: a step that was ended on its way asks again.
pub(crate) struct Servers(Vec<ServerAnswer>);

impl Servers {
    pub(crate) fn of(case: &TestCase) -> Self {
        Self(case.http.clone())
    }
}

/// The hosts that a case answers for, as a grant names them: each once.
pub(crate) fn granted(case: &TestCase) -> Vec<String> {
    let addresses = case.http.iter().map(|answer| address_of(&answer.url));
    let mut lines: Vec<_> = addresses
        .filter_map(|address| Some(address.ok()?.to_string()))
        .collect();
    lines.sort();
    lines.dedup();
    lines
}

#[async_trait]
impl HttpClient for Servers {
    fn address(&self, url: &str) -> Result<HttpAddress, HttpError> {
        address_of(url)
    }

    async fn exchange(
        &self,
        request: HttpRequest,
        _bounds: HttpBounds,
    ) -> Result<HttpResponse, HttpError> {
        let HttpRequest { method, url, .. } = request;
        let is_meant = |it: &&ServerAnswer| it.method == method && it.url == url;
        match self.0.iter().find(is_meant).map(|it| &it.outcome) {
            Some(Served::Answer {
                status,
                headers,
                body,
            }) => Ok(HttpResponse {
                status: *status,
                headers: headers.iter().map(header).collect(),
                body: body.clone().into_bytes(),
            }),
            Some(Served::Error { kind, message }) => {
                Err(HttpError::new(kind.clone(), message.clone()))
            }
            None => {
                let message = format!("the case has no answer to `{method} {url}`");
                Err(HttpError::new(HttpErrorKind::Denied, message))
            }
        }
    }
}

fn header((name, value): (&String, &String)) -> HttpHeader {
    HttpHeader {
        name: name.to_ascii_lowercase(),
        value: value.clone().into_bytes(),
    }
}
