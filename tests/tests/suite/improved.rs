//! A model improves a prompt: its proposals are tried, and one that is better beyond chance is made current.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stepwell_tests::{Project, Provider, Received, Reply, Serving, until};

/// How the requests of the step that proposes begin.
const PROPOSES: &str = "You improve the prompt of one step";

const KIND: &str = "Work kindly on {{ topic }}.";

/// A workflow of the step whose prompt is improved.
const FLOW: &str = r#"
name = "flow"

[[steps]]
id = "work"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
settings.calls = 1
"#;

/// So many cases, each with a topic that stands nowhere else. The first half is for training; those of the other half that `differ`
/// says pass only where the text is kind, the others always.
fn cases(count: usize, differ: impl Fn(usize) -> bool) -> String {
    let case = |number: usize| {
        let (split, wanted) = match number < count / 2 {
            true => ("training", "kindly"),
            false if differ(number) => ("validation", "kindly"),
            false => ("validation", "Work"),
        };
        format!(
            "[[cases]]\nid = \"c{number}\"\ninputs.topic = \"topic-{number}-end\"\nsplit = \"{split}\"\n\
             checks = [{{ contains = \"{wanted}\" }}]\n"
        )
    };
    (0..count).map(case).collect()
}

/// A provider that proposes these texts, one after the other and the last for ever, and echoes everything else.
fn proposing(texts: &'static [&'static str]) -> Provider {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    Provider::start(move |_, received| {
        Reply::Text(match received.asked.contains(PROPOSES) {
            true => {
                let number = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                let text = texts[number.min(texts.len() - 1)];
                format!(
                    "<reason>\nReason {number}: nobody asked for kindness.\n</reason>\n<prompt>\n{text}\n</prompt>"
                )
            }
            false => format!("echo {}", received.asked),
        })
    })
}

fn project(provider: &Provider, cases: &str) -> Project {
    let mut project = Project::with_provider(provider);
    project.set("USER", "anna");
    project.add_guest("worker");
    project.write("cases.toml", cases);
    project
}

const IMPROVE: [&str; 9] = [
    "prompt",
    "improve",
    "worker",
    "--step",
    "plugins/worker.wasm",
    "--setting",
    "calls=1",
    "--cases",
    "cases.toml",
];

