//! Turns the types of the bindings into those of the contract, and back.
//!
//! Nothing is decided here: each pair of types has the same parts under the same names, and a part that one side
//! lacked would not compile.

mod chat;
mod errors;
mod host;
mod types;

/// Converts each element of a list.
pub(crate) fn each<From, To: std::convert::From<From>>(list: Vec<From>) -> Vec<To> {
    list.into_iter().map(To::from).collect()
}

/// Converts both sides of a result.
pub(crate) fn both<T, E, To, Error>(result: Result<T, E>) -> Result<To, Error>
where
    To: From<T>,
    Error: From<E>,
{
    result.map(To::from).map_err(Error::from)
}
