//! Among two thousand runs, the right ones are found by state, workflow and words: on the page, by the command, and by the API.

use std::collections::BTreeSet;

use serde_json::Value;
use stepwell_contract::{Problem, ProblemCode, RunId};
use stepwell_store::{Change, RedbStore, RunState, Store as _};
use stepwell_tests::{Project, Provider, Reply, Serving};

const RUNS: usize = 2_000;

const FLOW: &str = "name = \"orders\"\n[inputs]\nfeature = { description = \"What you want\", default = \"\" }\n\
                    [[steps]]\nid = \"work\"\nuses = \"plugins/worker.wasm\"\n";

/// What tells a run from the others, by its number.
struct Told {
    state: RunState,
    workflow: String,
    feature: String,
    label: Option<String>,
    problem: Option<&'static str>,
}

impl Told {
    fn of(number: usize) -> Self {
        let state = [
            RunState::Success,
            RunState::Failure,
            RunState::Cancelled,
            RunState::Success,
        ][number % 4];
        Self {
            state,
            workflow: format!("flow_{}", number % 10),
            feature: format!("Export of order-{number:04}, Übersicht"),
            label: number
                .is_multiple_of(250)
                .then(|| "release candidate".to_owned()),
            problem: (state == RunState::Failure && number % 500 == 1)
                .then_some("the tree is gone"),
        }
    }
}

/// A project of two thousand runs: one that the program made, and copies of its record that are told apart. Gives their ids by
/// their numbers.
fn project(provider: &Provider) -> (Project, Vec<RunId>) {
    let project = Project::of_worker(provider, FLOW);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let ids = runtime.block_on(async {
        let store = RedbStore::open(&project.join(".stepwell")).unwrap();
        let made = store
            .runs(None, Some(1), stepwell_store::Gaps::LeaveOut)
            .await
            .unwrap()
            .remove(0);
        let (mut ids, mut changes) = (Vec::new(), Vec::new());
        for number in 0..RUNS {
            let told = Told::of(number);
            let mut run = made.clone();
            run.id = RunId(store.next_id());
            run.state = told.state;
            run.workflow = told.workflow;
            run.label = told.label;
            run.about = None;
            run.inputs.insert("feature".into(), told.feature);
            run.problem = told
                .problem
                .map(|why| Problem::new(ProblemCode::InvalidInput, why));
            ids.push(run.id);
            changes.push(Change::Run(Box::new(run)));
        }
        store.commit(changes).await.unwrap();
        ids
    });
    (project, ids)
}

/// Which runs the page lists, from its first part to its last.
fn on_the_page(serving: &Serving, wanted: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut next = Some(format!("/runs?{wanted}"));
    while let Some(address) = next {
        let page = serving.get(&address);
        assert_eq!(page.status, 200, "{address}: {}", page.body);
        assert!(
            page.body.len() < 128 * 1024,
            "{address}: {}",
            page.body.len()
        );
        let links = page.body.split("<a class=\"name\" href=\"/runs/").skip(1);
        found.extend(links.map(|link| link.split('"').next().unwrap().to_owned()));
        let older = page.body.split("rel=\"next\"").next().unwrap();
        next = (older.len() < page.body.len()).then(|| {
            let link = older.rsplit("href=\"").next().unwrap();
            link.split('"').next().unwrap().replace("&amp;", "&")
        });
    }
    found
}

/// Which runs the API lists, from its first part to its last.
fn by_the_api(serving: &Serving, wanted: &str) -> Vec<String> {
    let (mut found, mut before) = (Vec::new(), String::new());
    loop {
        let part = serving.get(&format!("/api/runs?limit=300&{wanted}{before}"));
        assert_eq!(part.status, 200, "{}", part.body);
        let part = part.json();
        found.extend(ids_of(&part["items"]));
        match part["next"].as_str() {
            Some(next) => before = format!("&before={next}"),
            None => return found,
        }
    }
}

fn ids_of(runs: &Value) -> Vec<String> {
    let runs = runs.as_array().unwrap().iter();
    runs.map(|run| run["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_right_ones_of_two_thousand_runs_are_found_on_the_page_by_the_command_and_by_the_api() {
    let provider = Provider::start(|_, _| Reply::Text("an answer".into()));
    let (project, ids) = project(&provider);
    let is = |state: RunState| move |number: usize| Told::of(number).state == state;
    let has_failed = is(RunState::Failure);
    type Fits<'f> = &'f dyn Fn(usize) -> bool;
    let searches: [(&str, &[&str], Fits, usize); 7] = [
        // A word that one has, one that some have in another case, one that none has.
        (
            "search=order-1234",
            &["--search", "order-1234"],
            &|number| number == 1234,
            1,
        ),
        (
            "search=%C3%BCBERSICHT+candidate",
            &["--search", "üBERSICHT candidate"],
            &|number| number % 250 == 0,
            8,
        ),
        ("search=nowhere", &["--search", "nowhere"], &|_| false, 0),
        (
            "search=tree+gone",
            &["--search", "tree gone"],
            &|number| number % 500 == 1,
            4,
        ),
        ("status=failure", &["--status", "failure"], &has_failed, 500),
        (
            "workflow=flow_7",
            &["--workflow", "flow_7"],
            &|number| number % 10 == 7,
            200,
        ),
        // All of them at once.
        (
            "status=failure&workflow=flow_5&search=order-1",
            &[
                "--status",
                "failure",
                "--workflow",
                "flow_5",
                "--search",
                "order-1",
            ],
            &|number| number % 20 == 5 && (1_000..2_000).contains(&number),
            50,
        ),
    ];
    let expected = |fits: Fits, count: usize| {
        let newest_first = (0..RUNS).rev().filter(|number| fits(*number));
        let expected: Vec<String> = newest_first.map(|number| ids[number].to_string()).collect();
        assert_eq!(expected.len(), count);
        expected
    };
    for (_, options, fits, count) in &searches {
        let listing = [&["runs", "--json", "--limit", "3000"], *options].concat();
        let found = ids_of(&project.run(&listing).exits_with(0).json());
        assert_eq!(found, expected(fits, *count), "{options:?}");
    }
    let serving = project.serve(&[]);
    for (wanted, _, fits, count) in &searches {
        let expected = expected(fits, *count);
        assert_eq!(by_the_api(&serving, wanted), expected, "{wanted}");
        assert_eq!(on_the_page(&serving, wanted), expected, "{wanted}");
    }
    // Without any, every one is there, each once.
    let all: BTreeSet<String> = on_the_page(&serving, "").into_iter().collect();
    assert_eq!(all.len(), RUNS + 1);
}
