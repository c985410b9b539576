//! What was at a path is never lost when it is given something else: it lies aside until it is let go.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use uuid::Uuid;

use super::*;

fn aside(place: usize) -> Aside {
    Aside::of(Uuid::nil(), place)
}

fn name(place: usize) -> String {
    format!(".stepwell-aside-{}-{place}", "0".repeat(32))
}

fn text(taken: &Taken) -> Option<&str> {
    let (digest, text) = taken.text.as_ref()?;
    assert_eq!(*digest, stepwell_contract::Digest::of(text));
    Some(std::str::from_utf8(text).unwrap())
}

/// Does the same with the system's exchange and with what stands in for it.
fn both_ways(test: impl Fn(&Ground, &WorkspaceFolder)) {
    for exchanges in [true, false] {
        let ground = Ground::new(&[]);
        let mut folder = ground.folder();
        folder.exchanges = exchanges;
        test(&ground, &folder);
    }
}

#[test]
fn what_was_there_is_given_and_lies_aside_until_it_is_let_go() {
    both_ways(|ground, folder| {
        let taken = folder.exchange("sub/a", Some(b"one"), None, &aside(0));
        assert_eq!(taken.unwrap(), Taken::default(), "nothing was there");
        assert_eq!(folder.left_aside("sub/a", &aside(0)).unwrap(), None);

        ground.write("sub/a", "a person's");
        let taken = folder.exchange("sub/a", Some(b"two"), None, &aside(0));
        assert_eq!(text(&taken.unwrap()), Some("a person's"));
        assert_eq!(fs::read(ground.at("sub/a")).unwrap(), b"two");
        let left = folder.left_aside("sub/a", &aside(0)).unwrap().unwrap();
        assert_eq!(text(&left), Some("a person's"));

        // Other publishing in the folder doesn't take it for a leftover.
        folder.publish("sub/b", Some(b"b")).unwrap();
        folder.publish("sub/b", None).unwrap();
        assert!(folder.left_aside("sub/a", &aside(0)).unwrap().is_some());
        folder.let_go("sub/a", &aside(0), false).unwrap();
        assert_eq!(folder.left_aside("sub/a", &aside(0)).unwrap(), None);
        assert_eq!(fs::read_dir(ground.at("sub")).unwrap().count(), 1);
    });
}

#[test]
fn what_is_removed_lies_aside_too_and_its_folder_stays_for_it() {
    both_ways(|ground, folder| {
        ground.write("sub/a", "a person's");
        let taken = folder.exchange("sub/a", None, None, &aside(3)).unwrap();
        assert_eq!(text(&taken), Some("a person's"));
        assert!(!ground.at("sub/a").exists());
        let left = folder.left_aside("sub/a", &aside(3)).unwrap().unwrap();
        assert_eq!(text(&left), Some("a person's"));
        folder.let_go("sub/a", &aside(3), true).unwrap();
        assert!(!ground.at("sub").exists());
        assert_eq!(folder.left_aside("sub/a", &aside(3)).unwrap(), None);
    });
}

#[test]
fn a_link_that_stands_at_the_path_is_neither_replaced_nor_written_through() {
    both_ways(|ground, folder| {
        ground.write("target", "kept");
        for target in ["target", "nothing", "../outside/secret", "."] {
            ground.link(target, "link");
            for content in [Some(b"new".as_slice()), None] {
                let refused = folder.exchange("link", content, None, &aside(0));
                let refused = refused.unwrap_err().to_string();
                assert!(refused.contains("a symbolic link stands"), "{refused}");
                let there = fs::read_link(ground.at("link")).unwrap();
                assert_eq!(there, Path::new(target));
                assert_eq!(folder.left_aside("link", &aside(0)).unwrap(), None);
            }
            fs::remove_file(ground.at("link")).unwrap();
        }
        assert_eq!(fs::read(ground.at("target")).unwrap(), b"kept");
        ground.secret_is_untouched();
    });
}

/// As a process leaves it that was killed after it exchanged its text with a link that somebody had just made.
#[test]
fn a_link_that_was_taken_out_goes_back_to_where_it_was() {
    let ground = Ground::new(&[("target", "kept"), ("a", "step")]);
    let folder = ground.folder();
    ground.link("target", &name(0));
    let left = folder.left_aside("a", &aside(0)).unwrap().unwrap();
    assert_eq!(text(&left), Some("step"), "what the step wrote lies aside");
    let there = fs::read_link(ground.at("a")).unwrap();
    assert_eq!(there, Path::new("target"));
}

