//! PlantUML in an answer: finding it, and a light check of its form.
//!
//! It is no parser of PlantUML. It finds what models get wrong: an end that is missing, braces and quotes that
//! don't match, and elements without the mark that was asked for.

use super::lines::normalize;

/// The PlantUML diagrams of a text, each from `@startuml` to `@enduml`, with an empty line between them.
///
/// One that breaks off is given as far as it goes; [`check_diagram`] finds that.
#[must_use]
pub fn diagram(text: &str) -> Option<String> {
    let found = diagrams(&normalize(text));
    (!found.is_empty()).then(|| found.join("\n"))
}

fn diagrams(text: &str) -> Vec<String> {
    let is = |line: &str, word: &str| line.trim().to_ascii_lowercase().starts_with(word);
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    let mut next = 0;
    while let Some(start) = lines[next..].iter().position(|line| is(line, "@startuml")) {
        let start = next + start;
        let end = lines[start..].iter().position(|line| is(line, "@enduml"));
        next = end.map_or(lines.len(), |end| start + end + 1);
        let mut inside: Vec<&str> = lines[start..next]
            .iter()
            .map(|line| line.trim_end())
            .collect();
        inside[0] = inside[0].trim_start();
        found.push(format!("{}\n", inside.join("\n").trim_end()));
    }
    found
}

/// What is wrong with diagrams whose elements each carry one of some marks, such as `New` and `Existing`: as a stereotype
/// (`<<New>>`) or in the name (`"Parser (New)"`), or inside of an element that does. A package needs none.
///
/// # Errors
/// Everything that is wrong, each a sentence for the model.
pub fn check_diagram(diagram: &str, marks: &[&str]) -> Result<(), Vec<String>> {
    let diagrams = diagrams(&normalize(diagram));
    let mut problems = Vec::new();
    let mut elements = 0;
    for diagram in &diagrams {
        let mut check = Check::new(marks);
        check.whole(diagram);
        elements += check.elements;
        problems.append(&mut check.problems);
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

/// One diagram, line by line.
struct Check<'a> {
    marks: &'a [&'a str],
    problems: Vec<String>,
    elements: usize,
    /// For each brace that is open, whether what stands inside is marked.
    open: Vec<bool>,
    inside: Inside,
}

/// What a line stands in that says nothing of elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    Diagram,
    Note,
    Comment,
}

impl<'a> Check<'a> {
    fn new(marks: &'a [&'a str]) -> Self {
        Self {
            marks,
            problems: Vec::new(),
            elements: 0,
            open: Vec::new(),
            inside: Inside::Diagram,
        }
    }

    fn whole(&mut self, diagram: &str) {
        for (index, line) in diagram.lines().enumerate() {
            self.line(index + 1, line.trim());
        }
        if !diagram
            .lines()
            .any(|line| line.trim().eq_ignore_ascii_case("@enduml"))
        {
            let problem = "the diagram breaks off before `@enduml`".to_owned();
            self.problems.push(problem);
        }
        if !self.open.is_empty() {
            let problem = format!("the diagram leaves {} brace(s) open", self.open.len());
            self.problems.push(problem);
        }
    }

    fn line(&mut self, number: usize, line: &str) {
        if self.inside == Inside::Comment || line.starts_with("/'") {
            self.inside = match line.contains("'/") {
                true => Inside::Diagram,
                false => Inside::Comment,
            };
            return;
        }
        if self.inside == Inside::Note {
            if line.to_ascii_lowercase().starts_with("end note") {
                self.inside = Inside::Diagram;
            }
            return;
        }
        if line.starts_with('\'') {
            return;
        }
        if opens_note(line) {
            self.inside = Inside::Note;
            return;
        }
        if line.matches('"').count() % 2 == 1 {
            self.problems.push(format!(
                "line {number} of the diagram has a quote without its pair"
            ));
        }
        let marked = self.element(line);
        self.braces(number, line, marked);
    }

    /// Looks at what a line declares, and says whether what stands inside of it is marked.
    fn element(&mut self, line: &str) -> bool {
        let around = self.open.last().copied().unwrap_or_default();
        let Some((word, element)) = element(line) else {
            // Elements of other kinds need no mark, and are elements where they carry one.
            let carries = !self.marks.is_empty() && carries(line, self.marks);
            self.elements += usize::from(carries);
            return around || carries;
        };
        self.elements += 1;
        let marked = around || self.marks.is_empty() || carries(line, self.marks);
        if !marked && !word.eq_ignore_ascii_case("package") {
            let marks: Vec<String> = self
                .marks
                .iter()
                .map(|mark| format!("<<{mark}>>"))
                .collect();
            self.problems.push(format!(
                "`{element}` in the diagram is marked neither {}",
                marks.join(" nor ")
            ));
        }
        marked
    }

    fn braces(&mut self, number: usize, line: &str, marked: bool) {
        let mut quoted = false;
        for character in line.chars() {
            match character {
                '"' => quoted = !quoted,
                '{' if !quoted => self.open.push(marked),
                '}' if !quoted && self.open.pop().is_none() => self.problems.push(format!(
                    "line {number} of the diagram closes a brace that was never opened"
                )),
                _ => {}
            }
        }
    }
}

