//! `publish = "branch"`: what a run wrote as commits of a branch, held against the real `git`.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use stepwell_tests::{Finished, Project, Provider, Sweep};

use crate::gated::KEEPS;

/// Two steps, of which the second changes what the first wrote, and reads a file of its.
const FLOW: &str = r#"
name = "flow"
publish = "branch"
[[steps]]
id = "first"
uses = "plugins/worker.wasm"
inputs.topic = "shared"
settings.calls = 1
settings.files = 3
settings.items = ["shared"]
grants.workspace = "write"
[[steps]]
id = "second"
uses = "plugins/worker.wasm"
for_each = "steps.first.items"
inputs.topic = "{{ item }}"
settings.calls = 2
settings.files = 2
settings.read = "shared/file_2.txt"
grants.workspace = "write"
"#;

/// One step that writes one path, and tells what came of it.
fn writes(path: &str) -> String {
    format!(
        "name = \"flow\"\npublish = \"branch\"\n[[steps]]\nid = \"only\"\nuses = \"plugins/worker.wasm\"\ninputs.topic = \"t\"\n\
         settings.write = \"{path}\"\ngrants.workspace = \"write\"\n"
    )
}

/// A project in a repository of its own, with everything in it committed.
fn project(provider: &Provider, definition: &str) -> Project {
    let project = bare_of_git(provider, definition);
    begin(&project);
    project
}

/// The same without a repository.
fn bare_of_git(provider: &Provider, definition: &str) -> Project {
    let mut project = Project::of_worker(provider, definition);
    // Nobody's own configuration of git.
    let home = project.join(".home").display().to_string();
    project.set("HOME", &home);
    project.write(".gitignore", ".stepwell/\n.home/\n.data/\n");
    project
}

fn begin(project: &Project) {
    let path = project.path();
    git(path, &["init", "--quiet", "--initial-branch=main"]);
    git(path, &["config", "user.name", "Ada"]);
    git(path, &["config", "user.email", "ada@example.org"]);
    commit_all(project);
}

fn commit_all(project: &Project) {
    git(project.path(), &["add", "--all"]);
    git(project.path(), &["commit", "--quiet", "-m", "before"]);
}

