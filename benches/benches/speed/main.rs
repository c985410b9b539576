//! What Stepwell's own work costs: `cargo bench --package stepwell-benches`.
//!
//! Every figure is a median over batches, and its aim stands beside it. Machines are noisy: compare the ratios, and
//! quote figures of a quiet machine.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark prints what it measured, and can't go on without its material"
)]

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use stepwell_benches::{Loaded, Quiet, median, row, shown, table};
use stepwell_contract::{
    Clock, ModelSettings, ModelsSettings, ProviderKind, ProviderSettings, Text,
};
use stepwell_definition::Configuration;
use stepwell_engine::{
    BuiltinStep, DefinitionSource, Drive, Engine, EngineParts, NoSources, ResumeRun, StartRun,
    StepsApart,
};
use stepwell_llm::{Keys, Models};
use stepwell_sandbox::{Sandbox, SandboxSettings};
use stepwell_store::{Change, PromptChange, RedbStore, Store};
use stepwell_tests::{Project, Provider, guest};

mod texts;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    table();
    runtime.block_on(sandbox());
    runtime.block_on(texts::texts());
    runtime.block_on(store());
    runtime.block_on(executions());
    runtime.block_on(resuming());
    start();
}

/// An execution in the sandbox alone, and one call of a host function.
async fn sandbox() {
    let cache = tempfile::tempdir().unwrap();
    let settings = SandboxSettings {
        cache_folder: Some(cache.path().to_owned()),
        ..SandboxSettings::default()
    };
    let sandbox = Arc::new(Sandbox::new(settings).unwrap());
    let component: Arc<[u8]> = std::fs::read(guest("nothing")).unwrap().into();
    let step = Loaded::new(sandbox, &component, Arc::new(Quiet::default())).await;
    for _ in 0..200 {
        step.execute(vec![]).await;
    }
    let mut times = Vec::new();
    for _ in 0..2000 {
        let start = Instant::now();
        step.execute(vec![]).await;
        times.push(start.elapsed());
    }
    row(
        "an execution that does nothing, in the sandbox",
        &shown(median(times)),
        "30 µs",
    );

    let start = Instant::now();
    let tasks: Vec<_> = (0..2)
        .map(|_| {
            let step = step.clone();
            tokio::spawn(async move {
                for _ in 0..10_000 {
                    step.execute(vec![]).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let rate = 20_000.0 / start.elapsed().as_secs_f64();
    row("the same on two cores", &format!("{rate:.0}/s"), "20,000/s");

    let (few, many) = (1_000_u64, 101_000_u64);
    let mut times = Vec::new();
    for _ in 0..15 {
        let start = Instant::now();
        step.execute(vec![Text::new("host_calls", few.to_string())])
            .await;
        let short = start.elapsed();
        let start = Instant::now();
        step.execute(vec![Text::new("host_calls", many.to_string())])
            .await;
        times.push((start.elapsed() - short) / u32::try_from(many - few).unwrap());
    }
    row("one host call", &shown(median(times)), "0.5 µs");
}

fn add(number: u32) -> Change {
    Change::Prompt(PromptChange::Add {
        name: "measured".parse().unwrap(),
        content: format!("version {number}"),
        note: String::new(),
        origin: stepwell_store::Origin::Person,
        by: String::new(),
        because: None,
        at: jiff::Timestamp::now(),
    })
}

fn blob(number: u64) -> Change {
    let mut bytes = vec![0_u8; 1024];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    Change::Blob(bytes.into())
}

/// The prompt cache, and durable commits by one writer and by 64 at once.
async fn store() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(RedbStore::open(folder.path()).unwrap());
    store.commit(vec![add(1)]).await.unwrap();
    let name = "measured".parse().unwrap();
    let mut times = Vec::new();
    for _ in 0..100 {
        let start = Instant::now();
        for _ in 0..1000 {
            std::hint::black_box(store.prompt(&name).await.unwrap());
        }
        times.push(start.elapsed() / 1000);
    }
    row(
        "the current prompt, from the cache",
        &shown(median(times)),
        "1 µs",
    );

    let mut number = 0;
    let mut ones = Vec::new();
    let mut many = Vec::new();
    for _ in 0..10 {
        for _ in 0..20 {
            number += 1;
            let start = Instant::now();
            store.commit(vec![blob(number)]).await.unwrap();
            ones.push(start.elapsed());
        }
        let start = Instant::now();
        let tasks: Vec<_> = (0..64)
            .map(|task| {
                let store = Arc::clone(&store);
                let base = number + 1 + task * 20;
                tokio::spawn(async move {
                    for offset in 0..20 {
                        store.commit(vec![blob(base + offset)]).await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        number += 64 * 20;
        many.push(start.elapsed() / (64 * 20));
    }
    let (one, each) = (median(ones), median(many));
    row("a durable commit of 1 kB, one writer", &shown(one), "–");
    let ratio = one.as_secs_f64() / each.as_secs_f64();
    row(
        "64 writers at once, against one",
        &format!("{ratio:.1} ×"),
        "20 ×",
    );
}

fn engine(
    provider: &Provider,
    project: &std::path::Path,
    store: Arc<dyn Store>,
    sandbox: &Arc<Sandbox>,
) -> Engine {
    let local = ProviderSettings {
        stall_timeout: Duration::from_secs(60),
        connect_timeout: Duration::from_secs(10),
        retries: 0,
        concurrency: 2000,
        ..ProviderSettings::new(ProviderKind::OpenaiChat, provider.url())
    };
    let model = ModelSettings {
        max_output_tokens: Some(100),
        ..ModelSettings::new("local", "test")
    };
    let settings = ModelsSettings {
        providers: BTreeMap::from([("local".into(), local)]),
        models: BTreeMap::from([("writer".into(), model)]),
        default_model: Some("writer".into()),
    };
    let component: Arc<[u8]> = std::fs::read(guest("nothing")).unwrap().into();
    Engine::new(EngineParts {
        store,
        store_folder: None,
        clock: Clock::new(jiff::Timestamp::now),
        runner: Arc::clone(sandbox) as _,
        texts: Arc::new(stepwell_texts::InProcess),
        models: Models::live(settings, Keys::default()).unwrap(),
        configuration: Configuration::default(),
        builtin: BTreeMap::from([(
            "nothing".to_owned(),
            BuiltinStep::new(false, move || Ok(Arc::clone(&component))),
        )]),
        apart: StepsApart::default(),
        project: project.to_owned(),
        closed: Vec::new(),
        sources: Arc::new(NoSources),
        http: Arc::new(stepwell_contract::NoServers),
        recorder: None,
    })
}

const NOTHING: &str =
    "name = \"nothing\"\n[[steps]]\nid = \"nothing\"\nuses = \"builtin:nothing\"\n";

/// An execution that does nothing, durable through engine and store.
async fn executions() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Arc::new(Sandbox::new(SandboxSettings::default()).unwrap());
    let provider = Provider::echo();
    let store: Arc<dyn Store> =
        Arc::new(RedbStore::open(&folder.path().join(".stepwell")).unwrap());
    let engine = engine(&provider, folder.path(), store, &sandbox);
    // A chain of steps in one run: what one more step costs, without what a run costs once.
    let chain = |steps: usize| {
        let mut text = "name = \"chain\"\n[[steps]]\nid = \"all\"\n".to_owned();
        for step in 0..steps {
            text.push_str(&format!(
                "  [[steps.steps]]\n  id = \"s{step}\"\n  uses = \"builtin:nothing\"\n"
            ));
        }
        DefinitionSource { text, file: None }
    };
    let mut times = Vec::new();
    for _ in 0..7 {
        let mut measured = Vec::new();
        for steps in [1, 101] {
            let run = engine.start(StartRun::new(chain(steps))).await.unwrap();
            let start = Instant::now();
            engine.drive(run, Drive::default()).await.unwrap();
            measured.push(start.elapsed());
        }
        times.push(measured[1].saturating_sub(measured[0]) / 100);
    }
    row(
        "the same, durable through engine and store, 100 at once, each",
        &shown(median(times)),
        "–",
    );
    let mut times = Vec::new();
    for _ in 0..100 {
        let source = DefinitionSource {
            text: NOTHING.into(),
            file: None,
        };
        let run = engine.start(StartRun::new(source)).await.unwrap();
        let start = Instant::now();
        engine.drive(run, Drive::default()).await.unwrap();
        times.push(start.elapsed());
    }
    row(
        "a run of one step that does nothing, driven alone",
        &shown(median(times)),
        "0.8 ms",
    );
}

/// A thousand interrupted runs, resumed until each has its first unanswered call in flight.
async fn resuming() {
    const RUNS: usize = 1000;
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Arc::new(
        Sandbox::new(SandboxSettings {
            max_instances: 1100,
            ..Default::default()
        })
        .unwrap(),
    );
    let provider = Provider::echo();
    provider.hold();
    let path = folder.path().join(".stepwell");
    let asking = format!("{NOTHING}inputs.ask = \"anything\"\n");
    let mut runs = Vec::new();
    {
        let store: Arc<dyn Store> = Arc::new(RedbStore::open(&path).unwrap());
        let engine = engine(&provider, folder.path(), store, &sandbox);
        for _ in 0..RUNS {
            let source = DefinitionSource {
                text: asking.clone(),
                file: None,
            };
            runs.push(engine.start(StartRun::new(source)).await.unwrap());
        }
    }
    let store: Arc<dyn Store> = Arc::new(RedbStore::open(&path).unwrap());
    let engine = engine(&provider, folder.path(), store, &sandbox);
    let start = Instant::now();
    let tasks: Vec<_> = runs
        .into_iter()
        .map(|run| {
            let engine = engine.clone();
            tokio::spawn(async move {
                let _ = engine
                    .resume(run, ResumeRun::default(), Drive::default())
                    .await;
            })
        })
        .collect();
    // The provider says when: to look again and again at all that came would be work of its own.
    tokio::task::spawn_blocking(provider.arrival(RUNS))
        .await
        .unwrap();
    row(
        "1,000 interrupted runs, until each has a call in flight",
        &shown(start.elapsed()),
        "100 ms",
    );
    for task in tasks {
        task.abort();
    }
}

/// From the start of the process to the first host call of its first step, with a warm code cache.
fn start() {
    let provider = Provider::echo();
    let project = Project::with_provider(&provider);
    project.write(
        "flow.toml",
        "name = \"flow\"\n[[steps]]\nid = \"nothing\"\nuses = \"nothing.wasm\"\ninputs.ask = \"first\"\n",
    );
    std::fs::copy(guest("nothing"), project.join("nothing.wasm")).unwrap();
    // Building the program, where it isn't built, is no part of its start.
    stepwell_tests::stepwell_binary();
    let mut times = Vec::new();
    for _ in 0..21 {
        let before = provider.received().len();
        let start = Instant::now();
        let mut child = project
            .command(&["run", "flow.toml"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while provider.received().len() == before {
            std::thread::sleep(Duration::from_micros(100));
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "the first call should come"
            );
        }
        times.push(start.elapsed());
        assert!(child.wait().unwrap().success());
    }
    row(
        "process start to the first call at the provider (warm code cache)",
        &shown(median(times)),
        "15 ms",
    );
}
