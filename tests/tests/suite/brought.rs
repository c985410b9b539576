//! What plugins bring along for their prompts: it never takes the place of what a person chose, pushes out nothing that one wrote, is
//! told once, and can be read, compared and taken.

use serde_json::{Value, json};
use stepwell_tests::{Finished, Project, Provider, Reply, guest, rebuilt};

const FLOW: &str = r#"
name = "brings"
[[steps]]
id = "first"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
"#;

/// What the step `worker` brings along as it is built.
const BUILT: &str = "Work on {{ topic }}.";

/// Other texts that it could bring along: of the same length, so that they fit into its file.
const TEXTS: [&str; 5] = [
    "Sing of {{ topic }}!",
    "Draw by {{ topic }}.",
    "Ring at {{ topic }}.",
    "Bake it {{ topic }}.",
    "Walk to {{ topic }}.",
];

fn rebuild(project: &Project, text: &str) {
    std::fs::write(
        project.join("plugins/worker.wasm"),
        rebuilt("worker", &[(BUILT, text)]),
    )
    .unwrap();
}

/// Runs the workflow, and gives what the first step was told to do.
fn run(project: &Project) -> (Finished, String) {
    let finished = project.run(&["run", "flow.toml"]).exits_with(0);
    let asked = project.document("first", "result");
    (finished, asked.trim_end().to_owned())
}

fn filled(text: &str) -> String {
    text.replace("{{ topic }}", "tea")
}

/// The numbers of the kept versions, and the current one.
fn versions(project: &Project) -> (Vec<u64>, u64) {
    let prompt = listed(project);
    let kept = prompt["versions"].as_array().unwrap().iter();
    let kept = kept.map(|version| version["number"].as_u64().unwrap());
    (kept.collect(), prompt["current"].as_u64().unwrap())
}

fn listed(project: &Project) -> Value {
    let list = ["prompt", "list", "worker", "--json"];
    project.run(&list).exits_with(0).json()[0].clone()
}

fn add(project: &Project, text: &str) {
    let _ = project
        .run(&["prompt", "add", "worker", "--text", text])
        .exits_with(0);
}

const NEWS: &str = "brings a new prompt `worker`";

#[test]
fn rebuilds_leave_what_a_person_wrote_where_it_is() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let (first, asked) = run(&project);
    assert_eq!(asked, filled(BUILT));
    assert!(!first.stderr.contains(NEWS), "the first text is no news");
    add(&project, "Mine of {{ topic }}.");
    add(&project, "Mine for {{ topic }}.");
    add(&project, "Mine by {{ topic }}.");
    let mine = (vec![1, 2, 3, 4], 4);
    assert_eq!(versions(&project), mine);

    for text in TEXTS {
        rebuild(&project, text);
        let checked = project.run(&["run", "flow.toml", "--check"]).exits_with(0);
        let told = format!(
            "worker 1.0.0 {NEWS}, which isn't used: step `first` uses v4; `stepwell prompt diff worker intrinsic` shows what differs, \
             `stepwell prompt add worker --intrinsic` takes it"
        );
        let _ = checked.says(&[&told]);
        // It is there to be looked at before any run.
        let shown = project.run(&["prompt", "show", "worker", "intrinsic"]);
        assert_eq!(shown.exits_with(0).stdout.trim_end(), text);
        let (told_once, asked) = run(&project);
        assert_eq!(asked, "Mine by tea.");
        assert_eq!(told_once.stderr.matches(NEWS).count(), 1);
        let _ = told_once.says(&[&told]);
        let (again, _) = run(&project);
        assert!(!again.stderr.contains(NEWS), "{}", again.stderr);
        let checked = project.run(&["run", "flow.toml", "--check"]).exits_with(0);
        assert!(!checked.stderr.contains(NEWS), "{}", checked.stderr);
        assert_eq!(versions(&project), mine);
    }

    // What is offered stands in the listing, is compared, and is taken.
    let offered = listed(&project)["intrinsic"].clone();
    assert_eq!(offered["plugin"], "worker 1.0.0");
    assert_eq!(offered["kept"], Value::Null);
    let _ = project
        .run(&["prompt", "list", "worker"])
        .exits_with(0)
        .shows(&[
            "intrinsic",
            "what worker 1.0.0 brings along, which no version has",
        ]);
    let _ = project
        .run(&["prompt", "diff", "worker", "intrinsic"])
        .exits_with(0)
        .shows(&["-Mine by {{ topic }}.", "+Walk to {{ topic }}."]);
    let _ = project
        .run(&["prompt", "diff", "worker", "intrinsic", "2"])
        .exits_with(0)
        .shows(&["-Walk to {{ topic }}.", "+Mine of {{ topic }}."]);
    let taken = project.run(&["prompt", "add", "worker", "--intrinsic"]);
    let _ = taken.exits_with(0).shows(&[
        "v5 of prompt worker is added and current, instead of v4",
        "v1 was pushed out",
    ]);
    assert_eq!(run(&project).1, filled(TEXTS[4]));
    // That was a choice, too: the next one is offered again.
    rebuild(&project, TEXTS[0]);
    assert_eq!(run(&project).1, filled(TEXTS[4]));
    assert_eq!(versions(&project), (vec![2, 3, 4, 5], 5));
    // What a kept version has already pushes none out.
    rebuild(&project, TEXTS[4]);
    let _ = project.run(&["prompt", "use", "worker", "3"]).exits_with(0);
    let _ = project
        .run(&["prompt", "add", "worker", "--intrinsic"])
        .exits_with(0)
        .shows(&["v5 of prompt worker has this text, and is current now, instead of v3"]);
    assert_eq!(versions(&project), (vec![2, 3, 4, 5], 5));
}

