//! One execution in the step tree: what it does right now, as a line or two.

use jiff::Timestamp;
use stepwell_engine::{Event, EventView, ExecutionView, Live, StepStatus};

use super::style::plain_line;
use super::{Style, between, duration, tokens};

/// What turns beside a step that is under way.
const FRAMES: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// How much of a streaming line is kept.
const STREAMED: usize = 400;

/// One execution.
pub(super) struct Doing {
    pub(super) status: StepStatus,
    attempt: u32,
    since: Timestamp,
    until: Option<Timestamp>,
    pieces: u64,
    /// For what it waits in the queue before a provider, and until when at least.
    queued: Option<(String, Timestamp)>,
    /// The last line of the answer that streams in.
    streaming: String,
    note: String,
}

/// A line of the drawing, and how much it would be missed.
pub(super) struct Line {
    pub(super) text: String,
    pub(super) weight: u8,
}

impl Doing {
    pub(super) fn of(execution: &ExecutionView) -> Self {
        let attempt = execution
            .attempts
            .last()
            .map_or(1, |attempt| attempt.number);
        let problem = execution.problem.as_ref();
        Self {
            status: execution.status,
            until: execution.ended_at,
            note: problem
                .map(|problem| plain_line(&problem.message))
                .unwrap_or_default(),
            ..Self::new(attempt, execution.started_at)
        }
    }

    pub(super) fn event(&mut self, event: &EventView) {
        self.queued = None;
        match &event.event {
            Event::StepRetried { attempt, .. } => self.attempt = *attempt,
            Event::StepSucceeded { .. } => self.end(StepStatus::Success, event.at),
            Event::StepFailed { problem } => {
                self.end(StepStatus::Failure, event.at);
                self.note = plain_line(&problem.message);
            }
            Event::StepSkipped { .. } => self.end(StepStatus::Skipped, event.at),
            Event::CallSent { model, .. } => {
                self.stream_afresh();
                self.note = format!("asks model {}", plain_line(model));
            }
            Event::CallAnswered { .. } | Event::CallFailed { .. } => {
                self.stream_afresh();
                self.note.clear();
            }
            Event::Question { title, .. } => {
                self.status = StepStatus::Waiting;
                self.note = plain_line(title);
            }
            Event::Answered { .. } => {
                self.status = StepStatus::Running;
                self.note.clear();
            }
            Event::Log { message, .. } => self.note = plain_line(message),
            Event::Progress { done, total, label } => self.progress(*done, *total, label),
            _ => {}
        }
    }

    pub(super) fn live(&mut self, live: &Live) {
        match live {
            Live::Queued {
                provider,
                limit,
                until,
                ..
            } => {
                let what = format!(
                    "waits in the queue of {}, {}",
                    plain_line(provider),
                    plain_line(limit)
                );
                self.queued = Some((what, *until));
            }
            Live::Tokens { text, .. } => self.stream(text),
            Live::Restarted { .. } => self.stream_afresh(),
            Live::Backoff {
                wait_ms, reason, ..
            } => {
                self.note = format!("waits {}: {}", duration(*wait_ms), plain_line(reason));
            }
            Live::Log { message, .. } => self.note = plain_line(message),
            Live::Progress {
                done, total, label, ..
            } => self.progress(*done, *total, label),
            Live::Compiling { .. } | Live::Fetching { .. } | Live::Batch { .. } => {}
        }
    }

    /// It is no longer under way, though it hasn't ended.
    pub(super) fn rest(&mut self, status: StepStatus) {
        self.status = status;
        self.queued = None;
        self.note.clear();
        self.stream_afresh();
    }

    fn progress(&mut self, done: u32, total: u32, label: &str) {
        self.note = format!("{done} of {total} {}", plain_line(label));
    }

    pub(super) fn new(attempt: u32, since: Timestamp) -> Self {
        Self {
            status: StepStatus::Running,
            attempt,
            since,
            until: None,
            pieces: 0,
            queued: None,
            streaming: String::new(),
            note: String::new(),
        }
    }

    fn end(&mut self, status: StepStatus, at: Timestamp) {
        self.status = status;
        self.until = Some(at);
        self.note.clear();
        self.stream_afresh();
    }

    fn stream(&mut self, text: &str) {
        self.pieces += 1;
        // The last line that has something on it.
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 && !line.trim().is_empty() {
                self.streaming.clear();
            }
            self.streaming.push_str(&plain_line(line));
        }
        if let Some(excess) = self
            .streaming
            .len()
            .checked_sub(STREAMED)
            .filter(|excess| *excess > 0)
        {
            let start = self.streaming.ceil_char_boundary(excess);
            self.streaming.drain(..start);
        }
    }

    fn stream_afresh(&mut self) {
        self.pieces = 0;
        self.streaming.clear();
    }

    pub(super) fn lines(
        &self,
        style: Style,
        now: Timestamp,
        frame: usize,
        template: &str,
        lines: &mut Vec<Line>,
    ) {
        let mark = match self.status {
            StepStatus::Running => style.hint(FRAMES[frame % FRAMES.len()]),
            status => style.mark(status),
        };
        let mut details = Vec::new();
        if self.attempt > 1 {
            details.push(format!("attempt {}", self.attempt));
        }
        match &self.queued {
            // It may stand behind others when that time has come.
            Some((what, until)) => match *until > now {
                true => details.push(format!("{what}: {} more", between(now, *until))),
                false => details.push(what.clone()),
            },
            None if !self.note.is_empty() => details.push(self.note.clone()),
            None => {}
        }
        if self.pieces > 0 {
            details.push(format!("~{} tokens", tokens(self.pieces)));
        }
        if self.status != StepStatus::Skipped {
            details.push(between(self.since, self.until.unwrap_or(now)));
        }
        let indent = template.find('{').unwrap_or(0) + 2;
        let text = format!(
            "{}  {}",
            template.replace("{mark}", &mark),
            style.dim(&details.join(" · "))
        );
        lines.push(Line {
            text,
            weight: weight(self.status),
        });
        if self.status == StepStatus::Running && !self.streaming.trim().is_empty() {
            let text = format!("{}{}", " ".repeat(indent), style.dim(self.streaming.trim()));
            lines.push(Line { text, weight: 2 });
        }
    }
}

pub(super) fn weight(status: StepStatus) -> u8 {
    match status {
        StepStatus::Pending => 0,
        StepStatus::Success | StepStatus::Skipped | StepStatus::Cancelled | StepStatus::Stale => 1,
        StepStatus::Running => 3,
        StepStatus::Waiting | StepStatus::Failure | StepStatus::Unreadable => 4,
    }
}

/// Leaves out what would be missed least: the last pending lines, then the first that are done.
pub(super) fn fit(mut lines: Vec<Line>, room: usize, style: Style) -> Vec<String> {
    let mut left_out = 0;
    while lines.len() + usize::from(left_out > 0) > room {
        let Some(least) = lines.iter().map(|line| line.weight).min() else {
            break;
        };
        let fits = |line: &Line| line.weight == least;
        let place = if least == 1 {
            lines.iter().position(fits)
        } else {
            lines.iter().rposition(fits)
        };
        let Some(place) = place else { break };
        lines.remove(place);
        left_out += 1;
    }
    let mut texts: Vec<String> = lines.into_iter().map(|line| line.text).collect();
    if left_out > 0 {
        texts.push(style.dim(&format!(
            "… and {left_out} more lines: `stepwell status` shows all"
        )));
    }
    texts
}
