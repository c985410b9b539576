//! The style and the scripts of the page: they ride inside the binary.
//!
//! All of them lie under one folder that is named by the hash of their contents, so that a browser may keep them for
//! ever, and a module finds its neighbours beside it.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use stepwell_contract::Digest;
use stepwell_rendering::STYLE;

/// What the page has beside the style that it shares with a report.
const OWN_STYLE: &str = concat!(
    include_str!("../../assets/frame.css"),
    include_str!("../../assets/pages.css"),
);

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A grammar of what colours code, as a script that is loaded where a page has such code.
macro_rules! grammar {
    ($name:literal) => {
        (
            concat!("highlight-", $name, ".js"),
            SCRIPT,
            include_str!(concat!("../../assets/highlight/", $name, ".min.js")),
        )
    };
}

/// Name, media type and content of each.
const ASSETS: &[(&str, &str, &str)] = &[
    ("style.css", CSS, STYLE),
    ("page.css", CSS, OWN_STYLE),
    (
        "icon.svg",
        "image/svg+xml",
        include_str!("../../assets/icon.svg"),
    ),
    ("page.js", SCRIPT, include_str!("../../assets/page.js")),
    ("keys.js", SCRIPT, include_str!("../../assets/keys.js")),
    ("back.js", SCRIPT, include_str!("../../assets/back.js")),
    ("times.js", SCRIPT, include_str!("../../assets/times.js")),
    ("drafts.js", SCRIPT, include_str!("../../assets/drafts.js")),
    (
        "sending.js",
        SCRIPT,
        include_str!("../../assets/sending.js"),
    ),
    ("tab.js", SCRIPT, include_str!("../../assets/tab.js")),
    (
        "choosing.js",
        SCRIPT,
        include_str!("../../assets/choosing.js"),
    ),
    ("stream.js", SCRIPT, include_str!("../../assets/stream.js")),
    ("done.js", SCRIPT, include_str!("../../assets/done.js")),
    ("editor.js", SCRIPT, include_str!("../../assets/editor.js")),
    ("live.js", SCRIPT, include_str!("../../assets/live.js")),
    (
        "colours.js",
        SCRIPT,
        include_str!("../../assets/colours.js"),
    ),
    grammar!("core"),
    grammar!("bash"),
    grammar!("c"),
    grammar!("cpp"),
    grammar!("css"),
    grammar!("go"),
    grammar!("ini"),
    grammar!("java"),
    grammar!("javascript"),
    grammar!("json"),
    grammar!("python"),
    grammar!("rust"),
    grammar!("sql"),
    grammar!("typescript"),
    grammar!("xml"),
    grammar!("yaml"),
];

static FOLDER: LazyLock<String> = LazyLock::new(|| {
    let mut all = String::new();
    for (name, _, content) in ASSETS {
        all.push_str(name);
        all.push_str(content);
    }
    Digest::of(all).hex()[..16].to_owned()
});

/// Where a file of these is.
pub(super) fn address(name: &str) -> String {
    format!("/assets/{}/{name}", *FOLDER)
}

/// `GET /assets/{folder}/{name}`. A page from before an update gets nothing rather than what doesn't fit it.
pub(super) async fn get(Path((folder, name)): Path<(String, String)>) -> Response {
    let found = ASSETS.iter().find(|(known, ..)| *known == name);
    match found {
        Some((_, media_type, content)) if folder == *FOLDER => {
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
                (
                    header::CACHE_CONTROL,
                    HeaderValue::from_static("public, max-age=31536000, immutable"),
                ),
            ];
            (headers, *content).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