#[test]
fn a_prompt_that_nobody_touched_follows_its_plugin() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let _ = run(&project);
    for (number, text) in (2..).zip(TEXTS) {
        rebuild(&project, text);
        let (finished, asked) = run(&project);
        assert_eq!(asked, filled(text));
        let told = format!(
            "worker 1.0.0 {NEWS}: it is v{number}, which is current, and step `first` uses it"
        );
        let _ = finished.says(&[&told]);
    }
    assert_eq!(versions(&project), (vec![3, 4, 5, 6], 6));
}

#[test]
fn a_choice_stands_until_the_next_one() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let _ = run(&project);
    rebuild(&project, TEXTS[0]);
    assert_eq!(run(&project).1, filled(TEXTS[0]));
    let _ = project.run(&["prompt", "use", "worker", "1"]).exits_with(0);
    // By the plugin as it was when that was chosen, and by two more.
    assert_eq!(run(&project).1, filled(BUILT));
    for text in [TEXTS[1], TEXTS[2]] {
        rebuild(&project, text);
        let (finished, asked) = run(&project);
        assert_eq!(asked, filled(BUILT));
        let _ = finished.says(&["which isn't used: step `first` uses v1"]);
    }
    assert_eq!(versions(&project), (vec![1, 2], 1));

    // Who names what is current anyway chooses it, too.
    let other = Project::of_worker(&provider, FLOW);
    let _ = run(&other);
    let _ = other.run(&["prompt", "use", "worker", "1"]).exits_with(0);
    rebuild(&other, TEXTS[0]);
    assert_eq!(run(&other).1, filled(BUILT));
    assert_eq!(versions(&other), (vec![1], 1));
}

/// The same step under another name, which keeps its versions where the first one does.
const TWO: &str = r#"
name = "brings"
[[steps]]
id = "first"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
[[steps]]
id = "second"
uses = "plugins/tinker.wasm"
inputs.topic = "ink"
prompts.tinker = "worker"
"#;

