//! A project in a folder of its own, in which the real binary is run.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::{Finished, Provider, guest, stepwell_binary};

/// A folder with a project, with its own cache and nothing of the environment that could reach a real provider.
pub struct Project {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl Default for Project {
    fn default() -> Self {
        Self::new()
    }
}

impl Project {
    /// An empty project.
    #[must_use]
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        }
    }

    /// A project whose models `writer` (the default) and `thinker` are at a provider.
    #[must_use]
    pub fn with_provider(provider: &Provider) -> Self {
        let mut project = Self::new();
        project.write(
            "stepwell.toml",
            &format!(
                "[providers.local]\nkind = \"openai-chat\"\nbase_url = \"{}\"\nkey_variable = \"LOCAL_KEY\"\nretries = 2\n\n\
                 [models]\nwriter = \"local/test-model\"\nthinker = \"local/big-model\"\n\n[defaults]\nmodel = \"writer\"\n",
                provider.url()
            ),
        );
        project.set("LOCAL_KEY", "sk-test-secret");
        project
    }

    /// The same with the step `worker` and a definition, `flow.toml`.
    #[must_use]
    pub fn of_worker(provider: &Provider, definition: &str) -> Self {
        let project = Self::with_provider(provider);
        project.add_guest("worker");
        project.write("flow.toml", definition);
        project
    }

    /// Sets a variable for every command.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.into(), value.into()));
    }

    /// A variable that was set.
    #[must_use]
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let set = self.variables.iter().rev().find(|(known, _)| known == name);
        set.map(|(_, value)| value.as_str())
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A path in the folder.
    #[must_use]
    pub fn join(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Writes a file.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Puts a component of `tests/plugins/NAME` to `plugins/NAME.wasm`.
    pub fn add_guest(&self, name: &str) {
        std::fs::create_dir_all(self.join("plugins")).unwrap();
        std::fs::copy(guest(name), self.join(&format!("plugins/{name}.wasm"))).unwrap();
    }

    /// Reads a file.
    #[must_use]
    pub fn read(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.join(path)).ok()
    }

    /// Every file of the workspace with its text, without those of the project itself.
    #[must_use]
    pub fn files(&self) -> Vec<(String, String)> {
        fn walk(folder: &Path, root: &Path, files: &mut Vec<(String, String)>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path
                    .strip_prefix(root)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                if name == ".stepwell" || name == ".cache" {
                    continue;
                }
                if path.is_dir() {
                    walk(&path, root, files);
                } else {
                    files.push((
                        name,
                        String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned(),
                    ));
                }
            }
        }
        let mut files = Vec::new();
        walk(self.path(), self.path(), &mut files);
        files.sort();
        files
    }

    /// A command of the binary, not started yet.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(stepwell_binary());
        command
            .args(arguments)
            .current_dir(self.path())
            .stdin(Stdio::null());
        command.env_clear();
        for keep in ["PATH", "HOME", "TMPDIR"] {
            if let Some(value) = std::env::var_os(keep) {
                command.env(keep, value);
            }
        }
        // One cache of compiled code for all tests: otherwise each would compile every component anew.
        command.env(
            "XDG_CACHE_HOME",
            std::env::temp_dir().join("stepwell-tests-cache"),
        );
        // No step that this user built for themselves.
        command.env("XDG_DATA_HOME", self.join(".data"));
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command to its end.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Finished {
        self.command(arguments).output().unwrap().into()
    }

    /// Starts a command and leaves it running.
    #[must_use]
    pub fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// The text of a document of the newest run.
    #[must_use]
    pub fn document(&self, step: &str, name: &str) -> String {
        self.run(&["docs", "get", "last", step, name])
            .exits_with(0)
            .stdout
    }
}
