//! `stepwell plugin dev`: built by the project's own command, swapped in if it can be used, and watched until Ctrl-C.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStderr, Stdio};

use serde_json::json;
use stepwell_tests::{Project, Provider, Reply, rebuilt, until};

const BUILT: &str = "Work on {{ topic }}.";
const SINGS: &str = "Sing of {{ topic }}!";
const DRAWS: &str = "Draw by {{ topic }}.";

const FLOW: &str = r#"
name = "develops"
[[steps]]
id = "first"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
settings.calls = 1
"#;

/// A build that can fail as any other: it says what is wrong with the source.
const RECIPE: &str = "build = \"grep -q 'no mistake' notes.txt || { echo 'notes.txt: a mistake' >&2; exit 7; }; mkdir -p target && cp source.wasm target/step.wasm\"\ncomponent = \"target/step.wasm\"\n";

/// A project with the folder `greeter`, in which a plugin is made whose intrinsic prompt is this text.
fn project(provider: &Provider) -> Project {
    let project = Project::with_provider(provider);
    project.write("flow.toml", FLOW);
    project.write("greeter/stepwell-plugin.toml", RECIPE);
    project.write("greeter/notes.txt", "no mistake");
    source(&project, BUILT);
    project
}

/// Changes the source of the plugin.
fn source(project: &Project, text: &str) {
    let component = rebuilt("worker", &[(BUILT, text)]);
    std::fs::write(project.join("greeter/source.wasm"), component).unwrap();
}

const TO: [&str; 2] = ["--to", "plugins/worker.wasm"];

fn once(project: &Project, more: &[&str]) -> stepwell_tests::Finished {
    let command = [&["plugin", "dev", "greeter", "--once"], &TO[..], more].concat();
    project.run(&command)
}

#[test]
fn once_it_ends_as_the_build_ends_and_keeps_what_can_be_used() {
    let provider = Provider::echo();
    let project = project(&provider);
    let built = once(&project, &["--json"]).exits_with(0);
    assert_eq!(built.json()["outcome"], "swapped");
    assert_eq!(built.stdout.lines().count(), 1, "{}", built.stdout);
    assert!(
        built.json()["digest"]
            .as_str()
            .unwrap()
            .starts_with("sha256:")
    );
    let good = std::fs::read(project.join("plugins/worker.wasm")).unwrap();
    let kept = || assert!(std::fs::read(project.join("plugins/worker.wasm")).unwrap() == good);

    project.write("greeter/notes.txt", "spelt wrongly");
    let failed = once(&project, &[]).exits_with(1);
    let _ = failed.says(&[
        "notes.txt: a mistake",
        "exit status: 7",
        "plugins/worker.wasm stays as it was",
    ]);
    kept();
    project.write("greeter/notes.txt", "no mistake");
    project.write("greeter/source.wasm", "no component");
    let _ = once(&project, &[]).exits_with(4).says(&[
        "error: component: it is not a WebAssembly component",
        "greeter/target/step.wasm can't be used: 1 error",
        "`stepwell plugin check greeter/target/step.wasm` says it again",
        "stays as it was",
    ]);
    kept();
    let wrong = rebuilt("worker", &[("{{ topic }}", "{{ topik }}")]);
    std::fs::write(project.join("greeter/source.wasm"), wrong).unwrap();
    let refused = once(&project, &[]).exits_with(4);
    let checked = project.run(&["plugin", "check", "greeter/target/step.wasm"]);
    let checked = checked.exits_with(4).stdout;
    let is_finding = |line: &&str| line.starts_with("error:") || line.starts_with("warning:");
    let findings = checked.lines().filter(is_finding);
    assert!(findings.clone().count() > 1, "{checked}");
    let _ = refused.says(&findings.collect::<Vec<_>>());
    kept();
    // A check has the last word; it knows what was built.
    let checking = |check: &str| {
        let recipe = format!("{RECIPE}check = \"{check}\"\n");
        project.write("greeter/stepwell-plugin.toml", &recipe);
    };
    source(&project, SINGS);
    checking("exit 3");
    let _ = once(&project, &[]).exits_with(1).says(&["`exit 3` failed"]);
    kept();
    checking("cmp source.wasm $STEPWELL_COMPONENT");
    let _ = once(&project, &[])
        .exits_with(0)
        .says(&["worker 1.0.0 is at plugins/worker.wasm"]);
    let left: Vec<_> = std::fs::read_dir(project.join("plugins"))
        .unwrap()
        .collect();
    assert_eq!(left.len(), 1, "nothing else is left there");
}