#[test]
fn two_plugins_that_share_a_prompt_have_each_their_own_text() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, TWO);
    let tinker = |text: &str| {
        let words = [("worker", "tinker"), (BUILT, text)];
        std::fs::write(
            project.join("plugins/tinker.wasm"),
            rebuilt("worker", &words),
        )
        .unwrap();
    };
    tinker(TEXTS[0]);
    let (finished, asked) = run(&project);
    assert_eq!(asked, filled(BUILT));
    assert_eq!(
        project.document("second", "result").trim_end(),
        "Sing of ink!"
    );
    let _ = finished.says(&["tinker 1.0.0 brings a new prompt `worker`: it is v2"]);
    // Each run begins with both, and has nothing to tell.
    for _ in 0..3 {
        let (again, asked) = run(&project);
        assert_eq!(asked, filled(BUILT));
        assert_eq!(
            project.document("second", "result").trim_end(),
            "Sing of ink!"
        );
        assert!(!again.stderr.contains(NEWS), "{}", again.stderr);
    }
    assert_eq!(versions(&project).0, [1, 2]);

    // What a person wrote is used by both, whatever either brings along.
    add(&project, "Mine of {{ topic }}.");
    for text in [TEXTS[1], TEXTS[2], TEXTS[3]] {
        tinker(text);
        let (finished, asked) = run(&project);
        assert_eq!(asked, "Mine of tea.");
        assert_eq!(
            project.document("second", "result").trim_end(),
            "Mine of ink."
        );
        assert_eq!(finished.stderr.matches(NEWS).count(), 1);
        let _ = finished.says(&["tinker 1.0.0 brings", "step `second` uses v3"]);
    }
    assert_eq!(versions(&project), (vec![1, 2, 3], 3));
}

const ASKING: &str = r#"
name = "brings"
[[steps]]
id = "first"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
settings.calls = 1
"#;

#[test]
fn a_run_that_is_killed_goes_on_with_what_it_began_with_and_nothing_is_told_twice() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, ASKING);
    let _ = run(&project);
    add(&project, "Mine of {{ topic }}.");
    rebuild(&project, TEXTS[0]);
    provider.reply_next([Reply::Silence]);
    let mut killed = project.spawn(&["run", "flow.toml"]);
    provider.wait_for_requests(2);
    killed.kill().unwrap();
    let killed: Finished = killed.wait_with_output().unwrap().into();
    let _ = killed.says(&[NEWS]);
    assert_eq!(versions(&project), (vec![1, 2], 2));

    rebuild(&project, TEXTS[1]);
    let resumed = project.run(&["resume"]).exits_with(0);
    assert!(!resumed.stderr.contains(NEWS), "{}", resumed.stderr);
    assert!(
        project
            .document("first", "result")
            .starts_with("Mine of tea.")
    );
    let (next, _) = run(&project);
    assert_eq!(next.stderr.matches(NEWS).count(), 1);
    assert_eq!(versions(&project), (vec![1, 2], 2));
}

#[test]
fn the_plugins_own_text_is_used_without_being_stored() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, ASKING);
    let alone = [
        "step",
        "run",
        "plugins/worker.wasm",
        "--intrinsic",
        "--input",
        "topic=tea",
        "--setting",
        "calls=1",
    ];
    let _ = project.run(&alone).exits_with(0).shows(&[&filled(BUILT)]);
    let unknown = ["prompt", "show", "worker", "--latest", "--json"];
    let declared = project.run(&unknown).exits_with(0).json();
    assert_eq!(declared["stored"], false, "only the definition knows of it");

    let _ = run(&project);
    add(&project, "Mine of {{ topic }}.");
    let before = listed(&project);
    rebuild(&project, TEXTS[0]);
    let looked = project.run(&["step", "prompt", "plugins/worker.wasm", "--intrinsic"]);
    let _ = looked.exits_with(0);
    let own = project
        .run(&alone)
        .exits_with(0)
        .shows(&[&filled(TEXTS[0])]);
    assert!(!own.stderr.contains("warning"), "{}", own.stderr);
    assert_eq!(listed(&project), before);
    // The run says which text it was, and its call that it was no version.
    let status = project.run(&["status", "--json"]).exits_with(0).json();
    let used = &status["steps"][0]["prompts"][0];
    assert_eq!(
        (&used["number"], &used["name"]),
        (&json!(0), &json!("worker"))
    );
    let text = project.run(&["prompt", "show", "worker", "0", "--run", "last"]);
    assert_eq!(text.exits_with(0).stdout.trim_end(), TEXTS[0]);
    let calls = project
        .run(&["calls", "last", "--json"])
        .exits_with(0)
        .json();
    assert_eq!(calls[0]["prompts"][0]["number"], 0);

    // A step of a run, and one of a definition.
    let of_definition = ["step", "run", "first", "--in", "flow.toml", "--intrinsic"];
    let _ = project
        .run(&of_definition)
        .exits_with(0)
        .shows(&[&filled(TEXTS[0])]);
    let (_, asked) = run(&project);
    assert!(asked.starts_with("Mine of tea."), "{asked}");
    let again = ["step", "run", "first", "--run", "last", "--intrinsic"];
    let _ = project
        .run(&again)
        .exits_with(0)
        .shows(&[&filled(TEXTS[0])]);
    let _ = project
        .run(&[&again[..], &["--prompt", "1"]].concat())
        .exits_with(2);
    assert_eq!(versions(&project), (vec![1, 2], 2));
}

