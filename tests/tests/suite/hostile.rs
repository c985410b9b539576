//! Plugins that misbehave: the host says what happened and goes on, and where a limit was too tight, a line in
//! the definition and `resume` help.

use stepwell_tests::{Finished, Project, Provider, Sweep};

/// A project with a step that does `deed`, one that depends on it, and one beside them.
pub(crate) fn project(provider: &Provider, lines: &str) -> Project {
    let project = Project::with_provider(provider);
    project.add_guest("hostile");
    project.add_guest("worker");
    write(&project, lines);
    project
}

/// Writes the definition, `lines` being those of its hostile step.
pub(crate) fn write(project: &Project, lines: &str) {
    project.write(
        "flow.toml",
        &format!(
            r#"
name = "hostile"
[[steps]]
id = "bad"
uses = "plugins/hostile.wasm"
{lines}
[[steps]]
id = "after"
uses = "plugins/worker.wasm"
inputs.topic = "{{{{ steps.bad.out | default(\"\") }}}}"
[[steps]]
id = "beside"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
settings.calls = 1
"#
        ),
    );
}

/// Runs it, and checks that it fails with these words, and that the step beside it is not disturbed.
#[track_caller]
pub(crate) fn fails(lines: &str, says: &[&str]) -> (Provider, Project, Finished) {
    let provider = Provider::echo();
    let project = project(&provider, lines);
    let ended = project.run(&["run", "flow.toml"]).exits_with(1);
    for text in says.iter().chain(&["bad", "hint:", "stepwell resume"]) {
        assert!(
            ended.stderr.contains(text),
            "should say `{text}`:\n{}",
            ended.stderr
        );
    }
    assert!(project.document("beside", "result").contains("echo tea"));
    let status = project.run(&["status", "--json"]).exits_with(0).json();
    assert_eq!(
        (
            status["status"].as_str(),
            status["steps"][0]["status"].as_str(),
            status["steps"][1]["status"].as_str(),
            status["steps"][2]["status"].as_str(),
        ),
        (
            Some("failure"),
            Some("failure"),
            Some("pending"),
            Some("success")
        )
    );
    (provider, project, ended)
}

/// Fails at a limit, and succeeds after its line was changed.
#[track_caller]
fn helped(lines: &str, more: &str, says: &[&str], out: &str) {
    let (provider, project, _) = fails(lines, says);
    write(&project, more);
    let _ = project
        .run(&["resume"])
        .exits_with(0)
        .says(&["goes on, with other", "limits"]);
    assert!(project.document("bad", "out").starts_with(out));
    assert!(project.document("after", "result").contains(out));
    assert_eq!(
        provider.journal(),
        ["tea call 0"],
        "what was paid is not paid again"
    );
}

#[test]
fn it_loops() {
    let _ = fails(
        "inputs.do = \"loops-forever\"\nlimits.cpu = \"200ms\"",
        &[
            "`limits.cpu`",
            "200 ms",
            "raise `limits.cpu` of step `bad` in",
            "flow.toml",
        ],
    );
}

#[test]
fn it_computes_for_longer_than_it_may() {
    helped(
        "inputs.do = \"calls-host\"\ninputs.size = \"900000\"\nlimits.cpu = \"20ms\"",
        "inputs.do = \"calls-host\"\ninputs.size = \"900000\"\nlimits.cpu = \"60s\"",
        &["`limits.cpu`", "20 ms"],
        "called",
    );
}

#[test]
fn it_calls_the_host_too_often() {
    helped(
        "inputs.do = \"calls-host\"\ninputs.size = \"1000\"\nlimits.host_calls = 100",
        "inputs.do = \"calls-host\"\ninputs.size = \"1000\"\nlimits.host_calls = 2000",
        &["`limits.host_calls`", "100"],
        "called",
    );
}

#[test]
fn it_allocates() {
    let _ = fails(
        "inputs.do = \"grows-memory\"\nlimits.memory = \"32MiB\"",
        &[
            "`limits.memory`",
            "32 MiB",
            "raise `limits.memory` of step `bad`",
        ],
    );
}

#[test]
fn it_is_told_that_there_is_no_memory() {
    let provider = Provider::echo();
    let lines = "inputs.do = \"grows-memory-and-copes\"\ninputs.size = \"99000000\"\nlimits.memory = \"32MiB\"";
    let project = project(&provider, lines);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(project.document("bad", "out").trim_end(), "refused: true");
}

#[test]
fn it_recurses() {
    let _ = fails(
        "inputs.do = \"recurses\"",
        &["trapped", "recurs", "recurse (", "bug of the plugin"],
    );
}

