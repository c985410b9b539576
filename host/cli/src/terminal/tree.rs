//! The step tree of a run while it is under way, as lines to draw.
//!
//! Pure: it is told what happened and what time it is.

use std::collections::BTreeMap;

use jiff::Timestamp;
use stepwell_engine::{Event, EventView, Live, RunView, StepStatus, StepView};

use super::style::plain_line;
use super::{Style, between, duration};

/// What turns beside a step that is under way.
const FRAMES: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// How much of a streaming line is kept.
const STREAMED: usize = 400;

/// The steps in the order of the definition, each with its executions.
pub(crate) struct Tree {
    rows: Vec<Row>,
}

struct Row {
    path: String,
    depth: usize,
    /// Where the step was before anything was heard of its executions.
    status: StepStatus,
    items: Option<u32>,
    doing: BTreeMap<String, Doing>,
}

/// One execution.
struct Doing {
    status: StepStatus,
    attempt: u32,
    since: Timestamp,
    until: Option<Timestamp>,
    pieces: u64,
    /// The last line of the answer that streams in.
    streaming: String,
    note: String,
}

/// A line of the drawing, and how much it would be missed.
struct Line {
    text: String,
    weight: u8,
}

impl Tree {
    pub(crate) fn of(run: &RunView) -> Self {
        let mut rows = Vec::new();
        for step in &run.steps {
            add(step, 0, &mut rows);
        }
        Self { rows }
    }

    pub(crate) fn event(&mut self, event: &EventView) {
        let Some(execution) = &event.execution else {
            return;
        };
        let Some(row) = self.row(execution) else {
            return;
        };
        if let Event::StepStarted { attempt, .. } = event.event {
            // A new take takes the place of the one before it.
            row.doing
                .retain(|name, _| take_of(name) == take_of(execution));
            row.doing
                .insert(execution.clone(), Doing::new(attempt, event.at));
            return;
        }
        let doing = row
            .doing
            .entry(execution.clone())
            .or_insert_with(|| Doing::new(1, event.at));
        match &event.event {
            Event::StepRetried { attempt, .. } => doing.attempt = *attempt,
            Event::StepSucceeded { .. } => doing.end(StepStatus::Success, event.at),
            Event::StepFailed { problem } => {
                doing.end(StepStatus::Failure, event.at);
                doing.note = plain_line(&problem.message);
            }
            Event::StepSkipped { .. } => doing.end(StepStatus::Skipped, event.at),
            Event::CallSent { model, .. } => {
                doing.stream_afresh();
                doing.note = format!("asks {}", plain_line(model));
            }
            Event::CallAnswered { .. } | Event::CallFailed { .. } => {
                doing.stream_afresh();
                doing.note.clear();
            }
            Event::Question { title, .. } => {
                doing.status = StepStatus::Waiting;
                doing.note = plain_line(title);
            }
            Event::Answered { .. } => {
                doing.status = StepStatus::Running;
                doing.note.clear();
            }
            Event::Log { message, .. } => doing.note = plain_line(message),
            Event::Progress { done, total, label } => {
                doing.note = format!("{done} of {total} {}", plain_line(label))
            }
            _ => {}
        }
    }

    pub(crate) fn live(&mut self, live: &Live) {
        let (Live::Tokens { execution, .. }
        | Live::Restarted { execution, .. }
        | Live::Backoff { execution, .. }
        | Live::Log { execution, .. }
        | Live::Progress { execution, .. }) = live;
        let Some(doing) = self
            .row(execution)
            .and_then(|row| row.doing.get_mut(execution))
        else {
            return;
        };
        match live {
            Live::Tokens { text, .. } => doing.stream(text),
            Live::Restarted { .. } => doing.stream_afresh(),
            Live::Backoff {
                wait_ms, reason, ..
            } => {
                doing.note = format!("waits {}: {}", duration(*wait_ms), plain_line(reason));
            }
            Live::Log { message, .. } => doing.note = plain_line(message),
            Live::Progress {
                done, total, label, ..
            } => {
                doing.note = format!("{done} of {total} {}", plain_line(label));
            }
        }
    }

