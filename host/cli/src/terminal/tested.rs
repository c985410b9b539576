//! What came of a plugin's cases, as a person reads it.

use stepwell_contract::amounts::counted;
use stepwell_engine::named_diff;
use stepwell_plugin_tests::{CaseResult, Crashes, Differs, Ended, Mismatch, Of};

use super::Style;
use super::style::{plain, plain_line, plain_paragraph};

/// So many lines of a prompt are shown that nothing answers.
const PROMPT_LINES: usize = 40;

/// One case: a line, and below it what isn't as it should be.
pub(crate) fn case_result(result: &CaseResult, style: Style) -> String {
    let word = match (result.passed(), result.blessed) {
        (true, false) => style.good("ok     "),
        (true, true) => style.hint("blessed"),
        (false, _) => style.bad("FAILED "),
    };
    let crashes = result.crashes.map(ended_so_often);
    let crashes = crashes.map_or_else(String::new, |told| style.dim(&format!("  ({told})")));
    let mut text = format!("{word} {}{crashes}\n", plain(&result.id));
    for mismatch in &result.mismatches {
        text += &indented(&told(mismatch, style));
    }
    text
}

/// The summary of all cases.
pub(crate) fn case_results(results: &[CaseResult], style: Style) -> String {
    let failed = results.iter().filter(|result| !result.passed()).count();
    let blessed = results.iter().filter(|result| result.blessed).count();
    let cases = counted(results.len() as u64, "case");
    let blessed = match blessed {
        0 => String::new(),
        some => format!(", {some} blessed"),
    };
    match failed {
        0 => format!("{cases}{blessed}: {}\n", style.good("all passed")),
        some => format!(
            "{cases}{blessed}: {}\n",
            style.bad(&format!("{some} failed"))
        ),
    }
}

fn ended_so_often(Crashes { tried, of }: Crashes) -> String {
    let times = counted(tried as u64, "time");
    match tried == of {
        true => format!("ended {times}, and started again"),
        false => format!("ended {times}, at {of} commits, and started again"),
    }
}

fn told(mismatch: &Mismatch, style: Style) -> String {
    match mismatch {
        Mismatch::Text { of, expected, came } => {
            let head = match (expected, came) {
                (Some(_), None) => format!("{} isn't there\n", named(of)),
                (None, Some(_)) => format!("{} isn't expected\n", named(of)),
                _ => format!("{} is another one\n", named(of)),
            };
            head + &difference(
                expected.as_deref(),
                came.as_deref(),
                ("expected", "came"),
                style,
            )
        }
        Mismatch::Removed { expected, came } => {
            let (expected, came) = (listed(expected), listed(came));
            format!("the files that it removed are {came}, and should be {expected}\n")
        }
        Mismatch::Check { what, detail } => {
            let detail = detail.as_ref().map(|detail| format!(": {}", plain(detail)));
            format!(
                "should hold: {}{}\n",
                plain(what),
                detail.unwrap_or_default()
            )
        }
        Mismatch::Calls { expected, came } => {
            let came = counted(*came as u64, "call");
            format!("it made {came} to a model, and should make {expected}\n")
        }
        Mismatch::Failed { code, message } => failed("it failed", code, message),
        Mismatch::Succeeded { expected } => {
            format!("it succeeded, and should fail: {}\n", plain(expected))
        }
        Mismatch::OtherFailure {
            expected,
            contains,
            code,
            message,
        } => {
            let words = contains
                .as_ref()
                .map(|words| format!(" with “{}”", plain(words)));
            let expected = plain(expected) + &words.unwrap_or_default();
            failed("it failed otherwise", code, message) + &format!("expected: {expected}\n")
        }
        Mismatch::NoResponse { call, prompt } => {
            let prompt = beginning(prompt);
            format!(
                "no response is left for call {call}, which asks:\n{}",
                indented(&prompt)
            )
        }
        Mismatch::Unused { responses, of } => {
            format!(
                "{responses} of {} were never asked for\n",
                counted(*of as u64, "response")
            )
        }
        Mismatch::UnusedAnswers { keys } => {
            let keys: Vec<String> = keys.iter().map(|key| format!("`{}`", plain(key))).collect();
            format!("nothing asked for the answers {}\n", keys.join(", "))
        }
        Mismatch::Asked { questions } => asked(questions),
        Mismatch::NotCarriedOut { reason } => {
            format!("it can't be carried out: {}\n", plain_paragraph(reason))
        }
        Mismatch::AfterCrash {
            commits,
            differs,
            further,
        } => after_crash(*commits, differs, *further, style),
    }
}

