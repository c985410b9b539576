//! Stores that can't be used: held by another process, closed to this user, on a full disk, damaged.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use stepwell_tests::{Finished, Project, Provider, stepwell_binary};

const FLOW: &str = r#"
name = "stores"
[[steps]]
id = "first"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
settings.calls = 1
[[steps]]
id = "second"
uses = "plugins/worker.wasm"
inputs.topic = "{{ steps.first.result }}"
settings.calls = 1
"#;

#[test]
fn a_store_that_another_program_holds_is_told_with_its_process() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    provider.hold();
    let running = project.spawn(&["run", "flow.toml"]);
    provider.wait_for_requests(1);
    // As if it had no socket.
    std::fs::remove_file(project.join(".stepwell/socket")).unwrap();
    let holder = format!("process {}", running.id());
    let _ = project.run(&["status"]).exits_with(5).says(&[
        "is in use by",
        &holder,
        "stepwell",
        "hint:",
    ]);
    // Another store is another matter.
    let _ = project
        .run(&[
            "prompt",
            "add",
            "worker",
            "--text",
            "x",
            "--store",
            "elsewhere",
        ])
        .exits_with(0);
    provider.release();
    let ended: Finished = running.wait_with_output().unwrap().into();
    let _ = ended.exits_with(0);
    let _ = project.run(&["status"]).exits_with(0);
    assert_eq!(provider.journal().len(), 2);
}

/// Runs the binary as a user for whom permissions count: root passes over them, so it becomes another user.
fn run_as_user(project: &Project, arguments: &[&str]) -> Finished {
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    if !is_root {
        return project.run(arguments);
    }
    // The binary may lie where that user can't go.
    let folder = tempfile::tempdir().unwrap();
    let binary = folder.path().join("stepwell");
    allow(folder.path(), 0o755);
    std::fs::copy(stepwell_binary(), &binary).unwrap();
    let like = project.command(arguments);
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"])
        .arg(&binary)
        .args(arguments)
        .current_dir(project.path())
        .env_clear()
        .stdin(std::process::Stdio::null());
    for (name, value) in like.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", "/nonexistent")
        .env("XDG_CACHE_HOME", "/nonexistent/cache")
        .env("LOCAL_KEY", "sk-test-secret");
    command.output().unwrap().into()
}

fn allow(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Sets the permissions of everything in a folder, and of itself.
fn allow_all(folder: &Path, files: u32, folders: u32) {
    allow(folder, 0o755);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            allow_all(&path, files, folders);
        } else {
            allow(&path, files);
        }
    }
    allow(folder, folders);
}

#[test]
fn a_folder_that_cannot_be_written() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    allow_all(project.path(), 0o644, 0o555);
    let _ = run_as_user(&project, &["run", "flow.toml"])
        .exits_with(5)
        .says(&[
            ".stepwell",
            "can't be made",
            "Permission denied",
            "hint:",
            "--store DIR",
        ]);
    assert!(provider.journal().is_empty() && !project.join(".stepwell").exists());
    // The hint helps: another folder, which this user may write.
    let elsewhere = tempfile::tempdir().unwrap();
    allow(elsewhere.path(), 0o777);
    let store = elsewhere.path().join("store").display().to_string();
    let _ = run_as_user(&project, &["run", "flow.toml", "--store", &store]).exits_with(0);
    allow_all(project.path(), 0o644, 0o755);
}

#[test]
fn a_store_that_cannot_be_written() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let _ = project
        .run(&["run", "flow.toml", "--until", "first"])
        .exits_with(3);
    allow_all(project.path(), 0o444, 0o555);
    for arguments in [&["run", "flow.toml"][..], &["resume"], &["status"]] {
        let refused = run_as_user(&project, arguments);
        let _ = refused.exits_with(5).says(&[
            ".stepwell",
            "ermission denied",
            "hint: check that you may write there",
        ]);
    }
    // Nothing is lost.
    allow_all(project.path(), 0o644, 0o755);
    let _ = project.run(&["resume"]).exits_with(0);
    assert_eq!(provider.journal().len(), 2);
}