#[test]
fn what_is_no_component_is_not_written_over_and_a_link_stays_one() {
    let provider = Provider::echo();
    let project = project(&provider);
    project.write("precious.md", "notes");
    for (to, says) in [
        ("precious.md", "precious.md is there, and is no component"),
        ("greeter", "greeter is a folder"),
        (
            "precious.md/step.wasm",
            "precious.md/step.wasm can't be read",
        ),
    ] {
        let refused = project.run(&["plugin", "dev", "greeter", "--once", "--to", to]);
        let refused = refused.exits_with(4).says(&[says]);
        assert!(!refused.stderr.contains("building"), "{}", refused.stderr);
    }
    // Neither what came there while it was built.
    let recipe = RECIPE.replacen("cp source", "echo notes > ../later.md && cp source", 1);
    project.write("greeter/stepwell-plugin.toml", &recipe);
    let command = ["plugin", "dev", "greeter", "--once", "--to", "later.md"];
    let _ = project
        .run(&command)
        .exits_with(4)
        .says(&["later.md is there, and is no component"]);
    assert_eq!(project.read("later.md").unwrap(), "notes\n");
    project.write("greeter/stepwell-plugin.toml", RECIPE);
    assert_eq!(project.read("precious.md").unwrap(), "notes");
    let _ = once(&project, &[]).exits_with(0);
    std::os::unix::fs::symlink("plugins/worker.wasm", project.join("link.wasm")).unwrap();
    source(&project, SINGS);
    let command = ["plugin", "dev", "greeter", "--once", "--to", "link.wasm"];
    let _ = project.run(&command).exits_with(0);
    let link = project.join("link.wasm").symlink_metadata().unwrap();
    assert!(link.is_symlink());
    let built = std::fs::read(project.join("greeter/source.wasm")).unwrap();
    assert!(std::fs::read(project.join("plugins/worker.wasm")).unwrap() == built);
}

#[test]
fn a_component_that_is_used_where_it_is_built_comes_back() {
    let provider = Provider::echo();
    let project = project(&provider);
    let command = ["plugin", "dev", "greeter", "--once"];
    let _ = project.run(&command).exits_with(0);
    let good = std::fs::read(project.join("greeter/target/step.wasm")).unwrap();
    project.write("greeter/source.wasm", "no component");
    let refused = project.run(&command).exits_with(4);
    let refused = refused.says(&["it is not a WebAssembly component", "stays as it was"]);
    // What lies there now is the good one: to check that would help nobody.
    assert!(
        !refused.stderr.contains("plugin check"),
        "{}",
        refused.stderr
    );
    assert!(std::fs::read(project.join("greeter/target/step.wasm")).unwrap() == good);
}

#[test]
fn how_it_is_built_has_to_be_said_and_is_read_to_the_letter() {
    let provider = Provider::echo();
    let project = project(&provider);
    let watching = format!("{RECIPE}watch = [\"scr\"]\n");
    project.write("greeter/stepwell-plugin.toml", &watching);
    let _ = once(&project, &[])
        .exits_with(4)
        .says(&["`watch` names scr, which isn't there"]);
    project.write("greeter/stepwell-plugin.toml", RECIPE);
    std::fs::remove_file(project.join("greeter/stepwell-plugin.toml")).unwrap();
    let _ = once(&project, &[]).exits_with(4).says(&[
        "nothing says how the plugin is built",
        "stepwell-plugin.toml",
        "`build = \"make\"`",
        "--build COMMAND",
    ]);
    // In the words of the project's own tools.
    project.write("greeter/Cargo.toml", "");
    let _ = once(&project, &[])
        .exits_with(4)
        .says(&["`build = \"cargo build --release --target wasm32-wasip2\"`"]);
    std::fs::remove_file(project.join("greeter/Cargo.toml")).unwrap();
    let said = [
        "--build",
        "cp source.wasm out.wasm",
        "--component",
        "greeter/out.wasm",
    ];
    let _ = once(&project, &said).exits_with(0);
    project.write(
        "greeter/stepwell-plugin.toml",
        "build = \"true\"\ncomponents = \"x\"\n",
    );
    let _ = once(&project, &[])
        .exits_with(4)
        .says(&["components", "line 2"]);
    project.write(
        "greeter/stepwell-plugin.toml",
        "build = \"true\"\ncomponent = \"none.wasm\"\n",
    );
    let _ = once(&project, &[]).exits_with(4).says(&[
        "the build left no component at greeter/none.wasm",
        "`component` in ",
        "greeter/stepwell-plugin.toml names the file that `build` makes",
    ]);
    for (recipe, says) in [
        ("build = \"\"\ncomponent = \"x\"\n", "`build` says nothing"),
        (
            "build = \"true\"\ncomponent = \"\"\n",
            "`component` says nothing",
        ),
    ] {
        project.write("greeter/stepwell-plugin.toml", recipe);
        let _ = once(&project, &[]).exits_with(4).says(&[says]);
    }
    let _ = project
        .run(&["plugin", "dev", "grater", "--once"])
        .exits_with(4)
        .says(&["grater is no folder", "`stepwell plugin new` makes"]);
}

const GREETER: [&str; 3] = ["greeter", "--to", "plugins/worker.wasm"];

/// A watching command.
pub(crate) struct Watching {
    child: Child,
    said: BufReader<ChildStderr>,
}

