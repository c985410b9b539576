//! The reference in `docs/reference` is what the program itself says of its files and its exit codes.
//!
//! The tables between `<!-- made: … -->` and `<!-- end -->` are made from `stepwell schema` and `stepwell --help`; the
//! text around them is written by hand. `BLESS=1 cargo test -p stepwell-tests reference` makes them anew.

#![allow(
    clippy::disallowed_methods,
    reason = "it reads the switch of whoever runs it"
)]

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value};
use stepwell_tests::Project;

const OPENS: &str = "<!-- made: ";
const CLOSES: &str = "<!-- end -->";

/// Holds a page against what is made for each of its places, or writes it.
#[track_caller]
fn check(page: &str, make: impl Fn(&str) -> String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs/reference")
        .join(page);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut parts = text.split(OPENS);
    let mut made = parts.next().unwrap().to_owned();
    let mut places = 0;
    for part in parts {
        let (what, rest) = part.split_once(" -->").unwrap();
        let (_, after) = rest
            .split_once(CLOSES)
            .unwrap_or_else(|| panic!("{page}: `{what}` has no end"));
        write!(made, "{OPENS}{what} -->\n\n{}\n{CLOSES}{after}", make(what)).unwrap();
        places += 1;
    }
    assert!(places > 0, "{page} has no place for what is made");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, made).unwrap();
    } else {
        assert!(
            text == made,
            "{page} differs; `BLESS=1` makes it anew:\n{made}"
        );
    }
}

fn schema(of: &str) -> Value {
    Project::new().run(&["schema", of]).exits_with(0).json()
}

