//! The permissions of a step: what its definition gives, what keeps it from that, and what its component would use.

use std::collections::{BTreeMap, BTreeSet};

use stepwell_contract::{Ability, HostPlace, HttpGrant, Permission, WorkspaceGrant};
use stepwell_definition::{Ceiling, Definition, Located, MostGranted, Span, StepDefinition};
use stepwell_workers::off_the_workers;

use super::plugins::source_of;
use super::{by_operator, in_definition};
use crate::state::House;
use crate::words::{ExplainedPermission, Given, GivenBy, Hindrance, Standing};

/// A step whose permissions are told.
pub(super) struct Permitted<'a> {
    pub(super) house: &'a House,
    pub(super) definition: &'a Definition,
    pub(super) step: &'a StepDefinition,
    /// What the operator lets it have at most.
    pub(super) ceiling: &'a Ceiling,
    /// What its component can do, and by which functions; none where that isn't known.
    pub(super) can: Option<&'a BTreeMap<Ability, BTreeSet<String>>>,
    /// The folders that can't be lent, with why.
    pub(super) not_lent: &'a BTreeMap<String, String>,
}

/// The folders that a step is to read and that can't be lent, with why.
pub(super) async fn not_lent(
    house: &House,
    file: Option<&str>,
    step: &StepDefinition,
) -> BTreeMap<String, String> {
    let read = step.grants.read.iter();
    let folders: BTreeSet<String> = read.map(|grant| grant.value.path.clone()).collect();
    if folders.is_empty() {
        return BTreeMap::new();
    }
    let lending = house.lending(file);
    off_the_workers(move || {
        let told = folders.into_iter().filter_map(|folder| {
            let why = lending.lend(&folder).err()?;
            Some((folder, why.to_string()))
        });
        told.collect()
    })
    .await
}

