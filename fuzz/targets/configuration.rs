//! Text as a configuration: it is read, or each mistake in it is told.

#![no_main]

use libfuzzer_sys::fuzz_target;
use stepwell_definition::parse_configuration;
use stepwell_llm::known_providers;

fuzz_target!(|text: &str| {
    let (configuration, problems) = parse_configuration(text, "fuzz.toml", known_providers());
    assert!(configuration.is_some() || !problems.is_empty());
    for problem in problems {
        let _ = problem.render(text);
    }
});