fn failed(how: &str, code: &str, message: &str) -> String {
    format!(
        "{how}: {}: {}\n",
        plain_line(code),
        plain_paragraph(message)
    )
}

fn asked(questions: &[(String, String)]) -> String {
    let mut text = "it asks the person, and the case has no answer:\n".to_owned();
    for (key, question) in questions {
        text += &format!(
            "  answers.{} = \"…\"  # {}\n",
            plain_line(key),
            plain_line(question)
        );
    }
    text
}

fn after_crash(commits: usize, differs: &[Differs], further: usize, style: Style) -> String {
    let after = counted(commits as u64, "commit");
    let more = match further {
        0 => String::new(),
        some => format!(", and so it does after {some} others"),
    };
    let mut text =
        format!("ended after {after} and started again, it comes to something else{more}\n");
    for differs in differs {
        text += &differing(differs, style);
    }
    text
}

fn differing(differs: &Differs, style: Style) -> String {
    let names = ("without", "started again");
    match differs {
        Differs::Prompt {
            call,
            before,
            after,
        } => {
            let head = match (before, after) {
                (None, Some(_)) => {
                    format!("call {call} is one more: an answer would be paid twice\n")
                }
                (Some(_), None) => format!("call {call} isn't made\n"),
                _ => format!("call {call} asks in other words\n"),
            };
            head + &difference(before.as_deref(), after.as_deref(), names, style)
        }
        Differs::Text { of, before, after } => {
            let head = format!("{} is another one\n", named(of));
            head + &difference(before.as_deref(), after.as_deref(), names, style)
        }
        Differs::Removed { before, after } => {
            let (before, after) = (listed(before), listed(after));
            format!("the files that it removed are {after}, and not {before}\n")
        }
        Differs::Ended { before, after } => {
            format!("it {}, and not: it {}\n", ended(after), ended(before))
        }
        Differs::NotCarriedOut { reason } => {
            format!("it can't be started again: {}\n", plain_paragraph(reason))
        }
    }
}

fn ended(how: &Ended) -> String {
    match how {
        Ended::Success => "succeeded".to_owned(),
        Ended::Failure { code, message } => {
            format!("failed: {}: {}", plain_line(code), plain_paragraph(message))
        }
        Ended::Asks { questions } => {
            let keys: Vec<String> = questions.iter().map(|(key, _)| plain(key)).collect();
            format!("asks the person for {}", listed(&keys))
        }
    }
}

fn named(of: &Of) -> String {
    match of {
        Of::Document(name) => format!("the document `{}`", plain_line(name)),
        Of::File(path) => format!("the file {}", plain_line(path)),
    }
}

fn listed(names: &[String]) -> String {
    match names.is_empty() {
        true => "none".to_owned(),
        false => plain_line(&names.join(", ")),
    }
}

fn difference(
    before: Option<&str>,
    after: Option<&str>,
    (old, new): (&str, &str),
    style: Style,
) -> String {
    let bytes = |text: Option<&str>| Some(text.unwrap_or_default().as_bytes().to_vec());
    let (before, after) = (bytes(before), bytes(after));
    let diff = named_diff(before.as_deref(), after.as_deref(), old, new);
    style.diff(&plain(&diff))
}

/// The beginning of a prompt.
fn beginning(prompt: &str) -> String {
    let shown: Vec<&str> = prompt.lines().take(PROMPT_LINES).collect();
    let more = prompt.lines().count() - shown.len();
    let mut text = plain(&shown.join("\n")) + "\n";
    if more > 0 {
        text += &format!("… and {} more\n", counted(more as u64, "line"));
    }
    text
}

/// A text some way to the right.
fn indented(text: &str) -> String {
    let lines = text.split_inclusive('\n');
    lines.map(|line| format!("  {line}")).collect()
}
