//! Who somebody is at a registry: names and passwords, as docker, oras and wkg keep them, in docker's `config.json`.
//!
//! What is read here is never printed, and stands in no error.

mod errors;
mod file;
mod helper;
mod logins;
mod secret;

pub use errors::CredentialsError;
pub(crate) use logins::Logins;
pub use secret::{Credentials, Kept, Secret};
