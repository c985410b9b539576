//! Two versions on a hundred cases, by the command: from the start of the process to its end.

use std::time::Instant;

use stepwell_benches::matrix::{self, COMMAND};
use stepwell_benches::{median, row, shown};

const TIMES: usize = 11;

pub(crate) fn measure() {
    let provider = matrix::provider();
    let (mut own, mut command) = (Vec::new(), Vec::new());
    for _ in 0..=TIMES {
        own.push(matrix::own_time(&provider));
        let project = matrix::project(&provider);
        let start = Instant::now();
        let compared = project.run(&COMMAND);
        command.push(start.elapsed());
        let compared = compared.exits_with(0);
        let table = &compared.stdout;
        assert!(table.contains("100 of 100"), "{table}");
    }
    // The first one may have compiled the step.
    command.remove(0);
    let what = "`stepwell compare`, 2 versions × 100 cases";
    row(what, &shown(median(command)), "300 ms");
    let what = "of it the provider's own time: 200 answers, 8 at once";
    row(what, &shown(median(own)), "–");
}