fn improve(more: &[&'static str]) -> Vec<&'static str> {
    [&IMPROVE[..], more].concat()
}

fn proposals_asked(provider: &Provider) -> Vec<Received> {
    let mut received = provider.received();
    received.retain(|request| request.asked.contains(PROPOSES));
    received
}

fn current(project: &Project) -> Value {
    let prompt = project.run(&["prompt", "list", "worker", "--json"]);
    prompt.exits_with(0).json()[0].clone()
}

#[test]
fn a_proposal_that_is_better_beyond_chance_is_made_current() {
    let provider = proposing(&[KIND]);
    let project = project(&provider, &cases(12, |_| true));
    let files = project.files();
    let shown = project.run(&improve(&[])).exits_with(0);
    let shown = shown.says(&[
        "6 cases for training, 6 kept back for validation, at most 3 proposals",
        "a model is asked for proposal 1",
    ]);
    for part in [
        "v2 was made current",
        "0 of 6 pass with v1",
        "better beyond chance, and made current",
        "Reason 0: nobody asked for kindness.",
        "proposal 1 is better than v1: of 6 cases 6 passed only with proposal 1, 0 only with v1 (p = 0.031).",
    ] {
        assert!(shown.stdout.contains(part), "{part}\n{}", shown.stdout);
    }
    // The version that all began from and the proposal on the training cases, both on the others, and one question.
    assert_eq!(provider.received().len(), 6 + 1 + 6 + 12);
    assert_eq!(project.files(), files, "nothing is published");

    let prompt = current(&project);
    assert_eq!(prompt["current"], 2);
    let text = project.run(&["prompt", "show", "worker"]).exits_with(0);
    assert_eq!(text.stdout.trim_end(), KIND);
    let view = project
        .run(&["improvement", "show", "--json"])
        .exits_with(0)
        .json();
    assert_eq!(
        (&view["status"], &view["end"]),
        (&"finished".into(), &"promoted".into())
    );
    let proposal = &view["proposals"][0];
    assert_eq!(
        (
            &proposal["training"]["passed"],
            &proposal["validation"]["passed"]
        ),
        (&6.into(), &6.into())
    );
    let log = project.run(&["prompt", "log", "worker", "--json"]);
    let log = log.exits_with(0).json();
    assert_eq!(log[1]["by"], "anna");
    assert_eq!(log[1]["comparison"], proposal["validated_by"]);
    let reason = log[1]["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("proposal 1 is better than v1"),
        "{reason}"
    );

    // Whoever proposes sees the training cases, and nothing of the others.
    let asked = proposals_asked(&provider);
    assert_eq!(asked.len(), 1);
    let body = asked[0].body.to_string();
    for number in 0..12 {
        let topic = format!("topic-{number}-end");
        assert_eq!(body.contains(&topic), number < 6, "{topic} in {body}");
    }
    assert!(body.contains("Work on {{ topic }}."), "{body}");

    let list = project.run(&["improvements"]).exits_with(0).stdout;
    assert!(
        list.contains("v2 was made current") && list.contains("1 proposal"),
        "{list}"
    );
    let one = project.run(&["improvement", "show", "--proposal", "1"]);
    assert!(one.exits_with(0).stdout.contains(KIND));

    // Asked again it starts from what is current now, which as a version is tried anew: nothing fails any more.
    let again = project.run(&improve(&[])).exits_with(0).stdout;
    assert!(
        again.contains("nothing fails on the training cases"),
        "{again}"
    );
    assert_eq!(provider.received().len(), 25 + 6);
}

#[test]
fn a_version_has_what_its_text_did_before_it_was_saved_and_is_never_saved_twice() {
    let provider = proposing(&[KIND]);
    let project = project(&provider, &cases(12, |_| true));
    let _ = project.run(&improve(&[])).exits_with(0);
    let history = project.run(&["prompt", "history", "worker", "--json"]);
    let history = history.exits_with(0).json();
    let newest = &history["versions"][0];
    assert_eq!(newest["number"], 2);
    assert_eq!(newest["numbers"]["passed_cases"], 12, "{newest}");
    assert!(!newest["comparisons"].as_array().unwrap().is_empty());
    // From the first version on the same text wins again: it is kept, and becomes current.
    let _ = project.run(&["prompt", "use", "worker", "1"]).exits_with(0);
    let again = project.run(&improve(&[])).exits_with(0);
    assert!(
        again.stdout.contains("v2 was made current"),
        "{}",
        again.stdout
    );
    let prompt = project.run(&["prompt", "list", "worker", "--json"]);
    let prompt = prompt.exits_with(0).json();
    let prompt = &prompt[0];
    assert_eq!(prompt["current"], 2);
    let kept = prompt["versions"].as_array().unwrap();
    assert_eq!(kept.len(), 2, "{prompt}");
}

#[test]
fn what_may_be_chance_is_not_made_current_and_pushes_no_version_out() {
    let provider = proposing(&[KIND]);
    let project = project(&provider, &cases(12, |number| number < 8));
    for text in [
        "Work at {{ topic }}.",
        "Work for {{ topic }}.",
        "Work on {{ topic }} now.",
    ] {
        let add = ["prompt", "add", "worker", "--text", text];
        let _ = project.run(&add).exits_with(0);
    }
    let _ = project
        .run(&["compare", "plugins/worker.wasm", "--input", "topic=tea"])
        .exits_with(0);
    let before = current(&project);
    let view = project.run(&improve(&["--json"])).exits_with(0).json();
    assert_eq!(view["end"], "not-beyond-chance", "{view}");
    assert_eq!(view["promoted"], Value::Null);
    let proposal = &view["proposals"][0];
    assert_eq!(proposal["state"], "not-beyond-chance");
    assert_eq!(proposal["training"]["passed"], 6);
    assert_eq!(proposal["validation"]["passed"], 6);
    assert_eq!(proposal["validation"]["p_value"], 0.5);
    let sentence = proposal["sentence"].as_str().unwrap();
    assert!(sentence.contains("p = 0.500"), "{sentence}");
    assert_eq!(current(&project), before);
}

#[test]
fn a_proposal_that_does_no_better_on_the_training_cases_never_meets_the_others() {
    let provider = proposing(&["Work hard on {{ topic }}.", "Work more on {{ topic }}."]);
    let project = project(&provider, &cases(12, |_| true));
    let view = project.run(&improve(&["--rounds", "2", "--json"]));
    let view = view.exits_with(0).json();
    assert_eq!(view["end"], "nothing-better", "{view}");
    let proposals = view["proposals"].as_array().unwrap().iter();
    let states: Vec<_> = proposals
        .map(|proposal| proposal["state"].clone())
        .collect();
    assert_eq!(states, ["no-better", "no-better"]);
    assert!(
        !provider
            .journal()
            .iter()
            .any(|asked| asked.contains("topic-11-end"))
    );
    let asked = proposals_asked(&provider);
    assert!(
        asked[1].asked.contains(
            "Proposal 1 (Reason 0: nobody asked for kindness.): With it, 0 of 6 cases pass."
        ),
        "{}",
        asked[1].asked
    );
}

#[test]
fn what_cannot_be_used_goes_back_with_the_reason() {
    let provider = proposing(&["Work on {{ topic }}.", "Work kindly on {{ topics }}.", KIND]);
    let project = project(&provider, &cases(12, |_| true));
    let view = project.run(&improve(&["--rounds", "1", "--json"]));
    let view = view.exits_with(0).json();
    assert_eq!(view["end"], "promoted", "{view}");
    let proposals = view["proposals"].as_array().unwrap();
    assert_eq!(proposals[0]["refusal"]["kind"], "identical");
    assert_eq!(proposals[1]["refusal"]["kind"], "misfit");
    assert!(
        proposals[1]["refusal"]["message"]
            .as_str()
            .unwrap()
            .contains("`topic`"),
        "{}",
        proposals[1]
    );
    assert!(proposals.iter().all(|proposal| proposal["round"] == 1));
    let asked = proposals_asked(&provider);
    assert_eq!(asked.len(), 3);
    for part in [
        "refused, it is the template as it was before",
        "refused, the template can't be filled: ",
    ] {
        assert!(asked[2].asked.contains(part), "{part}\n{}", asked[2].asked);
    }
    // Of these three the first two were never tried.
    assert_eq!(provider.received().len(), 6 + 3 + 6 + 12);
}

#[test]
fn an_improvement_goes_on_after_a_kill_and_asks_nothing_twice() {
    let provider = proposing(&[KIND]);
    let project = project(&provider, &cases(12, |_| true));
    provider.slow_down(std::time::Duration::from_millis(40));
    // While the first cells, the question, a proposal's cells and the last ones are under way.
    for (kills, at) in [3, 7, 10, 20].into_iter().enumerate() {
        let arguments = match kills {
            0 => improve(&["--concurrency", "1"]),
            _ => vec!["improvement", "resume"],
        };
        let mut child = project.spawn(&arguments);
        // A call that was in flight at each kill is sent again.
        provider.wait_for_requests(at + kills);
        child.kill().unwrap();
        child.wait().unwrap();
        let listed = project
            .run(&["improvements", "--json"])
            .exits_with(0)
            .json();
        assert_eq!(listed[0]["status"], "interrupted");
        assert_eq!(listed.as_array().unwrap().len(), 1);
    }
    let view = project.run(&["improvement", "resume", "--json"]);
    let view = view.exits_with(0).json();
    assert_eq!(view["end"], "promoted", "{view}");
    assert_eq!(current(&project)["current"], 2);
    let received = provider.received();
    assert!((25..=29).contains(&received.len()), "{}", received.len());
    // What was answered and stored is asked for once: of each request there are no more than its cells and what was in flight.
    let once = |received: &Received| received.asked.clone();
    let asked: BTreeSet<String> = proposals_asked(&provider).iter().map(once).collect();
    assert_eq!(asked.len(), 1, "one question, however often it was sent");
    assert!(proposals_asked(&provider).len() <= 2);
}

#[test]
fn ctrl_c_stops_it_and_it_goes_on_from_there() {
    let provider = proposing(&[KIND]);
    let project = project(&provider, &cases(12, |_| true));
    provider.slow_down(std::time::Duration::from_millis(40));
    let child = project.spawn(&improve(&["--concurrency", "1"]));
    provider.wait_for_requests(9);
    let interrupt = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupt.unwrap().success());
    let stopped: stepwell_tests::Finished = child.wait_with_output().unwrap().into();
    let _ = stopped
        .exits_with(130)
        .says(&["stepwell improvement resume"]);
    let view = project.run(&["improvement", "resume", "--json"]);
    assert_eq!(view.exits_with(0).json()["end"], "promoted");
    assert!(provider.received().len() <= 26);
}

#[test]
fn a_cap_stops_the_whole_in_time_and_more_lets_it_go_on() {
    let provider = proposing(&[KIND]);
    let project = project(&provider, &cases(12, |_| true));
    // A call reserves 4,096 tokens for its answer, and what it says: there is room for the cells, and none for the long question.
    let stopped = project.run(&improve(&["--max-tokens", "4800", "--concurrency", "1"]));
    let stopped = stopped.exits_with(1).says(&["--max-tokens 9600"]);
    assert!(
        stopped
            .stdout
            .contains("the budget of the improvement has no room for this call"),
        "{}",
        stopped.stdout
    );
    let view = project.run(&["improvement", "show", "--json"]);
    let view = view.exits_with(0).json();
    assert_eq!(
        (&view["status"], &view["stage"]),
        (&"stopped".into(), &"asking".into())
    );
    let tokens = |view: &Value| {
        let spent = &view["spent"];
        spent["input_tokens"].as_u64().unwrap_or(0) + spent["output_tokens"].as_u64().unwrap_or(0)
    };
    assert!(tokens(&view) < 4800 - 4096);
    assert_eq!(provider.received().len(), 6);
    let resumed = project.run(&[
        "improvement",
        "resume",
        "--max-tokens",
        "10000000",
        "--json",
    ]);
    let resumed = resumed.exits_with(0).json();
    assert_eq!(resumed["end"], "promoted", "{resumed}");
    assert_eq!(provider.received().len(), 25, "nothing is sent twice");
    // What the comparisons have sent is what the whole has cost.
    let comparisons = resumed["comparisons"].as_array().unwrap();
    assert_eq!(comparisons.len(), 4);
    let each = comparisons.iter().map(|id| {
        let shown = project.run(&["comparison", "show", id.as_str().unwrap(), "--json"]);
        tokens(&shown.exits_with(0).json())
    });
    assert_eq!(each.sum::<u64>(), tokens(&resumed));
}

#[test]
fn too_few_cases_are_told_with_the_number_that_is_needed() {
    let provider = proposing(&[KIND]);
    let project = project(&provider, "");
    let case = |number: usize| {
        format!("[[cases]]\ninputs.topic = \"t{number}\"\nchecks = [{{ contains = \"kindly\" }}]\n")
    };
    project.write("cases.toml", &(0..7).map(case).collect::<String>());
    let _ = project.run(&improve(&[])).exits_with(4).says(&[
        "1 of the cases are for training and 6 for validation; at least 2 and 6 are needed",
        "give 8 cases or more",
    ]);
    project.write(
        "cases.toml",
        &(0..8).map(case).collect::<String>().replace("kindly", ""),
    );
    let unchecked: String = (0..8)
        .map(|number| format!("[[cases]]\ninputs.topic = \"t{number}\"\n"))
        .collect();
    project.write("cases.toml", &unchecked);
    let _ = project
        .run(&improve(&[]))
        .exits_with(4)
        .says(&["nothing is checked of", "give it `checks`"]);
    let elsewhere = ["prompt", "improve", "worker", "--cases", "cases.toml"];
    let _ = project
        .run(&elsewhere)
        .exits_with(4)
        .says(&["no built-in step declares a prompt `worker`", "--step"]);
    let _ = project
        .run(&["improvement", "show"])
        .exits_with(4)
        .says(&["no improvements yet"]);
    assert_eq!(provider.received().len(), 0);
}

#[test]
fn a_version_that_became_current_meanwhile_is_not_replaced() {
    let provider = proposing(&[KIND]);
    let project = project(&provider, &cases(12, |_| true));
    provider.slow_down(std::time::Duration::from_millis(40));
    let mut child = project.spawn(&improve(&["--concurrency", "1"]));
    provider.wait_for_requests(9);
    child.kill().unwrap();
    child.wait().unwrap();
    let add = ["prompt", "add", "worker", "--text", "Work at {{ topic }}."];
    let _ = project.run(&add).exits_with(0);
    let view = project.run(&["improvement", "resume", "--json"]);
    let view = view.exits_with(0).json();
    assert_eq!(view["end"], "outdated", "{view}");
    assert_eq!(view["proposals"][0]["state"], "better");
    assert_eq!(current(&project)["current"], 2);
    let text = project
        .run(&["prompt", "show", "worker"])
        .exits_with(0)
        .stdout;
    assert_eq!(text.trim_end(), "Work at {{ topic }}.");
}

#[test]
fn a_server_carries_the_comparisons_of_an_improvement_out() {
    let provider = proposing(&[KIND]);
    let project = project(&provider, &cases(12, |_| true));
    let server = project.serve(&[]);
    let view = project.run(&improve(&["--json"])).exits_with(0).json();
    assert_eq!(view["end"], "promoted", "{view}");
    assert_eq!(provider.received().len(), 25);
    let id = view["id"].as_str().unwrap();
    let listed = project
        .run(&["improvements", "--json"])
        .exits_with(0)
        .json();
    assert_eq!(listed[0]["id"], id);
    let page = server.get(&format!("/improvements/{id}"));
    for part in [
        "v2 was made current",
        "Reason 0: nobody asked for kindness.",
        "Work kindly on",
        "p = 0.031",
    ] {
        assert!(page.body.contains(part), "{part}\n{}", page.body);
    }
    let list = server.get("/improvements").body;
    assert!(list.contains(&format!("/improvements/{id}")), "{list}");
    // Its comparisons can go once it has ended, and it itself.
    let comparison = view["comparisons"][3].as_str().unwrap();
    let _ = project.run(&["comparison", "rm", comparison]).exits_with(0);
    let _ = project.run(&["improvement", "rm", id]).exits_with(0);
    assert_eq!(
        project
            .run(&["improvements", "--json"])
            .exits_with(0)
            .json(),
        json!([])
    );
    drop(server);
}

#[test]
fn a_comparison_that_an_improvement_goes_on_from_stays() {
    let provider = proposing(&[KIND]);
    let project = project(&provider, &cases(12, |_| true));
    let _ = project.run(&improve(&["--max-tokens", "1"])).exits_with(1);
    let _ = project
        .run(&["comparison", "rm", "last"])
        .exits_with(4)
        .says(&[
            "hasn't ended",
            "stepwell improvement resume",
            "stepwell improvement rm",
        ]);
    let _ = project.run(&["improvement", "rm", "last"]).exits_with(0);
    let _ = project.run(&["comparison", "rm", "last"]).exits_with(0);
}

/// What the API is asked for, with as many cases.
fn request(count: usize) -> Value {
    let case = |number: usize| {
        json!({
            "id": format!("c{number}"), "inputs": { "topic": format!("topic-{number}-end") },
            "checks": [{ "contains": "kindly" }],
        })
    };
    json!({
        "prompt": "worker", "step": "plugins/worker.wasm", "within": { "kind": "plugin", "settings": { "calls": 1 } },
        "cases": (0..count).map(case).collect::<Vec<_>>(), "rounds": 1, "by": "anna",
    })
}

/// Waits until an improvement of a server has come to its end, and gives it.
fn ended(server: &Serving, id: &str) -> Value {
    until("the improvement should end", || {
        let view = server.get(&format!("/api/improvements/{id}")).json();
        let has_ended = view["status"] != "running" && !view["end"].is_null();
        has_ended.then_some(view)
    })
}

#[test]
fn over_the_api_an_improvement_goes_on_by_itself_to_its_end() {
    let provider = proposing(&[KIND]);
    let project = project(&provider, "");
    let server = project.serve(&[]);
    provider.hold();
    let begun = server.post("/api/improvements", &request(12));
    assert_eq!(begun.status, 201, "{begun:?}");
    let id = begun.json()["id"].as_str().unwrap().to_owned();
    // Who asks for more of what is under way begins nothing twice.
    for _ in 0..2 {
        let step = server.post(&format!("/api/improvements/{id}/advance"), &json!({}));
        assert_eq!(step.json()["stage"], "beginning");
    }
    let comparisons = server.get("/api/comparisons").json();
    assert_eq!(comparisons["items"].as_array().unwrap().len(), 1);
    provider.release();
    let view = ended(&server, &id);
    assert_eq!(
        (&view["end"], &view["promoted"]),
        (&"promoted".into(), &2.into())
    );
    assert_eq!(view["comparisons"].as_array().unwrap().len(), 4);
    assert_eq!(provider.received().len(), 25);
    let unknown = json!({ "budgte": null });
    let refused = server.post(&format!("/api/improvements/{id}/advance"), &unknown);
    assert_eq!(refused.status, 422, "{refused:?}");
    let missing = server.get("/api/improvements/ffffffff");
    assert_eq!(
        (missing.status, &missing.json()["code"]),
        (404, &"no-such-improvement".into())
    );
}

#[test]
fn a_server_that_comes_back_takes_an_improvement_up_wherever_it_was_killed() {
    let provider = proposing(&[KIND]);
    let project = project(&provider, "");
    provider.slow_down(std::time::Duration::from_millis(30));
    let mut server = project.serve(&[]);
    let mut asked = request(12);
    asked["concurrency"] = json!(1);
    let begun = server.post("/api/improvements", &asked);
    let id = begun.json()["id"].as_str().unwrap().to_owned();
    // Among the first cells, at the question, among a proposal's cells, and among the last.
    for (kills, at) in [3, 7, 10, 20].into_iter().enumerate() {
        provider.wait_for_requests(at + kills);
        server.kill();
        server = project.serve(&[]);
    }
    let view = ended(&server, &id);
    assert_eq!(view["end"], "promoted", "{view}");
    let received = provider.received().len();
    assert!((25..=29).contains(&received), "{received}");
}

#[test]
fn an_improvement_whose_comparison_is_stopped_rests_until_a_person_goes_on() {
    let provider = proposing(&[KIND]);
    let project = project(&provider, "");
    let server = project.serve(&[]);
    provider.hold();
    let begun = server.post("/api/improvements", &request(12));
    let id = begun.json()["id"].as_str().unwrap().to_owned();
    provider.wait_for_requests(1);
    let stopped = server.post("/api/comparisons/last/stop", &json!({}));
    assert_eq!(stopped.status, 200, "{stopped:?}");
    provider.release();
    let page = server.get(&format!("/improvements/{id}"));
    assert!(page.body.contains("Go on"), "{}", page.body);
    let view = server.get(&format!("/api/improvements/{id}")).json();
    assert_eq!(
        (&view["status"], &view["stage"]),
        (&"interrupted".into(), &"beginning".into())
    );

    let form = ("content-type", "application/x-www-form-urlencoded");
    let resumed = server.ask("POST", &format!("/improvements/{id}/resume"), &[form], "");
    assert_eq!(resumed.status, 303, "{resumed:?}");
    assert_eq!(ended(&server, &id)["end"], "promoted");
    let removed = server.ask("POST", &format!("/improvements/{id}/remove"), &[form], "");
    assert_eq!(removed.status, 303, "{removed:?}");
    assert_eq!(server.get(&format!("/api/improvements/{id}")).status, 404);
}

#[test]
fn the_page_begins_an_improvement_with_the_form_that_compares() {
    let provider = proposing(&[KIND]);
    let project = project(&provider, &cases(12, |_| true));
    project.write("flow.toml", FLOW);
    let server = project.serve(&[]);
    let _ = server.start(&project, "flow.toml");
    let run = server.last_run();
    assert_eq!(server.at_rest(&run)["status"], "success");
    let here = format!("run={run}&step=work");
    let shown = server.get(&format!("/comparisons/new?{here}"));
    assert!(
        shown.body.contains("formaction=\"/comparisons/improve\""),
        "{}",
        shown.body
    );

    let few = cases(2, |_| true);
    let of = [("run", &*run), ("step", "work"), ("prompt", "worker")];
    let too_few = [&of[..], &[("cases", &*few)]].concat();
    let refused = server.submit("/comparisons/improve", &too_few);
    assert_eq!(refused.status, 422, "{refused:?}");
    assert!(refused.body.contains("cases"), "{}", refused.body);
    let before = provider.received().len();

    let many = cases(12, |_| true);
    let enough = [&of[..], &[("rounds", "1"), ("cases", &*many)]].concat();
    let begun = server.submit("/comparisons/improve", &enough);
    assert_eq!(begun.status, 303, "{begun:?}");
    let id = server.get("/api/improvements").json()["items"][0]["id"].clone();
    let id = id.as_str().unwrap();
    assert!(
        begun.head.contains(&format!("/improvements/{id}")),
        "{}",
        begun.head
    );
    assert_eq!(ended(&server, id)["end"], "promoted");
    assert_eq!(provider.received().len(), before + 25);
}

#[test]
fn hints_of_a_cap_name_the_improvement_and_no_twice_of_nothing() {
    let provider = proposing(&[KIND]);
    let project = project(&provider, &cases(12, |_| true));
    let stopped = project.run(&improve(&["--max-tokens", "0"])).exits_with(1);
    let all = format!("{}{}", stopped.stdout, stopped.stderr);
    assert!(all.contains("stepwell improvement resume"), "{all}");
    assert!(!all.contains("comparison resume"), "{all}");
    assert!(!all.contains("--max-tokens 0"), "{all}");
}