/// A section for each table of a file, without those that another page describes.
fn sections(schema: &Value, elsewhere: &[&Value]) -> String {
    let mut text = String::new();
    let mut seen: Vec<Value> = elsewhere.iter().map(|table| (*table).clone()).collect();
    let mut open = vec![("The file".to_owned(), String::new(), schema.clone())];
    while !open.is_empty() {
        let (title, prefix, table) = open.remove(0);
        let required: Vec<&str> = table["required"]
            .as_array()
            .map(|keys| keys.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        write!(
            text,
            "## {title}\n\n| key | value | meaning |\n| --- | --- | --- |\n"
        )
        .unwrap();
        let properties = table["properties"].as_object().unwrap();
        for (key, value) in properties {
            let needed = if required.contains(&key.as_str()) {
                " (required)"
            } else {
                ""
            };
            let about = value["description"].as_str().unwrap_or_default();
            writeln!(text, "| `{key}`{needed} | {} | {about} |", kind(value)).unwrap();
        }
        text.push('\n');
        seen.push(table.clone());
        for (key, value) in properties {
            let below = if prefix.is_empty() {
                key.clone()
            } else {
                format!("{prefix}.{key}")
            };
            for (name, table) in tables(schema, &below, value) {
                // A table that stands in several places, such as the limits, is described once.
                if seen.contains(&table) {
                    continue;
                }
                match open.iter_mut().find(|(_, _, other)| *other == table) {
                    Some((title, _, _)) => write!(title, ", `{name}`").unwrap(),
                    None => open.push((format!("`{name}`"), name, table)),
                }
            }
        }
    }
    text.trim_end().to_owned() + "\n"
}

/// The tables that a value may hold, each with its name.
fn tables(schema: &Value, name: &str, value: &Value) -> Vec<(String, Value)> {
    let resolved = |value: &Value| {
        let mut table = match value["$ref"].as_str() {
            Some(reference) => schema
                .pointer(reference.trim_start_matches('#'))
                .unwrap()
                .clone(),
            None => value.clone(),
        };
        // What its place says of it doesn't make it another table.
        if let Some(fields) = table.as_object_mut() {
            fields.remove("description");
        }
        table
    };
    let has_keys = |value: &Value| {
        value["properties"]
            .as_object()
            .is_some_and(|keys: &Map<_, _>| !keys.is_empty())
    };
    let candidates = [
        (name.to_owned(), resolved(value)),
        (
            format!("{name}.NAME"),
            resolved(&value["additionalProperties"]),
        ),
        (name.to_owned(), resolved(&value["items"])),
    ];
    let choices = value["additionalProperties"]["anyOf"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let choices = choices
        .into_iter()
        .map(|choice| (format!("{name}.NAME"), choice));
    let mut here = value["anyOf"].as_array().cloned().unwrap_or_default();
    let items = value["items"]["anyOf"].as_array();
    here.extend(items.cloned().unwrap_or_default());
    let here = here.into_iter().map(|choice| (name.to_owned(), choice));
    candidates
        .into_iter()
        .chain(choices)
        .chain(here)
        .filter(|(_, table)| has_keys(table))
        .collect()
}

/// What may stand there, in a few words.
fn kind(value: &Value) -> String {
    if let Some(words) = value["enum"].as_array() {
        let words: Vec<String> = words
            .iter()
            .filter_map(Value::as_str)
            .map(|word| format!("`{word}`"))
            .collect();
        return words.join(", ");
    }
    if let Some(word) = value["const"].as_str() {
        return format!("`{word}`");
    }
    if let Some(choices) = value["anyOf"].as_array() {
        let kinds: Vec<String> = choices.iter().map(kind).collect();
        return kinds.join(" or ");
    }
    let example = value["examples"][0]
        .as_str()
        .map(|text| format!(", such as `{text}`"))
        .unwrap_or_default();
    let least = value["minimum"]
        .as_u64()
        .filter(|least| *least > 0)
        .map(|least| format!(", at least {least}"));
    let word = match value["type"].as_str() {
        Some("string") => "text",
        Some("integer") => "whole number",
        Some("number") => "number",
        Some("boolean") => "`true` or `false`",
        Some("array") if value["items"]["type"] == "string" => "list of texts",
        Some("array") if value["items"]["anyOf"].is_array() => "list of texts or tables",
        Some("array") => "list of tables",
        Some("object") => "table",
        _ if value["$ref"].is_string() => "table",
        _ => "any value",
    };
    format!("{word}{example}{}", least.unwrap_or_default())
}

#[test]
fn every_key_of_a_definition_is_described() {
    check("definition.md", |_| sections(&schema("definition"), &[]));
}

#[test]
fn every_key_of_a_case_file_is_described() {
    check("cases.md", |_| sections(&schema("cases"), &[]));
}

#[test]
fn every_key_of_a_plugins_tests_is_described() {
    check("plugin-tests.md", |_| {
        sections(&schema("plugin-tests"), &[])
    });
}

#[test]
fn every_key_of_the_configuration_is_described() {
    let schema = schema("configuration");
    check("configuration.md", |_| {
        sections(&schema, &[&schema["$defs"]["limits"]])
    });
}

#[test]
fn every_limit_is_described() {
    check("limits.md", |_| {
        let mut table =
            String::from("| limit | where nothing is said | bounds |\n| --- | --- | --- |\n");
        for line in stepwell_contract::all_limits() {
            let key = line.key.map(|key| format!("`{key}`")).unwrap_or_default();
            writeln!(table, "| {key} | {} | {} |", line.amount, line.about).unwrap();
        }
        table
    });
}

/// What bounds a permission, each with a link to where its key is described.
fn bounds(bounds: &[&str]) -> String {
    let linked = bounds.iter().map(|bound| {
        let page = match bound {
            bound if bound.starts_with("limits.") => "limits.md",
            bound if *bound == "budget" => "definition.md",
            _ => "configuration.md",
        };
        format!("[`{bound}`]({page})")
    });
    linked.collect::<Vec<_>>().join(", ")
}

#[test]
fn every_permission_is_described() {
    let permissions = || {
        let all = stepwell_contract::Permission::all().iter();
        all.map(|permission| permission.line())
    };
    let named = |names: &[&str]| {
        let names = names.iter().map(|name| format!("`{name}`"));
        names.collect::<Vec<_>>().join(", ")
    };
    check("permissions.md", |what| match what {
        "granted" => {
            let mut table = String::from(
                "| it | key | value | what it opens | imported as | a step without it is told | bounded by |\n\
                 | --- | --- | --- | --- | --- | --- | --- |\n",
            );
            for line in permissions() {
                let Some(key) = line.key else { continue };
                let imports = match line.imports {
                    [] => "nothing: the host does it".to_owned(),
                    imports => named(imports),
                };
                let (title, values, opens) = (line.title, line.values, line.opens);
                let (without, bounds) = (line.without, bounds(line.bounds));
                writeln!(
                    table,
                    "| {title} | `{key}` | {values} | {opens} | {imports} | {without} | {bounds} |"
                )
                .unwrap();
            }
            table
        }
        "by itself" => {
            let mut table = String::from(
                "| it | what that is | imported as | where it doesn't go | bounded by |\n\
                 | --- | --- | --- | --- | --- |\n",
            );
            for line in permissions().filter(|line| line.key.is_none()) {
                let (title, opens, imports) = (line.title, line.opens, named(line.imports));
                let (without, bounds) = (line.without, bounds(line.bounds));
                writeln!(
                    table,
                    "| {title} | {opens} | {imports} | {without} | {bounds} |"
                )
                .unwrap();
            }
            table
        }
        other => panic!("nothing is made for `{other}`"),
    });
}

#[test]
fn every_exit_code_is_described() {
    let help = Project::new().run(&["--help"]).exits_with(0).stdout;
    let codes: Vec<(String, String)> = help
        .lines()
        .skip_while(|line| *line != "Exit codes:")
        .skip(1)
        .map_while(|line| line.trim().split_once(' '))
        .map(|(code, meaning)| (code.to_owned(), meaning.trim().to_owned()))
        .collect();
    assert!(codes.len() > 5, "{help}");
    check("exit-codes.md", |_| {
        let mut table = String::from("| code | meaning |\n| --- | --- |\n");
        for (code, meaning) in &codes {
            writeln!(table, "| {code} | {meaning} |").unwrap();
        }
        table
    });
}
