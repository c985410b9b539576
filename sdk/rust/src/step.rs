//! The trait that a step implements, its inputs, and the documents that it gives back.

use serde::de::DeserializeOwned;

use crate::bindings::stepwell::plugin::types::Text;
use crate::{Description, Failure, chat, context, prompts};

/// One unit of work in a workflow.
///
/// Only [`describe`](Self::describe) and [`process_response`](Self::process_response) have to be written.
pub trait Step {
    /// What the step is, reads and writes. May call no function of the host.
    fn describe(&self) -> Description;

    /// The first prompt that [`execute`](Self::execute) would send to a model without tools; none where the step asks no model.
    ///
    /// May read prompts and the context, and call no other function of the host. Unless written otherwise it
    /// fills the first declared prompt as [`Inputs::fill`] does.
    ///
    /// # Errors
    /// An input is unusable, or the host can't fill the prompt.
    fn construct_prompt(&self, inputs: &Inputs) -> Result<Option<String>, Failure> {
        let description = self.describe();
        let prompt = description.prompts.first();
        prompt
            .map(|prompt| inputs.fill(&description, &prompt.name, &[]))
            .transpose()
    }

    /// The documents in a model's answer. Pure: it calls no function of the host, and the same answer gives the
    /// same documents, so that a stored answer can be parsed again by a newer step for free.
    ///
    /// # Errors
    /// [`Failure::invalid_response`] that names everything the answer lacks.
    fn process_response(&self, inputs: &Inputs, response: &str) -> Result<Documents, Failure>;

    /// The step's work, from its inputs to its documents: unless written otherwise, the prompt is filled, sent,
    /// and the answer parsed.
    ///
    /// After a failure the host starts it again from the beginning; what it asked before is answered as before.
    ///
    /// # Errors
    /// Whatever stopped it.
    fn execute(&self, inputs: &Inputs) -> Result<Documents, Failure> {
        match self.construct_prompt(inputs)? {
            Some(prompt) => {
                let answer = chat::ask(prompt)?;
                self.process_response(inputs, &answer)
            }
            None => self.process_response(inputs, ""),
        }
    }
}

/// The name under which the host hands in the template that is in force. No definition can set it: it is no name.
pub(crate) const TEMPLATE: &str = "$prompt";

/// The inputs of an execution, by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inputs(Vec<Text>);

impl Inputs {
    /// No inputs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same inputs with one more.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.push(Text::new(name, value));
        self
    }

    /// An input as it was given.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|input| input.name == name)
            .map(|input| input.value.as_str())
    }

    /// The template of the step's first prompt, in the version that is in force; none where no host says it.
    ///
    /// The host hands it in beside the inputs of the definition, so that a document can have the format that the project's
    /// prompt asks for ([`DocumentFormat`](crate::answer::DocumentFormat)).
    #[must_use]
    pub fn template(&self) -> Option<&str> {
        self.get(TEMPLATE)
    }

    /// An input without the white space around it; empty if it wasn't given.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default().trim()
    }

    /// An input that must be there.
    ///
    /// # Errors
    /// It wasn't given, or is blank.
    pub fn required(&self, name: &str) -> Result<&str, Failure> {
        match self.text(name) {
            "" => Err(Failure::invalid_input(format!(
                "the input `{name}` is empty"
            ))),
            text => Ok(text),
        }
    }

    /// An input that holds JSON.
    ///
    /// # Errors
    /// It is missing, or isn't the JSON that it should be.
    pub fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, Failure> {
        serde_json::from_str(self.required(name)?).map_err(|error| {
            Failure::invalid_input(format!(
                "the input `{name}` isn't the JSON it should be: {error}"
            ))
        })
    }

    /// Fills a prompt that the step declares. Each variable is what `given` says, else the input of its name, else the
    /// setting of its name, and empty where there is none of them.
    ///
    /// # Errors
    /// An input is missing that must be there, a setting is no text, or the host can't fill the prompt.
    pub fn fill(
        &self,
        description: &Description,
        prompt: &str,
        given: &[(&str, &str)],
    ) -> Result<String, Failure> {
        self.check(description)?;
        let mut variables: Vec<Text> = given
            .iter()
            .map(|(name, text)| Text::new(*name, *text))
            .collect();
        let declared = description.prompts.iter().find(|one| one.name == prompt);
        for variable in declared.iter().flat_map(|prompt| &prompt.variables) {
            let name = variable.name.as_str();
            if variables.iter().any(|given| given.name == name) {
                continue;
            }
            let is_setting = description.settings.iter().any(|field| field.name == name);
            let text = match self.get(name) {
                None if is_setting => context::setting_or(name, String::new())?,
                _ => self.text(name).to_owned(),
            };
            variables.push(Text::new(name, text.trim()));
        }
        Ok(prompts::render(prompt, &variables)?)
    }

    /// Whether all inputs that a description calls required are there; all missing ones are named at once.
    ///
    /// # Errors
    /// At least one isn't.
    pub fn check(&self, description: &Description) -> Result<(), Failure> {
        let missing: Vec<String> = description
            .inputs
            .iter()
            .filter(|field| field.required && self.text(&field.name).is_empty())
            .map(|field| format!("`{}`", field.name))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Failure::invalid_input(format!(
            "nothing was given for {}",
            missing.join(", ")
        )))
    }
}

impl From<Vec<Text>> for Inputs {
    fn from(inputs: Vec<Text>) -> Self {
        Self(inputs)
    }
}

/// The documents that a step gives back, each once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Documents(Vec<Text>);

impl Documents {
    /// No documents.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One document.
    pub fn one(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new().with(name, text)
    }

    /// The same documents with one more; it replaces one of that name.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        let document = Text::new(name, text);
        self.0.retain(|other| other.name != document.name);
        self.0.push(document);
        self
    }

    /// The text of one of them.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|document| document.name == name)
            .map(|document| document.value.as_str())
    }

    /// Their names, in the order in which they were added.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|document| document.name.as_str())
    }
}

impl From<Documents> for Vec<Text> {
    fn from(documents: Documents) -> Self {
        documents.0
    }
}
