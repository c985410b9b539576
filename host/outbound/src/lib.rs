//! Requests to servers that a stranger named: a step, or a server that redirects.
//!
//! [`Outbound`] makes one exchange at a time: it resolves the name, checks every address that it leads to, connects to one of those and
//! to no other, sends, and reads an answer that ends, by its size and by a time. Nothing is followed, remembered or sent twice; no
//! cookie, no proxy, no credentials.
//!
//! What may be asked by its name is not known here: who calls has looked at that. What a registry and a step have in common is
//! which addresses lie inside of a network ([`refused`]), and what a failed request says ([`cause`], [`innermost`]).

mod addresses;
mod exchange;
mod failing;
mod heads;
mod names;

pub use addresses::{Distance, Refusal, refused, refused_by_sight};
pub use exchange::Outbound;
pub use failing::{cause, innermost, speaks_no_tls};
pub use heads::address_of;
pub use names::{LookUp, NoName, RefusedName, SystemNames, far_enough};
