//! A step that does nothing, or calls the host as often as its input says: for measuring what an execution costs.

use stepwell_sdk::{Description, Documents, Failure, Field, Inputs, Step, chat, context};

/// The step.
#[derive(Debug, Default)]
pub struct Nothing;

stepwell_sdk::export!(Nothing);

impl Step for Nothing {
    fn describe(&self) -> Description {
        Description::new("nothing", "1.0.0", "Does nothing, for measuring.")
            .input(Field::optional("host_calls", "How often to call the host"))
            .input(Field::optional("ask", "What to ask a model, once"))
    }

    fn process_response(&self, _: &Inputs, _: &str) -> Result<Documents, Failure> {
        Ok(Documents::new())
    }

    fn execute(&self, inputs: &Inputs) -> Result<Documents, Failure> {
        for _ in 0..inputs.text("host_calls").parse().unwrap_or(0_u64) {
            std::hint::black_box(context::previous_end());
        }
        if let Some(question) = inputs.get("ask").filter(|question| !question.is_empty()) {
            chat::ask(question)?;
        }
        Ok(Documents::new())
    }
}
