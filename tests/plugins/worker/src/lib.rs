//! A step for tests that does everything a step can: it asks models one by one and at once, asks the person, fails and
//! tries again, keeps a checkpoint, and writes files. Its settings say which of it.

use stepwell_sdk::chat::{self, Request};
use stepwell_sdk::dialogue::{Form, Question};
use stepwell_sdk::{
    Description, Documents, Failure, Field, Inputs, Prompt, Step, context, progress, prompts,
    workspace,
};

/// The step.
#[derive(Debug, Default)]
pub struct Worker;

stepwell_sdk::export!(Worker);

impl Step for Worker {
    fn describe(&self) -> Description {
        Description::new("worker", "1.0.0", "Does what its settings say, for tests.")
            .input(Field::optional("topic", "What to work on"))
            .document(Field::required("result", "What came of it"))
            .document(Field::required("items", "A JSON array, for a `for_each`"))
            .prompt(
                Prompt::new("worker", "Work on {{ topic }}.").variable("topic", "What to work on"),
            )
            .setting(Field::optional(
                "calls",
                "How many calls one after the other",
            ))
            .setting(Field::optional("fan", "How many calls at once"))
            .setting(Field::optional(
                "model",
                "The model that the calls at once name, and to tell what came of them",
            ))
            .setting(Field::optional(
                "ask",
                "The keys of questions to ask, one form each",
            ))
            .setting(Field::optional(
                "fail",
                "How many attempts fail with `invalid-response` first",
            ))
            .setting(Field::optional("files", "How many files to write"))
            .setting(Field::optional(
                "write",
                "A path to write to, and to tell what came of it",
            ))
            .setting(Field::optional(
                "search",
                "An expression to search all files by, before the calls and at the end",
            ))
            .setting(Field::optional("read", "A path to read after the calls"))
            .setting(Field::optional("items", "The items to write"))
            .setting(Field::optional(
                "counts_starts",
                "Whether it asks with the number of times that it was started, which it keeps by a checkpoint",
            ))
            .setting(Field::optional(
                "checkpoint",
                "Whether to keep a checkpoint in the middle",
            ))
    }

    fn process_response(&self, _: &Inputs, response: &str) -> Result<Documents, Failure> {
        Ok(Documents::one("result", response))
    }

    fn execute(&self, inputs: &Inputs) -> Result<Documents, Failure> {
        let topic = inputs.text("topic").to_owned();
        let mut result = Vec::new();
        result.push(prompts::fill("worker", &[("topic", topic.as_str())])?);
        let search = context::setting::<String>("search")?;
        result.extend(search.as_deref().map(searched));
        if context::setting_or("counts_starts", false)? {
            let starts = context::checkpoint::<u32>("starts")?.unwrap_or(0) + 1;
            context::save_checkpoint("starts", &starts)?;
            result.push(chat::ask(format!("start {starts}"))?);
        }
        let calls: u32 = context::setting_or("calls", 0)?;
        for number in 0..calls {
            result.push(chat::ask(format!("{topic} call {number}"))?);
            progress::advance(number + 1, calls, format!("call {number}"));
        }
        if context::setting_or("checkpoint", false)? {
            if let Some(kept) = context::checkpoint::<String>("kept")? {
                progress::info(format!("starts with {kept}"));
            }
            context::save_checkpoint("kept", &topic)?;
        }
        let fan: u32 = context::setting_or("fan", 0)?;
        let model = context::setting::<String>("model")?;
        let requests = (0..fan).map(|number| {
            let request = Request::new(format!("{topic} fan {number}"));
            match &model {
                Some(model) => request.model(model),
                None => request,
            }
        });
        for answer in chat::complete_all(requests.collect()) {
            result.push(match answer {
                Err(error) if model.is_some() => error.message,
                answer => answer?.text,
            });
        }
        for key in context::setting_or::<Vec<String>>("ask", Vec::new())? {
            let form = Form::new("Some questions").guidance("Please answer.");
            let answers = form
                .question(Question::new(key.clone(), format!("What about {key}?")))
                .ask();
            result.push(match answers {
                Ok(answers) => format!("{key}: {}", answers.text(&key)),
                Err(error) => format!("{key}: {}", error.message),
            });
        }
        let paths: u32 = context::setting_or("files", 0)?;
        for number in 0..paths {
            let path = format!("{}/file_{number}.txt", topic.replace(' ', "_"));
            workspace::write(&path, format!("{}\n", result.join("\n")))?;
        }
        if let Some(path) = context::setting::<String>("write")? {
            result.push(match workspace::write(&path, "written") {
                Ok(()) => format!("wrote {path}"),
                Err(error) => error.message,
            });
        }
        if let Some(path) = context::setting::<String>("read")? {
            result.push(match workspace::read_text(&path) {
                Ok(text) => text.unwrap_or_default(),
                Err(error) => error.message,
            });
        }
        result.extend(search.as_deref().map(searched));
        if context::attempt() <= context::setting_or("fail", 0)? {
            return Err(Failure::invalid_response("not good enough yet"));
        }
        let items = context::setting_or("items", serde_json::json!([]))?;
        Ok(Documents::one("result", result.join("\n")).with("items", items.to_string()))
    }
}

/// What a search finds: `path:number:text` of each line.
fn searched(pattern: &str) -> String {
    let findings = match workspace::search(&workspace::Query::new(pattern)) {
        Ok(findings) => findings,
        Err(error) => return error.message,
    };
    let lines = findings.files.iter().flat_map(|file| {
        let lines = file.lines.iter();
        lines.map(|line| format!("{}:{}:{}", file.path, line.number, line.text))
    });
    format!("found {}", lines.collect::<Vec<_>>().join(" "))
}
