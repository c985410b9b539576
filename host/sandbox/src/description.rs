//! Whether what a step says of itself can be used: it is no more than a plugin may say, and keeps to the contract's rules.

use stepwell_contract::{BadDescription, Description, LoadError, amounts, most};

use crate::weigh::Weigh as _;

/// Gives a description that can be used.
pub(crate) fn checked(description: Description) -> Result<Description, LoadError> {
    let bytes = description.weigh();
    if bytes > most::DESCRIPTION as u64 {
        let (bytes, most) = (
            amounts::size(bytes),
            amounts::size(most::DESCRIPTION as u64),
        );
        let reason =
            format!("it has {bytes}, with prompts and schemas; a plugin may say {most} of itself");
        return Err(LoadError::TooMuchSaid { reason });
    }
    let findings = description.findings();
    if !findings.has_errors() {
        return Ok(description);
    }
    Err(LoadError::BadDescription(Box::new(BadDescription {
        description,
        findings: findings.into_vec(),
    })))
}
