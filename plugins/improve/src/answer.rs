//! Reads a proposal out of an answer.

use stepwell_sdk::Failure;

/// A proposal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Proposal {
    pub(crate) reason: String,
    pub(crate) template: String,
}

/// The reason and the template of an answer.
///
/// A template may speak of these tags itself: it begins at the first line that opens it behind the reason, and ends at the last that
/// closes it. Where it stands before the reason, that one is behind the last line that closes it.
pub(crate) fn read(response: &str) -> Result<Proposal, Failure> {
    let response = response.replace("\r\n", "\n");
    let (reason, template) = match (response.find("<reason>"), response.find("<prompt>")) {
        (Some(reason), Some(prompt)) if prompt < reason => prompt_first(&response)?,
        _ => reason_first(&response)?,
    };
    let template = without_fence(template);
    if reason.trim().is_empty() {
        return Err(lacks("a reason"));
    }
    if template.trim().is_empty() {
        return Err(lacks("a template: it is empty"));
    }
    Ok(Proposal {
        reason: reason.trim().to_owned(),
        template: format!("{}\n", template.trim_matches('\n').trim_end()),
    })
}

fn reason_first(response: &str) -> Result<(&str, &str), Failure> {
    let (reason, rest) = response
        .split_once("<reason>")
        .and_then(|(_, rest)| rest.split_once("</reason>"))
        .ok_or_else(lacks_reason)?;
    let (_, rest) = rest
        .split_once("<prompt>")
        .ok_or_else(|| lacks("the template between `<prompt>` and `</prompt>`"))?;
    Ok((reason, whole(rest)?.0))
}

fn prompt_first(response: &str) -> Result<(&str, &str), Failure> {
    let (_, rest) = response.split_once("<prompt>").unwrap_or_default();
    let (template, behind) = whole(rest)?;
    let (reason, _) = behind
        .split_once("<reason>")
        .and_then(|(_, rest)| rest.split_once("</reason>"))
        .ok_or_else(lacks_reason)?;
    Ok((reason, template))
}

/// A template up to its end, and what stands behind that. An answer that breaks off has half a template, which would be tried as if it
/// were meant so.
fn whole(opened: &str) -> Result<(&str, &str), Failure> {
    let end = || lacks("the end of the template, `</prompt>`");
    opened.rsplit_once("</prompt>").ok_or_else(end)
}

fn lacks_reason() -> Failure {
    lacks("the reason between `<reason>` and `</reason>`")
}

fn lacks(what: &str) -> Failure {
    Failure::invalid_response(format!("the answer lacks {what}"))
}

/// What stands in a fence, where that is around the whole.
fn without_fence(template: &str) -> &str {
    let all = template.trim();
    let inside = all
        .strip_prefix("```")
        .and_then(|rest| rest.strip_suffix("\n```"))
        .and_then(|rest| rest.split_once('\n'));
    match inside {
        // Two fences, one behind the other, are the template's own.
        Some((_, inside)) if !inside.contains("```") => inside,
        _ => template,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may")]

    use super::*;

    fn template(response: &str) -> String {
        read(response).unwrap().template
    }

    #[test]
    fn the_reason_may_stand_behind_the_template() {
        let answer = "<prompt>\nWrite of {{ topic }}.\n</prompt>\n<reason>\nNo units.\n</reason>\n";
        let proposal = read(answer).unwrap();
        assert_eq!(proposal.template, "Write of {{ topic }}.\n");
        assert_eq!(proposal.reason, "No units.");
        let failure = read("<prompt>\nWrite.\n</prompt>\n<reason>\nNo").unwrap_err();
        assert!(failure.message.contains("the reason"), "{failure:?}");
    }

    #[test]
    fn a_proposal_is_read_with_whatever_stands_around_it() {
        let answer = "I see.\n<reason>\nNo units.\n</reason>\n\n<prompt>\nWrite of {{ topic }}.\n\nName units.\n</prompt>\nDone.";
        assert_eq!(
            read(answer).unwrap(),
            Proposal {
                reason: "No units.".into(),
                template: "Write of {{ topic }}.\n\nName units.\n".into(),
            }
        );
    }

    #[test]
    fn a_template_may_have_tags_and_fences_of_its_own() {
        let around = |text: &str| format!("<reason>x</reason><prompt>{text}</prompt>");
        for (given, expected) in [
            (
                "\nA </prompt> in it: <prompt>\n",
                "A </prompt> in it: <prompt>\n",
            ),
            ("\n```\nwhole\n```\n", "whole\n"),
            ("\n```jinja\nwhole\n```\n", "whole\n"),
            (
                "\n```\na\n```\nand\n```\nb\n```\n",
                "```\na\n```\nand\n```\nb\n```\n",
            ),
            ("\n  indented\n", "  indented\n"),
            ("one line", "one line\n"),
        ] {
            assert_eq!(template(&around(given)), expected);
        }
        assert_eq!(
            template("<reason>x</reason>\r\n<prompt>\r\na\r\nb\r\n</prompt>"),
            "a\nb\n"
        );
    }

    #[test]
    fn what_lacks_a_part_is_no_proposal() {
        for (answer, lacks) in [
            ("Write better.", "the reason between"),
            ("<reason>x</reason> Write better.", "the template between"),
            (
                "<reason>x</reason><prompt>half a",
                "the end of the template",
            ),
            ("<reason> </reason><prompt>a</prompt>", "a reason"),
            ("<reason>x</reason><prompt>\n</prompt>", "it is empty"),
        ] {
            let failure = read(answer).unwrap_err();
            assert!(failure.message.contains(lacks), "{}", failure.message);
        }
    }
}
