//! The keys that say how a model is asked: of a model, and of a step.

use stepwell_contract::{Inference, Temperature};

use crate::diagnostics::Problems;
use crate::reader::Table;

/// What a table says of how a model is asked.
pub(crate) fn inference(table: &Table<'_, '_>, problems: &mut Problems) -> Inference {
    Inference {
        effort: table.word("effort", problems, "words"),
        temperature: table
            .real("temperature", problems)
            .and_then(Temperature::new),
        thinking: table.boolean("thinking", problems),
        caching: table.word("caching", problems, "words"),
    }
}

#[cfg(test)]
mod tests {
    use stepwell_contract::{Caching, Effort};
    use strum::VariantArray as _;

    use crate::keys;
    use crate::shape::Shape;

    #[test]
    fn the_keys_offer_every_word_that_there_is() {
        let effort: Vec<&str> = Effort::VARIANTS.iter().map(<&str>::from).collect();
        let caching: Vec<&str> = Caching::VARIANTS.iter().map(<&str>::from).collect();
        for (key, words) in [("effort", effort), ("caching", caching)] {
            let mut all = keys::MODEL.all();
            let found = all.find(|it| it.name == key).map(|it| &it.shape);
            assert!(
                matches!(found, Some(Shape::Word(given, _)) if *given == words),
                "{key}"
            );
        }
    }
}
