//! Reads where a provider is. A secret in its address is refused, and so is what nothing can be added behind.

use crate::diagnostics::Problems;
use crate::located::Located;

/// An address of the web without the slashes at its end.
pub(crate) fn base_url(url: &Located<String>, problems: &mut Problems) -> Option<String> {
    let trimmed = url.value.trim_end_matches('/');
    let host = trimmed
        .strip_prefix("https://")
        .or_else(|| trimmed.strip_prefix("http://"));
    let Some(host) = host.filter(|host| !host.is_empty() && !host.contains(char::is_whitespace))
    else {
        problems.error(
            "bad-url",
            url.span,
            "`base_url` must be a web address",
            "such as `\"https://api.openai.com/v1\"`",
        );
        return None;
    };
    if host
        .split('/')
        .next()
        .is_some_and(|authority| authority.contains('@'))
    {
        problems.error(
            "literal-key",
            url.span,
            "`base_url` holds a name or a password",
            "name the environment variable that holds the key: `key_variable = \"…\"`",
        );
        return None;
    }
    if host.contains(['?', '#']) {
        problems.error(
            "bad-url",
            url.span,
            "`base_url` has a `?` or a `#`, behind which no path can be added",
            "parameters stand in `query` of the provider's section, such as `query = { api-version = \"preview\" }`",
        );
        return None;
    }
    if let Some(word) = to_fill_in(host) {
        problems.error(
            "bad-url",
            url.span,
            format!("`{word}` in `base_url` stands for something of your own"),
            format!(
                "write yours in its place: `{word}` is what an example of such an address has there"
            ),
        );
        return None;
    }
    Some(trimmed.to_owned())
}

/// What an example of an address has in capitals, where it was left as it is: whole names of a host are never written so.
fn to_fill_in(host: &str) -> Option<&str> {
    let name = host.split(['/', ':']).next()?;
    let is_capital = |part: &&str| {
        part.len() > 1
            && part
                .bytes()
                .all(|b| b.is_ascii_uppercase() || matches!(b, b'_' | b'-'))
    };
    let mut parts = name.split('.');
    // Some write all of it so.
    let is_mixed = name.bytes().any(|b| b.is_ascii_lowercase());
    parts.find(is_capital).filter(|_| is_mixed)
}