#[test]
fn what_a_person_writes_before_the_plugin_is_used_leaves_its_own_text_to_go_back_to() {
    let provider = Provider::echo();
    // Nothing says which plugin it is: the text is kept beside theirs.
    let project = Project::with_provider(&provider);
    add(&project, "Mine of {{ topic }}.");
    assert_eq!(versions(&project), (vec![1], 1));
    let _ = project
        .run(&["prompt", "show", "worker", "intrinsic"])
        .exits_with(4)
        .says(&["no plugin is known that uses prompt `worker`"]);
    project.add_guest("worker");
    project.write("flow.toml", FLOW);
    let (finished, asked) = run(&project);
    assert_eq!(asked, "Mine of tea.");
    let _ = finished.says(&[NEWS, "step `first` uses v1"]);
    std::fs::remove_dir_all(project.join("plugins")).unwrap();
    let shown = project.run(&["prompt", "show", "worker", "intrinsic"]);
    assert_eq!(shown.exits_with(0).stdout.trim_end(), BUILT);
    let _ = project
        .run(&["prompt", "add", "worker", "--intrinsic"])
        .exits_with(0);
    assert_eq!(versions(&project), (vec![1, 2], 2));

    // The plugin is named, or a definition names it: its own text is v1.
    for (text, more) in [("", &["--plugin", "elsewhere/step.wasm"][..]), (FLOW, &[])] {
        let project = Project::with_provider(&provider);
        project.add_guest("worker");
        project.write("elsewhere/note.txt", "");
        std::fs::copy(guest("worker"), project.join("elsewhere/step.wasm")).unwrap();
        if !text.is_empty() {
            project.write("flow.toml", text);
        }
        let command = ["prompt", "add", "worker", "--text", "Mine of {{ topic }}."];
        let _ = project.run(&[&command[..], more].concat()).exits_with(0);
        assert_eq!(versions(&project), (vec![1, 2], 2));
        let first = project.run(&["prompt", "show", "worker", "1"]);
        assert_eq!(first.exits_with(0).stdout.trim_end(), BUILT);
    }
    let project = Project::of_worker(&provider, FLOW);
    let command = ["prompt", "add", "wroker", "--text", "Mine."];
    let named = ["--plugin", "plugins/worker.wasm"];
    let _ = project
        .run(&[&command[..], &named].concat())
        .exits_with(4)
        .says(&["uses no prompt `wroker`", "it uses worker"]);
}

