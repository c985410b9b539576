//! A link at the end of a path: where it leads, and when it can't be written through.

use std::collections::BTreeSet;

use super::*;

#[test]
fn a_link_to_a_file_inside_leads_to_it() {
    let ground = Ground::new(&[("docs/real.md", "text"), ("plain.md", "text")]);
    fs::create_dir(ground.at("sub")).unwrap();
    ground.link("docs/real.md", "link.md");
    ground.link("../link.md", "sub/twice.md");
    ground.link("docs", "folder");
    let folder = ground.folder();
    for (path, leads) in [
        ("link.md", Some("docs/real.md")),
        ("sub/twice.md", Some("docs/real.md")),
        ("plain.md", None),
        ("nothing.md", None),
        ("folder/real.md", Some("docs/real.md")),
        ("folder/new.md", Some("docs/new.md")),
        ("folder/new/new.md", Some("docs/new/new.md")),
        ("folder", None),
    ] {
        let found = folder.behind_link(path);
        let is_link = found.as_ref().is_some_and(|found| found.is_link);
        assert_eq!(
            is_link,
            leads.is_some() && !path.starts_with("folder"),
            "{path}"
        );
        assert_eq!(found.map(|found| found.path).as_deref(), leads, "{path}");
        let is_free = folder.check_write(path, &BTreeSet::new()).is_ok();
        assert_eq!(is_free, path != "folder", "{path}");
    }
}

#[test]
fn a_link_that_leads_to_no_file_of_the_workspace_is_refused_before_anything_is_written() {
    let ground = Ground::new(&[("docs/real.md", "text"), (".git/config", "closed")]);
    ground.fifo("pipe");
    let folder = ground.folder();
    for (target, why) in [
        ("nothing", "leads to nothing"),
        ("docs", "to a folder"),
        ("pipe", "no regular file"),
        ("link", "loop"),
        ("../outside/secret", "outside the workspace"),
        ("../outside/new", "outside the workspace"),
        (".git/config", "closed to every step"),
    ] {
        ground.link(target, "link");
        assert_eq!(folder.behind_link("link"), None, "{target}");
        let refused = folder.check_write("link", &BTreeSet::new()).unwrap_err();
        assert_eq!(refused.kind, WorkspaceErrorKind::InvalidPath);
        let message = refused.message;
        assert!(
            message.contains("`link`") && message.contains(why),
            "{target}: {message}"
        );
        fs::remove_file(ground.at("link")).unwrap();
    }
    ground.secret_is_untouched();
}