/// What `git` says in a folder.
#[track_caller]
fn git(folder: &Path, arguments: &[&str]) -> String {
    let done = Command::new("git")
        .args(["-c", "protocol.file.allow=always"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    let done: Finished = done.into();
    assert_eq!(done.code, 0, "git {arguments:?}: {}", done.stderr);
    done.stdout.trim_end_matches('\n').to_owned()
}

fn run(project: &Project) -> Finished {
    project.run(&["run", "flow.toml"])
}

/// The newest run, as `status --json` prints it.
fn status(project: &Project) -> Value {
    project.run(&["status", "--json"]).exits_with(0).json()
}

/// The name of the newest run's branch.
fn branch(project: &Project) -> String {
    let name = status(project)["branch"]["name"].clone();
    name.as_str().unwrap().to_owned()
}

/// The lines that a comparison adds and removes.
fn changed_lines(diff: &str) -> Vec<&str> {
    let lines = diff.lines();
    lines
        .filter(|line| line.starts_with(['+', '-']))
        .filter(|line| !line.starts_with("+++") && !line.starts_with("---"))
        .collect()
}

#[test]
fn each_outcome_that_wrote_files_is_a_commit_and_the_working_tree_stays() {
    let provider = Provider::echo();
    let project = project(&provider, FLOW);
    project.write("mine.txt", "not committed, and nobody's business\n");
    let path = project.path();
    let (before, index) = (
        git(path, &["status", "--porcelain=v2"]),
        std::fs::read(project.join(".git/index")).unwrap(),
    );
    let finished = run(&project).exits_with(0);
    assert_eq!(git(path, &["status", "--porcelain=v2"]), before);
    assert_eq!(std::fs::read(project.join(".git/index")).unwrap(), index);
    assert!(project.read("shared/file_0.txt").is_none());
    let status = status(&project);
    let name = branch(&project);
    let run = status["id"].as_str().unwrap();
    assert_eq!(name, format!("stepwell/flow-{}", &run[run.len() - 8..]));

    // One commit each, in their order, by whoever began the run, when the steps ended.
    let log = git(
        path,
        &[
            "log",
            "--reverse",
            "--format=%s|%an <%ae>|%cn",
            &format!("main..{name}"),
        ],
    );
    let who = "Ada <ada@example.org>|Ada";
    let wrote = "shared/file_0.txt, shared/file_1.txt";
    assert_eq!(
        log,
        format!("first: {wrote}, shared/file_2.txt|{who}\nsecond[0]: {wrote}|{who}")
    );
    let ended = status["steps"][0]["executions"][0]["ended_at"]
        .as_str()
        .unwrap();
    let date = git(
        path,
        &[
            "show",
            "--no-patch",
            "--format=%ad",
            "--date=format:%Y-%m-%dT%H:%M:%S",
            &format!("{name}^"),
        ],
    );
    assert_eq!(date, ended[..19]);
    let body = git(path, &["show", "--no-patch", "--format=%(trailers)", &name]);
    assert_eq!(
        body,
        format!("Stepwell-Run: {run}\nStepwell-Step: second[0]")
    );
    git(path, &["fsck", "--strict"]);

    // The second step saw what the first had written.
    let wrote = git(path, &["show", &format!("{name}^:shared/file_2.txt")]);
    assert!(project.document("second[0]", "result").contains(&wrote));
    // Every face says the same.
    let tip = git(path, &["rev-parse", &name]);
    assert_eq!(status["branch"]["commit"], tip.as_str());
    assert_eq!(
        status["branch"]["base"],
        git(path, &["rev-parse", "main"]).as_str()
    );
    assert!(
        finished.stdout.contains(&format!("files on branch {name}")),
        "{}",
        finished.stdout
    );
    let look = format!(
        "git diff {}...{name}",
        &git(path, &["rev-parse", "main"])[..12]
    );
    assert!(finished.stdout.contains(&look), "{}", finished.stdout);
    let shown = project.run(&["status"]).exits_with(0).stdout;
    assert!(
        shown.contains(&name) && shown.contains(&tip[..12]),
        "{shown}"
    );
    let files = project.run(&["files", "--json"]).exits_with(0).json();
    let files = files.as_array().unwrap();
    let commits: Vec<_> = files.iter().map(|file| &file["commit"]).collect();
    let first = git(path, &["rev-parse", &format!("{name}^")]);
    assert_eq!(commits[0], first.as_str());
    assert_eq!(*commits.last().unwrap(), tip.as_str());
    assert!(files.iter().all(|file| file["published"] == true));
    let ours = project.run(&["files", "--diff"]).exits_with(0).stdout;
    let gits = git(path, &["diff", "main", &name]);
    assert_eq!(changed_lines(&ours), changed_lines(&gits));
    let gits_look: Vec<&str> = look.split(' ').skip(1).collect();
    assert_eq!(git(path, &gits_look), gits);

    // Nothing in the workspace can be restored.
    let refused = project
        .run(&["files", "--restore", "shared/file_0.txt"])
        .exits_with(4);
    let _ = refused.says(&[&name, "git branch -D"]);
}

#[test]
fn a_flag_says_otherwise_than_the_definition() {
    let provider = Provider::echo();
    let project = project(&provider, FLOW);
    let _ = project
        .run(&["run", "flow.toml", "--publish", "files"])
        .exits_with(0);
    assert!(project.read("shared/file_0.txt").is_some());
    assert_eq!(status(&project)["branch"], Value::Null);
    assert_eq!(
        git(project.path(), &["branch", "--format=%(refname:short)"]),
        "main"
    );
    git(project.path(), &["clean", "-fdq", "shared"]);
    project.write("flow.toml", &FLOW.replace("publish = \"branch\"\n", ""));
    let _ = project
        .run(&["run", "flow.toml", "--publish", "branch"])
        .exits_with(0);
    assert!(project.read("shared/file_0.txt").is_none());
    let first = branch(&project);
    assert!(first.starts_with("stepwell/flow-"));
    // Whoever begins it again from its JSON gets another branch.
    let json = project.run(&["status", "--json"]).exits_with(0).stdout;
    project.write("run.json", &json);
    let _ = project.run(&["run", "--from", "run.json"]).exits_with(0);
    assert_ne!(branch(&project), first);
}

#[test]
fn without_a_repository_with_a_commit_nothing_is_asked() {
    let provider = Provider::echo();
    let project = bare_of_git(&provider, FLOW);
    let _ = run(&project).exits_with(4).says(&[
        "lies in no git repository",
        "git init",
        "--publish files",
    ]);
    git(
        project.path(),
        &["init", "--quiet", "--initial-branch=main"],
    );
    let _ = run(&project)
        .exits_with(4)
        .says(&["has no commit yet", "git commit"]);
    std::fs::remove_dir_all(project.join(".git")).unwrap();
    git(project.path(), &["init", "--quiet", "--bare"]);
    let bare = run(&project)
        .exits_with(4)
        .says(&["is bare", "--publish files"]);
    assert!(!bare.stderr.contains("git init"), "{}", bare.stderr);
    assert_eq!(provider.received().len(), 0);
    let runs = project.run(&["runs", "--json"]);
    assert!(
        runs.code != 0 || runs.stdout.trim() == "[]",
        "{}",
        runs.stdout
    );
}

#[test]
fn the_variables_of_git_name_the_author() {
    let provider = Provider::echo();
    let mut project = project(&provider, &writes("a.txt"));
    project.set("GIT_AUTHOR_NAME", "Grace");
    project.set("GIT_AUTHOR_EMAIL", "grace@example.org");
    let _ = run(&project).exits_with(0);
    let arguments = ["show", "--no-patch", "--format=%an <%ae>|%cn <%ce>"];
    let name = branch(&project);
    let who = git(project.path(), &[&arguments[..], &[&name]].concat());
    let grace = "Grace <grace@example.org>";
    assert_eq!(who, format!("{grace}|{grace}"));
}

/// What the step was told of a path that it wrote.
fn told_of(project: &Project, path: &str) -> String {
    project.write("flow.toml", &writes(path));
    let _ = run(project).exits_with(0);
    project.document("only", "result")
}

#[test]
fn what_a_person_has_not_committed_is_refused_by_name() {
    let provider = Provider::echo();
    let project = project(&provider, &writes("a.txt"));
    project.write("a.txt", "committed\n");
    project.write("b.txt", "committed\n");
    commit_all(&project);
    project.write("a.txt", "mine\n");
    project.write("new.txt", "mine, too\n");
    std::fs::remove_file(project.join("b.txt")).unwrap();
    for (path, mend) in [
        ("a.txt", "git stash push -u"),
        ("b.txt", "git restore --staged --worktree"),
        ("new.txt", "git stash push -u"),
    ] {
        let told = told_of(&project, path);
        let expected = format!("`{path}` is changed and not committed");
        assert!(
            told.contains(&expected) && told.contains(&format!("`{mend} -- {path}`")),
            "{told}"
        );
    }
    assert_eq!(project.read("a.txt").as_deref(), Some("mine\n"));
    assert_eq!(status(&project)["branch"]["commit"], Value::Null);
    // The mend that is named is one, of a new file, too.
    project.write("aside.txt", "mine, too\n");
    git(
        project.path(),
        &["stash", "push", "--quiet", "-u", "--", "aside.txt"],
    );
    assert!(told_of(&project, "aside.txt").contains("wrote aside.txt"));
    git(project.path(), &["stash", "drop", "--quiet"]);
    // What is staged and not committed is no less.
    git(project.path(), &["add", "--all"]);
    assert!(told_of(&project, "a.txt").contains("is changed and not committed"));
    assert!(told_of(&project, "b.txt").contains("is changed and not committed"));
    let mend = ["restore", "--staged", "--worktree", "--", "b.txt"];
    git(project.path(), &mend);
    assert!(told_of(&project, "b.txt").contains("wrote b.txt"));
    commit_all_again(&project);
    assert!(told_of(&project, "a.txt").contains("wrote a.txt"));
    let shown = git(
        project.path(),
        &["show", &format!("{}:a.txt", branch(&project))],
    );
    assert_eq!(shown, "written");
}

fn commit_all_again(project: &Project) {
    git(project.path(), &["commit", "--quiet", "-m", "mine"]);
}

#[test]
fn what_belongs_to_others_or_goes_through_a_program_is_refused_by_name() {
    let provider = Provider::echo();
    let library = project(&provider, FLOW);
    let project = project(&provider, FLOW);
    let source = library.path().to_str().unwrap();
    git(
        project.path(),
        &["submodule", "--quiet", "add", source, "lib"],
    );
    project.write(".gitattributes", "*.psd filter=lfs diff=lfs\n");
    commit_all(&project);
    let told = told_of(&project, "lib/new.txt");
    assert!(
        told.contains("`lib/new.txt` lies in the submodule `lib`"),
        "{told}"
    );
    let told = told_of(&project, "a.psd");
    assert!(told.contains("`a.psd` has the filter `lfs`"), "{told}");
    assert_eq!(status(&project)["branch"]["commit"], Value::Null);
}

#[test]
fn line_ends_permissions_and_hooks() {
    let provider = Provider::echo();
    let definition = FLOW.replace(
        "settings.files = 3",
        "settings.files = 3\nsettings.write = \"run.sh\"",
    );
    let project = project(&provider, &definition);
    let path = project.path();
    git(path, &["config", "core.autocrlf", "true"]);
    project.write("run.sh", "#!/bin/sh\r\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for (file, text) in [
            ("run.sh", None),
            (
                ".git/hooks/pre-commit",
                Some("#!/bin/sh\ntouch hooked\nexit 1\n"),
            ),
        ] {
            if let Some(text) = text {
                project.write(file, text);
            }
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(project.join(file), mode).unwrap();
        }
    }
    git(path, &["add", "run.sh"]);
    git(
        path,
        &["commit", "--quiet", "--no-verify", "-m", "a script"],
    );
    let _ = run(&project).exits_with(0);
    let name = branch(&project);
    let entry = git(path, &["ls-tree", &name, "run.sh"]);
    assert!(entry.starts_with("100755"), "{entry}");
    assert!(project.read("hooked").is_none());
}

#[test]
fn a_detached_head_a_subfolder_and_a_working_tree_of_its_own_do() {
    let provider = Provider::echo();
    let project = project(&provider, FLOW);
    let path = project.path();
    git(path, &["checkout", "--quiet", "--detach"]);
    let _ = run(&project).exits_with(0);
    assert_eq!(
        git(path, &["diff", "--name-only", "HEAD", &branch(&project)])
            .lines()
            .count(),
        3
    );

    // The project lies in a folder of a repository that has more, and that in a working tree beside the first.
    let outer = tempfile::tempdir().unwrap();
    git(outer.path(), &["init", "--quiet", "--initial-branch=main"]);
    git(outer.path(), &["config", "user.name", "Ada"]);
    git(outer.path(), &["config", "user.email", "ada@example.org"]);
    std::fs::write(outer.path().join("top.txt"), "x\n").unwrap();
    git(outer.path(), &["add", "--all"]);
    git(outer.path(), &["commit", "--quiet", "-m", "top"]);
    let within = bare_of_git(&provider, FLOW);
    let tree = within.join("tree");
    git(
        outer.path(),
        &[
            "worktree",
            "add",
            "--quiet",
            "--detach",
            tree.to_str().unwrap(),
        ],
    );
    std::fs::create_dir(tree.join("sub")).unwrap();
    let definition = FLOW.replace("publish", "workspace = \"tree/sub\"\npublish");
    within.write("flow.toml", &definition);
    let _ = run(&within).exits_with(0);
    let name = branch(&within);
    let changed = git(outer.path(), &["diff", "--name-only", "main", &name]);
    assert_eq!(
        changed,
        "sub/shared/file_0.txt\nsub/shared/file_1.txt\nsub/shared/file_2.txt"
    );
    assert_eq!(git(&tree, &["status", "--porcelain"]), "");
}

#[test]
fn a_branch_that_somebody_moved_is_told_and_nothing_is_lost() {
    let provider = Provider::echo();
    let definition = FLOW.replace(
        "settings.calls = 2",
        "settings.calls = 2\nsettings.ask = [\"colour\"]",
    );
    let project = project(&provider, &definition);
    let path = project.path();
    let _ = run(&project).exits_with(3);
    let name = branch(&project);
    let left = git(path, &["rev-parse", &name]);
    git(path, &["branch", "--force", &name, "main"]);
    let resume = ["resume", "--answer", "second/colour=red"];
    let _ = project.run(&resume).exits_with(1).says(&[
        &format!("the branch `{name}` isn't where this run left it"),
        &format!("git branch -m {name} NAME"),
        &format!(
            "stepwell files {} --branch",
            status(&project)["id"].as_str().unwrap()
        ),
    ]);
    assert_eq!(
        git(path, &["rev-parse", &name]),
        git(path, &["rev-parse", "main"])
    );
    let calls = provider.received().len();
    // Where it is gone, there is nothing to be moved away.
    git(path, &["branch", "--quiet", "-D", &name]);
    let gone = project.run(&["resume"]).exits_with(1);
    assert!(!gone.stderr.contains("branch -m"), "{}", gone.stderr);
    let _ = gone.says(&[&make_it_again(&project)]);
    git(path, &["branch", &name, "main"]);
    let _ = project.run(&["resume"]).exits_with(1);
    // As the remedy says.
    git(path, &["branch", "--move", &name, "theirs"]);
    let _ = project.run(&["files", "last", "--branch"]).exits_with(0);
    assert_eq!(git(path, &["rev-parse", &name]), left);
    let _ = project.run(&["resume"]).exits_with(0);
    assert_eq!(provider.received().len(), calls);
    assert_eq!(git(path, &["rev-parse", &format!("{name}^")]), left);
    // Nor is it moved under somebody who has it checked out.
    git(path, &["checkout", "--quiet", &name]);
    let again = project.run(&[
        "step",
        "run",
        "second",
        "--run",
        "last",
        "--answer",
        "colour=blue",
    ]);
    let _ = again.says(&["is checked out in"]);
}

/// The one hint for a branch that is gone.
fn make_it_again(project: &Project) -> String {
    let run = status(project)["id"].as_str().unwrap().to_owned();
    format!("make it again (`stepwell files {run} --branch`)")
}

/// A branch that somebody deleted is told as that, and made again from what is kept of the run, also once git has removed its commits.
#[test]
fn a_branch_that_is_gone_is_told_and_made_again() {
    let provider = Provider::echo();
    let project = project(&provider, FLOW);
    let path = project.path();
    let _ = run(&project).exits_with(0);
    let name = branch(&project);
    let tip = git(path, &["rev-parse", &name]);
    for (prunes, state) in [(false, "gone"), (true, "removed")] {
        git(path, &["branch", "--quiet", "-D", &name]);
        if prunes {
            git(path, &["reflog", "expire", "--expire=now", "--all"]);
            git(path, &["gc", "--quiet", "--prune=now"]);
        }
        assert_eq!(status(&project)["branch"]["state"], state);
        let told = project.run(&["status"]).exits_with(0).stdout;
        assert!(told.contains("which was deleted since"), "{told}");
        assert!(!told.contains("git diff"), "{told}");
        let again = project.run(&["files", "last", "--branch"]).exits_with(0);
        assert!(again.stdout.contains(&name), "{}", again.stdout);
        assert_eq!(git(path, &["rev-parse", &name]), tip);
        assert_eq!(status(&project)["branch"]["state"], "there");
    }
    git(path, &["fsck", "--strict"]);
    // It is never moved away from where somebody has it.
    git(path, &["branch", "--force", &name, "main"]);
    assert_eq!(status(&project)["branch"]["state"], "moved");
    let refused = project.run(&["files", "last", "--branch"]);
    let _ = refused.exits_with(4).says(&["can't be made again"]);
}

/// A run goes on where git has removed its first commits, once there is a branch again, and one whose beginning is gone says so.
#[test]
fn commits_that_git_removed_are_made_again_when_the_run_goes_on() {
    let provider = Provider::echo();
    let definition = FLOW.replace(
        "settings.calls = 2",
        "settings.calls = 2\nsettings.ask = [\"colour\"]",
    );
    let project = project(&provider, &definition);
    let path = project.path();
    let prune = || {
        git(path, &["reflog", "expire", "--expire=now", "--all"]);
        git(path, &["gc", "--quiet", "--prune=now"]);
    };
    let _ = run(&project).exits_with(3);
    let name = branch(&project);
    let left = git(path, &["rev-parse", &name]);
    git(path, &["branch", "--quiet", "-D", &name]);
    prune();
    // What helps can be done, also after git has removed once more what no branch has.
    let resume = ["resume", "--answer", "second/colour=red"];
    let told = make_it_again(&project);
    let _ = project.run(&resume).exits_with(1).says(&[&told]);
    prune();
    let _ = project.run(&["files", "last", "--branch"]).exits_with(0);
    assert_eq!(git(path, &["rev-parse", &name]), left);
    let _ = project.run(&["resume"]).exits_with(0);
    assert_eq!(git(path, &["rev-parse", &format!("{name}^")]), left);
    // Where the run began is gone, too.
    git(path, &["branch", "--quiet", "-D", &name]);
    git(path, &["commit", "--quiet", "--amend", "-m", "another"]);
    prune();
    let refused = project.run(&["files", "last", "--branch"]);
    let _ = refused
        .exits_with(4)
        .says(&["isn't in the repository any more"]);
}

/// Kills a run again and again at this pace, and lets it end at last.
fn kill_and_resume(project: &Project, pause: u64) -> usize {
    let mut arguments = vec!["run", "flow.toml"];
    for kills in 0..4 {
        let mut child = project.spawn(&arguments);
        std::thread::sleep(Duration::from_millis(pause));
        if child.try_wait().unwrap().is_some() {
            return kills;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let begun = project.run(&["runs", "--json"]);
        if begun.code == 0 && begun.stdout.contains("\"flow\"") {
            if begun.json()[0]["status"] == "success" {
                return kills + 1;
            }
            arguments = vec!["resume", "last"];
        }
    }
    let _ = project.run(&arguments).exits_with(0);
    4
}

#[test]
fn kill_minus_nine_at_many_moments_leaves_the_same_commits() {
    // Eight commits with many files each, so that most moments are ones of making commits.
    let mut definition = "name = \"flow\"\npublish = \"branch\"\n".to_owned();
    for step in 0..8 {
        let text = format!(
            "[[steps]]\nid = \"s{step}\"\nuses = \"plugins/worker.wasm\"\ninputs.topic = \"s{step}\"\nsettings.files = 40\n\
             grants.workspace = \"write\"\n"
        );
        definition.push_str(&text);
    }
    let mut killed = 0;
    for pause in Sweep::from_environment().of((20..420).step_by(5)) {
        let provider = Provider::echo();
        let project = project(&provider, &definition);
        killed += kill_and_resume(&project, pause);
        let (path, when) = (project.path(), format!("killed after {pause} ms"));
        let name = branch(&project);
        let tip = git(path, &["rev-parse", &name]);
        assert_eq!(status(&project)["branch"]["commit"], tip.as_str(), "{when}");
        let commits = git(path, &["rev-list", "--count", &format!("main..{name}")]);
        assert_eq!(commits, "8", "{when}");
        let files = git(path, &["ls-tree", "-r", "--name-only", &name]);
        let files = files.lines().filter(|file| file.ends_with(".txt")).count();
        assert_eq!(files, 320, "{when}");
        // Whoever resumed made the very commits that were made already: none is left over.
        let unreachable = git(path, &["fsck", "--strict", "--unreachable", "--no-reflogs"]);
        assert!(!unreachable.contains("commit"), "{when}: {unreachable}");
        assert_eq!(git(path, &["status", "--porcelain"]), "", "{when}");
        let locks = walk(&project.join(".git"));
        assert_eq!(locks, Vec::<String>::new(), "{when}");
    }
    assert!(killed > 5, "the sweep should hit runs that are under way");
}

/// The locks in a folder.
fn walk(folder: &Path) -> Vec<String> {
    let mut locks = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => locks.extend(walk(&path)),
            false if path.extension().is_some_and(|ending| ending == "lock") => {
                locks.push(path.display().to_string());
            }
            false => {}
        }
    }
    locks
}

