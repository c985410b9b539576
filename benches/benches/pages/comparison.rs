//! A comparison of 2,000 cells: two versions on a thousand cases.

use stepwell_benches::matrix::COMMAND;
use stepwell_tests::Provider;

use crate::{compared, pages, served};

pub(crate) fn measure(provider: &Provider) {
    let project = compared(provider, 1_000);
    let _ = project.run(&COMMAND).exits_with(0);
    let view = ["comparison", "show", "--json"];
    let view = project.run(&view).exits_with(0).json();
    let id = view["id"].as_str().unwrap();
    let (server, mut connection) = served(&project, "a comparison of 2,000 cells");
    pages(
        &mut connection,
        &[
            ("a comparison of 2,000 cells", &format!("/comparisons/{id}")),
            (
                "the same in the order of what is worst",
                &format!("/comparisons/{id}?sort=worst"),
            ),
            (
                "the same with a case opened",
                &format!("/comparisons/{id}?case=7"),
            ),
            (
                "what the versions have done so far",
                "/prompts/refine/history",
            ),
            ("the list of comparisons", "/comparisons"),
            (
                "the same comparison over the API",
                &format!("/api/comparisons/{id}"),
            ),
        ],
    );
    crate::resident("memory after these", server.id(), "–");
}
