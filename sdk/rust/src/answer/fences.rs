//! Fenced blocks, also where a fence stands inside a fence of the same length.

use super::lines::{FenceLine, normalize};

/// A fenced block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What stands behind the opening fence, such as `python`.
    pub info: String,
    /// The lines between the fences, each with its `\n`.
    pub content: String,
    /// Whether the closing fence is there: an answer that breaks off lacks it.
    pub closed: bool,
    /// The numbers of the opening line and of the line after the closing one.
    pub(crate) lines: (usize, usize),
}

/// The fenced blocks of a text, outermost only.
///
/// A fence ends at the first bare fence of its kind that is at least as long. Markdown has no fences inside fences
/// of the same length, but models write them: one with an info string opens such an inner block, and the next
/// bare one closes it.
#[must_use]
pub fn blocks(text: &str) -> Vec<Block> {
    let text = normalize(text);
    let lines: Vec<&str> = text.lines().collect();
    blocks_of(&lines)
}

pub(crate) fn blocks_of(lines: &[&str]) -> Vec<Block> {
    let mut found = Vec::new();
    let mut next = 0;
    while let Some(line) = lines.get(next) {
        match FenceLine::read(line) {
            Some(opening) => {
                let (end, closed) = end_of_block(lines, next, &opening);
                found.push(Block {
                    info: opening.info.to_owned(),
                    content: content(&lines[next + 1..end], opening.indent),
                    closed,
                    lines: (next, end + usize::from(closed)),
                });
                next = end + usize::from(closed);
            }
            None => next += 1,
        }
    }
    found
}

/// The number of the closing line, or the number of lines if there is none.
fn end_of_block(lines: &[&str], start: usize, opening: &FenceLine<'_>) -> (usize, bool) {
    let mut inner = 0_usize;
    for (number, line) in lines.iter().enumerate().skip(start + 1) {
        let Some(fence) = FenceLine::read(line).filter(|fence| fence.matches(opening)) else {
            continue;
        };
        match (fence.info.is_empty(), inner) {
            (false, _) => inner += 1,
            (true, 0) => return (number, true),
            (true, _) => inner -= 1,
        }
    }
    (lines.len(), false)
}

/// The lines as text, without the indentation of the fence around them.
pub(crate) fn content(lines: &[&str], indent: usize) -> String {
    let mut text = String::new();
    for line in lines {
        let white = line.len() - line.trim_start_matches([' ', '\t']).len();
        text.push_str(&line[white.min(indent)..]);
        text.push('\n');
    }
    text
}

/// The text without its fenced blocks: what the model says around them.
#[must_use]
pub fn without_blocks(text: &str) -> String {
    let text = normalize(text);
    let lines: Vec<&str> = text.lines().collect();
    let mut rest = Vec::new();
    let mut next = 0;
    for block in blocks_of(&lines) {
        rest.extend_from_slice(&lines[next..block.lines.0]);
        next = block.lines.1;
    }
    rest.extend_from_slice(&lines[next..]);
    rest.join("\n").trim().to_owned()
}

/// Puts a fence around a text, longer than any fence inside it.
#[must_use]
pub fn fenced(info: &str, content: &str) -> String {
    let longest = content
        .lines()
        .filter_map(FenceLine::read)
        .filter(|fence| fence.mark == '`')
        .map(|fence| fence.length)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    let end = if content.is_empty() || content.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!("{fence}{info}\n{content}{end}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(text: &str) -> Vec<String> {
        blocks(text)
            .into_iter()
            .map(|block| block.content)
            .collect()
    }

    #[test]
    fn a_block_is_found_in_prose() {
        let found = blocks("Sure!\n\n```python\nprint(1)\n```\nHope that helps.");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].info, "python");
        assert_eq!(found[0].content, "print(1)\n");
        assert!(found[0].closed);
    }

    #[test]
    fn a_fence_inside_a_fence_of_the_same_length() {
        let text = "```markdown\n# Doc\n```python\nx = 1\n```\nend\n```\nafter";
        assert_eq!(contents(text), ["# Doc\n```python\nx = 1\n```\nend\n"]);
    }

    #[test]
    fn a_longer_fence_and_one_of_tildes_keep_what_is_inside() {
        assert_eq!(contents("````md\n```\nx\n```\n````"), ["```\nx\n```\n"]);
        assert_eq!(contents("~~~md\n```py\nx\n```\n~~~"), ["```py\nx\n```\n"]);
    }

    #[test]
    fn windows_line_ends_vanish() {
        assert_eq!(contents("```py\r\nx\r\ny\r\n```\r\n"), ["x\ny\n"]);
    }

    #[test]
    fn an_indented_block_loses_its_indentation_and_no_more() {
        let text = "1. First\n   ```py\n   if x:\n       y\n   ```";
        assert_eq!(contents(text), ["if x:\n    y\n"]);
    }

    #[test]
    fn a_block_that_breaks_off_is_not_closed() {
        let found = blocks("```py\nx = ");
        assert_eq!(found[0].content, "x = \n");
        assert!(!found[0].closed);
    }

    #[test]
    fn code_inside_a_line_is_no_fence() {
        assert!(blocks("```not a fence``` really").is_empty());
    }

    #[test]
    fn what_is_said_around_blocks() {
        assert_eq!(without_blocks("a\n```\nb\n```\nc"), "a\nc");
    }

    #[test]
    fn a_fence_is_longer_than_those_inside() {
        assert_eq!(fenced("md", "```\nx\n```"), "````md\n```\nx\n```\n````");
    }
}
