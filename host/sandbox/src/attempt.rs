//! One attempt, as the store of its instance holds it: what it may call, what it has used, how it ended.
//!
//! The host functions themselves are in [`crate::imports`]; each of them comes through [`Attempt::open`] first.

use std::future::Future;
use std::sync::Arc;

use stepwell_contract::{
    AttemptEnd, Environment, HostServices, Hosted, Limit, Limits, LogLevel, amounts, most,
};
use wasmtime::UpdateDeadline;
use wasmtime_wasi::{WasiCtxView, WasiView};

use crate::desk::{Desk, Web};
use crate::memory::Memory;
use crate::meter::Meter;
use crate::output::Output;
use crate::scratch::Scratch;
use crate::units;
use crate::wasi::Wasi;
use crate::weigh::Weigh;

/// The exported function that is running, with the host's functions where it may call any (rule E11).
///
/// What may call none holds none, so that no mistake further on can let a call through.
pub(crate) enum During {
    Describe,
    ConstructPrompt(Arc<dyn HostServices>),
    ProcessResponse,
    Execute(Arc<dyn HostServices>),
}

impl During {
    /// The function's name in the contract.
    fn name(&self) -> &'static str {
        match self {
            Self::Describe => "describe",
            Self::ConstructPrompt(_) => "construct-prompt",
            Self::ProcessResponse => "process-response",
            Self::Execute(_) => "execute",
        }
    }
}

/// From where a host function may be called (rule E11).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    /// A look at the prompts or the context: from `construct-prompt` and `execute`.
    Look,
    /// Anything else: from `execute` alone.
    Work,
}

/// The data of one attempt's store.
pub(crate) struct Attempt {
    during: During,
    limits: Limits,
    /// Shared with the code around the call, which is outside the store.
    meter: Arc<Meter>,
    host_calls: u64,
    /// What is left of `limits.log`, and how many lines; none once the line that says so was logged.
    log_room: Option<(u64, usize)>,
    /// Whether it was logged that a label was cut.
    cut_label: bool,
    pub(crate) memory: Memory,
    pub(crate) wasi: Wasi,
    pub(crate) web: Web,
    /// The copy of the workspace. It comes after `wasi`, whose handles to it are closed before it is removed.
    scratch: Option<Scratch>,
    /// Why the host ended the attempt, when it did. wasmtime carries an error of its own up through the guest, whose
    /// kind would have to be recovered from a chain of causes; this stays what it was.
    end: Option<AttemptEnd>,
}

/// What wasmtime is told when the host ends an attempt. [`Attempt::end`] has the reason.
#[derive(Debug, thiserror::Error)]
#[error("the host ended the attempt")]
pub(crate) struct Ended;

impl Attempt {
    /// The attempt's directory, to be removed by whoever takes it.
    pub(crate) fn take_scratch(&mut self) -> Option<Scratch> {
        self.scratch.take()
    }

    /// The data of a new store.
    pub(crate) fn new(
        during: During,
        environment: &Environment,
        memory_limit: u64,
        meter: Arc<Meter>,
        output: &Output,
        scratch: Option<Scratch>,
    ) -> wasmtime::Result<Self> {
        Ok(Self {
            during,
            limits: environment.limits.clone(),
            meter,
            host_calls: 0,
            log_room: Some((environment.limits.log, most::LINES)),
            cut_label: false,
            memory: Memory::new(memory_limit),
            wasi: Wasi::new(environment, output, scratch.as_ref())?,
            web: Web::new(&Desk::new(&environment.limits)),
            scratch,
            end: None,
        })
    }

    /// The bounds of this attempt.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// How many host functions the guest called.
    pub(crate) fn host_calls(&self) -> u64 {
        self.host_calls
    }

    /// Why the host ended the attempt, when it did.
    pub(crate) fn take_end(&mut self) -> Option<AttemptEnd> {
        let of_copy = || self.scratch.as_ref()?.take_end();
        self.end.take().or_else(of_copy)
    }

    /// Ends the attempt; the error is for wasmtime.
    pub(crate) fn stop(&mut self, end: AttemptEnd) -> wasmtime::Error {
        self.end.get_or_insert(end);
        Ended.into()
    }

