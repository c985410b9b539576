//! Regular expressions, and what they find.

use std::ops::Range;

use regex::Regex;
use stepwell_contract::PatternError;

/// Whether a regular expression is one.
pub(crate) fn check(pattern: &str) -> Result<(), PatternError> {
    read(pattern).map(drop)
}

/// Where a regular expression first matches a text.
pub(crate) fn search(pattern: &str, text: &str) -> Result<Option<Range<usize>>, PatternError> {
    Ok(read(pattern)?.find(text).map(|found| found.range()))
}

/// The library itself bounds what an expression takes once it is compiled.
fn read(pattern: &str) -> Result<Regex, PatternError> {
    Regex::new(pattern).map_err(|error| PatternError::Invalid(error.to_string()))
}