#[test]
fn it_traps() {
    let _ = fails(
        "inputs.do = \"traps\"",
        &["trapped: unreachable", "deeds::trap", "bug of the plugin"],
    );
    let _ = fails(
        "inputs.do = \"reads-out-of-bounds\"",
        &["memory out of bounds", "read_out_of_bounds"],
    );
    let _ = fails("inputs.do = \"exits\"", &["it called exit with status"]);
}

#[test]
fn it_panics() {
    let (_provider, project, ended) = fails(
        "inputs.do = \"panics\"\nretries = 3",
        &[
            "trapped: panicked at tests/plugins/hostile/src/deeds.rs:",
            "boom",
            "in the guest:",
            "deeds::panic_aloud",
            "standard error",
        ],
    );
    assert!(
        !ended.stderr.contains("rust_begin_unwind") && !ended.stderr.contains("_ZN"),
        "the backtrace is for people: {}",
        ended.stderr
    );
    // A trap is not tried again: nothing would differ.
    let status = project.run(&["status", "--json"]).exits_with(0).json();
    let attempts = &status["steps"][0]["executions"][0]["attempts"];
    assert_eq!(attempts.as_array().unwrap().len(), 1);
    assert!(attempts[0]["stderr"].as_str().unwrap().contains("boom"));
    // A run keeps the plugin that it began with.
    let plugin = project.join("plugins/hostile.wasm");
    let mut mended = std::fs::read(&plugin).unwrap();
    let (old, new) = (b"boom", b"bang");
    let places = mended.windows(old.len()).enumerate();
    let places: Vec<usize> = places
        .filter(|(_, window)| window == old)
        .map(|(place, _)| place)
        .collect();
    for place in places {
        mended[place..place + new.len()].copy_from_slice(new);
    }
    std::fs::write(&plugin, mended).unwrap();
    let _ = project.run(&["resume"]).exits_with(1).says(&["boom"]);
    // The hint names what takes the one of now.
    let run = status["id"].as_str().unwrap();
    let again = ["step", "run", "bad", "--run", run];
    assert!(ended.stderr.contains(&again.join(" ")), "{}", ended.stderr);
    let _ = project.run(&again).exits_with(1).says(&["bang"]);
    let _ = project.run(&["resume"]).exits_with(1).says(&["bang"]);
}

#[test]
fn it_gives_up() {
    let _ = fails("inputs.do = \"fails\"\nretries = 0", &["bored", "no more"]);
}

#[test]
fn it_floods_the_log() {
    let provider = Provider::echo();
    let lines = "inputs.do = \"floods-log\"\ninputs.size = \"200000\"\nlimits.log = \"4KiB\"";
    let project = project(&provider, lines);
    let run = project.run(&["run", "flow.toml"]).exits_with(0);
    assert!(run.stderr.contains("line 1"), "{}", run.stderr);
    assert!(
        run.stderr.contains("limits.log"),
        "says that it was cut: {}",
        run.stderr
    );
    assert!(run.stderr.len() < 64 * 1024, "{} bytes", run.stderr.len());
    assert_eq!(project.document("bad", "out").trim_end(), "flooded");
}

#[test]
fn it_floods_its_standard_output() {
    let provider = Provider::echo();
    let lines = "inputs.do = \"floods-output\"\ninputs.size = \"20000\"\nlimits.log = \"4KiB\"";
    let project = project(&provider, lines);
    let run = project.run(&["run", "flow.toml"]).exits_with(0);
    assert!(run.stdout.len() + run.stderr.len() < 64 * 1024);
    assert_eq!(project.document("bad", "out").trim_end(), "flooded");
}

#[test]
fn it_hands_over_a_huge_document() {
    helped(
        "inputs.do = \"returns-much\"\ninputs.size = \"5000\"\nlimits.document = \"4KiB\"",
        "inputs.do = \"returns-much\"\ninputs.size = \"5000\"\nlimits.document = \"8KiB\"",
        &["`limits.document`", "4 KiB", "raise `limits.document`"],
        "xxxx",
    );
    let _ = fails(
        "inputs.do = \"returns-much\"\ninputs.size = \"60000000\"",
        &["limits.", "raise `limits."],
    );
}

#[test]
fn it_breaks_the_contract() {
    let _ = fails(
        "inputs.do = \"returns-undeclared\"",
        &["breaks the contract", "surprise", "bug of the plugin"],
    );
    let _ = fails(
        "inputs.do = \"returns-twice\"",
        &["breaks the contract", "`out`"],
    );
    let _ = fails("inputs.do = \"returns-no-text\"", &["malformed"]);
}

