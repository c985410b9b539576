//! Which version of a prompt is shown, and which one it is held against.

use maud::{Markup, html};
use stepwell_contract::RunId;
use stepwell_engine::{PromptSummary, VersionSummary};

use crate::page::address::of_version;
use crate::page::parts::{self, Layout};

/// What picks the version that is shown, and the one that it is held against. `run` has used the version that is shown, where it isn't
/// kept any more.
pub(super) fn chooser(
    prompt: &PromptSummary,
    number: u32,
    (against, layout): (u32, Layout),
    run: Option<RunId>,
) -> Markup {
    let at = prompt
        .versions
        .iter()
        .position(|version| version.number == number);
    let older = at.and_then(|at| prompt.versions.get(at.checked_sub(1)?));
    let newer = at.and_then(|at| prompt.versions.get(at + 1));
    let address = |to: &VersionSummary| {
        let against = Some(against).filter(|against| *against > 0);
        let there = of_version(&prompt.name, Some(to.number)).with("against", against);
        parts::laid_out(there, layout)
    };
    let step = |to: Option<&VersionSummary>, rel: &str, label: &str, sign: &str| {
        html! {
            @if let Some(to) = to {
                a.button.step href=(address(to)) rel=(rel) aria-label=(format!("{label}: v{}", to.number)) { (sign) }
            } @else {
                span.button.step aria-disabled="true" aria-hidden="true" { (sign) }
            }
        }
    };
    let others = prompt.versions.iter().rev();
    let others = others.filter(|version| version.number != number);
    let others = others.map(|version| (version.number, parts::version_described(version)));
    html! {
        form.card.versions method="get" data-submit-on-change {
            @if let Some(run) = run { input type="hidden" name="run" value=(run); }
            div.pick {
                label for="version" { "Version" }
                div.between {
                    (step(older, "prev", "Older version", "←"))
                    select #version name="version" data-key="v" {
                        @if at.is_none() { option value=(number) selected { "v" (number) " (not kept any more)" } }
                        @for version in prompt.versions.iter().rev() {
                            option value=(version.number) selected[version.number == number] { (parts::version_described(version)) }
                        }
                    }
                    (step(newer, "next", "Newer version", "→"))
                }
            }
            (parts::compare_with(others, against))
            @if against > 0 { (parts::layout_choice(layout)) }
            button data-without-scripts { "Show" }
        }
    }
}
