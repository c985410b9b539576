//! The functions that a step may import: each lets the call in, converts, asks the host's services, converts back.
//!
//! What the functions do is the engine's; what they may cost and from where they may be called is
//! [`crate::attempt`]'s.

use std::future::Future;

use stepwell_contract::Hosted;
use wasmtime::Result;

use crate::attempt::{Attempt, Opening::Look, Opening::Work};
use crate::bindings::{
    Step, chat, context, dialogue, documents, progress, prompts, types, workspace,
};
use crate::convert::{both, each};
use crate::weigh::Weigh;

/// What a host function gives, or what it says no with.
type Told<T, E> = std::result::Result<T, E>;

/// Links all interfaces of the contract.
pub(crate) fn add_to_linker(linker: &mut wasmtime::component::Linker<Attempt>) -> Result<()> {
    struct Contract;
    impl wasmtime::component::HasData for Contract {
        type Data<'a> = &'a mut Attempt;
    }
    Step::add_to_linker::<_, Contract>(linker, |attempt| attempt)
}

impl Attempt {
    /// Waits for a host function, and converts what it tells.
    async fn told<T: Weigh, E: Weigh, To: From<T>, Error: From<E>>(
        &mut self,
        answer: impl Future<Output = Hosted<Told<T, E>>>,
    ) -> Result<Told<To, Error>> {
        Ok(both(self.hosted(answer).await?))
    }

    /// The same of a list.
    async fn listed<T: Weigh, E: Weigh, To: From<T>, Error: From<E>>(
        &mut self,
        answer: impl Future<Output = Hosted<Told<Vec<T>, E>>>,
    ) -> Result<Told<Vec<To>, Error>> {
        Ok(self.hosted(answer).await?.map(each).map_err(Error::from))
    }
}

impl types::Host for Attempt {}

impl context::Host for Attempt {
    async fn run_id(&mut self) -> Result<String> {
        Ok(self.open("context.run-id", Look, ())?.run_id())
    }

    async fn path(&mut self) -> Result<Vec<context::Level>> {
        let path = self.open("context.path", Look, ())?.path();
        self.hand_over(&path)?;
        Ok(each(path))
    }

    async fn attempt(&mut self) -> Result<u32> {
        Ok(self.open("context.attempt", Look, ())?.attempt())
    }

    async fn previous_end(&mut self) -> Result<Option<String>> {
        let end = self.open("context.previous-end", Look, ())?.previous_end();
        self.hand_over(&end)?;
        Ok(end)
    }

    async fn previous_progress(&mut self) -> Result<Option<String>> {
        let services = self.open("context.previous-progress", Look, ())?;
        let label = services.previous_progress();
        self.hand_over(&label)?;
        Ok(label)
    }

    async fn attempts_left(&mut self) -> Result<u32> {
        Ok(self
            .open("context.attempts-left", Look, ())?
            .attempts_left())
    }

    async fn setting(&mut self, name: String) -> Result<Option<String>> {
        let services = self.open("context.setting", Look, &name)?;
        let value = services.setting(&name);
        self.hand_over(&value)?;
        Ok(value)
    }

    async fn save_checkpoint(
        &mut self,
        key: String,
        value: Vec<u8>,
    ) -> Result<Told<(), context::CheckpointError>> {
        let services = self.open("context.save-checkpoint", Work, (&key, &value))?;
        self.told(services.save_checkpoint(key, value)).await
    }

    async fn load_checkpoint(&mut self, key: String) -> Result<Option<Vec<u8>>> {
        let services = self.open("context.load-checkpoint", Look, &key)?;
        self.hosted(services.load_checkpoint(key)).await
    }
}

type Prompted<T> = Result<Told<T, prompts::PromptError>>;

impl prompts::Host for Attempt {
    async fn active(&mut self, prompt: String) -> Prompted<prompts::Version> {
        let services = self.open("prompts.active", Look, &prompt)?;
        self.told(services.active_prompt(prompt)).await
    }

    async fn render(&mut self, prompt: String, variables: Vec<types::Text>) -> Prompted<String> {
        let variables = each(variables);
        let services = self.open("prompts.render", Look, (&prompt, &variables))?;
        self.told(services.render_prompt(prompt, variables)).await
    }

    async fn latest(&mut self, prompt: String) -> Prompted<prompts::Version> {
        let services = self.open("prompts.latest", Look, &prompt)?;
        self.told(services.latest_prompt(prompt)).await
    }

    async fn get(&mut self, prompt: String, number: u32) -> Prompted<prompts::Version> {
        let services = self.open("prompts.get", Look, &prompt)?;
        self.told(services.prompt_version(prompt, number)).await
    }

    async fn all_versions(&mut self, prompt: String) -> Prompted<Vec<prompts::Version>> {
        let services = self.open("prompts.all-versions", Look, &prompt)?;
        self.listed(services.prompt_versions(prompt)).await
    }

    async fn add(&mut self, prompt: String, content: String, note: String) -> Prompted<()> {
        let services = self.open("prompts.add", Work, (&prompt, &content, &note))?;
        self.told(services.add_prompt(prompt, content, note)).await
    }

