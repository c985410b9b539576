//! Plugins out of OCI registries, and into them.
//!
//! A [`Source`] says where a component is; a [`Registry`] fetches it into a [`Cache`], from where it is read, and pushes one. Nothing that
//! came is in the cache before it was held against its digest.
//!
//! ```no_run
//! # use stepwell_registry::{FetchError, Registry, RegistrySettings, Source};
//! # async fn fetched(source: Source) -> Result<(), FetchError> {
//! let registry = Registry::open(RegistrySettings::in_folder("/home/ada/.cache/stepwell/plugins".into()));
//! let fetched = registry.fetch(&source).await?;
//! println!("{} is {}", fetched.digest, fetched.path.display());
//! # Ok(())
//! # }
//! ```
//!
//! Nobody here loads a component, or knows what may be in one.
//!
//! # Why on reqwest alone
//!
//! `oci-client` (0.18) could be built on rustls and ring. It reads manifests, errors and tokens to their end however long they are, makes
//! its client by itself, so that no redirect and no name can be refused, and shows a person's password to whatever address a registry
//! names as its token service. `oci-spec` (0.10) keeps annotations in an order that differs from run to run, by which a component would have
//! another digest whenever it is pushed. What is used of both is small, and stands in `wire` and `manifest`.

mod attaching;
mod beside;
mod cache;
mod credentials;
mod errors;
mod fetching;
mod logging_in;
mod manifest;
mod problem;
mod pushing;
mod reference;
mod registry;
mod signatures;
mod source;
mod wire;

pub use beside::{Beside, Found, Raw};
pub use cache::{Cache, CacheError};
pub use credentials::{Credentials, CredentialsError, Kept, Secret};
pub use errors::{FetchError, ForeignKind, Part};
pub use fetching::{Fetched, Freshness};
pub use logging_in::LoggedIn;
pub use problem::SourceProblem;
pub use pushing::{Component, Pushed};
pub use reference::{Host, Reference, Version};
pub use registry::{Moved, Registry, RegistrySettings, Watch};
pub use signatures::Artifact;
pub use source::{Download, InvalidSource, Source};
pub use stepwell_outbound::Refusal;
