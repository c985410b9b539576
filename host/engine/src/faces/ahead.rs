//! What a step would ask, without asking: the step is carried out in a sketch of the house until it does.

use stepwell_contract::{Message, Name, RunId, StepPath};
use stepwell_llm::estimated_tokens;

use super::Operations;
use crate::comparing::{Comparing, TrialAhead};
use crate::driving::{Asking, look_ahead};
use crate::execution::First;
use crate::state::{Unsent, message_text, prompt_text};
use crate::words::{
    Ahead, AheadOf, EngineError, LookAhead, PromptAhead, Trial, UnsentCall, UnsentMessage,
};

impl Operations {
    pub(super) async fn look_ahead(&self, mut request: LookAhead) -> Result<Ahead, EngineError> {
        let sketch = Self {
            house: self.house.sketch(),
            reach: self.reach.clone(),
        };
        let (run, step, is_alone) = match request.of {
            AheadOf::Run { run, step } => (run, step, false),
            AheadOf::Plugin { alone } => {
                let run = sketch.start_alone_asking(*alone, Asking::Never).await?;
                (run, sketch.only_step(run).await?, true)
            }
            AheadOf::Definition { alone } => {
                let step = alone.step.clone();
                let run = sketch.start_step_alone_asking(*alone, Asking::Never);
                (run.await?, step, true)
            }
        };
        // All of it begins anew, so that also an item can be looked at that has not begun.
        let items = std::mem::take(&mut request.with.items);
        let options = sketch
            .options_to_rerun(run, &step, request.with, Asking::Never)
            .await?;
        let (key, first) = look_ahead(&sketch.house, run, &step, &items, options).await?;
        let ahead = Ahead::nothing((!is_alone).then_some(run), step, key.to_string());
        let mut ahead = self.told(ahead, first).await?;
        if let Some(problem) = &mut ahead.problem
            && is_alone
        {
            // It names a run that is in no store.
            problem.remedy = None;
        }
        Ok(ahead)
    }

    pub(super) async fn look_at_trial(&self, trial: Trial) -> Result<Ahead, EngineError> {
        let sketch = self.house.sketch();
        let comparing = Comparing::within(&sketch, &self.reach);
        let TrialAhead {
            prompt,
            execution,
            first,
        } = comparing.look_at_trial(&trial).await?;
        let ahead = Ahead::nothing(
            trial.within.run(),
            execution.path.clone(),
            execution.to_string(),
        );
        let mut ahead = self.told(ahead, first).await?;
        let filled = ahead.calls.iter_mut().flat_map(|call| &mut call.prompts);
        for filled in filled.filter(|filled| filled.number == 0) {
            filled.unsaved = prompt.as_ref() == Some(&filled.name);
        }
        if let Some(problem) = &mut ahead.problem {
            // As above.
            problem.remedy = None;
        }
        Ok(ahead)
    }

    /// What a step would do first, told.
    async fn told(&self, mut ahead: Ahead, first: First) -> Result<Ahead, EngineError> {
        match first {
            First::Asks(unsent) => {
                for unsent in unsent {
                    ahead.calls.push(self.unsent_call(unsent).await?);
                }
            }
            First::AsksPerson(form) => ahead.question = Some(form),
            First::AsksNothing => {}
            First::Fails(problem) => ahead.problem = Some(problem),
        }
        Ok(ahead)
    }

    /// The one step of a plugin that is run alone.
    async fn only_step(&self, run: RunId) -> Result<StepPath, EngineError> {
        let record = self.house.run_record(run).await?;
        let mut steps = record.plugins.into_keys();
        steps.next().ok_or_else(|| EngineError::Bug {
            reason: "a workflow of one step has none".into(),
        })
    }

    async fn unsent_call(&self, unsent: Unsent) -> Result<UnsentCall, EngineError> {
        let Unsent {
            request,
            model,
            prompts: filled,
        } = unsent;
        let mut prompts = Vec::new();
        for (name, number) in filled {
            prompts.push(PromptAhead {
                stored: self.is_stored(&name, number).await?,
                name,
                number,
                unsaved: false,
            });
        }
        let message = |message: &Message| UnsentMessage {
            role: message.role,
            text: message_text(message),
        };
        let messages: Vec<_> = request.messages.iter().map(message).collect();
        let said = messages.iter().map(|message| message.text.len());
        let offered = request.tools.iter();
        let offered = offered.map(|tool| tool.description.len() + tool.parameters_schema.len());
        let bytes: usize = said.chain(offered).sum();
        Ok(UnsentCall {
            model: request
                .model
                .clone()
                .or(model.as_ref().map(|model| model.name.clone())),
            provider: model.as_ref().map(|model| model.provider.clone()),
            provider_model: model.map(|model| model.provider_model),
            prompts,
            messages,
            tools: request.tools.iter().map(|tool| tool.name.clone()).collect(),
            prompt: prompt_text(&request),
            estimated_tokens: estimated_tokens(bytes),
            request: serde_json::to_value(&request).unwrap_or_default(),
        })
    }

    /// Whether a version is in the store itself, and not in a sketch of it alone.
    async fn is_stored(&self, name: &str, number: u32) -> Result<bool, EngineError> {
        let Ok(name) = Name::new(name) else {
            return Ok(false);
        };
        let record = self.house.store.prompt(&name).await;
        Ok(record.is_ok_and(|record| record.is_some_and(|record| record.kept(number).is_ok())))
    }
}
