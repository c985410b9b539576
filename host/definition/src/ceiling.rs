//! What the operator lets plugins of a place have at most, whatever definitions say: `models`, `budget` and `grants` of `[sources.NAME]`.
//!
//! It only ever takes away: what a definition doesn't grant no place gives.

use std::path::{Component, Path};

use stepwell_contract::{Budget, Grants, HttpGrant, ReadGrant, WorkspaceGrant};

/// What one place says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BySource<T> {
    /// The name of the place.
    pub source: String,
    /// The most that its plugins may have.
    pub most: T,
}

/// What a plugin may have at most. Of a kind of which nothing is said it may have whatever a definition gives to it; of two that say
/// something both hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ceiling {
    /// Short names of the only models that it may ask.
    pub models: Vec<BySource<Vec<String>>>,
    /// What it may spend in one run, together with the others of its place.
    pub budgets: Vec<BySource<Budget>>,
    /// What it may be granted.
    pub grants: Vec<BySource<MostGranted>>,
}

/// What may be granted at most. The default is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MostGranted {
    /// `grants.workspace`
    pub workspace: WorkspaceGrant,
    /// `grants.prompts = "write"`
    pub prompts_write: bool,
    /// `grants.clock = "real"`
    pub real_clock: bool,
    /// `grants.include`: paths, with what lies below them.
    pub include: Vec<String>,
    /// `grants.read`: folders as a definition names them, with what lies below them.
    pub read: Vec<String>,
    /// `grants.http`
    pub http: Vec<HttpGrant>,
}

impl Ceiling {
    /// What holds where both do.
    pub fn join(&mut self, other: Self) {
        fn join<T: PartialEq>(all: &mut Vec<BySource<T>>, others: Vec<BySource<T>>) {
            for other in others {
                if !all.contains(&other) {
                    all.push(other);
                }
            }
        }
        join(&mut self.models, other.models);
        join(&mut self.budgets, other.budgets);
        join(&mut self.grants, other.grants);
    }

    /// The places that forbid a model.
    pub fn forbidding_model(&self, name: &str) -> impl Iterator<Item = &BySource<Vec<String>>> {
        forbidding(&self.models, move |models| {
            models.iter().any(|allowed| allowed == name)
        })
    }

    /// The places that forbid something of which each says whether it allows it.
    pub fn forbidding(
        &self,
        allows: impl Fn(&MostGranted) -> bool,
    ) -> impl Iterator<Item = &BySource<MostGranted>> {
        forbidding(&self.grants, allows)
    }

    /// Takes away what goes beyond it.
    pub fn narrow(&self, grants: &mut Grants) {
        for BySource { most, .. } in &self.grants {
            if !most.allows_workspace(grants.workspace) {
                grants.workspace = WorkspaceGrant::None;
            }
            grants.prompts_write &= most.prompts_write;
            grants.real_clock &= most.real_clock;
            grants.include.retain(|path| most.allows_include(path));
            grants.read.retain(|grant| most.allows_read(grant));
            grants.http.retain(|grant| most.allows_http(grant));
        }
        grants
            .models
            .retain(|name| self.forbidding_model(name).next().is_none());
    }
}

fn forbidding<T>(
    all: &[BySource<T>],
    allows: impl Fn(&T) -> bool,
) -> impl Iterator<Item = &BySource<T>> {
    all.iter().filter(move |by| !allows(&by.most))
}

impl MostGranted {
    /// Whether the workspace may be granted so. Where it may be written it may be granted in every way.
    #[must_use]
    pub fn allows_workspace(&self, grant: WorkspaceGrant) -> bool {
        self.workspace == WorkspaceGrant::Write || self.workspace.covers(grant)
    }

    /// Whether a path may be included.
    #[must_use]
    pub fn allows_include(&self, path: &str) -> bool {
        self.include.iter().any(|allowed| lies_in(path, allowed))
    }

    /// Whether a folder may be lent.
    #[must_use]
    pub fn allows_read(&self, grant: &ReadGrant) -> bool {
        let mut read = self.read.iter();
        read.any(|allowed| lies_in(&grant.path, allowed))
    }

    /// Whether hosts may be asked.
    #[must_use]
    pub fn allows_http(&self, grant: &HttpGrant) -> bool {
        self.http.iter().any(|allowed| allowed.includes(grant))
    }
}

