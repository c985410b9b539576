//! PlantUML in an answer: finding it, and a light check of its form.
//!
//! It is no parser of PlantUML. It finds what models get wrong: an end that is missing, braces and quotes that
//! don't match, and elements without the mark that was asked for.

use super::lines::normalize;

/// The first PlantUML diagram of a text, from `@startuml` to `@enduml`.
///
/// One that breaks off is given as far as it goes; [`check_diagram`] finds that.
#[must_use]
pub fn diagram(text: &str) -> Option<String> {
    let text = normalize(text);
    let lines: Vec<&str> = text.lines().collect();
    let is = |line: &str, word: &str| line.trim().to_ascii_lowercase().starts_with(word);
    let start = lines.iter().position(|line| is(line, "@startuml"))?;
    let length = lines[start..]
        .iter()
        .position(|line| is(line, "@enduml"))
        .map_or(lines.len() - start, |end| end + 1);
    let mut found: Vec<&str> = lines[start..start + length]
        .iter()
        .map(|line| line.trim_end())
        .collect();
    found[0] = found[0].trim_start();
    Some(format!("{}\n", found.join("\n").trim_end()))
}

/// What is wrong with a diagram whose elements each carry one of some stereotypes, such as `New` and `Existing`.
///
/// # Errors
/// Everything that is wrong, each a sentence for the model.
pub fn check_diagram(diagram: &str, stereotypes: &[&str]) -> Result<(), Vec<String>> {
    let mut problems = Vec::new();
    if !diagram.lines().any(|line| line.trim() == "@enduml") {
        problems.push("the diagram breaks off before `@enduml`".to_owned());
    }
    let mut depth = 0_i64;
    let mut elements = 0_usize;
    let mut in_note = false;
    let mut in_comment = false;
    for (index, line) in diagram.lines().enumerate() {
        let line = line.trim();
        let number = index + 1;
        if in_comment || line.starts_with("/'") {
            in_comment = !line.contains("'/");
            continue;
        }
        if in_note || line.starts_with('\'') {
            in_note = in_note && !line.to_ascii_lowercase().starts_with("end note");
            continue;
        }
        if opens_note(line) {
            in_note = true;
            continue;
        }
        if line.matches('"').count() % 2 == 1 {
            problems.push(format!(
                "line {number} of the diagram has a quote without its pair"
            ));
        }
        depth += brace_balance(line);
        if depth < 0 {
            problems.push(format!(
                "line {number} of the diagram closes a brace that was never opened"
            ));
            depth = 0;
        }
        if let Some(element) = element(line) {
            elements += 1;
            if !stereotypes.is_empty() && !carries(line, stereotypes) {
                let marks: Vec<String> = stereotypes
                    .iter()
                    .map(|mark| format!("<<{mark}>>"))
                    .collect();
                problems.push(format!(
                    "`{element}` in the diagram is marked neither {}",
                    marks.join(" nor ")
                ));
            }
        }
    }
    if depth > 0 {
        problems.push(format!("the diagram leaves {depth} brace(s) open"));
    }
    if elements == 0 {
        problems.push("the diagram declares no component and no class".to_owned());
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// Whether a note of several lines begins here; one on a single line has a colon or is quoted.
fn opens_note(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    lower.starts_with("note ") && !line.contains(':') && !line.contains('"')
}

fn brace_balance(line: &str) -> i64 {
    let mut quoted = false;
    let mut balance = 0;
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            '{' if !quoted => balance += 1,
            '}' if !quoted => balance -= 1,
            _ => {}
        }
    }
    balance
}

/// The declaration of a component, package, class or interface, as far as the braces.
fn element(line: &str) -> Option<&str> {
    const WORDS: [&str; 7] = [
        "abstract",
        "class",
        "component",
        "entity",
        "enum",
        "interface",
        "package",
    ];
    let (word, rest) = line.split_once([' ', '\t'])?;
    let declared = WORDS.contains(&word.to_ascii_lowercase().as_str())
        // `component -> other` is an arrow of something that is called so.
        && rest.trim_start().starts_with(|c: char| c.is_alphanumeric() || "\"[_".contains(c));
    declared.then(|| line.split(['{', '<']).next().unwrap_or(line).trim())
}

fn carries(line: &str, stereotypes: &[&str]) -> bool {
    line.split("<<").skip(1).any(|mark| {
        let mark = mark.split(">>").next().unwrap_or(mark);
        let mark = mark.rsplit(')').next().unwrap_or(mark).trim();
        stereotypes
            .iter()
            .any(|wanted| wanted.eq_ignore_ascii_case(mark))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKS: &[&str] = &["New", "Existing"];
    const GOOD: &str = "@startuml\n' it's a comment with \" and {\npackage \"Reports\" <<New>> {\n  class Writer <<New>> {\n    - path: Path\n    + write(rows: list[Row]): int\n  }\n}\nclass Store << (S,orchid) Existing >>\nnote right of Store\n  it says \"hi\nend note\nWriter --> Store : reads\n@enduml\n";

    #[test]
    fn a_sound_diagram_passes() {
        assert_eq!(check_diagram(GOOD, MARKS), Ok(()));
    }

    #[test]
    fn it_is_found_in_a_block_with_windows_line_ends() {
        let text = format!("Here:\n```plantuml\n{GOOD}```\nbye").replace('\n', "\r\n");
        assert_eq!(diagram(&text).unwrap(), GOOD);
        assert_eq!(diagram("none"), None);
    }

    #[test]
    fn what_is_wrong_is_named_at_once() {
        let bad = "@startuml\nclass A {\n  + \"x\n}\n}\nclass B <<New>> {\n";
        let problems = check_diagram(bad, MARKS).unwrap_err().join("; ");
        for part in [
            "before `@enduml`",
            "line 3 of the diagram has a quote",
            "line 5 of the diagram closes a brace",
            "`class A` in the diagram is marked neither <<New>> nor <<Existing>>",
            "leaves 1 brace",
        ] {
            assert!(problems.contains(part), "{part} in {problems}");
        }
        let empty = check_diagram("@startuml\n@enduml\n", MARKS).unwrap_err();
        assert!(empty[0].contains("no component"));
    }
}