    fn row(&mut self, execution: &str) -> Option<&mut Row> {
        let path = path_of(execution);
        self.rows.iter_mut().find(|row| row.path == path)
    }

    /// The drawing, at most `room` lines of it.
    pub(crate) fn lines(
        &self,
        style: Style,
        now: Timestamp,
        frame: usize,
        room: usize,
    ) -> Vec<String> {
        let mut lines = Vec::new();
        for row in &self.rows {
            row.lines(style, now, frame, &mut lines);
        }
        fit(lines, room, style)
    }
}

fn add(step: &StepView, depth: usize, rows: &mut Vec<Row>) {
    let doing = step.executions.iter().map(|execution| {
        let doing = Doing {
            status: execution.status,
            attempt: execution
                .attempts
                .last()
                .map_or(1, |attempt| attempt.number),
            since: execution.started_at,
            until: execution.ended_at,
            pieces: 0,
            streaming: String::new(),
            note: execution
                .problem
                .as_ref()
                .map(|problem| plain_line(&problem.message))
                .unwrap_or_default(),
        };
        (execution.name.clone(), doing)
    });
    rows.push(Row {
        path: step.path.to_string(),
        depth,
        status: step.status,
        items: step.items,
        doing: doing.collect(),
    });
    for sub_step in &step.steps {
        add(sub_step, depth + 1, rows);
    }
}

impl Row {
    fn lines(&self, style: Style, now: Timestamp, frame: usize, lines: &mut Vec<Line>) {
        let id = self.path.rsplit('/').next().unwrap_or(&self.path);
        let indent = "  ".repeat(self.depth);
        let only = self
            .doing
            .iter()
            .next()
            .filter(|(name, _)| self.doing.len() == 1 && !name.contains('['));
        if let Some((_, doing)) = only {
            doing.lines(style, now, frame, &format!("{indent}{{mark}} {id}"), lines);
            return;
        }
        if self.doing.is_empty() {
            let text = format!("{indent}{} {}", style.mark(self.status), style.dim(id));
            lines.push(Line {
                text,
                weight: weight(self.status),
            });
            return;
        }
        let count = |status| {
            self.doing
                .values()
                .filter(|doing| doing.status == status)
                .count()
        };
        let total = self.items.map_or(self.doing.len(), |items| {
            (items as usize).max(self.doing.len())
        });
        let done = count(StepStatus::Success) + count(StepStatus::Skipped);
        let status = [
            StepStatus::Failure,
            StepStatus::Running,
            StepStatus::Waiting,
        ]
        .into_iter();
        let status = status.into_iter().find(|status| count(*status) > 0);
        let status = status.unwrap_or(if done < total {
            StepStatus::Running
        } else {
            StepStatus::Success
        });
        let text = format!(
            "{indent}{} {id}  {}",
            style.mark(status),
            style.dim(&format!("{done} of {total} done"))
        );
        lines.push(Line {
            text,
            weight: weight(status),
        });
        for (name, doing) in &self.doing {
            if !matches!(doing.status, StepStatus::Success | StepStatus::Skipped) {
                doing.lines(
                    style,
                    now,
                    frame,
                    &format!("{indent}  {{mark}} {}", items_of(name)),
                    lines,
                );
            }
        }
    }
}