#[test]
fn the_page_and_the_api_name_branch_and_commit() {
    let provider = Provider::echo();
    let project = project(&provider, FLOW);
    let server = project.serve(&[]);
    let run = server.start(&project, "flow.toml");
    assert_eq!(server.at_rest(&run)["status"], "success");
    let view = server.get(&format!("/api/runs/{run}")).json();
    let name = view["branch"]["name"].as_str().unwrap();
    let commit = git(project.path(), &["rev-parse", name]);
    assert_eq!(view["branch"]["commit"], commit.as_str());
    let page = server.get(&format!("/runs/{run}"));
    for said in [name, &commit[..12], "What the run changed on its branch"] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    let step = server.get(&format!("/runs/{run}?step=first"));
    let first = git(
        project.path(),
        &["rev-parse", "--short=12", &format!("{name}^")],
    );
    assert!(step.body.contains(&first), "{}", step.body);
}

/// A document is kept by a commit once its gate has said yes. What a person did there meanwhile and didn't commit is refused by its
/// name, and the yes stays.
#[test]
fn a_kept_file_that_somebody_edits_while_its_gate_waits_is_refused_by_name() {
    let provider = Provider::echo();
    let definition = KEEPS.replacen("\n\n", "\npublish = \"branch\"\n\n", 1);
    let project = project(&provider, &definition);
    let path = project.path();
    project.write("docs/agreed.md", "# Old\n");
    commit_all(&project);
    let _ = run(&project).exits_with(3);
    let about = status(&project)["questions"][0]["form"]["about"].clone();
    let named = "A yes also puts `document` into `docs/agreed.md` of the run's branch";
    assert!(about.as_str().unwrap().contains(named), "{about}");
    project.write("docs/agreed.md", "# Mine\n");
    let yes = ["resume", "--answer", "take/decision=yes"];
    let _ = project.run(&yes).exits_with(1).says(&[
        "`docs/agreed.md` is changed and not committed",
        "`git stash push -u -- docs/agreed.md`",
    ]);
    assert_eq!(git(path, &["branch", "--list", "stepwell/*"]), "");
    assert_eq!(project.read("docs/agreed.md").as_deref(), Some("# Mine\n"));
    let stash = ["stash", "push", "--quiet", "-u", "--", "docs/agreed.md"];
    git(path, &stash);
    let _ = project.run(&["resume"]).exits_with(0);
    let kept = git(
        path,
        &["show", &format!("{}:docs/agreed.md", branch(&project))],
    );
    assert_eq!(kept, "# Agreed");
}

#[test]
fn the_page_makes_a_deleted_branch_again() {
    let provider = Provider::echo();
    let project = project(&provider, FLOW);
    let path = project.path();
    let _ = run(&project).exits_with(0);
    let name = branch(&project);
    let tip = git(path, &["rev-parse", &name]);
    let server = project.serve(&[]);
    let run = server.last_run();
    let button = format!("action=\"/runs/{run}/branch\"");
    let page = || server.get(&format!("/runs/{run}")).body;
    assert!(!page().contains(&button), "it is there");
    git(path, &["branch", "--quiet", "-D", &name]);
    assert!(page().contains(&button), "{}", page());
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let done = server.ask("POST", &format!("/runs/{run}/branch"), &form, "");
    assert_eq!(done.status, 303, "{done:?}");
    assert_eq!(git(path, &["rev-parse", &name]), tip);
    assert!(!page().contains(&button), "{}", page());
}
