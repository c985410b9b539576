//! Steps that work and check, round after round.

use std::sync::{Arc, Mutex};

use stepwell_contract::Text;

use super::{Ask, World, step, text};

/// What the steps did, and what `check` is to say.
#[derive(Clone, Default)]
pub struct Loop {
    trace: Arc<Mutex<Vec<String>>>,
    verdicts: Arc<Mutex<Vec<String>>>,
}

impl Loop {
    /// What was carried out since the last look: `work~2.1` is `work` in the second round of its parent.
    pub fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.trace.lock().unwrap())
    }

    /// What `check` says from now on, by its round; nothing where there is none.
    pub fn says(&self, verdicts: &[&str]) {
        *self.verdicts.lock().unwrap() = verdicts.iter().map(|word| (*word).to_owned()).collect();
    }

    pub fn did(&self, name: &str) {
        self.trace.lock().unwrap().push(name.to_owned());
    }
}

/// `work` writes its name and its input; `check` writes a report on its input and the verdict of its round. Both ask a
/// model once.
pub async fn looping_world(verdicts: &[&str]) -> (World, Loop) {
    let mut world = World::new().await;
    let rounds = Loop::default();
    rounds.says(verdicts);
    let seen = rounds.clone();
    world.step(
        step("work").input("x").document("out"),
        move |host: Ask, inputs: Vec<Text>| {
            let seen = seen.clone();
            async move {
                let name = name_of(&host);
                seen.did(&name);
                host.chat(&format!("work {name}")).await?;
                Ok(vec![text("out", format!("{name}({})", inputs[0].value))])
            }
        },
    );
    let seen = rounds.clone();
    world.step(
        step("check")
            .input("x")
            .document("report")
            .maybe_document("verdict"),
        move |host: Ask, inputs: Vec<Text>| {
            let seen = seen.clone();
            async move {
                let name = name_of(&host);
                seen.did(&name);
                host.chat(&format!("check {name}")).await?;
                let report = format!("report on {}", inputs[0].value);
                let mut documents = vec![text("report", report)];
                let round = innermost_round(&host);
                let verdict = seen.verdicts.lock().unwrap().get(round - 1).cloned();
                documents.extend(verdict.map(|verdict| text("verdict", verdict)));
                Ok(documents)
            }
        },
    );
    (world, rounds)
}

/// The round of the step's parent.
pub fn innermost_round(host: &Ask) -> usize {
    let path = host.0.path();
    path[path.len().saturating_sub(2)].round as usize
}

/// The last id, with the rounds of all levels.
pub fn name_of(host: &Ask) -> String {
    let path = host.0.path();
    let rounds: Vec<_> = path.iter().map(|level| level.round.to_string()).collect();
    let items = path.iter().filter_map(|level| level.item);
    let items: String = items.map(|item| format!("[{item}]")).collect();
    let id = &path.last().unwrap().step;
    format!("{id}{items}~{}", rounds.join("."))
}

/// What `work` writes in the first round of [`BUILD`].
pub const FIRST: &str = "work~1.1(nothing)";

pub const BUILD: &str = r#"
name = "build"
[[steps]]
id = "build"
repeat = { while = "steps.build.check.verdict", is = ["failed", "error"], times = 2 }
  [[steps.steps]]
  id = "work"
  uses = "builtin:work"
  inputs.x = "{{ steps.build.check.report | default('nothing') }}"
  [[steps.steps]]
  id = "check"
  uses = "builtin:check"
  inputs.x = "{{ steps.build.work.out }}"
[[steps]]
id = "after"
uses = "builtin:work"
inputs.x = "{{ steps.build.work.out }} / {{ steps.build.check.verdict | default('none') }}"
"#;