/// Whether a path is another one or lies below it, by their texts alone: one that climbs with `..` lies nowhere but where it says.
fn lies_in(path: &str, folder: &str) -> bool {
    let climbs = |path: &str| {
        let mut parts = Path::new(path).components();
        parts.any(|part| part == Component::ParentDir)
    };
    let plain = |path: &str| -> Vec<String> {
        let parts = Path::new(path).components();
        parts
            .filter(|part| *part != Component::CurDir)
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect()
    };
    path == folder || (!climbs(path) && !climbs(folder) && plain(path).starts_with(&plain(folder)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(line: &str) -> HttpGrant {
        HttpGrant::parse(line, &|host| Ok(host.to_owned())).unwrap()
    }

    fn most() -> MostGranted {
        MostGranted {
            workspace: WorkspaceGrant::Copy,
            include: vec!["src/gen".into()],
            read: vec!["packages".into(), "/opt/sdk".into()],
            http: vec![http("*.example.org"), http("api.example.com:8443")],
            ..MostGranted::default()
        }
    }

    fn ceiling(grants: Vec<MostGranted>, models: &[&[&str]]) -> Ceiling {
        let source = || "s".to_owned();
        let grants = grants.into_iter().map(|most| BySource {
            source: source(),
            most,
        });
        let models = models.iter().map(|models| BySource {
            source: source(),
            most: models.iter().map(ToString::to_string).collect(),
        });
        Ceiling {
            grants: grants.collect(),
            models: models.collect(),
            budgets: Vec::new(),
        }
    }

    fn read(path: &str) -> ReadGrant {
        ReadGrant {
            path: path.into(),
            at: "/packages".into(),
        }
    }

    #[test]
    fn what_goes_beyond_is_taken_away_and_nothing_is_given() {
        let mut grants = Grants {
            workspace: WorkspaceGrant::Write,
            prompts_write: true,
            real_clock: true,
            include: vec![
                "src/gen/a.py".into(),
                "src/generated".into(),
                "src/gen/../x".into(),
            ],
            read: [
                "packages/./a",
                "packages2",
                "packages/../secret",
                "../packages",
                "/opt/sdk",
                "/opt",
            ]
            .map(read)
            .into(),
            http: [
                "a.example.org",
                "*.b.example.org",
                "*.example.org",
                "example.org",
                "http://a.example.org",
                "a.example.org:8443",
                "api.example.com:8443",
                "*.api.example.com:8443",
            ]
            .map(http)
            .into(),
            models: vec!["fast".into(), "strong".into()],
        };
        ceiling(vec![most()], &[&["fast", "small"]]).narrow(&mut grants);
        assert_eq!(grants.workspace, WorkspaceGrant::None);
        assert!(!grants.prompts_write && !grants.real_clock);
        assert_eq!(grants.include, ["src/gen/a.py"]);
        assert_eq!(grants.read, ["packages/./a", "/opt/sdk"].map(read));
        let left: Vec<_> = grants.http.iter().map(ToString::to_string).collect();
        let expected = [
            "a.example.org",
            "*.b.example.org",
            "*.example.org",
            "api.example.com:8443",
        ];
        assert_eq!(left, expected);
        assert_eq!(grants.models, ["fast"]);
        let mut nothing = Grants::default();
        ceiling(vec![most()], &[&["fast"]]).narrow(&mut nothing);
        assert_eq!(nothing, Grants::default());
    }

    #[test]
    fn a_workspace_that_may_be_written_may_be_granted_in_every_way() {
        let [none, read, copy, write] = [
            WorkspaceGrant::None,
            WorkspaceGrant::Read,
            WorkspaceGrant::Copy,
            WorkspaceGrant::Write,
        ];
        let allows = |most, grant| {
            let most = MostGranted {
                workspace: most,
                ..MostGranted::default()
            };
            most.allows_workspace(grant)
        };
        for grant in [none, read, copy, write] {
            assert!(allows(write, grant));
        }
        assert!(allows(copy, read) && !allows(copy, write));
        assert!(allows(read, none) && !allows(read, copy) && !allows(none, read));
    }

    #[test]
    fn of_two_places_both_hold() {
        let both = {
            let mut one = ceiling(vec![most()], &[&["fast", "small"]]);
            one.join(ceiling(vec![MostGranted::default()], &[&["small"]]));
            one
        };
        assert!(both.forbidding_model("small").next().is_none());
        let forbidding: Vec<&str> = both
            .forbidding_model("fast")
            .map(|by| by.source.as_str())
            .collect();
        assert_eq!(forbidding, ["s"]);
        let reads = |most: &MostGranted| most.allows_workspace(WorkspaceGrant::Read);
        assert_eq!(both.forbidding(reads).count(), 1);
        let mut same = ceiling(vec![most()], &[]);
        same.join(same.clone());
        assert_eq!(same.grants.len(), 1);
    }
}
