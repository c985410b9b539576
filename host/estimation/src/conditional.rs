//! How long a prompt is, as far as its template alone says.

use stepwell_contract::Spread;

/// Bytes of a prompt by its template: at least what stands in it under no condition and in no loop, at most all of it. What is
/// put in for its variables is read elsewhere.
///
/// Only words of Jinja that open, part and close are looked at. A template that doesn't balance is refused when it is
/// rendered; here it makes a range that is a little off.
#[must_use]
pub fn prompt_bytes(template: &str) -> Spread {
    let mut open = vec![Part::default()];
    let mut rest = template;
    while let Some((before, tag, after)) = next_tag(rest) {
        add(&mut open, before.len());
        rest = after;
        let word = tag.trim_matches(['-', '+']).split_whitespace().next();
        match word {
            Some("if" | "for") => open.push(Part::default()),
            Some("elif") => turn(&mut open),
            Some("else") => {
                turn(&mut open);
                if let Some(part) = open.last_mut() {
                    part.has_else = true;
                }
            }
            Some("endif" | "endfor") => close(&mut open),
            _ => {}
        }
    }
    add(&mut open, rest.len());
    while open.len() > 1 {
        close(&mut open);
    }
    let low = open.first().map_or(0, |all| all.here);
    Spread::between(low as u64, template.len() as u64)
}

/// What stands between a condition and its end.
#[derive(Default)]
struct Part {
    /// Bytes of the branch that is read.
    here: usize,
    /// Bytes of the shortest branch before it.
    shortest: Option<usize>,
    has_else: bool,
}

fn add(open: &mut [Part], bytes: usize) {
    if let Some(part) = open.last_mut() {
        part.here += bytes;
    }
}

/// Another branch begins.
fn turn(open: &mut [Part]) {
    if let Some(part) = open.last_mut() {
        let here = std::mem::take(&mut part.here);
        part.shortest = Some(part.shortest.map_or(here, |shortest| shortest.min(here)));
    }
}

/// The innermost part ends: without an `else` nothing of it has to be there.
fn close(open: &mut Vec<Part>) {
    if open.len() < 2 {
        return;
    }
    let Some(part) = open.pop() else { return };
    let least = match part.has_else {
        true => part
            .shortest
            .map_or(part.here, |shortest| shortest.min(part.here)),
        false => 0,
    };
    add(open, least);
}

/// The text before the next tag, what the tag says, and what follows it.
fn next_tag(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{%")?;
    let (tag, after) = rest.split_once("%}")?;
    Some((before, tag, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_under_a_condition_may_be_missing() {
        for (template, low) in [
            ("always", 6),
            ("ab{% if x %}cdef{% endif %}g", 3),
            ("{% if x %}abc{% else %}de{% endif %}", 2),
            ("{%- if x -%}abc{%- elif y %}a{% else %}de{% endif %}", 1),
            ("{% if x %}abc{% elif y %}a{% endif %}", 0),
            (
                "{% if x %}{% if y %}abc{% else %}ab{% endif %}c{% else %}abcdef{% endif %}",
                3,
            ),
            ("a{% for it in list %}bcd{% endfor %}", 1),
            ("a{% set b = 1 %}c", 2),
            ("a{% if", 6),
            ("{% endif %}a{% else %}b{% if x %}c", 1),
            ("", 0),
        ] {
            let high = template.len() as u64;
            assert_eq!(
                prompt_bytes(template),
                Spread::between(low, high),
                "{template}"
            );
        }
    }
}
