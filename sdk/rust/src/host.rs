//! The host as a step sees it: one trait, so that a step runs natively against a fake one.
//!
//! Authors rarely meet it: they call the functions of [`chat`](crate::chat), [`prompts`](crate::prompts)
//! and their sisters, which come here. In a component it is the contract's imports; natively it is whatever
//! [`with_host`] was given.

use crate::bindings::stepwell::plugin::{
    chat::{ChatError, Request, Response},
    context::{CheckpointError, Level},
    dialogue::{DialogueError, Form},
    documents::{DocumentError, Entry as DocumentEntry},
    progress::Level as LogLevel,
    prompts::{PromptError, Version},
    types::Text,
    workspace::{Entry as FileEntry, WorkspaceError},
};

/// Every function that a step may import. The contract documents each.
#[allow(missing_docs, reason = "the WIT package documents each function")]
pub trait Host {
    fn run_id(&self) -> String;
    fn path(&self) -> Vec<Level>;
    fn attempt(&self) -> u32;
    fn previous_end(&self) -> Option<String>;
    fn previous_progress(&self) -> Option<String>;
    fn attempts_left(&self) -> u32;
    fn setting(&self, name: &str) -> Option<String>;
    fn save_checkpoint(&self, key: &str, value: &[u8]) -> Result<(), CheckpointError>;
    fn load_checkpoint(&self, key: &str) -> Option<Vec<u8>>;

    fn active_prompt(&self, prompt: &str) -> Result<Version, PromptError>;
    fn render_prompt(&self, prompt: &str, variables: &[Text]) -> Result<String, PromptError>;
    fn latest_prompt(&self, prompt: &str) -> Result<Version, PromptError>;
    fn prompt_version(&self, prompt: &str, number: u32) -> Result<Version, PromptError>;
    fn prompt_versions(&self, prompt: &str) -> Result<Vec<Version>, PromptError>;
    fn add_prompt(&self, prompt: &str, content: &str, note: &str) -> Result<(), PromptError>;
    fn make_prompt_current(&self, prompt: &str, number: u32) -> Result<(), PromptError>;

    fn complete(&self, request: &Request) -> Result<Response, ChatError>;
    fn complete_all(&self, requests: &[Request]) -> Vec<Result<Response, ChatError>>;

    fn document_entries(&self, step: &str) -> Result<Vec<DocumentEntry>, DocumentError>;
    fn read_document(&self, step: &str, name: &str, items: &[u32])
    -> Result<String, DocumentError>;

    fn file_entries(&self, pattern: &str) -> Result<Vec<FileEntry>, WorkspaceError>;
    fn read_file(&self, path: &str) -> Result<Vec<u8>, WorkspaceError>;
    fn write_file(&self, path: &str, content: &[u8]) -> Result<(), WorkspaceError>;
    fn remove_file(&self, path: &str) -> Result<(), WorkspaceError>;

    fn ask(&self, form: &Form) -> Result<Vec<String>, DialogueError>;

    fn log(&self, level: LogLevel, message: &str);
    fn advance(&self, done: u32, total: u32, label: &str);
}

#[cfg(target_arch = "wasm32")]
pub(crate) use component::call;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use native::call;
#[cfg(not(target_arch = "wasm32"))]
pub use native::with_host;

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::Host;

    thread_local! {
        static HOSTS: RefCell<Vec<Rc<dyn Host>>> = const { RefCell::new(Vec::new()) };
    }

    /// Takes the host away again, also when the work panics.
    struct Installed;

    impl Drop for Installed {
        fn drop(&mut self) {
            HOSTS.with_borrow_mut(Vec::pop);
        }
    }

    /// Does some work with `host` behind all functions of the SDK, on this thread.
    pub fn with_host<T>(host: Rc<dyn Host>, work: impl FnOnce() -> T) -> T {
        HOSTS.with_borrow_mut(|hosts| hosts.push(host));
        let _installed = Installed;
        work()
    }

    /// Calls the host of this thread.
    ///
    /// # Panics
    /// If there is none: outside a component the SDK needs one, see `stepwell_sdk::testing`.
    pub(crate) fn call<T>(work: impl FnOnce(&dyn Host) -> T) -> T {
        // The borrow ends before the work: a host may itself use the SDK.
        let host = HOSTS
            .with_borrow(|hosts| hosts.last().cloned())
            .expect("no host on this thread: run the step through stepwell_sdk::testing::FakeHost");
        work(&*host)
    }
}

