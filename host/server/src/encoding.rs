//! Texts that stand in an address: encoded so that none leaves its place.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

/// Everything but what RFC 3986 calls unreserved.
const PART: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');
const VALUE: &AsciiSet = &PART.remove(b'/');

/// A text as one part of a path.
pub(crate) fn part(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, PART)
}

/// A text as a value after the `?`, where a slash means nothing and is easier to read as it is.
pub(crate) fn value(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, VALUE)
}
