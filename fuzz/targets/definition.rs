//! Text as a definition: it is read, or each mistake in it has a place that is in the text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use stepwell_definition::parse_definition;

fuzz_target!(|text: &str| {
    let (definition, problems) = parse_definition(text, "fuzz.toml");
    assert!(definition.is_some() || !problems.is_empty());
    for problem in problems {
        let _ = problem.render(text);
    }
});
