//! A plugin whose own texts hold line breaks and what drives a terminal: no line of a report is one that it wrote.

use stepwell_tests::{Finished, Project, Provider};

use crate::bad_input::patched;

const FLOW: &str = "name = \"flow\"\n[[steps]]\nid = \"work\"\nuses = \"plugins/step.wasm\"\n";

/// A project with the hostile step, whose `describe` does this.
fn hostile(provider: &Provider, deed: &[u8; 10]) -> Project {
    let project = Project::with_provider(provider);
    project.write("flow.toml", FLOW);
    let mark = [b"describe-mode:", &deed[..]].concat();
    let component = patched("hostile", b"describe-mode:well......", &mark);
    std::fs::create_dir_all(project.join("plugins")).unwrap();
    std::fs::write(project.join("plugins/step.wasm"), component).unwrap();
    project
}

/// That no line begins as the plugin would have it, and nothing drives a terminal.
fn is_honest(said: &Finished) {
    for text in [&said.stdout, &said.stderr] {
        for line in text.lines() {
            for forged in ["error: forged", "hint: forged", "it can be used\u{2028}"] {
                assert!(!line.starts_with(forged), "{text}");
            }
        }
        assert!(!text.contains(['\u{1b}', '\r']), "{text:?}");
    }
}

#[test]
fn what_a_plugin_says_of_itself_begins_no_line_of_a_report() {
    let provider = Provider::echo();
    let project = hostile(&provider, b"forges....");
    let of_plugin = |command: &str| project.run(&["plugin", command, "plugins/step.wasm"]);
    let checked = of_plugin("check").exits_with(0).shows(&[
        "hostile 1.0.0\n␛[2J error: forged  it can be used hint: forged\n",
        "this host doesn't have the grant `a␊error: forged = \"b␊error: forged\"`",
        "it names the setting `a␊error: forged`, which isn't declared",
    ]);
    is_honest(&checked);
    let inspected = of_plugin("inspect").exits_with(0).shows(&[
        "\n␛[2J error: forged  it can be used hint: forged\n",
        "  do    optional  ␛[2J error: forged  it can be used hint: forged\n",
        "grants.workspace = \"c error: forged\"",
        "says `yes error: forged`",
    ]);
    is_honest(&inspected);
    is_honest(&of_plugin("update"));
    let update = ["plugin", "update", "plugins/step.wasm", "--accept"];
    is_honest(&project.run(&update).exits_with(0));
    is_honest(&project.run(&["status"]));
}

#[test]
fn what_is_wrong_with_it_is_told_on_lines_of_ours() {
    let provider = Provider::echo();
    let project = hostile(&provider, b"forged-not");
    let checked = project
        .run(&["plugin", "check", "plugins/step.wasm"])
        .exits_with(4)
        .shows(&[
            "error: version: its version `1␛[2J␊error: forged",
            "error: documents.␛[2J␊error: forged",
            "error: grants.␛[2J␊error: forged",
            "it can't be used: ",
        ]);
    is_honest(&checked);
    for command in [
        &["plugin", "inspect", "plugins/step.wasm"][..],
        &["run", "flow.toml", "--check"],
        &["run", "flow.toml"],
    ] {
        is_honest(&project.run(command).exits_with(4));
    }
}

#[test]
fn the_words_of_a_failure_stand_below_it() {
    let provider = Provider::echo();
    let project = hostile(&provider, b"well......");
    let inputs = "inputs.do = \"fails-with\"\ninputs.path = \"no\\nerror: forged\\u001b[2J\"\n";
    project.write("flow.toml", &format!("{FLOW}{inputs}"));
    let run = project.run(&["run", "flow.toml"]).exits_with(1);
    let run = run.says(&["  error: forged␛[2J"]);
    is_honest(&run);
    is_honest(&project.run(&["status"]).exits_with(0));
    let cases = format!("[[cases]]\nid = \"fails\"\n{inputs}expect.documents.out = \"x\"\n");
    project.write("cases.toml", &cases);
    let test = ["plugin", "test", "plugins/step.wasm", "cases.toml"];
    is_honest(&project.run(&test).exits_with(1));
}
