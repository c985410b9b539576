//! Texts of a file that a run replaced: listed, brought back by their digest, and told of.

use std::sync::{Arc, OnceLock};

use stepwell_tests::{Project, Provider, Reply};

/// Two steps that write one file, one after the other.
const TWO: &str = "name = \"two\"\n[[steps]]\nid = \"first\"\nuses = \"plugins/worker.wasm\"\n\
                   inputs.topic = \"same\"\nsettings.files = 1\nsettings.items = [\"same\"]\n\
                   grants.workspace = \"write\"\n\
                   [[steps]]\nid = \"second\"\nuses = \"plugins/worker.wasm\"\nfor_each = \"steps.first.items\"\n\
                   inputs.topic = \"{{ item }}\"\nsettings.calls = 1\nsettings.files = 1\n\
                   grants.workspace = \"write\"\n";
const FILE: &str = "same/file_0.txt";

#[test]
fn a_text_is_brought_back_by_its_digest_and_what_was_done_is_said() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, TWO);
    project.write(FILE, "old\n");
    let until = ["run", "flow.toml", "--until", "first"];
    let _ = project.run(&until).exits_with(3);
    let first = project.read(FILE).unwrap();
    project.write(FILE, "a person's\n");
    let _ = project.run(&["resume", "last"]).exits_with(0);
    let last = project.read(FILE).unwrap();

    let listed = project.run(&["files", "last", "--json"]).exits_with(0);
    let listed = listed.json();
    let digest = |place: usize, field: &str| listed[place][field].as_str().unwrap().to_owned();
    let restore = |more: &[&str]| {
        let mut arguments = vec!["files", "last", "--restore", FILE];
        arguments.extend(more);
        project.run(&arguments)
    };
    let usual = restore(&[]).exits_with(0).stdout;
    assert_eq!(project.read(FILE).unwrap(), "a person's\n");
    assert!(usual.contains("which somebody else wrote"), "{usual}");
    let again = restore(&[]).exits_with(0).stdout;
    assert!(again.contains("already"), "{again}");

    for (named, text) in [
        (digest(0, "before"), "old\n"),
        (digest(0, "after"), &*first),
        (digest(1, "before"), "a person's\n"),
        (digest(1, "after"), &*last),
    ] {
        let hex = named.strip_prefix("sha256:").unwrap();
        for given in [&named, &hex[..12]] {
            project.write(FILE, "old\n");
            let told = restore(&["--text", given]).exits_with(0).stdout;
            assert_eq!(project.read(FILE).unwrap(), text, "{given}");
            assert!(told.contains(&hex[..12]), "{told}");
        }
    }

    // What names no text, or what nothing keeps, changes nothing.
    let none = restore(&["--text", &"0".repeat(64)]).exits_with(4);
    none.says(&["no one text begins with"]);
    assert_eq!(project.read(FILE).unwrap(), last);
    project.write(FILE, "kept nowhere\n");
    let hex = digest(0, "before");
    let _ = restore(&["--text", &hex]).exits_with(4);
    assert_eq!(project.read(FILE).unwrap(), "kept nowhere\n");
    let _ = restore(&["--text", &hex, "--force"]).exits_with(0);
    assert_eq!(project.read(FILE).unwrap(), "old\n");
    let _ = project
        .run(&["files", "last", "--text", &hex])
        .exits_with(2);
}

#[test]
fn a_file_that_was_not_there_before_the_run_is_gone_again_and_a_folder_stays() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, TWO);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let restore = || {
        let restored = project.run(&["files", "last", "--restore", FILE]);
        restored.exits_with(0).stdout
    };
    let told = restore();
    assert!(
        told.contains("is gone: there was no such file before"),
        "{told}"
    );
    assert!(project.read(FILE).is_none());
    project.write(&format!("{FILE}/inside"), "mine");
    let told = restore();
    assert!(
        told.contains("a folder now, which was left alone"),
        "{told}"
    );
    assert_eq!(project.read(&format!("{FILE}/inside")).unwrap(), "mine");
}

/// The process that wrote a warning down is killed: maybe nobody has read it.
#[test]
fn what_was_kept_is_told_by_whoever_goes_on_after_a_kill() {
    let place: Arc<OnceLock<std::path::PathBuf>> = Arc::default();
    let file = Arc::clone(&place);
    let provider = Provider::start(move |number, _| match number {
        // The step saw the file before, and is asked again.
        1 => {
            std::fs::write(file.get().unwrap(), "a person's\n").unwrap();
            Reply::Text("better".into())
        }
        2 => Reply::Silence,
        _ => Reply::Text("fine".into()),
    });
    let flow = TWO.replacen(
        "settings.files = 1",
        "settings.files = 1\nsettings.calls = 1\nsettings.fail = 1",
        1,
    );
    let flow = flow.replacen(
        "settings.calls = 1\nsettings.files = 1\ngrants",
        "settings.calls = 1\ngrants",
        1,
    );
    let project = Project::of_worker(&provider, &flow);
    project.write(FILE, "old\n");
    place.set(project.join(FILE)).unwrap();
    let mut child = project.spawn(&["run", "flow.toml"]);
    provider.wait_for_requests(3);
    child.kill().unwrap();
    child.wait().unwrap();
    let resumed = project.run(&["resume", "last"]).exits_with(0);
    let warning = format!("`{FILE}` was changed by somebody else");
    let told = resumed.stderr.matches(&warning).count();
    assert_eq!(told, 1, "{}", resumed.stderr);
    let restored = project.run(&["files", "last", "--restore", FILE]);
    let _ = restored.exits_with(0);
    assert_eq!(project.read(FILE).unwrap(), "a person's\n");
}