#[test]
fn the_page_and_the_api_offer_it_too() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let _ = run(&project);
    add(&project, "Mine of {{ topic }}.");
    rebuild(&project, TEXTS[0]);
    let _ = run(&project);
    let serving = project.serve(&["--no-token"]);
    let prompt = serving.get("/prompts/worker").body;
    assert!(
        prompt.contains("worker 1.0.0 brings along a text that no version has"),
        "{prompt}"
    );
    let page = serving.get("/prompts/worker/intrinsic").body;
    for said in [
        "What differs from v2",
        "Sing of",
        "class=\"line\"",
        "It becomes v3 and is current at once.",
        "Take it",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let own = serving.get("/api/prompts/worker/versions/intrinsic").json();
    assert_eq!(
        (&own["content"], &own["number"]),
        (&json!(TEXTS[0]), &json!(0))
    );
    let diff = serving.get("/api/prompts/worker/diff?from=2&to=0").json();
    assert!(
        diff["diff"]
            .as_str()
            .unwrap()
            .contains("+Sing of {{ topic }}!")
    );

    let origin = format!("http://{}", serving.address);
    let form = [
        ("origin", origin.as_str()),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let taken = serving.ask("POST", "/prompts/worker/intrinsic", &form, "note=");
    assert!(
        taken.head.contains("/prompts/worker?version=3"),
        "{taken:?}"
    );
    let prompt = serving.get("/prompts/worker").body;
    assert!(!prompt.contains("that no version has"), "{prompt}");
    let again = serving.post("/api/prompts/worker/intrinsic", &json!({}));
    assert_eq!((again.status, &again.json()["added"]), (200, &json!(false)));
    assert_eq!(versions(&project), (vec![1, 2, 3], 3));
}

/// Somebody wrote it when nobody knew what the plugin fills in.
#[test]
fn a_version_that_does_not_fit_is_refused_before_a_run_in_the_same_words() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, "");
    let written = ["prompt", "add", "worker", "--text", "Work on {{ topik }}."];
    let _ = project.run(&written).exits_with(0);
    project.write("flow.toml", FLOW);
    let checked = project.run(&["run", "flow.toml", "--check"]).exits_with(4);
    let checked = checked.says(&[
        "v1 of prompt `worker` doesn't fit the plugin of step `first`: line 1, column 12: `topik` is not a variable of this prompt",
        "`stepwell prompt add worker --intrinsic` takes the plugin's own text",
    ]);
    let before = listed(&project);
    assert_eq!(before["intrinsic"], Value::Null, "it was only looked at");
    let refused = project.run(&["run", "flow.toml"]).exits_with(4);
    assert_eq!(refused.stderr, checked.stderr);
    let _ = project
        .run(&["prompt", "add", "worker", "--intrinsic"])
        .exits_with(0);
    let _ = project.run(&["run", "flow.toml", "--check"]).exits_with(0);
    assert_eq!(run(&project).1, filled(BUILT));
}

#[test]
fn what_is_only_checked_is_not_there_yet() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let _ = run(&project);
    rebuild(&project, TEXTS[0]);
    let checked = project.run(&["run", "flow.toml", "--check"]).exits_with(0);
    let _ = checked.says(&[&format!(
        "worker 1.0.0 {NEWS}: a run will make it v2 and current, and step `first` will use it"
    )]);
    assert_eq!(versions(&project), (vec![1], 1));
}

/// Whoever adds the text that is current anyway wants it to stay.
#[test]
fn adding_what_is_current_is_a_choice() {
    let provider = Provider::echo();
    for adding in [
        &["prompt", "add", "worker", "--intrinsic"][..],
        &["prompt", "add", "worker", "--text", BUILT],
    ] {
        let project = Project::of_worker(&provider, FLOW);
        let _ = run(&project);
        let _ = project.run(adding).exits_with(0).shows(&[
            "v1 of prompt worker is current and has this text already, so nothing is added",
        ]);
        rebuild(&project, TEXTS[0]);
        let (finished, asked) = run(&project);
        assert_eq!(asked, filled(BUILT));
        let _ = finished.says(&["which isn't used: step `first` uses v1"]);
        assert_eq!(versions(&project), (vec![1], 1));
    }
    let project = Project::of_worker(&provider, FLOW);
    let _ = run(&project);
    let used = project.run(&["prompt", "use", "worker", "intrinsic"]);
    let _ = used
        .exits_with(2)
        .says(&["`stepwell prompt add NAME --intrinsic` makes it one"]);
}