#[test]
fn a_workspace_that_cannot_be_written() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    project.write(
        "flow.toml",
        &FLOW.replacen(
            "settings.calls = 1",
            "settings.calls = 1\nsettings.files = 2\ngrants.workspace = \"write\"",
            1,
        ),
    );
    project.write("work/old.txt", "old");
    let store = tempfile::tempdir().unwrap();
    allow(store.path(), 0o777);
    allow_all(project.path(), 0o644, 0o555);
    let store = store.path().join("store").display().to_string();
    let arguments = ["run", "flow.toml", "--store", &store, "--workspace", "work"];
    let _ = run_as_user(&project, &arguments).exits_with(1).says(&[
        "publishing",
        "tea/file_0.txt",
        "ermission denied",
        "hint:",
        "stepwell resume",
    ]);
    // What the step made is there, and is put in its place without asking anybody again (rule E16).
    let asked = provider.journal();
    allow(&project.join("work"), 0o777);
    let _ = run_as_user(&project, &["resume", "--store", &store]).exits_with(0);
    assert!(
        project
            .read("work/tea/file_1.txt")
            .unwrap()
            .contains("echo tea")
    );
    assert_eq!(provider.journal()[..asked.len()], asked);
    assert_eq!(provider.journal().len(), 2);
    allow_all(project.path(), 0o644, 0o755);
}

/// Runs with files that may not grow beyond so many KiB, which a program sees as it sees a full disk: a write fails.
/// Not even root may pass over it.
fn run_with_room_for(project: &Project, kib: u32, arguments: &[&str]) -> Finished {
    let like = project.command(arguments);
    let mut command = Command::new("sh");
    // POSIX counts in blocks of 512 bytes. The signal would end the process before the write could fail.
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", kib * 2);
    command
        .args(["-c", &script])
        .arg(stepwell_binary())
        .args(arguments)
        .current_dir(project.path())
        .env_clear()
        .stdin(std::process::Stdio::null());
    for (name, value) in like.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command.output().unwrap().into()
}

#[test]
fn a_disk_without_room_for_a_store() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let _ = run_with_room_for(&project, 16, &["run", "flow.toml"])
        .exits_with(5)
        .says(&[
            "no space is left for the store",
            ".stepwell",
            "hint: free some space",
        ]);
    assert!(provider.journal().is_empty());
    // With room again the same command works, in the same folder.
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
}

#[test]
fn a_disk_that_fills_up_during_a_run() {
    // An answer that is longer than what is left.
    let long = "much ".repeat(400_000);
    let provider = {
        let long = long.clone();
        Provider::start(move |index, _| {
            stepwell_tests::Reply::Text(if index == 1 {
                long.clone()
            } else {
                "short".into()
            })
        })
    };
    let project = Project::of_worker(&provider, FLOW);
    let _ = project
        .run(&["run", "flow.toml", "--until", "first"])
        .exits_with(3);
    let size = std::fs::metadata(project.join(".stepwell/stepwell.redb"))
        .unwrap()
        .len();
    let room = u32::try_from(size / 1024).unwrap() + 64;
    let _ = run_with_room_for(&project, room, &["resume"])
        .exits_with(5)
        .says(&["no space is left for the store", "hint:"]);
    // What was acknowledged is there.
    assert_eq!(
        project.document("first", "result").trim_end(),
        "Work on tea.\nshort"
    );
    let status = project.run(&["status", "--json"]).exits_with(0).json();
    assert_eq!(status["steps"][0]["status"], "success");
    let _ = project.run(&["resume"]).exits_with(0);
    assert!(!project.document("second", "result").is_empty());
    // The first call was stored. The second one was in flight: it is the only one that may be asked again.
    assert!(provider.journal().len() <= 3);
}

#[test]
fn a_call_without_room_for_its_answer_says_how_much_that_is_and_what_lowers_it() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let _ = project
        .run(&["run", "flow.toml", "--until", "first"])
        .exits_with(3);
    let before = provider.journal().len();
    let setting = "`max_output_tokens` of the model `writer` in stepwell.toml";
    let refused = |needed: &str, mend: &str| {
        let _ = run_with_room_for(&project, 3000, &["resume"])
            .exits_with(5)
            .says(&[
                "no space is left for the store",
                &format!("an answer may need {needed}, and "),
                &format!("{setting}{mend}"),
                "hint:",
            ]);
        assert_eq!(provider.journal().len(), before);
    };
    refused(
        "16.1 MiB",
        " lowers that: without it 16384 are reckoned with",
    );
    let text = project.read("stepwell.toml").unwrap();
    let bounded = |most: u32| {
        let model =
            format!("writer = {{ model = \"local/test-model\", max_output_tokens = {most} }}");
        project.write(
            "stepwell.toml",
            &text.replace("writer = \"local/test-model\"", &model),
        );
    };
    bounded(8000);
    refused("7.9 MiB", ", now 8000, lowers that");
    bounded(500);
    let _ = run_with_room_for(&project, 3000, &["resume"]).exits_with(0);
}

