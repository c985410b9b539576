//! What a new plugin begins with: a project in one of the languages, which builds with that language's own tools, with the contract
//! and the SDK inside. All of it rides in the binary, so that a binary alone is enough.
//!
//! It writes files, and runs nothing.
//!
//! ```
//! use stepwell_scaffold::{Language, PluginName, Scaffold, Sdk};
//!
//! let name: PluginName = "release_notes".parse()?;
//! let scaffold = Scaffold::new(name, Language::Python, Sdk::Vendored);
//! assert!(scaffold.files().iter().any(|file| file.path == "src/step.py"));
//! assert_eq!(scaffold.component(), "release_notes.wasm");
//! # Ok::<(), stepwell_scaffold::UnfitPluginName>(())
//! ```

mod commands;
mod embedded;
mod filling;
mod language;
mod name;
mod scaffold;
mod sdk;
mod writing;

pub use language::Language;
pub use name::{PluginName, UnfitPluginName};
pub use scaffold::{File, Scaffold, contract};
pub use sdk::Sdk;
pub use writing::{WriteError, write};

/// The package of the contract that rides inside.
pub const CONTRACT: &str = "stepwell:plugin@0.1.0";
