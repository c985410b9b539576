//! Who may ask a server over TCP, how far, and what the person is told of it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use stepwell_engine::Reach;
use stepwell_server::{Access, Code, SESSION, Token};
use tempfile::TempPath;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::arguments::ServeArguments;
use crate::browser;
use crate::errors::{CommandError, ServingError};
use crate::token_file;
use crate::wiring::{Context, Wired};

/// The variable that holds a token that somebody chose.
const TOKEN: &str = "STEPWELL_TOKEN";
/// A shorter token can be guessed by who tries long enough.
const LONG: usize = 16;

/// Who may ask, and what the person is told of it.
pub(super) struct Admitting {
    address: SocketAddr,
    access: Access,
    /// Where programs find the token; none where it is the variable's, or none is asked for.
    file: Option<PathBuf>,
    /// The folders that requests may name, besides what lies below them.
    folders: Vec<PathBuf>,
    /// The store's folder.
    store: PathBuf,
}

impl Admitting {
    /// By what the person said.
    pub(super) fn of(
        arguments: &ServeArguments,
        address: SocketAddr,
        wired: &Wired,
        context: &Context,
    ) -> Result<Self, CommandError> {
        let allowed = arguments
            .allowed
            .iter()
            .map(|folder| context.start.join(folder));
        let folders: Vec<PathBuf> = [wired.project.clone()].into_iter().chain(allowed).collect();
        let reach = Reach::below(folders.clone())
            .map_err(|(path, source)| CommandError::Directory { path, source })?;
        let (token, file) = match arguments.no_token {
            true => (None, None),
            false => token(wired, context)?,
        };
        let code = match token {
            Some(_) => Some(Code::made().ok_or(ServingError::NoRandomness)?),
            None => None,
        };
        Ok(Self {
            address,
            access: Access {
                names: arguments.names.clone(),
                token,
                code,
                reach,
            },
            file,
            folders,
            store: wired.folder.clone(),
        })
    }

    pub(super) fn access(&self) -> Access {
        self.access.clone()
    }

    /// Says where the server is, and how one gets in.
    pub(super) fn tell(&self, context: &Context) -> Result<(), CommandError> {
        let screen = &context.screen;
        let mut told = format!("Stepwell is at http://{}\n", self.address);
        match (&self.access.token, &self.file) {
            (None, _) => screen.warn(&self.openly()),
            (Some(_), file) => {
                let place = file
                    .as_ref()
                    .map_or_else(|| TOKEN.to_owned(), |file| file.display().to_string());
                told += &format!("in a browser, once within 10 minutes: {}\n", self.link());
                told += &format!("for programs, the token: {place}\n");
            }
        }
        Ok(screen.print(&told)?)
    }

    /// Opens the page in the person's browser. Give what comes back up when the browser had its time.
    pub(super) fn open(&self, context: &Context) -> JoinHandle<Option<TempPath>> {
        let (link, store) = (self.link(), self.store.clone());
        let screen = Arc::clone(&context.screen);
        // Whoever opens it may ask the server before it has come back.
        spawn_blocking(move || {
            let opened = browser::open(&link, &store);
            opened
                .inspect_err(|error| screen.warn(&format!("no browser can be opened: {error}")))
                .ok()
        })
    }

    /// Where a browser goes, with the code that lets it in.
    fn link(&self) -> String {
        let place = match (self.access.names.first(), self.address.ip()) {
            (Some(name), _) => format!("{name}:{}", self.address.port()),
            // It listens everywhere, and is here, too.
            (None, ip) if ip.is_unspecified() => {
                let here = match ip {
                    IpAddr::V4(_) => IpAddr::from(Ipv4Addr::LOCALHOST),
                    IpAddr::V6(_) => IpAddr::from(Ipv6Addr::LOCALHOST),
                };
                SocketAddr::new(here, self.address.port()).to_string()
            }
            (None, _) => self.address.to_string(),
        };
        match &self.access.code {
            Some(code) => format!("http://{place}{SESSION}?code={}", code.reveal()),
            None => format!("http://{place}/"),
        }
    }

    /// What a server without a token allows.
    fn openly(&self) -> String {
        let who = match self.address.ip().is_loopback() {
            true => "every user of this machine".to_owned(),
            false => format!("everybody who reaches {}", self.address),
        };
        let folders: Vec<_> = self
            .folders
            .iter()
            .map(|folder| folder.display().to_string())
            .collect();
        format!(
            "no token is asked for: {who} can read and change everything that is kept here, start runs that cost money, and \
             have them read and write files below {}",
            folders.join(" and ")
        )
    }
}

/// The token, and where it lies if not in the variable.
fn token(
    wired: &Wired,
    context: &Context,
) -> Result<(Option<Token>, Option<PathBuf>), CommandError> {
    let (token, file) = match context.environment.get(TOKEN) {
        Some(chosen) => {
            let chosen = chosen.to_str().filter(|it| token_file::is_sendable(it));
            let chosen = chosen.ok_or(ServingError::UnfitToken { variable: TOKEN })?;
            (Token::new(chosen), None)
        }
        None => {
            let file = token_file::of_store(&wired.folder);
            let token =
                token_file::read_or_make(&file).map_err(|error| ServingError::TokenFile {
                    file: file.clone(),
                    error,
                })?;
            (token, Some(file))
        }
    };
    if token.reveal().len() < LONG {
        let message =
            format!("the token is short: one of {LONG} characters or more can't be guessed");
        context.screen.warn(&message);
    }
    Ok((Some(token), file))
}