impl Watching {
    pub(crate) fn begin(project: &Project, arguments: &[&str]) -> Self {
        let mut command = project.command(&[&["plugin", "dev"], arguments].concat());
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stderr.take().unwrap());
        Self { child, said }
    }

    /// Waits until it says this, and gives what it said until then.
    pub(crate) fn says(&mut self, text: &str) -> String {
        let mut said = String::new();
        while !said.contains(text) {
            let read = self.said.read_line(&mut said).unwrap();
            assert!(read > 0, "it should say `{text}`: {said}");
        }
        said
    }

    pub(crate) fn interrupt(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-INT", &id])
            .status();
        assert!(sent.unwrap().success());
        self.child.wait().unwrap().code()
    }
}

#[test]
fn a_server_uses_each_build_from_the_next_run_on_and_a_bad_one_never() {
    let provider = Provider::echo();
    let project = project(&provider);
    let mut watching = Watching::begin(&project, &GREETER);
    watching.says("worker 1.0.0 is at plugins/worker.wasm");
    watching.says("watching");
    let serving = project.serve(&[]);
    let asked = || project.document("first", "result");
    let run = serving.start(&project, "flow.toml");
    assert_eq!(serving.at_rest(&run)["status"], "success");
    assert!(asked().starts_with("Work on tea."));

    // A run under way keeps the one that it began with.
    provider.reply_next([Reply::Text("slow".into())]);
    provider.hold();
    let under_way = serving.start(&project, "flow.toml");
    provider.wait_for_requests(2);
    source(&project, SINGS);
    watching.says("worker 1.0.0 is at plugins/worker.wasm");
    watching.says("watching");
    provider.release();
    assert_eq!(serving.at_rest(&under_way)["status"], "success");
    assert!(asked().starts_with("Work on tea."));
    // A step that is run again takes the new one, and so does the next run.
    let again = format!("/api/runs/{under_way}/rerun?step=first");
    let rerun = serving.post(&again, &json!({}));
    assert!(rerun.status < 300, "{rerun:?}");
    assert_eq!(serving.at_rest(&under_way)["status"], "success");
    assert!(asked().starts_with("Sing of tea!"));

    // One that can't be built or used changes nothing, and the next one does.
    project.write("greeter/notes.txt", "spelt wrongly");
    let said = watching.says("watching");
    assert!(
        said.contains("notes.txt: a mistake") && said.contains("stays as it was"),
        "{said}"
    );
    project.write("greeter/source.wasm", "no component");
    project.write("greeter/notes.txt", "no mistake");
    let said = watching.says("watching");
    assert!(said.contains("can't be used"), "{said}");
    let run = serving.start(&project, "flow.toml");
    assert_eq!(serving.at_rest(&run)["status"], "success");
    assert!(asked().starts_with("Sing of tea!"));
    source(&project, DRAWS);
    watching.says("worker 1.0.0 is at plugins/worker.wasm");
    let run = serving.start(&project, "flow.toml");
    assert_eq!(serving.at_rest(&run)["status"], "success");
    assert!(asked().starts_with("Draw by tea."));
    // What tools and git's rules leave out begins no build.
    watching.says("watching");
    project.write("greeter/.gitignore", "made/\n");
    project.write("greeter/made/x.txt", "x");
    project.write("greeter/node_modules/x.js", "x");
    project.write("greeter/notes.txt", "no mistake at all");
    let said = watching.says("watching");
    assert_eq!(said.matches("building").count(), 1, "{said}");
    // What each build makes among the sources is known after the first ones.
    let makes = RECIPE.replacen("mkdir", "date +%N > stamp.txt; mkdir", 1);
    project.write("greeter/stepwell-plugin.toml", &makes);
    let said = watching.says("watching");
    let told = "each build changes greeter/stamp.txt: it is no source";
    assert!(said.contains(told), "{said}");
    for text in ["no mistake here", "no mistake there"] {
        project.write("greeter/notes.txt", text);
        let said = watching.says("watching");
        assert_eq!(said.matches("building").count(), 1, "{said}");
    }
    assert_eq!(watching.interrupt(), Some(0));
}

#[test]
fn ctrl_c_ends_the_build_that_is_under_way_with_all_its_processes() {
    let provider = Provider::echo();
    let project = project(&provider);
    let recipe = "build = \"sleep 1000 & echo $! > pid; wait\"\ncomponent = \"step.wasm\"\n";
    project.write("greeter/stepwell-plugin.toml", recipe);
    let mut watching = Watching::begin(&project, &GREETER);
    watching.says("building");
    let pid = until("the build is under way", || {
        let written = project.read("greeter/pid")?;
        Some(written.trim().to_owned()).filter(|pid| !pid.is_empty())
    });
    assert_eq!(watching.interrupt(), Some(0));
    let place = std::path::Path::new("/proc").join(pid).join("cwd");
    until("its process is gone", || (!place.exists()).then_some(()));
}
