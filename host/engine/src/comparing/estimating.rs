//! What a comparison will probably take: its cells that have no outcome yet, and its judges of those.

use std::collections::BTreeSet;

use stepwell_contract::{Digest, RunEstimate};

use super::Comparing;
use super::cells::{KeptCase, by_case, run_of};
use super::judging::is_judged_by;
use super::matrix::Matrix;
use crate::driving::{ByItself, estimate_by_itself};
use crate::words::EngineError;

impl Comparing {
    /// What a comparison will probably take. What a judge is given of an outcome beside its documents, such as files, isn't counted.
    pub(super) async fn estimated(&self, matrix: &Matrix) -> Result<RunEstimate, EngineError> {
        let record = &matrix.record;
        let open = self.open_cells(&record.cells).await?;
        let step = &matrix.prepared.plan.steps[matrix.index];
        let variants = record.variants.iter();
        let runs: Vec<_> = variants
            .map(|variant| run_of(&record.template, step, variant))
            .collect();
        let given = of_each(&matrix.cases);
        let repeats = record.repeats.max(1) as usize;
        let mut steps: Vec<ByItself<'_>> = Vec::new();
        for (place, run) in runs.iter().enumerate() {
            let mut cells: BTreeSet<&Digest> = BTreeSet::new();
            for (of_case, _) in by_case(record, &matrix.cases) {
                let own = of_case.iter().skip(place * repeats).take(repeats);
                cells.extend(own.filter(|cell| open.contains(*cell)));
            }
            steps.push(ByItself {
                prepared: &matrix.prepared,
                record: run,
                step: matrix.index,
                executions: cells.len() as u64,
                given,
                after: None,
                in_batches: record.batch,
            });
        }
        for (name, judge) in &matrix.judges {
            let judged =
                by_case(record, &matrix.cases).filter(|(_, case)| is_judged_by(case, name));
            let cells: BTreeSet<&Digest> = judged
                .flat_map(|(cells, _)| cells)
                .filter(|cell| open.contains(*cell))
                .collect();
            steps.push(ByItself {
                prepared: &judge.prepared,
                record: &judge.template,
                step: 0,
                executions: cells.len() as u64,
                given,
                after: Some(0),
                in_batches: record.batch,
            });
        }
        Ok(estimate_by_itself(&self.house, &steps).await?)
    }

    /// Those of these cells that have no outcome yet.
    async fn open_cells(&self, cells: &[Digest]) -> Result<BTreeSet<Digest>, EngineError> {
        let known = self.house.store.cells(cells).await?;
        let mut open = BTreeSet::new();
        for (identity, known) in cells.iter().zip(known) {
            let is_done = match &known {
                Some(cell) => self.is_done(cell).await?,
                None => false,
            };
            if !is_done {
                open.insert(*identity);
            }
        }
        Ok(open)
    }
}

/// Bytes of what the step is given in a case, on average.
fn of_each(cases: &[KeptCase]) -> u64 {
    let inputs = cases.iter().flat_map(|case| &case.inputs);
    let bytes: usize = inputs.map(|input| input.value.len()).sum();
    bytes.div_ceil(cases.len().max(1)) as u64
}