#[cfg(target_arch = "wasm32")]
mod component {
    use super::*;
    use crate::bindings::stepwell::plugin::{
        chat, context, dialogue, documents, progress, prompts, workspace,
    };

    struct Imports;

    /// Calls the host that instantiated the component.
    pub(crate) fn call<T>(work: impl FnOnce(&dyn Host) -> T) -> T {
        work(&Imports)
    }

    impl Host for Imports {
        fn run_id(&self) -> String {
            context::run_id()
        }
        fn path(&self) -> Vec<Level> {
            context::path()
        }
        fn attempt(&self) -> u32 {
            context::attempt()
        }
        fn previous_end(&self) -> Option<String> {
            context::previous_end()
        }
        fn previous_progress(&self) -> Option<String> {
            context::previous_progress()
        }
        fn attempts_left(&self) -> u32 {
            context::attempts_left()
        }
        fn setting(&self, name: &str) -> Option<String> {
            context::setting(name)
        }
        fn save_checkpoint(&self, key: &str, value: &[u8]) -> Result<(), CheckpointError> {
            context::save_checkpoint(key, value)
        }
        fn load_checkpoint(&self, key: &str) -> Option<Vec<u8>> {
            context::load_checkpoint(key)
        }
        fn active_prompt(&self, prompt: &str) -> Result<Version, PromptError> {
            prompts::active(prompt)
        }
        fn render_prompt(&self, prompt: &str, variables: &[Text]) -> Result<String, PromptError> {
            prompts::render(prompt, variables)
        }
        fn latest_prompt(&self, prompt: &str) -> Result<Version, PromptError> {
            prompts::latest(prompt)
        }
        fn prompt_version(&self, prompt: &str, number: u32) -> Result<Version, PromptError> {
            prompts::get(prompt, number)
        }
        fn prompt_versions(&self, prompt: &str) -> Result<Vec<Version>, PromptError> {
            prompts::all_versions(prompt)
        }
        fn add_prompt(&self, prompt: &str, content: &str, note: &str) -> Result<(), PromptError> {
            prompts::add(prompt, content, note)
        }
        fn make_prompt_current(&self, prompt: &str, number: u32) -> Result<(), PromptError> {
            prompts::make_current(prompt, number)
        }
        fn complete(&self, request: &Request) -> Result<Response, ChatError> {
            chat::complete(request)
        }
        fn complete_all(&self, requests: &[Request]) -> Vec<Result<Response, ChatError>> {
            chat::complete_all(requests)
        }
        fn document_entries(&self, step: &str) -> Result<Vec<DocumentEntry>, DocumentError> {
            documents::entries(step)
        }
        fn read_document(
            &self,
            step: &str,
            name: &str,
            items: &[u32],
        ) -> Result<String, DocumentError> {
            documents::read(step, name, items)
        }
        fn file_entries(&self, pattern: &str) -> Result<Vec<FileEntry>, WorkspaceError> {
            workspace::entries(pattern)
        }
        fn read_file(&self, path: &str) -> Result<Vec<u8>, WorkspaceError> {
            workspace::read(path)
        }
        fn write_file(&self, path: &str, content: &[u8]) -> Result<(), WorkspaceError> {
            workspace::write(path, content)
        }
        fn remove_file(&self, path: &str) -> Result<(), WorkspaceError> {
            workspace::remove(path)
        }
        fn ask(&self, form: &Form) -> Result<Vec<String>, DialogueError> {
            dialogue::ask(form)
        }
        fn log(&self, level: LogLevel, message: &str) {
            progress::log(level, message);
        }
        fn advance(&self, done: u32, total: u32, label: &str) {
            progress::advance(done, total, label);
        }
    }
}