    async fn make_current(&mut self, prompt: String, number: u32) -> Prompted<()> {
        let services = self.open("prompts.make-current", Work, &prompt)?;
        self.told(services.make_prompt_current(prompt, number))
            .await
    }
}

type Chatted = Told<chat::Response, chat::ChatError>;

impl chat::Host for Attempt {
    async fn complete(&mut self, request: chat::Request) -> Result<Chatted> {
        let request = stepwell_contract::ChatRequest::from(request);
        let services = self.open("chat.complete", Work, &request)?;
        self.told(services.complete(request)).await
    }

    async fn complete_all(&mut self, requests: Vec<chat::Request>) -> Result<Vec<Chatted>> {
        let requests: Vec<stepwell_contract::ChatRequest> = each(requests);
        let services = self.open("chat.complete-all", Work, &requests)?;
        let answers = self.hosted(services.complete_all(requests)).await?;
        Ok(answers.into_iter().map(both).collect())
    }
}

type Documented<T> = Result<Told<T, documents::DocumentError>>;

impl documents::Host for Attempt {
    async fn entries(&mut self, step: String) -> Documented<Vec<documents::Entry>> {
        let services = self.open("documents.entries", Work, &step)?;
        self.listed(services.document_entries(step)).await
    }

    async fn read(&mut self, step: String, name: String, items: Vec<u32>) -> Documented<String> {
        let services = self.open("documents.read", Work, (&step, &name, &items))?;
        self.told(services.read_document(step, name, items)).await
    }
}

type Filed<T> = Result<Told<T, workspace::WorkspaceError>>;

impl workspace::Host for Attempt {
    async fn entries(&mut self, pattern: String) -> Filed<Vec<workspace::Entry>> {
        let services = self.open("workspace.entries", Work, &pattern)?;
        self.listed(services.workspace_entries(pattern)).await
    }

    async fn read(&mut self, path: String) -> Filed<Vec<u8>> {
        let services = self.open("workspace.read", Work, &path)?;
        self.told(services.read_file(path)).await
    }

    async fn skim(
        &mut self,
        paths: Vec<String>,
    ) -> Filed<Vec<Told<Vec<u8>, workspace::WorkspaceError>>> {
        let services = self.open("workspace.skim", Work, &paths)?;
        let skimmed = self.hosted(services.skim_files(paths)).await?;
        Ok(skimmed
            .map(|files| files.into_iter().map(both).collect())
            .map_err(Into::into))
    }

    async fn changed(&mut self) -> Filed<Vec<String>> {
        let services = self.open("workspace.changed", Work, ())?;
        self.listed(services.changed_files()).await
    }

    async fn read_before(&mut self, path: String) -> Filed<Vec<u8>> {
        let services = self.open("workspace.read-before", Work, &path)?;
        self.told(services.read_file_before(path)).await
    }

    async fn read_published(&mut self, path: String) -> Filed<Vec<u8>> {
        let services = self.open("workspace.read-published", Work, &path)?;
        self.told(services.read_file_published(path)).await
    }

    async fn ignored(&mut self, pattern: String) -> Filed<Vec<String>> {
        let services = self.open("workspace.ignored", Work, &pattern)?;
        self.listed(services.ignored_files(pattern)).await
    }

    async fn is_ignored(&mut self, path: String) -> Filed<bool> {
        let services = self.open("workspace.is-ignored", Work, &path)?;
        self.told(services.is_ignored(path)).await
    }

    async fn leads_to(&mut self, path: String) -> Filed<Option<String>> {
        let services = self.open("workspace.leads-to", Work, &path)?;
        self.told(services.leads_to(path)).await
    }

    async fn search(&mut self, query: workspace::Query) -> Filed<workspace::Findings> {
        let query = stepwell_contract::WorkspaceQuery::from(query);
        let services = self.open("workspace.search", Work, &query)?;
        self.told(services.search_files(query)).await
    }

    async fn write(&mut self, path: String, content: Vec<u8>) -> Filed<()> {
        let services = self.open("workspace.write", Work, (&path, &content))?;
        self.told(services.write_file(path, content)).await
    }

    async fn remove(&mut self, path: String) -> Filed<()> {
        let services = self.open("workspace.remove", Work, &path)?;
        self.told(services.remove_file(path)).await
    }
}

impl dialogue::Host for Attempt {
    async fn ask(
        &mut self,
        form: dialogue::Form,
    ) -> Result<Told<Vec<String>, dialogue::DialogueError>> {
        let form = stepwell_contract::Form::from(form);
        let services = self.open("dialogue.ask", Work, &form)?;
        let answers = self.asked(services.ask(form)).await?;
        Ok(answers.map_err(Into::into))
    }
}

impl progress::Host for Attempt {
    async fn log(&mut self, level: progress::Level, message: String) -> Result<()> {
        let services = self.open("progress.log", Work, &message)?;
        Attempt::log(self, &*services, level.into(), message);
        Ok(())
    }

    async fn advance(&mut self, done: u32, total: u32, label: String) -> Result<()> {
        let services = self.open("progress.advance", Work, &label)?;
        Attempt::advance(self, &*services, done, total, label);
        Ok(())
    }
}
