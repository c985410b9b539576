//! Gates at which a person may send back what they are asked about: something around them has to repeat then.

use stepwell_contract::AskedAgain;

use crate::diagnostics::Problems;
use crate::plan::PlannedStep;
use crate::reference::Reference;
use crate::tree::Tree;

/// Warns of a gate that offers to send something back where nothing repeats for that: whoever did would end the run.
pub(crate) fn check_sent_back(
    tree: &Tree<'_>,
    steps: &[PlannedStep],
    index: usize,
    problems: &mut Problems,
) {
    let node = &tree.nodes[index];
    let gate = node.description.as_deref().map(|it| it.gate());
    let Some(Ok(Some(gate))) = gate else { return };
    let Some(AskedAgain { setting, is: word }) = &gate.again else {
        return;
    };
    let offered = node.step.settings.get(setting);
    let Some(offered) = offered.filter(|it| it.value == serde_json::Value::Bool(true)) else {
        return;
    };
    let repeats = |step: usize| {
        let repeat = steps[step].repeat.as_ref();
        repeat.is_some_and(|repeat| {
            repeat.words.contains(word)
                && matches!(
                    &repeat.document,
                    Reference::Document { source, document, .. }
                        if *source == index && document.as_str() == gate.document
                )
        })
    };
    if tree.lineage(index).any(repeats) {
        return;
    }
    let message = format!(
        "nothing repeats where step `{}` is answered `{word}`: the run would end there",
        node.path
    );
    let hint = format!(
        "put `repeat = {{ while = \"{}.{}\", is = \"{word}\" }}` on a step around it and those that are to work once more, or leave out `settings.{setting}`",
        tree.dotted(index),
        gate.document
    );
    problems.warning("nothing-repeats", offered.span, message, hint);
}
