//! One call into a fresh instance, from an empty store to a report.

use std::sync::Arc;
use std::time::Duration;

use stepwell_contract::{
    AttemptEnd, Description, Environment, Failure, GuestAnswer, GuestCall, Limit, Text, amounts,
};
use stepwell_workers::off_the_workers;
use wasmtime::Store;

use crate::attempt::{Attempt, During};
use crate::bindings::types as wire;
use crate::convert::each;
use crate::ends::Said;
use crate::meter::Meter;
use crate::output::Output;
use crate::plugin::Plugin;
use crate::runtime::Runtime;
use crate::scratch::Scratch;
use crate::weigh::Weigh;
use crate::{ends, units};

/// The exported function to call, with its arguments.
pub(crate) enum Call {
    Describe,
    Step(GuestCall),
}

impl Call {
    /// What runs meanwhile, with the host's functions where it may call any.
    fn during(&self) -> During {
        match self {
            Self::Describe => During::Describe,
            Self::Step(GuestCall::ConstructPrompt { services, .. }) => {
                During::ConstructPrompt(Arc::clone(services))
            }
            Self::Step(GuestCall::ProcessResponse { .. }) => During::ProcessResponse,
            Self::Step(GuestCall::Execute { services, .. }) => {
                During::Execute(Arc::clone(services))
            }
        }
    }
}

/// What it gave.
pub(crate) enum Answer {
    Description(Box<Description>),
    Step(GuestAnswer),
}

/// Why it gave nothing.
pub(crate) enum Broken {
    /// The attempt ended.
    End(AttemptEnd),
    /// An exported function has another type than the contract says.
    Type(String),
}

impl From<AttemptEnd> for Broken {
    fn from(end: AttemptEnd) -> Self {
        Self::End(end)
    }
}

impl From<Failure> for Broken {
    fn from(failure: Failure) -> Self {
        Self::End(AttemptEnd::Failure(failure))
    }
}

/// How the call went.
pub(crate) struct Report {
    pub(crate) outcome: Result<Answer, Broken>,
    pub(crate) cpu: Duration,
    pub(crate) wall: Duration,
    pub(crate) memory: u64,
    pub(crate) host_calls: u64,
    pub(crate) output: String,
}

impl Report {
    /// Of an attempt that the host could not begin.
    pub(crate) fn nothing(reason: String) -> Self {
        Self {
            outcome: Err(AttemptEnd::Host { reason }.into()),
            cpu: Duration::ZERO,
            wall: Duration::ZERO,
            memory: 0,
            host_calls: 0,
            output: String::new(),
        }
    }
}

/// Waits for room, makes an instance, calls it, and drops it.
pub(crate) async fn run(
    runtime: &Runtime,
    plugin: &Plugin,
    call: Call,
    environment: Environment,
) -> Report {
    let room = runtime.queue(plugin.room).await;
    let files = match environment.copy {
        Some(_) => runtime.queue_for_files(environment.limits.open_files).await,
        None => None,
    };
    let meter = Arc::new(Meter::start());
    let output = Output::new(environment.limits.log);
    let memory_limit = environment.limits.memory.min(runtime.max_memory);
    let attempt = match scratch(&environment).await {
        Ok(scratch) => Attempt::new(
            call.during(),
            &environment,
            memory_limit,
            Arc::clone(&meter),
            &output,
            scratch,
        )
        .map_err(|error| format!("{error:#}")),
        Err(error) => Err(error),
    };
    let attempt = match attempt {
        Ok(attempt) => attempt,
        Err(reason) => {
            let reason = format!("no copy of the workspace could be made: {reason}");
            return Report::nothing(reason);
        }
    };
    let mut store = bounded(runtime, attempt, &environment);
    let desk = Arc::clone(store.data().web.desk());
    let work = work(&mut store, plugin, call, &output);
    let work = async {
        tokio::select! {
            biased;
            end = desk.ended() => Err(end.into()),
            outcome = work => outcome,
        }
    };
    let allowed = environment.limits.wall;
    let outcome = match meter.within(allowed, &runtime.ticker, work).await {
        Some(outcome) => outcome,
        None => {
            let (used, allowed) = (units::duration(meter.wall()), units::duration(allowed));
            Err(AttemptEnd::limit(Limit::Wall, used, allowed).into())
        }
    };
    let report = Report {
        outcome,
        cpu: meter.cpu(),
        wall: meter.wall(),
        memory: store.data().memory.most(),
        host_calls: store.data().host_calls(),
        output: output.text(),
    };
    // The instance goes before its room: the next in the queue must find the pool's slot free.
    let scratch = store.data_mut().take_scratch();
    drop(store);
    // With it went the requests that it had under way. Whoever is told of the end may rest on nothing coming after it.
    drop(desk.turn().await);
    drop((room, files));
    if let Some(scratch) = scratch {
        // To remove thousands of files takes a while, too.
        off_the_workers(move || drop(scratch)).await;
    }
    report
}

