//! `stepwell cancel`: a run is ended for good.

use crate::errors::CommandError;
use crate::exit::Exit;
use crate::wiring::{Context, Need};

pub(super) async fn cancel(run: &str, context: &Context) -> Result<Exit, CommandError> {
    let wired = context.wire(Need::There).await?;
    let run = wired.engine.find_run(run).await?;
    wired.engine.cancel(run).await?;
    context.screen.print(&format!("run {run} is cancelled\n"))?;
    Ok(Exit::Success)
}