/// Whether a note of several lines begins here; one on a single line has a colon or is quoted.
fn opens_note(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    lower.starts_with("note ") && !line.contains(':') && !line.contains('"')
}

/// The declaration of a component, package, class or interface: its word, and the line as far as the braces.
fn element(line: &str) -> Option<(&str, &str)> {
    const WORDS: [&str; 7] = [
        "abstract",
        "class",
        "component",
        "entity",
        "enum",
        "interface",
        "package",
    ];
    if let Some(short) = short(line) {
        return Some(short);
    }
    let (word, rest) = line.split_once([' ', '\t'])?;
    let declared = WORDS.contains(&word.to_ascii_lowercase().as_str())
        // `component -> other` is an arrow of something that is called so.
        && rest.trim_start().starts_with(|c: char| c.is_alphanumeric() || "\"[_".contains(c));
    declared.then(|| (word, line.split(['{', '<']).next().unwrap_or(line).trim()))
}

/// A component or an interface in PlantUML's short form: `[Parser] as P <<New>>`, `() "Reading" <<New>>`. An arrow between such is none.
fn short(line: &str) -> Option<(&str, &str)> {
    let (word, rest) = match line.strip_prefix("()") {
        Some(rest) => ("interface", rest.trim_start()),
        None => ("component", line.strip_prefix('[')?),
    };
    let end = match (word, rest.strip_prefix('"')) {
        ("component", _) => rest.find(']')? + 1,
        (_, Some(quoted)) => quoted.find('"')? + 2,
        _ => rest.find([' ', '\t']).unwrap_or(rest.len()),
    };
    let behind = rest[end..].trim_start();
    let is_declared = behind.is_empty()
        || ["<<", "as ", "#", "$", "{"]
            .iter()
            .any(|next| behind.starts_with(next));
    is_declared.then(|| (word, line.split(['{', '<']).next().unwrap_or(line).trim()))
}

fn carries(line: &str, marks: &[&str]) -> bool {
    let is_mark = |said: &str| {
        marks
            .iter()
            .any(|mark| mark.eq_ignore_ascii_case(said.trim()))
    };
    let in_name = line
        .split('(')
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let as_stereotype = line.split("<<").skip(1).map(|rest| {
        let stereotype = rest.split(">>").next().unwrap_or(rest);
        // Behind the letter in its circle: `<<(S,orchid) New>>`.
        stereotype.rsplit(')').next().unwrap_or(stereotype)
    });
    let mut said = in_name
        .chain(as_stereotype)
        .flat_map(|said| said.split(','));
    said.any(is_mark)
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
    fn marks_stand_in_names_or_stereotypes_or_around() {
        for sound in [
            "class \"Publisher (New)\" {\n}\nclass \"Store (Existing)\" {\n}",
            "package \"Reports\" {\n  class Writer <<New>>\n  class Row <<existing>>\n}",
            "package \"Reports\" <<New>> {\n  class Writer {\n    + a()\n  }\n  interface Row\n}",
            "component [Cli (New)]",
            "class A <<abstract, New>>",
            "[A] <<New>>\n[B] as b <<Existing>>\n[A] --> [B]",
            "[A one] as a <<New>> #red\n() \"Reading\" <<New>>\n() Writing <<Existing>>\na - Writing",
            "[A (New)]",
            "database Store <<Existing>>\nactor Editor\nEditor --> Store",
            "node Server <<New>> {\n  [A]\n}",
        ] {
            let diagram = format!("@startuml\n{sound}\n@enduml\n");
            assert_eq!(check_diagram(&diagram, MARKS), Ok(()), "{sound}");
        }
        let short = "@startuml\n[A] <<New>>\n[B]\n[A] --> [B]\n@enduml";
        let problems = check_diagram(short, MARKS).unwrap_err();
        assert!(problems[0].contains("`[B]`"), "{problems:?}");
        let beside = "@startuml\npackage P <<New>> {\n}\nclass A {\n}\n@enduml";
        let problems = check_diagram(beside, MARKS).unwrap_err();
        assert!(problems[0].contains("`class A`"), "{problems:?}");
    }

    #[test]
    fn several_diagrams_are_all_kept_and_checked() {
        let two = format!("One:\n```plantuml\n{GOOD}```\nTwo:\n\n@startuml\nclass B\n@enduml\n");
        let both = diagram(&two).unwrap();
        assert_eq!(both, format!("{GOOD}\n@startuml\nclass B\n@enduml\n"));
        let problems = check_diagram(&both, MARKS).unwrap_err();
        assert!(problems[0].contains("`class B`"), "{problems:?}");
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