/// A store for one attempt, within its limits.
fn bounded(runtime: &Runtime, attempt: Attempt, environment: &Environment) -> Store<Attempt> {
    let mut store = Store::new(&runtime.engine, attempt);
    store.limiter(|attempt| &mut attempt.memory);
    store.epoch_deadline_callback(|mut context| context.data_mut().tick());
    store.set_epoch_deadline(1);
    // A list takes more bytes on the host than in the guest, so that this is only the outer bound; the exact one is
    // in `Attempt::hand_over`.
    let transfer = usize::try_from(environment.limits.transfer).unwrap_or(usize::MAX);
    store.set_hostcall_fuel(transfer.saturating_mul(2).saturating_add(1 << 16));
    store.set_max_component_handles(environment.limits.handles as usize);
    store
}

/// The attempt's copy of the workspace, where it is granted one. Where it may only read folders the copy is empty and not
/// shown: what it opens is counted there.
async fn scratch(environment: &Environment) -> Result<Option<Scratch>, String> {
    let files = match &environment.copy {
        Some(files) => Arc::clone(files),
        None if environment.folders.is_empty() => return Ok(None),
        None => Arc::new([]),
    };
    let limits = environment.limits.clone();
    let made = off_the_workers(move || Scratch::new(&files, &limits)).await;
    made.map(Some).map_err(|error| error.to_string())
}

async fn work(
    store: &mut Store<Attempt>,
    plugin: &Plugin,
    call: Call,
    output: &Output,
) -> Result<Answer, Broken> {
    let instance = match plugin.instance.instantiate_async(&mut *store).await {
        Ok(instance) => instance,
        Err(error) => {
            let output = output.text();
            let end = ends::of_instantiation(store.data_mut(), &error, plugin.said(&output));
            return Err(end.into());
        }
    };
    let step = plugin
        .exports
        .load(&mut *store, &instance)
        .map_err(|error| Broken::Type(format!("{error:#}")))?;
    let guest = step.stepwell_plugin_guest();
    match call {
        Call::Describe => {
            let given = guest.call_describe(&mut *store).await;
            let description = returned(store, plugin, output, given)?;
            Ok(Answer::Description(Box::new(description.into())))
        }
        Call::Step(GuestCall::ConstructPrompt { inputs, .. }) => {
            let inputs = hand_in(store, inputs)?;
            let given = guest.call_construct_prompt(&mut *store, &inputs).await;
            let prompt = returned(store, plugin, output, given)?.map_err(Failure::from)?;
            taken(store, &prompt)?;
            Ok(Answer::Step(GuestAnswer::Prompt(prompt)))
        }
        Call::Step(GuestCall::ProcessResponse { inputs, response }) => {
            taken(store, &response)?;
            let inputs = hand_in(store, inputs)?;
            let given = guest
                .call_process_response(&mut *store, &inputs, &response)
                .await;
            documents(store, plugin, output, given)
        }
        Call::Step(GuestCall::Execute { inputs, .. }) => {
            let inputs = hand_in(store, inputs)?;
            let given = guest.call_execute(&mut *store, &inputs).await;
            documents(store, plugin, output, given)
        }
    }
}

/// What an exported function gave, or how it ended without.
fn returned<T>(
    store: &mut Store<Attempt>,
    plugin: &Plugin,
    output: &Output,
    given: wasmtime::Result<T>,
) -> Result<T, AttemptEnd> {
    given.map_err(|error| ends::of_call(store.data_mut(), &error, plugin.said(&output.text())))
}

/// Counts what crosses the boundary.
fn taken(store: &mut Store<Attempt>, what: impl Weigh) -> Result<(), AttemptEnd> {
    let attempt = store.data_mut();
    attempt
        .hand_over(what)
        .map_err(|error| ends::of_call(attempt, &error, Said::default()))
}

fn hand_in(store: &mut Store<Attempt>, inputs: Vec<Text>) -> Result<Vec<wire::Text>, AttemptEnd> {
    taken(store, &inputs)?;
    Ok(each(inputs))
}

/// The documents of `process-response` and `execute`, within the limits and the description.
fn documents(
    store: &mut Store<Attempt>,
    plugin: &Plugin,
    output: &Output,
    given: wasmtime::Result<Result<Vec<wire::Text>, wire::Failure>>,
) -> Result<Answer, Broken> {
    let documents: Vec<Text> =
        each(returned(store, plugin, output, given)?.map_err(Failure::from)?);
    let allowed = store.data().limits().document;
    for document in &documents {
        let size = document.value.len() as u64;
        if size > allowed {
            let (used, allowed) = (amounts::size(size), amounts::size(allowed));
            return Err(AttemptEnd::limit(Limit::Document, used, allowed).into());
        }
    }
    taken(store, &documents)?;
    plugin
        .check_documents(&documents)
        .map_err(|reason| AttemptEnd::BadOutcome { reason })?;
    Ok(Answer::Step(GuestAnswer::Documents(documents)))
}