#[test]
fn it_sleeps_for_ever() {
    let _ = fails(
        "inputs.do = \"sleeps-forever\"\ngrants.clock = \"real\"\nlimits.wall = \"200ms\"",
        &["`limits.wall`", "200 ms", "raise `limits.wall`"],
    );
}

#[test]
fn it_sleeps_for_longer_than_it_may() {
    helped(
        "inputs.do = \"sleeps\"\ninputs.size = \"400\"\ngrants.clock = \"real\"\nlimits.wall = \"100ms\"",
        "inputs.do = \"sleeps\"\ninputs.size = \"400\"\ngrants.clock = \"real\"\nlimits.wall = \"60s\"",
        &["`limits.wall`", "100 ms"],
        "woke",
    );
}

#[test]
fn it_waits_for_a_model_that_never_answers() {
    let provider = Provider::start(|_, received| {
        if received.asked == "hello" {
            stepwell_tests::Reply::Silence
        } else {
            stepwell_tests::Reply::Text("fine".into())
        }
    });
    let project = project(
        &provider,
        "inputs.do = \"asks-model\"\nlimits.wall = \"300ms\"",
    );
    let _ = project.run(&["run", "flow.toml"]).exits_with(1).says(&[
        "`limits.wall`",
        "300 ms",
        "hint:",
    ]);
}

#[test]
fn it_writes_too_much() {
    helped(
        "inputs.do = \"writes-much\"\ninputs.size = \"5000\"\ngrants.workspace = \"write\"\nlimits.transfer = \"4KiB\"",
        "inputs.do = \"writes-much\"\ninputs.size = \"5000\"\ngrants.workspace = \"write\"",
        &["`limits.transfer`", "4 KiB"],
        "Ok",
    );
    let provider = Provider::echo();
    let project = project(
        &provider,
        "inputs.do = \"writes-much\"\ninputs.size = \"5000\"\ngrants.workspace = \"write\"\nlimits.file_bytes = \"4KiB\"",
    );
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let out = project.document("bad", "out");
    assert!(out.contains("limits.file_bytes"), "{out}");
    assert!(project.read("much").is_none());
}

const DEEDS: &[&str] = &[
    "loops-forever",
    "grows-memory",
    "grows-memory-and-copes",
    "panics",
    "traps",
    "reads-out-of-bounds",
    "recurses",
    "exits",
    "sleeps",
    "sleeps-forever",
    "floods-log",
    "floods-output",
    "calls-host",
    "asks-model",
    "asks-person",
    "writes-much",
    "writes-file",
    "reads-file",
    "removes-file",
    "lists-files",
    "looks-around",
    "reads-clock",
    "reads-random",
    "fails",
    "returns-undeclared",
    "returns-twice",
    "returns-much",
    "returns-no-text",
];

const TIGHT: &[&str] = &[
    "cpu = \"1ms\"",
    "cpu = \"50ms\"",
    "wall = \"20ms\"",
    "memory = \"2MiB\"",
    "memory = \"16MiB\"",
    "host_calls = 1",
    "host_calls = 40",
    "document = \"16B\"",
    "transfer = \"64B\"",
    "file_bytes = \"64B\"",
    "log = \"64B\"",
];

/// Whatever it does, and whichever limit it meets first: the step ends by itself or as a failure that says what to do, the
/// step beside it is done, and the host lives.
#[test]
fn it_does_anything_under_any_limit() {
    let all = DEEDS
        .iter()
        .flat_map(|deed| TIGHT.iter().map(move |tight| (*deed, *tight)));
    for (deed, tight) in Sweep::from_environment().of(all) {
        let key = tight.split(' ').next().unwrap();
        let lines: String = ["cpu = \"300ms\"", "wall = \"2s\"", "memory = \"64MiB\""]
            .iter()
            .filter(|limit| !limit.starts_with(key))
            .chain([&tight])
            .map(|limit| format!("limits.{limit}\n"))
            .collect();
        let provider = Provider::echo();
        let project = project(
            &provider,
            &format!(
                "inputs.do = \"{deed}\"\ninputs.size = \"2000\"\ninputs.path = \"some.txt\"\n\
                 grants = {{ workspace = \"write\", clock = \"real\" }}\n{lines}"
            ),
        );
        project.write("some.txt", "text");
        let ended = project.run(&["run", "flow.toml", "--no-questions"]);
        let told = format!("{deed} under {tight}: {}\n{}", ended.code, ended.stderr);
        assert!(matches!(ended.code, 0 | 1), "{told}");
        assert!(ended.code == 0 || ended.stderr.contains("hint:"), "{told}");
        assert!(!ended.stderr.contains("panicked at host"), "{told}");
        assert!(
            project.document("beside", "result").contains("echo tea"),
            "{told}"
        );
    }
}
