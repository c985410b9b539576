//! The folders outside of its workspace that a step may read, where they are when an attempt begins.

use stepwell_contract::{ExecutionKey, GoOn, LentFolder, Problem, ProblemCode, ReadGrant, Remedy};
use stepwell_workers::off_the_workers;

use crate::state::RunContext;

/// Finds the folders that a step is granted, or says what is wrong with one.
pub(super) async fn lent_folders(
    run: &RunContext,
    key: &ExecutionKey,
    grants: &[ReadGrant],
) -> Result<Vec<LentFolder>, Problem> {
    if grants.is_empty() {
        return Ok(Vec::new());
    }
    let lending = run.house.lending(run.pins.definition_file.as_deref());
    let given = grants.to_vec();
    let found = off_the_workers(move || {
        let lent = given
            .into_iter()
            .map(|grant| match lending.lend(&grant.path) {
                Ok(folder) => Ok(LentFolder {
                    folder,
                    at: grant.at,
                }),
                Err(why) => Err(format!(
                    "`grants.read` names `{}`, which can't be lent: {why}",
                    grant.path
                )),
            });
        lent.collect::<Result<Vec<_>, _>>()
    });
    found.await.map_err(|message| {
        let then = GoOn::Run(key.run);
        Problem::new(ProblemCode::Denied, message)
            .with(Remedy::MendWhatItSays { then })
            .of(key)
    })
}
