//! Compiled plugins on disk: used when whole, made anew when not, and never a reason to fail.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::common::{Host, document, environment, hostile, inputs, sandbox_in};
use stepwell_contract::{ComponentBytes, Digest, GuestCall, LoadError, StepRunner as _};
use stepwell_sandbox::Sandbox;

async fn compiles(folder: &Path) -> u64 {
    let sandbox = sandbox_in(folder.to_owned());
    works(&sandbox).await;
    sandbox.check().compiled
}

async fn works(sandbox: &Sandbox) {
    let loaded = sandbox.load(hostile()).await.unwrap();
    assert_eq!(loaded.description.documents[0].name, "out");
    let call = GuestCall::Execute {
        inputs: inputs("nothing", 0),
        services: Arc::new(Host::default()),
    };
    let report = sandbox.call(&loaded.digest, call, environment()).await;
    assert_eq!(document(&report), "done");
}

fn file(folder: &Path, ending: &str) -> PathBuf {
    let mut files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .find(|path| path.extension().is_some_and(|one| one == ending))
        .unwrap()
}

#[tokio::test]
async fn a_second_process_compiles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("code");
    assert_eq!(compiles(&inner).await, 1);
    assert_eq!(compiles(&inner).await, 0);
    let health = sandbox_in(inner.clone()).check();
    assert_eq!(
        (health.cached_components, health.cache_folder),
        (1, Some(inner.clone()))
    );
    let names: Vec<_> = fs::read_dir(&inner).unwrap().collect();
    assert_eq!(names.len(), 2, "no temporary file stays: {names:?}");
}

#[tokio::test]
async fn a_damaged_file_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("code");
    assert_eq!(compiles(&inner).await, 1);
    type Damage = fn(&mut Vec<u8>);
    let damage: [(&str, Damage); 5] = [
        ("cwasm", |code| code.truncate(code.len() / 2)),
        ("cwasm", |code| {
            let middle = code.len() / 2;
            code[middle] ^= 1;
        }),
        ("cwasm", Vec::clear),
        ("json", |label| label.truncate(10)),
        ("json", |label| *label = b"{}".to_vec()),
    ];
    for (ending, damage) in damage {
        let path = file(&inner, ending);
        let mut bytes = fs::read(&path).unwrap();
        damage(&mut bytes);
        // As another program would: not in place of the file that this process still has mapped.
        fs::remove_file(&path).unwrap();
        fs::write(&path, bytes).unwrap();
        assert_eq!(compiles(&inner).await, 1);
        assert_eq!(compiles(&inner).await, 0);
    }
}

#[tokio::test]
async fn code_of_another_component_under_its_name_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("code");
    assert_eq!(compiles(&inner).await, 1);
    fs::remove_file(file(&inner, "json")).unwrap();
    assert_eq!(compiles(&inner).await, 1);
}

#[cfg(unix)]
#[tokio::test]
async fn the_folder_is_this_users_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("code");
    compiles(&inner).await;
    let mode = fs::metadata(&inner).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);

    fs::set_permissions(&inner, fs::Permissions::from_mode(0o777)).unwrap();
    let sandbox = sandbox_in(inner);
    assert_eq!(
        sandbox.check().cache_folder,
        None,
        "others could plant code there"
    );
    works(&sandbox).await;
}

