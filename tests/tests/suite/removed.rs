//! What a person removes goes, as far as they said, and what stands in the way is told.

use stepwell_tests::{Project, Provider, Reply};

use crate::upkeep::{FLOW, bytes_of};

/// A project with so many finished runs, each with an answer of some size.
fn with_runs(provider: &Provider, runs: usize) -> Project {
    let project = Project::of_worker(provider, FLOW);
    for _ in 0..runs {
        let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    }
    project
}

/// A provider whose every answer is another one, of so many bytes.
fn large_answers(bytes: usize) -> Provider {
    Provider::start(move |number, _| Reply::Text(format!("{number} {}", "x".repeat(bytes))))
}

#[test]
fn runs_go_until_what_is_left_fits() {
    let provider = large_answers(150_000);
    let project = with_runs(&provider, 12);
    let store = project.join(".stepwell");
    let _ = project.run(&["store", "compact"]).exits_with(0);
    let before = bytes_of(&store);
    let wanted = before / 2;
    let below = wanted.to_string();
    let dry = ["runs", "rm", "--below", &below, "--dry-run", "--json"];
    let dry = project.run(&dry).exits_with(0).json();
    let going = dry["runs"].as_array().unwrap().len();
    // As many as are needed, and no more.
    assert!((4..=8).contains(&going), "{dry}");
    assert!(dry["left"]["bytes"].as_u64().unwrap() <= wanted, "{dry}");
    let all = project.run(&["runs", "--json"]).exits_with(0).json();
    let done = project
        .run(&["runs", "rm", "--below", &below])
        .exits_with(0);
    assert!(done.stdout.contains("the store takes"), "{}", done.stdout);
    let after = bytes_of(&store);
    assert!(
        after <= wanted + wanted / 10,
        "{after} of {before}, wanted {wanted}"
    );
    // The oldest ones went.
    let left = project.run(&["runs", "--json"]).exits_with(0).json();
    let left = left.as_array().unwrap();
    assert_eq!(left.len(), 12 - going);
    for (place, run) in left.iter().enumerate() {
        assert_eq!(run["id"], all[place]["id"]);
    }
}

#[test]
fn a_size_that_cant_be_reached_says_what_stands_in_the_way() {
    let provider = Provider::echo();
    let project = with_runs(&provider, 1);
    let add = ["prompt", "add", "worker", "--text", "Think of {{ topic }}."];
    let _ = project.run(&add).exits_with(0);
    let compare = ["compare", "only", "--prompt", "worker", "--run", "last"];
    let _ = project.run(&compare).exits_with(0);
    project.write(
        "asking.toml",
        &FLOW.replace("settings.calls = 1", "settings.ask = [\"colour\"]"),
    );
    let _ = project.run(&["run", "asking.toml"]).exits_with(3);
    let _ = project
        .run(&["runs", "rm", "--below", "10kB"])
        .exits_with(0)
        .says(&[
            "more than 9.8 KiB",
            "runs that aren't finished take",
            "runs that something stands on take",
            "comparisons with their cells take",
            "stepwell comparison rm ID",
        ]);
    let _ = project
        .run(&["runs", "rm", "--below", "1.5MB"])
        .exits_with(2)
        .says(&["whole number", "1500MB"]);
}

#[test]
fn a_comparison_goes_with_its_cells_and_its_cost_stays() {
    let provider = Provider::echo();
    let project = with_runs(&provider, 1);
    let add = ["prompt", "add", "worker", "--text", "Think of {{ topic }}."];
    let _ = project.run(&add).exits_with(0);
    let compare = [
        "compare", "only", "--prompt", "worker", "--run", "last", "--json",
    ];
    let compared = project.run(&compare).exits_with(0).json();
    let id = compared["id"].as_str().unwrap().to_owned();
    let spent = || {
        project
            .run(&["calls", "--all-runs", "--totals", "--json"])
            .stdout
    };
    let before = spent();
    // Whoever wants the run gone is told what has to go first.
    let command = format!("stepwell comparison rm {id}");
    let _ = project
        .run(&["runs", "rm", "last"])
        .exits_with(4)
        .says(&[&format!("comparison {id} stands on run"), &command]);
    let call = project
        .run(&["calls", "--all-runs", "--json"])
        .exits_with(0)
        .json();
    let calls = call.as_array().unwrap();
    let runs = project.run(&["runs", "--json"]).exits_with(0).json();
    let cell = calls.iter().find(|call| call["run"] != runs[0]["id"]);
    if let Some(cell) = cell {
        let _ = project
            .run(&["runs", "rm", cell["run"].as_str().unwrap()])
            .exits_with(4)
            .says(&["is a cell of comparison", &command]);
    }
    let dry = project
        .run(&["comparison", "rm", &id, "--dry-run"])
        .exits_with(0);
    assert!(
        dry.stdout.contains("2 cells") && dry.stdout.contains("would go"),
        "{}",
        dry.stdout
    );
    let _ = project.run(&["comparison", "show", &id]).exits_with(0);
    let gone = project.run(&["comparison", "rm", &id]).exits_with(0);
    assert!(
        gone.stdout.contains("1 comparison, which frees"),
        "{}",
        gone.stdout
    );
    let _ = project.run(&["comparison", "show", &id]).exits_with(4);
    assert_eq!(spent(), before);
    let _ = project.run(&["store", "check"]).exits_with(0);
    let _ = project.run(&["runs", "rm", "last"]).exits_with(0);
    // The same again asks again: nothing of it is there.
    let asked = provider.received().len();
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let _ = project.run(&compare).exits_with(0);
    assert_eq!(provider.received().len(), asked + 3);
}

#[test]
fn a_comparison_whose_cells_another_one_uses_goes_after_that() {
    let provider = Provider::echo();
    let project = with_runs(&provider, 1);
    let add = ["prompt", "add", "worker", "--text", "Think of {{ topic }}."];
    let _ = project.run(&add).exits_with(0);
    let compare = [
        "compare", "only", "--prompt", "worker", "--run", "last", "--json",
    ];
    let first = project.run(&compare).exits_with(0).json();
    let second = project.run(&compare).exits_with(0).json();
    let (first, second) = (
        first["id"].as_str().unwrap(),
        second["id"].as_str().unwrap(),
    );
    let uses = format!("comparison {second} uses cells of comparison {first}");
    let _ = project
        .run(&["comparison", "rm", first])
        .exits_with(4)
        .says(&[&uses, &format!("stepwell comparison rm {second}")]);
    // Through a server it is the same; the second one made no cell, and goes alone.
    let server = project.serve(&[]);
    let _ = project
        .run(&["comparison", "rm", first])
        .exits_with(4)
        .says(&[&uses]);
    let gone = project
        .run(&["comparison", "rm", second, "--json"])
        .exits_with(0)
        .json();
    assert_eq!(gone["comparisons"][0]["cells"], 0);
    let shown = project
        .run(&["comparison", "show", first, "--json"])
        .exits_with(0)
        .json();
    assert_eq!(shown["status"], "finished");
    let _ = project.run(&["comparison", "rm", first]).exits_with(0);
    drop(server);
    let _ = project.run(&["store", "compact"]).exits_with(0);
    let _ = project.run(&["store", "check"]).exits_with(0);
}