#[test]
fn permission_bits_are_handed_on_told_and_given_to_what_is_new() {
    both_ways(|ground, folder| {
        ground.write("run.sh", "old");
        fs::set_permissions(ground.at("run.sh"), fs::Permissions::from_mode(0o4750)).unwrap();
        let taken = folder.exchange("run.sh", Some(b"new"), Some(Mode(0o600)), &aside(0));
        assert_eq!(taken.unwrap().mode, Some(Mode(0o750)));
        let bits = |path| fs::metadata(ground.at(path)).unwrap().mode() & 0o7777;
        assert_eq!(bits("run.sh"), 0o750);
        let taken = folder.exchange("new.sh", Some(b"new"), Some(Mode(0o700)), &aside(1));
        assert_eq!(taken.unwrap().mode, None);
        assert_eq!(bits("new.sh"), 0o700);
    });
}

#[test]
fn an_exchange_that_fails_leaves_everything_as_it_was() {
    both_ways(|ground, folder| {
        ground.write("folder/a", "kept");
        ground.fifo("pipe");
        for path in ["folder", "pipe"] {
            let refused = folder.exchange(path, Some(b"x"), None, &aside(0));
            assert!(refused.is_err(), "{path}");
            assert_eq!(folder.left_aside(path, &aside(0)).unwrap(), None);
        }
        let refused = folder.exchange("pipe", None, None, &aside(0));
        assert!(refused.is_err());
        let mut names: Vec<_> = fs::read_dir(&ground.root)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["folder", "pipe"]);
    });
}

/// Between the look at a path and its exchange somebody may put a folder there.
#[test]
fn a_folder_that_was_taken_out_goes_back_where_it_was() {
    let ground = Ground::new(&[("a", "new")]);
    ground.write(&format!("{}/in it", name(0)), "kept");
    let left = ground.folder().left_aside("a", &aside(0)).unwrap().unwrap();
    assert_eq!(text(&left), Some("new"), "the new text lies aside again");
    assert_eq!(fs::read(ground.at("a/in it")).unwrap(), b"kept");
}

#[test]
fn no_step_can_name_what_lies_aside() {
    let ground = Ground::new(&[(&format!("sub/{}", name(0)), "a person's"), ("sub/a", "")]);
    let folder = ground.folder();
    for path in [format!("sub/{}", name(0)), ".STEPWELL-ASIDE-1".into()] {
        let refused = folder.read(&path, 100);
        assert_eq!(kind_of(refused), WorkspaceErrorKind::InvalidPath);
    }
    let seen = folder
        .entries("**", &Shown::default(), &RulesBefore::new())
        .unwrap();
    let seen: Vec<_> = seen.into_iter().map(|entry| entry.path).collect();
    assert_eq!(seen, ["sub/a"]);
}

/// Every text that was ever put at the path was either taken out by somebody, or is there at the end.
#[test]
fn of_texts_that_several_put_at_one_path_at_once_none_is_lost() {
    let ground = Ground::new(&[]);
    let folder = ground.folder();
    let mut found: Vec<String> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let folder = &folder;
                scope.spawn(move || {
                    let mut taken = Vec::new();
                    for number in 0..50 {
                        let new = format!("{writer} {number}");
                        // Now and then the path is emptied.
                        let new = (number % 7 != 3).then_some(new.as_bytes());
                        let old = folder.exchange("sub/a", new, None, &aside(writer));
                        taken.extend(text(&old.unwrap()).map(str::to_owned));
                        folder
                            .let_go("sub/a", &aside(writer), new.is_none())
                            .unwrap();
                    }
                    taken
                })
            })
            .collect();
        let taken = writers.into_iter().map(|writer| writer.join().unwrap());
        taken.flatten().collect()
    });
    found.extend(fs::read_to_string(ground.at("sub/a")));
    found.sort();
    let mut all: Vec<String> = (0..4)
        .flat_map(|writer| (0..50).map(move |number| (writer, number)))
        .filter(|(_, number)| number % 7 != 3)
        .map(|(writer, number)| format!("{writer} {number}"))
        .collect();
    all.sort();
    assert_eq!(found, all);
}