#[test]
fn on_a_full_disk_no_answer_is_paid_for_twice_and_none_is_asked_for_without_room() {
    // As much as the bound allows, with all that is kept of it; the store has to grow for it.
    let long = "much ".repeat(54_000);
    let provider = Provider::start(move |_, received| {
        stepwell_tests::Reply::Text(if received.asked.contains("short") {
            long.clone()
        } else {
            "short".into()
        })
    });
    let (mut refused, mut kept, mut went_on) = (0, 0, 0);
    for kib in (1050..=2100).step_by(150).chain([4500]) {
        let project = Project::of_worker(&provider, FLOW);
        let text = project.read("stepwell.toml").unwrap();
        let bounded = "writer = { model = \"local/test-model\", max_output_tokens = 1500 }";
        let text = text.replace("writer = \"local/test-model\"", bounded);
        project.write("stepwell.toml", &text);
        let _ = project
            .run(&["run", "flow.toml", "--until", "first"])
            .exits_with(3);
        let asked = || provider.journal().len();
        let before = asked();
        let file = project.join(".stepwell/stepwell.redb");
        let size = std::fs::metadata(file).unwrap().len();
        let room = u32::try_from(size / 1024).unwrap() + kib;
        let mut done = false;
        for _ in 0..3 {
            if done {
                continue;
            }
            let resumed = run_with_room_for(&project, room, &["resume"]);
            kept += u32::from(resumed.stderr.contains("is kept beside it"));
            done = resumed.code == 0;
            if !done {
                let _ = resumed
                    .exits_with(5)
                    .says(&["no space is left for the store", "hint:"]);
            }
        }
        refused += u32::from(asked() == before);
        went_on += u32::from(done);
        if !done {
            let _ = project.run(&["resume"]).exits_with(0);
        }
        assert_eq!(asked(), before + 1, "{kib} KiB: it is paid for once");
        let result = project.document("second", "result");
        assert!(result.contains("much much"), "{kib} KiB: {result:.300}");
        let left = std::fs::read_dir(project.join(".stepwell/answers")).unwrap();
        assert_eq!(left.count(), 0, "{kib} KiB");
        // Of the calls nobody is in doubt.
        let calls = project.run(&["calls", "--json"]).exits_with(0).json();
        let ends = calls.as_array().unwrap().iter();
        let ends: Vec<_> = ends.map(|call| call["finish"].as_str()).collect();
        assert_eq!(ends, [Some("stop"); 2], "{kib} KiB");
    }
    assert!(
        refused > 0 && kept > 0 && went_on > 0,
        "each of them happens: {refused}, {kept}, {went_on}"
    );
}

#[test]
fn a_damaged_store() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let file = project.join(".stepwell/stepwell.redb");
    let good = std::fs::read(&file).unwrap();
    for bad in [&b"not a database at all"[..], &vec![0; good.len()]] {
        std::fs::write(&file, bad).unwrap();
        let _ = project
            .run(&["status"])
            .exits_with(5)
            .says(&["stepwell.redb", "hint:", "backup"]);
        assert_eq!(std::fs::read(&file).unwrap(), bad, "it is left as it is");
    }
    std::fs::write(&file, good).unwrap();
    let _ = project.run(&["status"]).exits_with(0);
}

#[test]
fn a_store_with_damage_in_its_middle() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let file = project.join(".stepwell/stepwell.redb");
    let mut bytes = std::fs::read(&file).unwrap();
    // The head stays as it is, so that the file is taken for a store.
    let mut state = 1_u32;
    for byte in &mut bytes[4096..] {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = state.to_be_bytes()[0];
    }
    std::fs::write(&file, &bytes).unwrap();
    for arguments in [&["status"][..], &["run", "flow.toml"], &["runs"]] {
        let told = project.run(arguments).exits_with(5).says(&[
            "error: the store",
            "is damaged",
            "hint:",
            "backup",
        ]);
        assert!(!told.stderr.contains("panicked"), "{}", told.stderr);
    }
    let looked = project.run(&["doctor"]).exits_with(1);
    assert!(looked.stdout.contains("is damaged"), "{}", looked.stdout);
    assert!(!looked.stderr.contains("panicked"), "{}", looked.stderr);
    assert_eq!(std::fs::read(&file).unwrap(), bytes, "it is left as it is");
    assert_eq!(provider.journal().len(), 2);
}

#[test]
fn something_else_stands_in_the_stores_place() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    project.write(".stepwell", "a file");
    let _ = project
        .run(&["run", "flow.toml"])
        .exits_with(5)
        .says(&[".stepwell", "hint:"]);
}
