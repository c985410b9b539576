//! Reads `[sources]` of the operator's `stepwell.toml`.

use std::path::PathBuf;

use stepwell_contract::suggestion;

use crate::budgeted::budget;
use crate::diagnostics::{Problems, UNKNOWN_MODEL};
use crate::granted;
use crate::keys;
use crate::located::Located;
use crate::reader::Table;
use crate::sources::{PluginSources, SignedBy, SourcePlace, SourceRules};
use crate::values::{self, Entry};

/// Under which names Docker's own registry answers, besides the one that is written.
const DOCKER: [&str; 2] = ["index.docker.io", "registry-1.docker.io"];

pub(crate) fn sources(root: &Table<'_, '_>, problems: &mut Problems) -> PluginSources {
    let models = root.keys_of("models");
    let entries = root.entries_of("sources", problems).into_iter();
    let rules = entries.filter_map(|entry| rules(entry, &models, problems));
    PluginSources {
        rules: rules.collect(),
    }
}

/// `there` are the short names of the file's models.
fn rules(entry: Entry<'_, '_>, there: &[&str], problems: &mut Problems) -> Option<SourceRules> {
    let what = format!("source `{}`", entry.key);
    let table = values::table(entry.value, entry.key, problems)?;
    let table = Table::open(table, entry.place(), &what, &keys::SOURCE, problems);
    let message = format!("{what} doesn't say which plugins are meant");
    let hint =
        "add `from`, such as `\"oci://registry.example.org/team/\"`, `\"plugins/\"` or `\"*\"`";
    table.lacks("from", message, hint, problems);
    let from = table.string("from", problems);
    let from = from.and_then(|from| place(&from, problems));
    let signed = signed(&table, &what, problems);
    let says = |key| table.entry(key).is_some();
    let models = says("models").then(|| granted::models(&table, problems));
    for model in models.iter().flatten() {
        // Without any there are those that keys in the environment give.
        if !there.is_empty() && !there.contains(&model.value.as_str()) {
            let message = format!("there is no model `{}`", model.value);
            let hint = suggestion(&model.value, there.iter().copied(), "models");
            problems.error(UNKNOWN_MODEL, model.span, message, hint);
        }
    }
    let of = format!("`budget` of {what}");
    let budget = says("budget").then(|| budget(&table, "budget", &of, problems));
    let granted = granted::most_granted(&table, &what, problems);
    Some(SourceRules {
        name: entry.key.to_owned(),
        line: problems.source.span(entry.place()).start_line,
        from: from?,
        signed,
        models: models.map(|models| models.into_iter().map(|it| it.value).collect()),
        budget,
        grants: granted,
    })
}

fn signed(table: &Table<'_, '_>, what: &str, problems: &mut Problems) -> Option<SignedBy> {
    let is_free = table.flag("unsigned", problems);
    let Some(entry) = table.entry("keys") else {
        return is_free.then_some(SignedBy::Nobody);
    };
    if is_free {
        let message = format!("{what} has keys, and `unsigned`, too");
        let hint = "leave one of both out";
        problems.error("bad-source", entry.place(), message, hint);
    }
    let mut keys = Vec::new();
    let listed = table.list("keys", problems);
    let is_empty = listed.is_empty() && entry.value.get_ref().is_array();
    for value in listed {
        let Some(path) = values::string(value, "keys", problems) else {
            continue;
        };
        if path.value.trim().is_empty() {
            let message = format!("a key of {what} is empty");
            let hint = "name the file of a public key, such as `\"keys/team.pub\"`";
            problems.error("bad-source", path.span, message, hint);
            continue;
        }
        keys.push(PathBuf::from(path.value));
    }
    if is_empty {
        let message = format!("{what} has no key, so that no plugin of it could be used");
        let hint = "name one, or write `unsigned = true` where nobody has to sign";
        problems.error("bad-source", entry.place(), message, hint);
    }
    Some(SignedBy::OneOf(keys))
}

/// What `from` says. An address is taken in one form alone: in another one it could be held against no plugin.
fn place(from: &Located<String>, problems: &mut Problems) -> Option<SourcePlace> {
    let text = from.value.as_str();
    let mut refuse = |message: String, hint: &str| {
        problems.error("bad-source", from.span, message, hint);
        None
    };
    if text.trim().is_empty() {
        return refuse(
            "`from` is empty".to_owned(),
            "`\"*\"` is every plugin that isn't built in",
        );
    }
    if text == "*" {
        return Some(SourcePlace::Everywhere);
    }
    if text.starts_with("builtin:") {
        let message = format!("`from` is `{text}`: built-in steps come with the program");
        return refuse(message, "name a registry, a server, a folder, or `\"*\"`");
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return match text.contains(['*', '?']) {
            true => refuse(
                format!("`from` is `{text}`, and no patterns are read in it"),
                "name a folder, or `\"*\"` alone",
            ),
            false => Some(SourcePlace::Folder(text.into())),
        };
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let wrong = match scheme {
        // Plain http is for this machine alone, as whoever reads a plugin's address knows.
        "oci" | "https" | "http" => wrong_host(host).or_else(|| wrong_path(scheme, path)),
        _ => Some("it begins with `oci://` or `https://`"),
    };
    match wrong {
        Some(why) => refuse(
            format!("`from` is `{text}`, which is no address that plugins could have"),
            why,
        ),
        None => {
            let whole = text.trim_end_matches('/').to_owned();
            Some(SourcePlace::Elsewhere(whole))
        }
    }
}

fn wrong_host(host: &str) -> Option<&'static str> {
    if host.is_empty() {
        return Some("name a host");
    }
    if host.contains(['@', '?', '#', '\\', '%', '*']) || host.contains(char::is_whitespace) {
        return Some("a host is a name or an address, perhaps with a port");
    }
    if host.chars().any(char::is_uppercase) || !host.is_ascii() {
        return Some("write the host in small letters of ASCII");
    }
    if host.ends_with(":443") || host.ends_with('.') || host.contains(".:") {
        return Some("leave out the usual port, and the dot behind the name");
    }
    if DOCKER.contains(&host) {
        return Some("Docker's own registry is called `docker.io`");
    }
    None
}

fn wrong_path(scheme: &str, path: &str) -> Option<&'static str> {
    if path.contains(['?', '#', '\\', '%', '*']) || path.contains(char::is_whitespace) {
        return Some("write the beginning of a path, as it is, and nothing behind it");
    }
    if scheme == "oci" && (path.contains([':', '@']) || path.chars().any(char::is_uppercase)) {
        return Some("leave out the version: which artifacts are meant is said by their name");
    }
    let mut parts = path.trim_end_matches('/').split('/');
    let is_odd = |part: &str| matches!(part, "." | "..") || (part.is_empty() && path.len() > 1);
    match !path.is_empty() && parts.any(is_odd) {
        true => Some("leave out empty parts of the path, `.` and `..`"),
        false => None,
    }
}
