//! What a plugin would have kept without end is refused, by the limit's name, and steps beside it are not disturbed.

use std::fmt::Write as _;

use crate::hostile::{fails, project};
use stepwell_tests::{Project, Provider};

/// A run that ends well, and the document of its hostile step.
#[track_caller]
fn copes(lines: &str) -> (String, String) {
    let provider = Provider::echo();
    let project = project(&provider, lines);
    let run = project.run(&["run", "flow.toml"]).exits_with(0);
    (project.document("bad", "out"), run.stderr)
}

#[test]
fn it_adds_prompts() {
    let _ = fails(
        "inputs.do = \"adds-prompts\"\ninputs.size = \"1000000\"\ngrants.prompts = \"write\"",
        &["`limits.prompts`", "8 MiB", "raise `limits.prompts`"],
    );
}

#[test]
fn it_saves_checkpoints() {
    let (out, _) = copes(
        "inputs.do = \"saves-checkpoints\"\ninputs.size = \"1000000\"\nlimits.checkpoints = \"20MiB\"",
    );
    assert!(out.starts_with("saved 20: "), "{out}");
    assert!(out.contains("`limits.checkpoints` allows 20 MiB"), "{out}");
}

#[test]
fn it_labels_its_progress_at_length() {
    let (out, told) = copes("inputs.do = \"labels-much\"\ninputs.size = \"1000000\"");
    assert_eq!(out.trim_end(), "labelled");
    assert!(told.contains("labels of its progress are cut"), "{told}");
    assert!(told.len() < 20_000, "{} bytes", told.len());
}

#[test]
fn it_fails_at_length() {
    let (_, project, ended) = fails(
        "inputs.do = \"fails-at-length\"\ninputs.size = \"4000000\"\nretries = 0",
        &["… [cut: 7.7 MiB in all]"],
    );
    assert!(ended.stderr.len() < 100_000, "{} bytes", ended.stderr.len());
    let status = project.run(&["status", "--json"]).exits_with(0);
    assert!(status.stdout.len() < 200_000, "{}", status.stdout.len());
}

#[test]
fn it_names_a_document_at_length() {
    let (_, _, ended) = fails(
        "inputs.do = \"returns-a-long-name\"\ninputs.size = \"4000000\"",
        &["breaks the contract"],
    );
    assert!(ended.stderr.len() < 100_000, "{} bytes", ended.stderr.len());
}

#[test]
fn it_opens_files() {
    let _ = fails(
        "inputs.do = \"opens-files\"\ninputs.size = \"20000\"\ngrants.workspace = \"copy\"",
        &["`limits.open_files`", "256", "raise `limits.open_files`"],
    );
}

#[test]
fn it_fills_its_copy_where_nobody_looks() {
    for (deed, limit) in [
        ("fills-a-removed-file", "`limits.file_bytes`"),
        ("fills-a-deep-path", "128 may lie within each other"),
    ] {
        let (_provider, _project, failed) = fails(
            &format!("inputs.do = \"{deed}\"\ngrants.workspace = \"copy\""),
            &[limit],
        );
        // No limit is named that would change nothing.
        let can_be_raised = failed.stderr.contains("raise `limits.");
        assert_eq!(can_be_raised, limit.starts_with('`'), "{}", failed.stderr);
    }
}

/// A number as the format has it.
fn number(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = u8::try_from(number & 0x7f).unwrap();
        number >>= 7;
        if number == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

pub(crate) fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [vec![id], number(content.len()), content.to_vec()].concat()
}

/// A component of a core module with these sections.
fn component(sections: &[Vec<u8>]) -> Vec<u8> {
    let module = [b"\0asm\x01\0\0\0".to_vec(), sections.concat()].concat();
    [b"\0asm\x0d\0\x01\0".to_vec(), section(1, &module)].concat()
}

/// A function of a thousand variables and so many loops, each of which changes one by others.
pub(crate) fn costly(loops: usize) -> Vec<u8> {
    let mut body = [vec![1], number(1000), vec![0x7f]].concat();
    let variable = |operator: u8, index: usize| [vec![operator], number(index % 1000)].concat();
    for index in 0..loops {
        body.extend([0x03, 0x40]);
        body.extend(variable(0x20, index));
        body.extend(variable(0x20, index * 7));
        body.push(0x6a);
        body.extend(variable(0x21, index * 13));
        body.extend(variable(0x20, index));
        body.extend([0x0d, 0, 0x0b]);
    }
    body.push(0x0b);
    let code = [vec![1], number(body.len()), body].concat();
    component(&[
        section(1, b"\x01\x60\0\0"),
        section(3, b"\x01\0"),
        section(10, &code),
    ])
}

/// What `plugin inspect` says of a component.
fn inspected(component: &[u8], sandbox: &[&str]) -> String {
    let project = Project::new();
    let mut text = String::from("[sandbox]\n");
    for line in sandbox {
        writeln!(text, "{line}").unwrap();
    }
    project.write("stepwell.toml", &text);
    std::fs::write(project.join("made.wasm"), component).unwrap();
    let inspected = project.run(&["plugin", "inspect", "./made.wasm"]);
    inspected.exits_with(4).stderr
}

/// A full or read-only disk is in the way of what is kept, not of compiling.
#[test]
fn plugins_are_compiled_where_no_file_can_be_made() {
    let provider = Provider::echo();
    let flow = "name = \"flow\"\n[[steps]]\nid = \"work\"\nuses = \"plugins/worker.wasm\"\n";
    let mut project = Project::of_worker(&provider, flow);
    for folder in ["TMPDIR", "XDG_CACHE_HOME"] {
        project.set(folder, "/dev/null/nowhere");
    }
    let run = project.run(&["run", "flow.toml"]).exits_with(0);
    let _ = run.says(&["no code cache"]);
}

#[test]
fn it_compiles_for_long() {
    let told = inspected(&costly(20_000), &["compile_time = \"2s\""]);
    assert!(told.contains("compiling `./made.wasm`, "), "{told}");
    assert!(told.contains("more than 2.0 s of processor time"), "{told}");
    assert!(told.contains("raise `sandbox.compile_time`"), "{told}");
}

#[test]
fn it_compiles_in_much_memory() {
    let told = inspected(&costly(20_000), &["compile_memory = \"256MiB\""]);
    assert!(told.contains("more than 256 MiB of memory"), "{told}");
    assert!(told.contains("raise `sandbox.compile_memory`"), "{told}");
}

#[test]
fn it_has_too_much_in_it() {
    let memories = [number(101), [0, 1].repeat(101)].concat();
    let told = inspected(&component(&[section(5, &memories)]), &[]);
    assert!(
        told.contains("memories count exceeds limit of 100"),
        "{told}"
    );
    assert!(!told.contains("not a WebAssembly component"), "{told}");
    let table = [vec![1, 0x70, 0], number(200_000)].concat();
    let told = inspected(&component(&[section(4, &table)]), &[]);
    assert!(told.contains("has more than the sandbox takes"), "{told}");
    assert!(!told.contains("code cache"), "{told}");
}
