//! Parsing of answers.
