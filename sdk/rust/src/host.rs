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
    workspace::{Entry as FileEntry, Findings, Query, WorkspaceError},
};

/// Makes the trait, and what it is in a component, from a table: each function with the one of the contract behind it.
macro_rules! functions {
    ($(fn $name:ident($($given:ident: $type:ty),*) $(-> $answer:ty)? = $interface:ident::$import:ident;)*) => {
        /// Every function that a step may import. The contract documents each.
        #[allow(missing_docs, reason = "the WIT package documents each function")]
        pub trait Host {
            $(fn $name(&self, $($given: $type),*) $(-> $answer)?;)*
        }

        #[cfg(target_arch = "wasm32")]
        impl Host for Imports {
            $(fn $name(&self, $($given: $type),*) $(-> $answer)? {
                crate::bindings::stepwell::plugin::$interface::$import($($given),*)
            })*
        }
    };
}

functions! {
    fn run_id() -> String = context::run_id;
    fn path() -> Vec<Level> = context::path;
    fn attempt() -> u32 = context::attempt;
    fn previous_end() -> Option<String> = context::previous_end;
    fn previous_progress() -> Option<String> = context::previous_progress;
    fn attempts_left() -> u32 = context::attempts_left;
    fn setting(name: &str) -> Option<String> = context::setting;
    fn save_checkpoint(key: &str, value: &[u8]) -> Result<(), CheckpointError> = context::save_checkpoint;
    fn load_checkpoint(key: &str) -> Option<Vec<u8>> = context::load_checkpoint;

    fn active_prompt(prompt: &str) -> Result<Version, PromptError> = prompts::active;
    fn render_prompt(prompt: &str, variables: &[Text]) -> Result<String, PromptError> = prompts::render;
    fn latest_prompt(prompt: &str) -> Result<Version, PromptError> = prompts::latest;
    fn prompt_version(prompt: &str, number: u32) -> Result<Version, PromptError> = prompts::get;
    fn prompt_versions(prompt: &str) -> Result<Vec<Version>, PromptError> = prompts::all_versions;
    fn add_prompt(prompt: &str, content: &str, note: &str) -> Result<(), PromptError> = prompts::add;
    fn make_prompt_current(prompt: &str, number: u32) -> Result<(), PromptError> = prompts::make_current;

    fn complete(request: &Request) -> Result<Response, ChatError> = chat::complete;
    fn complete_all(requests: &[Request]) -> Vec<Result<Response, ChatError>> = chat::complete_all;

    fn document_entries(step: &str) -> Result<Vec<DocumentEntry>, DocumentError> = documents::entries;
    fn read_document(step: &str, name: &str, items: &[u32]) -> Result<String, DocumentError> = documents::read;

    fn file_entries(pattern: &str) -> Result<Vec<FileEntry>, WorkspaceError> = workspace::entries;
    fn read_file(path: &str) -> Result<Vec<u8>, WorkspaceError> = workspace::read;
    fn skim_files(paths: &[String]) -> Result<Vec<Result<Vec<u8>, WorkspaceError>>, WorkspaceError> = workspace::skim;
    fn changed_files() -> Result<Vec<String>, WorkspaceError> = workspace::changed;
    fn read_file_before(path: &str) -> Result<Vec<u8>, WorkspaceError> = workspace::read_before;
    fn read_file_published(path: &str) -> Result<Vec<u8>, WorkspaceError> = workspace::read_published;
    fn ignored_files(pattern: &str) -> Result<Vec<String>, WorkspaceError> = workspace::ignored;
    fn is_ignored(path: &str) -> Result<bool, WorkspaceError> = workspace::is_ignored;
    fn leads_to(path: &str) -> Result<Option<String>, WorkspaceError> = workspace::leads_to;
    fn search_files(query: &Query) -> Result<Findings, WorkspaceError> = workspace::search;
    fn write_file(path: &str, content: &[u8]) -> Result<(), WorkspaceError> = workspace::write;
    fn remove_file(path: &str) -> Result<(), WorkspaceError> = workspace::remove;

    fn ask(form: &Form) -> Result<Vec<String>, DialogueError> = dialogue::ask;

    fn log(level: LogLevel, message: &str) = progress::log;
    fn advance(done: u32, total: u32, label: &str) = progress::advance;
}

/// What a component imports.
#[cfg(target_arch = "wasm32")]
struct Imports;

/// Calls the host that instantiated the component.
#[cfg(target_arch = "wasm32")]
pub(crate) fn call<T>(work: impl FnOnce(&dyn Host) -> T) -> T {
    work(&Imports)
}

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
