//! What each page may be asked for after the `?` of its address: one table, so that a misspelt word is told. A page that passed it over
//! would show what nobody asked for.
//!
//! Whether the values fit is for the handlers to say.

use axum::extract::{MatchedPath, Query, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use stepwell_contract::{did_you_mean, listed};

use super::address::AGAIN;
use super::parts::Done;
use super::problem::no_word;
use crate::ProblemDetails;

/// What says that all of a text is wanted as a file.
const FILE: &str = "file";

/// The pages that know any such words. One that ends with a dot is the beginning of names that a definition gives.
const PAGES: [(&str, &[&str]); 24] = [
    ("/runs", &["search", "status", "workflow", "before"]),
    (
        "/runs/new",
        &[
            "definition",
            "input.",
            "label",
            "model",
            "until",
            "publish",
            "no_questions",
            "confirmed",
            "estimate",
        ],
    ),
    ("/runs/{id}", &["step", "of", "diff", AGAIN]),
    (
        "/runs/{id}/ahead",
        &["step", "of", "item", "prompt.", "model"],
    ),
    (
        "/runs/{id}/ahead/message",
        &["step", "of", "item", "prompt.", "model", "message", FILE],
    ),
    (
        "/runs/{id}/document",
        &[
            "step", "name", "items", "rounds", "take", "revision", "against", "diff", "from",
            "correct",
        ],
    ),
    (
        "/runs/{id}/document/text",
        &["step", "name", "items", "rounds", "take", "revision", FILE],
    ),
    ("/runs/{id}/documents", &["step", "skip"]),
    ("/runs/{id}/input", &["name", FILE]),
    ("/runs/{id}/files", &["step", "of", FILE]),
    ("/runs/{id}/about", &["of", FILE]),
    ("/runs/{id}/stderr", &["step", "of", "attempt", FILE]),
    (
        "/prompts/{name}",
        &["version", "against", "run", "diff", "from"],
    ),
    ("/prompts/{name}/text", &["version", "run", FILE]),
    ("/prompts/{name}/edit", &["from", "run"]),
    ("/prompts/{name}/intrinsic", &["against", "diff", "from"]),
    ("/prompts/{name}/try", &["from", "case", "trial", "time"]),
    ("/comparisons", &["before"]),
    (
        "/comparisons/new",
        &[
            "run",
            "definition",
            "step",
            "prompt",
            "baseline",
            "version",
            "model",
            "repeats",
            "tokens",
            "money",
            "promote",
            "judge",
            "criteria",
            "cases",
            "input.",
            "rounds",
            "proposer",
            "confirmed",
            "search",
            "status",
            "workflow",
        ],
    ),
    (
        "/comparisons/{id}",
        &["sort", "only", "texts", "case", "repeat", "diff", "skip"],
    ),
    (
        "/comparisons/{id}/text",
        &[
            "case",
            "variant",
            "repeat",
            "document",
            "file_path",
            "answer",
            "prompt",
            "input",
            FILE,
        ],
    ),
    ("/calls", &["run", "step", "by", "skip"]),
    ("/calls/{id}/text", &["of", "attempt", FILE]),
    ("/cost", &["by", "since", "run", "workflow", "step"]),
];

fn of_page(path: &str) -> &'static [&'static str] {
    let page = PAGES.iter().find(|(page, _)| *page == path);
    page.map_or(&[], |(_, words)| words)
}

/// Refuses what a page doesn't know. What a form has just done is said by any address.
pub(super) async fn only_known(
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Result<Response, ProblemDetails> {
    let asks = [Method::GET, Method::HEAD].contains(request.method());
    if let (true, Some(path)) = (asks, path) {
        let query = Query::<Vec<(String, String)>>::try_from_uri(request.uri());
        let given = query.map_or_else(|_| Vec::new(), |Query(given)| given);
        let known = of_page(path.as_str());
        let is_known = |name: &str| {
            let fits =
                |known: &&str| *known == name || known.ends_with('.') && name.starts_with(*known);
            name.is_empty() || name == Done::NAME || known.iter().any(fits)
        };
        if let Some((name, _)) = given.iter().find(|(name, _)| !is_known(name)) {
            return Err(unknown(name, known));
        }
    }
    Ok(next.run(request).await)
}

fn unknown(name: &str, known: &[&'static str]) -> ProblemDetails {
    let there_are = match known {
        [] => "nothing stands there in this page's address".to_owned(),
        known => format!("what can stand there: {}", listed(known)),
    };
    let near = did_you_mean(name, known.iter().copied());
    let hint = near.map_or(there_are.clone(), |near| format!("{near} {there_are}"));
    let message = format!("the page knows no `{name}`, which stands after the `?` of the address");
    no_word(message, &hint)
}
