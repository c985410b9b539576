//! Arguments of `stepwell serve`.

use std::net::SocketAddr;

use clap::Args;

use super::ModelArguments;
use super::values::listen;

/// `stepwell serve`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  stepwell serve\n  stepwell serve --listen 127.0.0.1:8080\n  \
                  STEPWELL_TOKEN=… stepwell serve --listen 0.0.0.0:7117 --name build.example\n\n\
                  On loopback nobody needs a token. Beyond it every request does: that of STEPWELL_TOKEN, or one that \
                  is made and printed at the start. Ctrl-C ends the server; runs stop where they are, and the next \
                  start goes on with them."
)]
pub(crate) struct ServeArguments {
    /// The address to listen on, or a port of this machine alone; port 0 takes one that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7117", value_parser = listen)]
    pub(crate) listen: SocketAddr,
    /// A name under which the server is reached, besides localhost and addresses; may be repeated
    #[arg(long = "name", value_name = "NAME")]
    pub(crate) names: Vec<String>,
    #[command(flatten)]
    pub(crate) models: ModelArguments,
}
