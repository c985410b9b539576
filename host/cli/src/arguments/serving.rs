//! Arguments of `stepwell serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::ModelArguments;
use super::values::listen;

/// `stepwell serve`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  stepwell serve\n  stepwell serve --open\n  stepwell serve --listen 127.0.0.1:8080 --allow ../shared\n  \
                  STEPWELL_TOKEN=… stepwell serve --listen 0.0.0.0:7117 --name build.example\n\n\
                  A browser comes in by the link that is printed, once; programs show the token: that of STEPWELL_TOKEN, \
                  or the one in the file that is named. Other commands need none. Ctrl-C ends the server; runs stop where \
                  they are, and the next start goes on with them."
)]
pub(crate) struct ServeArguments {
    /// The address to listen on, or a port of this machine alone; port 0 takes one that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7117", value_parser = listen)]
    pub(crate) listen: SocketAddr,
    /// A name under which the server is reached, besides localhost and addresses; may be repeated
    #[arg(long = "name", value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// A folder in which requests may name definitions, plugins and workspaces, besides the project's; may be repeated
    #[arg(long = "allow", value_name = "DIR")]
    pub(crate) allowed: Vec<PathBuf>,
    /// Open the page in a browser
    #[arg(long)]
    pub(crate) open: bool,
    /// Ask for no token: whoever reaches the address may do everything
    #[arg(long)]
    pub(crate) no_token: bool,
    #[command(flatten)]
    pub(crate) models: ModelArguments,
}