    /// Lets a call of a host function in, or ends the attempt: by rule E11, `limits.host_calls` or `limits.transfer`.
    pub(crate) fn open(
        &mut self,
        function: &'static str,
        opening: Opening,
        arguments: impl Weigh,
    ) -> wasmtime::Result<Arc<dyn HostServices>> {
        let services = match (&self.during, opening) {
            (During::Execute(services), _) | (During::ConstructPrompt(services), Opening::Look) => {
                Arc::clone(services)
            }
            (during, _) => {
                let end = AttemptEnd::ForbiddenImport {
                    function: function.into(),
                    during: during.name().into(),
                };
                return Err(self.stop(end));
            }
        };
        self.host_calls += 1;
        if self.host_calls > self.limits.host_calls {
            let calls = |number: u64| format!("{number} calls");
            let (used, allowed) = (calls(self.host_calls), calls(self.limits.host_calls));
            return Err(self.stop(AttemptEnd::limit(Limit::HostCalls, used, allowed)));
        }
        self.hand_over(arguments)?;
        Ok(services)
    }

    /// Waits for a host function: its time isn't the guest's, its answer counts against `limits.transfer`, and a halt
    /// ends the attempt.
    pub(crate) async fn hosted<T: Weigh>(
        &mut self,
        answer: impl Future<Output = Hosted<T>>,
    ) -> wasmtime::Result<T> {
        let (meter, desk) = (Arc::clone(&self.meter), Arc::clone(self.web.desk()));
        let in_turn = async {
            let _turn = desk.turn().await;
            answer.await
        };
        match meter.hosting(in_turn).await {
            Ok(answer) => {
                self.hand_over(&answer)?;
                Ok(answer)
            }
            Err(halt) => Err(self.stop(halt.into())),
        }
    }

    /// As [`Attempt::hosted`], for a question to a person, whose time doesn't count against `limits.wall` either.
    pub(crate) async fn asked<T: Weigh>(
        &mut self,
        answer: impl Future<Output = Hosted<T>>,
    ) -> wasmtime::Result<T> {
        let meter = Arc::clone(&self.meter);
        self.hosted(meter.asking(answer)).await
    }

    /// Counts what crosses the boundary in one go against `limits.transfer`.
    pub(crate) fn hand_over(&mut self, what: impl Weigh) -> wasmtime::Result<()> {
        let bytes = what.weigh();
        if bytes <= self.limits.transfer {
            return Ok(());
        }
        let (used, allowed) = (amounts::size(bytes), amounts::size(self.limits.transfer));
        Err(self.stop(AttemptEnd::limit(Limit::Transfer, used, allowed)))
    }

    /// Logs a line while `limits.log` has room; the first one that doesn't fit is replaced by a notice, those after it
    /// are dropped.
    pub(crate) fn log(&mut self, services: &dyn HostServices, level: LogLevel, message: String) {
        let Some((room, lines)) = self.log_room else {
            return;
        };
        let message = amounts::cut(message, most::LINE);
        let room = room.checked_sub(message.len() as u64 + 1);
        self.log_room = room.zip(lines.checked_sub(1));
        if self.log_room.is_some() {
            services.log(level, message);
        } else {
            let allowed = match room {
                None => format!("`limits.log` allows {}", amounts::size(self.limits.log)),
                Some(_) => format!("an attempt may write {} of them", most::LINES),
            };
            services.log(
                LogLevel::Warn,
                format!("further log lines are dropped: {allowed}"),
            );
        }
    }

    /// Tells how far the step is, in a label that whoever watches can keep.
    pub(crate) fn advance(
        &mut self,
        services: &dyn HostServices,
        done: u32,
        total: u32,
        label: String,
    ) {
        if label.len() > most::LABEL && !self.cut_label {
            self.cut_label = true;
            let notice = format!(
                "labels of its progress are cut: one has at most {}",
                amounts::size(most::LABEL as u64)
            );
            self.log(services, LogLevel::Warn, notice);
        }
        services.advance(done, total, amounts::cut(label, most::LABEL));
    }

    /// What happens at each tick of the epoch: the guest lets others run, unless its time is over.
    pub(crate) fn tick(&mut self) -> wasmtime::Result<UpdateDeadline> {
        let (cpu, wall) = (self.meter.cpu_within(), self.meter.wall());
        let (limit, used, allowed) = if cpu > self.limits.cpu {
            (Limit::Cpu, cpu, self.limits.cpu)
        } else if wall > self.limits.wall {
            // The timer around the call sees it too, but later where spinning guests keep the runtime busy.
            (Limit::Wall, wall, self.limits.wall)
        } else {
            return Ok(UpdateDeadline::Yield(1));
        };
        let (used, allowed) = (units::duration(used), units::duration(allowed));
        Err(self.stop(AttemptEnd::limit(limit, used, allowed)))
    }
}

impl WasiView for Attempt {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.wasi.view()
    }
}