impl Doing {
    fn new(attempt: u32, since: Timestamp) -> Self {
        Self {
            status: StepStatus::Running,
            attempt,
            since,
            until: None,
            pieces: 0,
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

    fn lines(
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
        if !self.note.is_empty() {
            details.push(self.note.clone());
        }
        if self.pieces > 0 {
            details.push(format!("~{} tokens", self.pieces));
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

fn weight(status: StepStatus) -> u8 {
    match status {
        StepStatus::Pending => 0,
        StepStatus::Success | StepStatus::Skipped | StepStatus::Cancelled | StepStatus::Stale => 1,
        StepStatus::Running => 3,
        StepStatus::Waiting | StepStatus::Failure => 4,
    }
}

/// Leaves out what would be missed least: the last pending lines, then the first that are done.
fn fit(mut lines: Vec<Line>, room: usize, style: Style) -> Vec<String> {
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

/// The path of an execution's step: `a[2]/b~3#2` is of `a/b`.
fn path_of(execution: &str) -> String {
    let path = execution.split('#').next().unwrap_or_default();
    let id = |piece: &str| {
        piece
            .split(['[', '~'])
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    path.split('/').map(id).collect::<Vec<_>>().join("/")
}

fn take_of(execution: &str) -> &str {
    execution.split_once('#').map_or("1", |(_, take)| take)
}

/// The items of an execution's name: `a[2]/b[0]` has `[2][0]`.
fn items_of(execution: &str) -> String {
    let mut items = String::new();
    let mut inside = false;
    for character in execution.chars() {
        inside |= character == '[';
        if inside {
            items.push(character);
        }
        inside &= character != ']';
    }
    items
}

#[cfg(test)]
mod tests {
    use stepwell_contract::RunId;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn tree(paths: &[&str]) -> Tree {
        let row = |path: &&str| Row {
            path: (*path).into(),
            depth: path.matches('/').count(),
            status: StepStatus::Pending,
            items: None,
            doing: BTreeMap::new(),
        };
        Tree {
            rows: paths.iter().map(row).collect(),
        }
    }

    fn tell(tree: &mut Tree, second: i64, execution: &str, event: Event) {
        tree.event(&EventView {
            cursor: 1,
            at: at(second),
            execution: Some(execution.into()),
            event,
        });
    }

    fn started() -> Event {
        Event::StepStarted {
            attempt: 1,
            afresh: false,
        }
    }

    fn succeeded() -> Event {
        Event::StepSucceeded {
            documents: Vec::new(),
            files: 0,
        }
    }

    fn shown(tree: &Tree, second: i64, room: usize) -> Vec<String> {
        tree.lines(Style::new(false), at(second), 0, room)
    }

    #[test]
    fn steps_stand_in_their_order_with_what_they_do() {
        let mut tree = tree(&["a", "a/b", "c"]);
        tell(&mut tree, 0, "a", started());
        tell(&mut tree, 3, "a", succeeded());
        tell(&mut tree, 3, "a/b", started());
        tree.live(&Live::Tokens {
            run: RunId(uuid::Uuid::nil()),
            execution: "a/b".into(),
            call: uuid::Uuid::nil(),
            text: "# Title\n\nThe \x1b[31mtext\n".into(),
        });
        let expected = [
            "✓ a  3.0 s",
            "  ⠋ b  ~1 tokens · 2.0 s",
            "    The [31mtext",
            "· c",
        ];
        assert_eq!(shown(&tree, 5, 10), expected);
    }

    #[test]
    fn items_are_counted_and_only_open_ones_are_listed() {
        let mut tree = tree(&["a", "a/b"]);
        for item in 0..3 {
            tell(&mut tree, 0, &format!("a/b[{item}]"), started());
        }
        tell(&mut tree, 1, "a/b[0]", succeeded());
        assert_eq!(
            shown(&tree, 2, 10),
            [
                "· a",
                "  ▸ b  1 of 3 done",
                "    ⠋ [1]  2.0 s",
                "    ⠋ [2]  2.0 s"
            ]
        );
        assert_eq!(path_of("a[0]/b[1]~2#3"), "a/b");
        assert_eq!(items_of("a[0]/b[1]~2#3"), "[0][1]");
    }

    #[test]
    fn a_new_take_replaces_the_old_one() {
        let mut tree = tree(&["a"]);
        tell(&mut tree, 0, "a", started());
        tell(&mut tree, 1, "a", succeeded());
        tell(&mut tree, 5, "a#2", started());
        assert_eq!(shown(&tree, 6, 10), ["⠋ a  1.0 s"]);
    }

    #[test]
    fn a_small_terminal_keeps_what_is_under_way() {
        let mut tree = tree(&["a", "b", "c", "d"]);
        tell(&mut tree, 0, "a", started());
        tell(&mut tree, 1, "a", succeeded());
        tell(&mut tree, 1, "b", started());
        let lines = shown(&tree, 2, 2);
        assert_eq!(
            lines,
            [
                "⠋ b  1.0 s",
                "… and 3 more lines: `stepwell status` shows all"
            ]
        );
    }
}
