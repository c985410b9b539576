//! The environment of the process, read once at its start and handed down as data.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use stepwell_contract::{ModelsSettings, ProviderSettings};
use stepwell_llm::{Keys, known_providers};

/// Variables that set a model up where no file does.
const USUAL: [&str; 3] = ["OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"];

/// What the environment says. It is never printed: it holds keys.
#[derive(Default, Clone)]
pub(crate) struct Environment {
    variables: BTreeMap<OsString, OsString>,
}

impl Environment {
    pub(crate) fn read() -> Self {
        Self {
            variables: std::env::vars_os().collect(),
        }
    }

    /// A variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&OsString> {
        self.variables
            .get(std::ffi::OsStr::new(name))
            .filter(|value| !value.is_empty())
    }

    /// The secrets of all providers, the keys of those that are known, and the usual variables.
    pub(crate) fn keys(&self, settings: &ModelsSettings) -> Keys {
        let providers = settings.providers.values();
        let of_providers = providers.flat_map(ProviderSettings::variables);
        let known = known_providers().iter();
        let of_known = known.filter_map(|known| known.key_variable);
        let names: Vec<&str> = USUAL
            .into_iter()
            .chain(of_known)
            .chain(of_providers)
            .collect();
        names
            .into_iter()
            .filter_map(|name| Some((name, self.get(name)?.to_str()?)))
            .collect()
    }

    /// Where this user's programs keep what they can make again.
    pub(crate) fn cache_folder(&self) -> Option<PathBuf> {
        // The specification says that a relative path is to be ignored.
        let named = self
            .get("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute());
        let of_home = || Some(Path::new(self.get("HOME")?).join(".cache"));
        Some(named.or_else(of_home)?.join("stepwell"))
    }

    /// Where plugins are found by their names: the folder that is named, then that of this user's programs.
    pub(crate) fn plugin_folders(&self) -> Vec<PathBuf> {
        let named = self.get("STEPWELL_PLUGINS").map(PathBuf::from);
        let data = self
            .get("XDG_DATA_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute());
        let of_home = || Some(Path::new(self.get("HOME")?).join(".local/share"));
        let of_user = data
            .or_else(of_home)
            .map(|data| data.join("stepwell/plugins"));
        named.into_iter().chain(of_user).collect()
    }

    /// Where docker and its like keep who this user is at registries.
    pub(crate) fn docker_config(&self) -> Option<PathBuf> {
        let named = self.get("DOCKER_CONFIG").map(PathBuf::from);
        let of_home = || Some(Path::new(self.get("HOME")?).join(".docker"));
        Some(named.or_else(of_home)?.join("config.json"))
    }

    /// The password of a private key. An empty one is one: cosign seals keys with it.
    pub(crate) fn key_password(&self) -> Option<String> {
        let name = std::ffi::OsStr::new("COSIGN_PASSWORD");
        let value = self.variables.get(name)?;
        value.to_str().map(str::to_owned)
    }

    /// The command that edits a text, with its arguments.
    pub(crate) fn editor(&self) -> Option<Vec<String>> {
        let command = self
            .get("VISUAL")
            .or_else(|| self.get("EDITOR"))?
            .to_str()?;
        let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        (!words.is_empty()).then_some(words)
    }

    /// Who is at work, for logs; by the number where the environment has no name.
    pub(crate) fn user(&self) -> String {
        let named = self.get("USER").or_else(|| self.get("LOGNAME"));
        if let Some(user) = named {
            return user.to_string_lossy().into_owned();
        }
        // Nobody logs in to a container or a job: the list of users has a name all the same.
        let id = rustix::process::getuid().as_raw();
        let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        user_of(id, &users).map_or_else(|| format!("user {id}"), str::to_owned)
    }

    /// Whether the terminal can move its cursor.
    pub(crate) fn has_able_terminal(&self) -> bool {
        self.get("TERM").is_none_or(|term| term != "dumb")
    }

    /// Whether the person wants no colours anywhere (<https://no-color.org>).
    pub(crate) fn wants_no_color(&self) -> bool {
        self.get("NO_COLOR").is_some()
    }
}

/// The name of a user in the system's list: `name:password:number:…` on each line.
fn user_of(id: u32, users: &str) -> Option<&str> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(id) && !name.is_empty()).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        Environment {
            variables: pairs
                .iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        }
    }

    #[test]
    fn an_editor_may_have_arguments_and_visual_goes_first() {
        let both = environment(&[("EDITOR", "vi"), ("VISUAL", "code --wait")]);
        assert_eq!(both.editor().unwrap(), ["code", "--wait"]);
        assert_eq!(
            environment(&[("VISUAL", ""), ("EDITOR", "vi")])
                .editor()
                .unwrap(),
            ["vi"]
        );
        assert!(environment(&[("EDITOR", "  ")]).editor().is_none());
    }

    #[test]
    fn plugins_are_found_in_the_folder_that_is_named_and_then_in_the_users() {
        let home = environment(&[("HOME", "/home/ada")]);
        let users = Path::new("/home/ada/.local/share/stepwell/plugins");
        assert_eq!(home.plugin_folders(), [users]);
        let named = environment(&[("HOME", "/home/ada"), ("STEPWELL_PLUGINS", "/opt/steps")]);
        assert_eq!(named.plugin_folders(), [Path::new("/opt/steps"), users]);
        let data = environment(&[("HOME", "/home/ada"), ("XDG_DATA_HOME", "/data")]);
        assert_eq!(data.plugin_folders(), [Path::new("/data/stepwell/plugins")]);
    }

    #[test]
    fn the_cache_is_the_users() {
        let home = environment(&[("HOME", "/home/ada"), ("XDG_CACHE_HOME", "relative")]);
        assert_eq!(
            home.cache_folder().unwrap(),
            Path::new("/home/ada/.cache/stepwell")
        );
        assert!(environment(&[]).cache_folder().is_none());
    }

    #[test]
    fn credentials_are_where_docker_keeps_them() {
        let home = environment(&[("HOME", "/home/ada")]);
        let of_home = Path::new("/home/ada/.docker/config.json");
        assert_eq!(home.docker_config().unwrap(), of_home);
        let named = environment(&[("HOME", "/home/ada"), ("DOCKER_CONFIG", "/run/docker")]);
        assert_eq!(
            named.docker_config().unwrap(),
            Path::new("/run/docker/config.json")
        );
        assert!(environment(&[]).docker_config().is_none());
    }

    #[test]
    fn a_user_without_a_variable_has_the_name_of_the_systems_list() {
        let users = "root:x:0:0:root:/root:/bin/sh\n\n# a line\n:x:7:7\nanna:x:1000:1000::/home/anna:/bin/sh\n";
        assert_eq!(user_of(0, users), Some("root"));
        assert_eq!(user_of(1000, users), Some("anna"));
        for unknown in [7, 8] {
            assert_eq!(user_of(unknown, users), None);
        }
    }
}
