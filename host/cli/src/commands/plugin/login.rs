//! `stepwell plugin login` and `logout`: who somebody is at a registry.

use std::io::Read as _;

use stepwell_registry::{Host, Kept, Secret};
use stepwell_workers::off_the_workers;

use crate::arguments::{LoginArguments, LogoutArguments};
use crate::errors::{CommandError, RegistryError};
use crate::exit::Exit;
use crate::terminal::{asked_for, asked_in_secret, plain};
use crate::wiring::Context;

/// The most bytes of a password: tokens have some thousands.
const LONGEST: u64 = 64 << 10;

pub(super) async fn logged_in(
    arguments: LoginArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let host = host(&arguments.host)?;
    let screen = &context.screen;
    let (username, password) = match (arguments.username, arguments.password_stdin) {
        (Some(username), true) => (username, given().await?),
        (username, _) if screen.can_ask() => {
            let username = match username {
                Some(username) => Some(username),
                None => asked_for(screen, &format!("your name at {host}")).await,
            };
            let username = username.ok_or_else(|| RegistryError::not_given(&host))?;
            let question = format!("the password of {} at {host}", plain(&username));
            let password = asked_in_secret(screen, &question).await;
            (username, password.unwrap_or_default())
        }
        _ => return Err(RegistryError::not_given(&host).into()),
    };
    if username.is_empty() || password.is_empty() {
        return Err(RegistryError::not_given(&host).into());
    }
    let secret = Secret::new(password);
    let registry = context.registry()?;
    let logged_in = registry.log_in(&host, &username, &secret).await;
    let logged_in = logged_in.map_err(RegistryError::Fetch)?;
    if !logged_in.was_checked {
        screen.warn(&format!(
            "{host} asked for no name and no password, so that they were not tried"
        ));
    }
    let kept = match logged_in.kept {
        Kept::File(path) => format!("in {}, where they can be read", path.display()),
        Kept::Helper(program) => format!("by {program}"),
    };
    screen.print(&format!(
        "logged in to {host} as {}; the credentials are kept {}\n",
        plain(&username),
        plain(&kept)
    ))?;
    Ok(Exit::Success)
}

pub(super) async fn logged_out(
    arguments: &LogoutArguments,
    context: &Context,
) -> Result<Exit, CommandError> {
    let host = host(&arguments.host)?;
    let were_there = context.registry()?.log_out(&host).await;
    let told = match were_there.map_err(RegistryError::Fetch)? {
        true => format!("logged out of {host}: its credentials are removed\n"),
        false => format!("no credentials are kept for {host}\n"),
    };
    context.screen.print(&told)?;
    Ok(Exit::Success)
}

fn host(text: &str) -> Result<Host, RegistryError> {
    text.parse().map_err(RegistryError::Host)
}

/// What stands on standard input, without the end of its line.
async fn given() -> Result<String, CommandError> {
    let read = || {
        let mut text = String::new();
        let input = std::io::stdin().lock();
        // An error of the system holds nothing of what was read.
        input.take(LONGEST + 1).read_to_string(&mut text)?;
        Ok(text)
    };
    let unread = |source| CommandError::File {
        path: "standard input".into(),
        source,
        named: None,
    };
    let text: String = off_the_workers(read).await.map_err(unread)?;
    if text.len() as u64 > LONGEST {
        return Err(RegistryError::LongPassword.into());
    }
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}