impl Permitted<'_> {
    /// All of them, in the order of the table.
    pub(super) fn explained(&self) -> Vec<ExplainedPermission> {
        let all = Permission::all().iter();
        all.map(|permission| self.one(*permission)).collect()
    }

    fn one(&self, permission: Permission) -> ExplainedPermission {
        let given = self.given(permission);
        let line = permission.line();
        let by = self.can.into_iter().flat_map(|can| {
            let abilities = line.abilities.iter();
            abilities.filter_map(|ability| can.get(ability)).flatten()
        });
        let by: Vec<String> = by.cloned().collect();
        ExplainedPermission {
            permission,
            standing: self.standing(permission, &given, !by.is_empty()),
            by,
            given,
        }
    }

    fn standing(&self, permission: Permission, given: &[Given], is_imported: bool) -> Standing {
        let is_known = self.can.is_some() || permission.line().abilities.is_empty();
        let is_by_host = permission.line().abilities.is_empty();
        let has_use = is_imported || is_by_host;
        let needs_line = permission.needs_line();
        if given.is_empty() && needs_line {
            return match is_imported && self.wants(permission) {
                true => Standing::Denied,
                false => Standing::No,
            };
        }
        let is_unused = !has_use && is_known;
        if is_unused && !needs_line {
            return Standing::No;
        }
        // A run is refused for what is forbidden, whether anything would use it or not.
        if !given.is_empty() && !is_any_had(given) {
            return Standing::Hindered;
        }
        if is_unused {
            return Standing::Idle;
        }
        match is_known {
            true => Standing::Yes,
            false => Standing::Unknown,
        }
    }

    /// Whether the import by which a component would use a permission is there for that alone, as far as the step isn't given what else
    /// uses it.
    fn wants(&self, permission: Permission) -> bool {
        match permission {
            Permission::OtherModels | Permission::IncludeFiles | Permission::ReadFolders => false,
            Permission::CopyFiles => !is_any_had(&self.given(Permission::ReadFolders)),
            _ => true,
        }
    }

    /// What is given of a permission.
    fn given(&self, permission: Permission) -> Vec<Given> {
        let grants = &self.step.grants;
        match permission {
            Permission::OwnModel => self.own_model(),
            Permission::OtherModels => self.granted_models(),
            Permission::ReadFiles => self.workspace(|_| true),
            Permission::WriteFiles => self.workspace(|grant| grant == WorkspaceGrant::Write),
            Permission::CopyFiles => self.workspace(|grant| grant == WorkspaceGrant::Copy),
            Permission::IncludeFiles => {
                let each = grants.include.iter().map(|path| self.included(path));
                each.collect()
            }
            Permission::ReadFolders => {
                let each = grants.read.iter().map(|folder| {
                    let allows = |most: &MostGranted| most.allows_read(&folder.value);
                    let why = self.not_lent.get(&folder.value.path).cloned();
                    let what = format!("{} at {}", folder.value.path, folder.value.at);
                    let hindrance = why.map(Hindrance::NotLent);
                    self.line(what, folder.span, allows, hindrance)
                });
                each.collect()
            }
            Permission::SendRequests => {
                let each = grants.http.iter().map(|host| self.host(host));
                each.collect()
            }
            Permission::WritePrompts => {
                let allows = |most: &MostGranted| most.prompts_write;
                let span = grants.prompts.into_iter();
                span.map(|span| self.line("write".to_owned(), span, allows, None))
                    .collect()
            }
            Permission::RealClock => {
                let allows = |most: &MostGranted| most.real_clock;
                let span = grants.clock.into_iter();
                span.map(|span| self.line("real".to_owned(), span, allows, None))
                    .collect()
            }
            Permission::KeepDocuments => {
                let each = self.step.kept().map(|(document, path)| Given {
                    what: format!("{document} in {}", path.value),
                    by: GivenBy::Line,
                    said: Some(in_definition(path.span)),
                    hindered_by: Vec::new(),
                });
                each.collect()
            }
            Permission::AskPerson
            | Permission::ReadDocuments
            | Permission::ReadPrompts
            | Permission::KeepCheckpoints
            | Permission::SeeContext
            | Permission::TellProgress
            | Permission::HaveRandomness
            | Permission::OpenSockets => Vec::new(),
        }
    }

    fn workspace(&self, is_meant: impl Fn(WorkspaceGrant) -> bool) -> Vec<Given> {
        let grant = self.step.grants.workspace.iter();
        let meant = grant.filter(|grant| is_meant(grant.value));
        let given = meant.filter_map(|grant| {
            let word = grant.value.word()?.to_owned();
            let allows = |most: &MostGranted| most.allows_workspace(grant.value);
            Some(self.line(word, grant.span, allows, None))
        });
        given.collect()
    }

    fn included(&self, path: &Located<String>) -> Given {
        let allows = |most: &MostGranted| most.allows_include(&path.value);
        let has_workspace = self.step.grants.workspace.is_some();
        let hindrance = (!has_workspace).then_some(Hindrance::NoWorkspace);
        self.line(path.value.clone(), path.span, allows, hindrance)
    }

    fn host(&self, host: &Located<HttpGrant>) -> Given {
        let allows = |most: &MostGranted| most.allows_http(&host.value);
        let place = match host.value.one_host() {
            Some(address) => self.house.http.place(&address),
            None => HostPlace::Unknown,
        };
        let hindrance = (place == HostPlace::Inside).then_some(Hindrance::Inside);
        let given = self.line(host.value.to_string(), host.span, allows, hindrance);
        match place {
            HostPlace::InsideAsSaid => Given {
                by: GivenBy::LineAndInside(by_operator(self.house.configuration.lines.http_inside)),
                ..given
            },
            HostPlace::Inside | HostPlace::Unknown => given,
        }
    }

    /// What a line gives, with who forbids it.
    fn line(
        &self,
        what: String,
        span: Span,
        allows: impl Fn(&MostGranted) -> bool,
        hindrance: Option<Hindrance>,
    ) -> Given {
        let forbids = self.ceiling.forbidding(allows);
        let forbids =
            forbids.map(|grants| Hindrance::Source(source_of(self.house, &grants.source)));
        Given {
            what,
            by: GivenBy::Line,
            said: Some(in_definition(span)),
            hindered_by: forbids.chain(hindrance).collect(),
        }
    }
}

/// Whether the step has any of it.
fn is_any_had(given: &[Given]) -> bool {
    given.iter().any(|given| given.hindered_by.is_empty())
}
