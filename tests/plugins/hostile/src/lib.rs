//! A step that misbehaves on demand: its input `do` says how, `path` and `size` with what.
//!
//! Written on the bindings alone, so that no SDK stands between it and the host. What it finds out it gives back as
//! document `out`.

#![allow(
    missing_docs,
    unreachable_pub,
    unsafe_code,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a guest that does what it shouldn't, on bindings made by a macro"
)]

mod bindings {
    wit_bindgen::generate!({ path: "../../../wit", world: "step" });
    pub use exports::stepwell::plugin::guest::Guest;

    // The names of the exports are those of a component: no other linker takes them.
    #[cfg(target_family = "wasm")]
    export!(Hostile with_types_in self);
    #[cfg(target_family = "wasm")]
    use super::Hostile;
}

mod deeds;

use bindings::Guest;
use bindings::stepwell::plugin::types::{Description, Failure, FailureKind, Field, Prompt, Text};
use bindings::stepwell::plugin::{chat, context, progress, prompts};

/// How `describe` behaves. It gets no input, so a test overwrites this mark in the component's bytes.
static DESCRIBE: &[u8; 24] = b"describe-mode:well......";

pub struct Hostile;

impl Guest for Hostile {
    fn describe() -> Description {
        // SAFETY: a reference to a static. Volatile, or the compiler would have read it already.
        let mode = unsafe { std::ptr::from_ref(DESCRIBE).read_volatile() };
        let mut description = description();
        match mode.strip_prefix(b"describe-mode:").unwrap() {
            b"calls....." => drop(context::run_id()),
            b"panics...." => panic!("no words for it"),
            b"loops....." => deeds::loop_forever(),
            b"misnames.." => description.inputs.push(field("not-a-name")),
            b"repeats..." => description.inputs.push(field("do")),
            b"long-name." => description.inputs.push(field(&"n".repeat(1000))),
            b"talks-much" => description.summary = "x".repeat(2 << 20),
            b"doubles..." => description.documents[0].schema = Some(doubling_schema()),
            b"noschema.." => description.documents[0].schema = Some(r#"{"type":"arrray"}"#.into()),
            b"nojson...." => description.inputs[0].schema = Some("{{{".into()),
            b"refers...." => {
                description.documents[0].schema = Some(r#"{"$ref":"file:///etc/passwd"}"#.into());
            }
            b"all-wrong." => {
                description.inputs.push(field("not-a-name"));
                description.documents[0].schema = Some(r#"{"type":"arrray"}"#.into());
                description.grants.push(text("network", "all"));
                description
                    .prompts
                    .push(prompt("Notes\n\nof {{ changs }}\n"));
            }
            b"sloppy...." => {
                description.version = String::new();
                description.grants.push(text("workspace", "read"));
                description.grants.push(text("workspace", "write"));
                let optional = r#"{"workspace":"wirte"}"#;
                description
                    .annotations
                    .push(text("optional-grants", optional));
            }
            b"has-prompt" => description
                .prompts
                .push(prompt("Notes\n\nof {{ changes }}\n")),
            b"namesake.." => {
                let notes = prompt("Notes of {{ changes }}");
                let name = "refine".into();
                description.prompts.push(Prompt { name, ..notes });
            }
            b"forges...." => forge(&mut description),
            b"forged-not" => {
                description.version = format!("1{FORGED}");
                description.grants.push(text(FORGED, FORGED));
                description.inputs[0].schema = Some(FORGED.into());
                description.documents.push(field(FORGED));
            }
            b"ungranted." => description.grants.push(text("network", "all")),
            b"many-names" => description
                .inputs
                .extend((0..5000).map(|number| field(&format!("-{number}")))),
            _ => {}
        }
        description
    }

    fn construct_prompt(inputs: Vec<Text>) -> Result<Option<String>, Failure> {
        match input(&inputs, "do") {
            "reads-prompt" => Ok(Some(prompts::active("hostile").unwrap().content)),
            "reads-context" => Ok(Some(format!(
                "{} {}",
                context::run_id(),
                context::attempt()
            ))),
            "logs" => {
                progress::log(progress::Level::Info, "constructing");
                Ok(None)
            }
            "saves-checkpoint" => {
                context::save_checkpoint("key", b"value").unwrap();
                Ok(None)
            }
            "fills-nothing" => match prompts::render("notes", &[]) {
                Ok(prompt) => Ok(Some(prompt)),
                Err(error) => Err(Failure {
                    kind: FailureKind::InvalidInput,
                    message: error.message,
                    retryable: false,
                }),
            },
            "panics" => panic!("no prompt for that"),
            "loops-forever" => deeds::loop_forever(),
            "adds-prompt" => {
                prompts::add("hostile", "text", "").unwrap();
                Ok(None)
            }
            _ => Ok(Some("a prompt".into())),
        }
    }

    fn process_response(inputs: Vec<Text>, response: String) -> Result<Vec<Text>, Failure> {
        match input(&inputs, "do") {
            "asks-model" => drop(chat::complete(&deeds::request())),
            "logs" => progress::log(progress::Level::Info, "processing"),
            _ => {}
        }
        Ok(vec![text("out", response)])
    }

    fn execute(inputs: Vec<Text>) -> Result<Vec<Text>, Failure> {
        let deed = input(&inputs, "do");
        let path = input(&inputs, "path");
        let size = input(&inputs, "size").parse().unwrap_or(0);
        match deed {
            "fails" => Err(Failure {
                kind: FailureKind::Other("bored".into()),
                message: "no more".into(),
                retryable: true,
            }),
            "fails-with" => Err(Failure {
                kind: FailureKind::Other(path.into()),
                message: path.into(),
                retryable: false,
            }),
            "fails-at-length" => Err(Failure {
                kind: FailureKind::Other("x".repeat(size)),
                message: "é".repeat(size),
                retryable: false,
            }),
            "returns-a-long-name" => Ok(vec![text(&"n".repeat(size), "")]),
            "returns-undeclared" => Ok(vec![text("out", ""), text("surprise", "")]),
            "returns-twice" => Ok(vec![text("out", ""), text("out", "")]),
            "returns-much" => Ok(vec![text("out", "x".repeat(size))]),
            "returns-no-text" => Ok(vec![text("out", unsafe {
                String::from_utf8_unchecked(vec![0xff, 0xfe])
            })]),
            _ => Ok(vec![text("out", deeds::act(deed, path, size))]),
        }
    }
}

fn description() -> Description {
    Description {
        name: "hostile".into(),
        version: "1.0.0".into(),
        summary: "Misbehaves on demand".into(),
        prompts: vec![],
        inputs: vec![field("do"), field("path"), field("size")],
        documents: vec![field("out")],
        settings: vec![],
        grants: vec![],
        annotations: vec![],
    }
}

/// What would begin lines of their own in a report, and clear the screen before it.
const FORGED: &str = "\u{1b}[2J\nerror: forged\r\nit can be used\u{2028}hint: forged";

/// Has it in every text that may be anything.
fn forge(description: &mut Description) {
    description.summary = FORGED.into();
    let texts = [&mut description.inputs, &mut description.documents];
    for field in texts.into_iter().flatten() {
        field.description = FORGED.into();
    }
    let optional = r#"{"a\nerror: forged": "b\nerror: forged", "workspace": "c\nerror: forged"}"#;
    let gate = r#"{"document": "out", "is": ["yes\nerror: forged"], "again": {"setting": "a\nerror: forged", "is": "b"}}"#;
    description.documents[0].required = true;
    description.annotations = vec![text("optional-grants", optional), text("gate", gate)];
}

fn prompt(intrinsic: &str) -> Prompt {
    Prompt {
        name: "notes".into(),
        intrinsic: intrinsic.into(),
        variables: vec![field("changes")],
    }
}

fn field(name: &str) -> Field {
    Field {
        name: name.into(),
        description: String::new(),
        required: false,
        schema: None,
    }
}

/// A JSON Schema that takes a few hundred bytes, and twice as long for each of its forty definitions.
fn doubling_schema() -> String {
    let doubled = |number| {
        let next = format!(r##"{{"$ref":"#/$defs/a{}"}}"##, number + 1);
        format!(r#""a{number}":{{"allOf":[{next},{next}]}}"#)
    };
    let definitions: Vec<String> = (0..40).map(doubled).collect();
    format!(
        r##"{{"$ref":"#/$defs/a0","$defs":{{{},"a40":{{"type":"string"}}}}}}"##,
        definitions.join(",")
    )
}

fn text(name: &str, value: impl Into<String>) -> Text {
    Text {
        name: name.into(),
        value: value.into(),
    }
}

fn input<'a>(inputs: &'a [Text], name: &str) -> &'a str {
    inputs
        .iter()
        .find(|text| text.name == name)
        .map_or("", |text| text.value.as_str())
}
