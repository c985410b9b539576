//! The step tree of a run while it is under way, as lines to draw.
//!
//! Pure: it is told what happened and what time it is.

use std::collections::BTreeMap;

use jiff::Timestamp;
use stepwell_engine::{Event, EventView, Live, RunStatus, RunView, StepStatus, StepView};

use super::Style;
use super::doing::{Doing, Line, fit, weight};
use super::names::{is_of_earlier_round, items_of, path_of, take_of};

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
    /// How many items each list has that was heard of, by what stands before the item's index.
    lists: BTreeMap<String, u32>,
    /// The round of a repeated step, and how many there may be; none where its items have rounds of their own.
    round: Option<(u32, u32)>,
    doing: BTreeMap<String, Doing>,
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
        if let Event::RunEnded {
            status: RunStatus::Waiting,
            ..
        } = event.event
        {
            self.rest(StepStatus::Waiting);
        }
        if let Event::AnotherRound {
            of, round, most, ..
        } = &event.event
        {
            self.another_round(of.as_str(), *round, *most);
            return;
        }
        let Some(execution) = &event.execution else {
            return;
        };
        let Some(row) = self.row(execution) else {
            return;
        };
        if let Event::StepStarted { attempt, items, .. } = event.event {
            if let (Some(items), Some((list, _))) = (items, execution.rsplit_once('[')) {
                row.lists.insert(list.to_owned(), items);
            }
            // A new round takes the place of the one before it, and so does a new take.
            row.doing.retain(|name, _| {
                take_of(name) == take_of(execution) && !is_of_earlier_round(name, execution)
            });
            row.doing
                .insert(execution.clone(), Doing::new(attempt, event.at));
            return;
        }
        let doing = row
            .doing
            .entry(execution.clone())
            .or_insert_with(|| Doing::new(1, event.at));
        doing.event(event);
    }

    pub(crate) fn live(&mut self, live: &Live) {
        let (Live::Tokens { execution, .. }
        | Live::Restarted { execution, .. }
        | Live::Backoff { execution, .. }
        | Live::Queued { execution, .. }
        | Live::Log { execution, .. }
        | Live::Progress { execution, .. }) = live
        else {
            return;
        };
        let Some(doing) = self
            .row(execution)
            .and_then(|row| row.doing.get_mut(execution))
        else {
            return;
        };
        doing.live(live);
    }

    /// What is below begins anew.
    fn another_round(&mut self, of: &str, round: u32, most: u32) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.path == of) {
            row.round = row.items.is_none().then_some((round, most));
        }
    }

    /// Nothing is under way any more: what was is this now.
    pub(crate) fn rest(&mut self, status: StepStatus) {
        let doing = self.rows.iter_mut().flat_map(|row| row.doing.values_mut());
        for doing in doing.filter(|doing| doing.status == StepStatus::Running) {
            doing.rest(status);
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
    let doing = step.of_last_round().map(|execution| {
        let doing = Doing::of(execution);
        (execution.name.clone(), doing)
    });
    let round = match step.rounds.as_slice() {
        [only] if step.items.is_none() && only.round > 1 => Some((only.round, only.most)),
        _ => None,
    };
    rows.push(Row {
        path: step.path.to_string(),
        depth,
        status: step.status,
        items: step.items,
        lists: BTreeMap::new(),
        round,
        doing: doing.collect(),
    });
    for sub_step in &step.steps {
        add(sub_step, depth + 1, rows);
    }
}

impl Row {
    fn lines(&self, style: Style, now: Timestamp, frame: usize, lines: &mut Vec<Line>) {
        let id = self.path.rsplit('/').next().unwrap_or(&self.path);
        let id = &match self.round {
            Some((round, most)) => format!("{id}  round {round} of at most {most}"),
            None => id.to_owned(),
        };
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
        let listed = self.lists.values().sum::<u32>();
        let items = self.items.unwrap_or_default().max(listed);
        let total = (items as usize).max(self.doing.len());
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
            lists: BTreeMap::new(),
            round: None,
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
            items: None,
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
            "    The ␛[31mtext",
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
    }

    #[test]
    fn a_round_takes_the_place_of_the_one_before() {
        let mut tree = tree(&["a", "a/b", "a/c"]);
        for step in ["a/b", "a/c"] {
            tell(&mut tree, 0, step, started());
            tell(&mut tree, 1, step, succeeded());
        }
        let another = Event::AnotherRound {
            of: "a".parse().unwrap(),
            round: 2,
            most: 3,
            document: "verdict".into(),
            said: "failed".into(),
        };
        tell(&mut tree, 1, "a/c", another);
        tell(&mut tree, 2, "a~2/b", started());
        assert_eq!(
            shown(&tree, 5, 10),
            ["· a  round 2 of at most 3", "  ⠋ b  3.0 s", "  ✓ c  1.0 s"]
        );
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