/// Lets others do something with a file or folder, and is asked whether the code in `inner` is used then.
#[cfg(unix)]
#[tokio::test]
async fn code_that_others_could_have_written_is_not_run() {
    use std::os::unix::fs::{PermissionsExt as _, chown, symlink};

    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let folder = tempfile::tempdir().unwrap();
    let above = folder.path().join("above");
    let inner = above.join("code");
    assert_eq!(compiles(&inner).await, 1);
    for ending in ["cwasm", "json"] {
        for open in [0o666, 0o620] {
            mode(&file(&inner, ending), open);
            assert_eq!(compiles(&inner).await, 1, "a file of mode {open:o}");
            assert_eq!(compiles(&inner).await, 0);
        }
        // What a link leads to can be anybody's.
        let real = file(&inner, ending);
        let elsewhere = folder.path().join("elsewhere");
        fs::rename(&real, &elsewhere).unwrap();
        symlink(&elsewhere, &real).unwrap();
        assert_eq!(compiles(&inner).await, 1);
        assert_eq!(compiles(&inner).await, 0);
    }

    let used = |folder: &Path| sandbox_in(folder.to_owned()).check().cache_folder.is_some();
    for (path, open, is_used) in [
        (&inner, 0o770, false),
        (&inner, 0o1777, false),
        (&inner, 0o755, true),
        (&above, 0o777, false),
        (&above, 0o775, false),
        (&above, 0o1777, true),
    ] {
        let before = fs::metadata(path).unwrap().permissions();
        mode(path, open);
        assert_eq!(used(&inner), is_used, "{path:?} of mode {open:o}");
        fs::set_permissions(path, before).unwrap();
    }

    // A link is as good as where it leads.
    let link = folder.path().join("link");
    symlink(&inner, &link).unwrap();
    assert!(used(&link));
    mode(&above, 0o777);
    assert!(!used(&link));
    mode(&above, 0o700);

    const NOBODY: u32 = 65534;
    // Only root can give something away.
    for path in [
        &above,
        &inner,
        &file(&inner, "cwasm"),
        &file(&inner, "json"),
    ] {
        if chown(path, Some(NOBODY), None).is_err() {
            continue;
        }
        let uses = used(&inner) && compiles(&inner).await == 0;
        assert!(!uses, "{path:?} is nobody's");
        // A file is made anew, a folder stays nobody's.
        chown(path, Some(0), None).unwrap();
    }
}

#[tokio::test]
async fn code_under_the_name_of_another_component_is_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("code");
    assert_eq!(compiles(&inner).await, 1);
    let ours = ["cwasm", "json"].map(|ending| file(&inner, ending));
    let others = folder.path().join("others");
    let sandbox = sandbox_in(others.clone());
    // Another component, whose step has another document.
    let mut other = hostile().to_vec();
    other.extend_from_slice(&[0, 3, 1, b'x', 0]);
    sandbox.load(other.into()).await.unwrap();
    for (ours, ending) in ours.iter().zip(["cwasm", "json"]) {
        fs::copy(file(&others, ending), ours).unwrap();
    }
    assert_eq!(compiles(&inner).await, 1);
    assert_eq!(compiles(&inner).await, 0);
}

#[tokio::test]
async fn a_folder_that_cannot_be_is_no_reason_to_fail() {
    let folder = tempfile::tempdir().unwrap();
    let in_the_way = folder.path().join("file");
    fs::write(&in_the_way, "").unwrap();
    let sandbox = sandbox_in(in_the_way.join("code"));
    assert_eq!(sandbox.check().cache_folder, None);
    works(&sandbox).await;
}

#[tokio::test]
async fn of_a_component_that_is_known_the_code_is_enough() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("code");
    let digest = Digest::of(hostile());
    let none = || Err(std::io::Error::other("nobody has it"));
    let other = || Ok(Arc::from(*b"something else"));
    for broken in [&none as &ComponentBytes, &other] {
        let sandbox = sandbox_in(inner.clone());
        let refused = sandbox.load_known(digest, broken).await;
        assert!(matches!(refused, Err(LoadError::Host { .. })));
    }
    let sandbox = sandbox_in(inner.clone());
    let loaded = sandbox.load_known(digest, &|| Ok(hostile())).await;
    assert_eq!(loaded.unwrap().digest, digest);
    let sandbox = sandbox_in(inner);
    let loaded = sandbox.load_known(digest, &none).await;
    assert_eq!(loaded.unwrap().description.documents[0].name, "out");
}
