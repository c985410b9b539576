//! What goes over the wire: requests, who is logged in, redirects, and bodies that end.
//!
//! Nothing here knows what an artifact is.

mod addresses;
mod body;
mod challenge;
mod failing;
mod session;
mod web;

pub(crate) use body::{Expected, read_all, read_into};
pub(crate) use failing::unexpected;
pub(crate) use session::{Ask, Purpose, Session, Shown};
pub(crate) use web::Web;
