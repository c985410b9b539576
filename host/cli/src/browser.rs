//! Opens a link in the person's browser.
//!
//! Other users see the arguments of every program. So the browser is not given the link, which holds a code, but a file that
//! only its user can read and that leads there.

use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::TempPath;

/// Opens a link, by a file in this folder. Keep what comes back until the browser had its time.
pub(crate) fn open(link: &str, folder: &Path) -> io::Result<TempPath> {
    let mut page = tempfile::Builder::new()
        .prefix("open-")
        .suffix(".html")
        .permissions(std::fs::Permissions::from_mode(0o600))
        .tempfile_in(folder)?;
    writeln!(
        page,
        "<!DOCTYPE html><meta charset=\"utf-8\"><title>Stepwell</title>\
         <meta http-equiv=\"refresh\" content=\"0; url={link}\"><a href=\"{link}\">Go on</a>"
    )?;
    let page = page.into_temp_path();
    open::that_detached(&page)?;
    Ok(page)
}
