//! Definitions of workflows: checked, and found in the project.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use stepwell_contract::{Publish, StepPath};
use stepwell_definition::{Definition, GrantRequest, StepDefinition, parse_definition};
use stepwell_workers::{off_the_workers, read_text};

use super::Operations;
use crate::driving::{Asking, branch_of, check_kept_paths, inputs_of_files, prepare};
use crate::words::CheckedDefinition;
use crate::words::DefinedStep;
use crate::words::DefinitionView;
use crate::words::InputView;
use crate::words::{DefinitionSource, EngineError};
use crate::workspace::Workspace;

/// How deep the project's folders are looked through, and for how many definitions at most.
const DEPTH: usize = 4;
const MOST: usize = 500;
/// A larger file is no definition.
const MOST_BYTES: u64 = 1 << 20;

impl Operations {
    pub(super) async fn check(
        &self,
        definition: &DefinitionSource,
    ) -> Result<CheckedDefinition, EngineError> {
        let prepared = prepare(&self.house, &self.reach, definition, None, Asking::Later).await?;
        let plan = &prepared.plan;
        let workspace = self
            .house
            .workspace_of(&self.reach, &prepared, definition, None);
        let mut record = self
            .house
            .new_record(&prepared, definition, workspace.await?);
        if plan.publish == Publish::Branch {
            let branch = branch_of(&record.workspace, &record.workflow, record.id);
            record.branch = Some(branch.await?);
        }
        check_kept_paths(&self.house, &prepared, &record).await?;
        if plan.inputs.values().any(|input| input.file.is_some()) {
            let folder = PathBuf::from(&record.workspace);
            let folder = Workspace::open(folder, self.house.closed.clone()).await?;
            inputs_of_files(&prepared, &BTreeMap::new(), &folder).await?;
        }
        let pinned = prepared.pin_prompts(&self.house.sketch()).await?;
        let inputs = plan.inputs.iter().map(|(name, input)| InputView {
            name: name.to_string(),
            description: input.description.clone(),
            default: input.default.clone(),
            file: input.file.clone(),
        });
        Ok(CheckedDefinition {
            workflow: plan.name.to_string(),
            inputs: inputs.collect(),
            steps: plan.steps.iter().map(|step| step.path.clone()).collect(),
            warnings: prepared.warnings.clone(),
            brought: pinned.brought,
        })
    }

    pub(super) async fn definitions(&self) -> Vec<DefinitionView> {
        let (project, reach) = (self.house.project.clone(), self.reach.clone());
        let views = move || {
            let files = definition_files(&project).into_iter();
            let views = files.filter_map(|(file, path)| {
                let (_, definition) = read(&reach.look(&path).ok()?)?;
                Some(view_of(file, &definition))
            });
            let mut views: Vec<DefinitionView> = views.take(MOST).collect();
            views.sort_by(|one, other| one.file.cmp(&other.file));
            views
        };
        off_the_workers(views).await
    }

    pub(super) async fn definition(&self, file: &str) -> Result<DefinitionSource, EngineError> {
        let (project, wanted) = (self.house.project.clone(), file.to_owned());
        let reach = self.reach.clone();
        let found = move || {
            let mut files = definition_files(&project).into_iter();
            let (_, path) = files.find(|(name, _)| *name == wanted)?;
            Some((read(&reach.look(&path).ok()?)?.0, path))
        };
        let Some((text, path)) = off_the_workers(found).await else {
            return Err(EngineError::NoSuchDefinition {
                file: file.to_owned(),
            });
        };
        Ok(DefinitionSource {
            text,
            file: Some(path.display().to_string()),
        })
    }
}

fn definition_files(project: &Path) -> Vec<(String, PathBuf)> {
    let mut walk = ignore::WalkBuilder::new(project);
    walk.max_depth(Some(DEPTH))
        .follow_links(false)
        .require_git(false);
    // The walk reads rules of what to ignore, whatever they are: a link to `/dev/zero` in a clone, too.
    if has_odd_rules(project) {
        walk.standard_filters(false).hidden(true);
    }
    walk.parents(!project.ancestors().skip(1).any(has_odd_rules))
        .filter_entry(|entry| {
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            !is_folder || !has_odd_rules(entry.path())
        });
    let files = walk.build().flatten().map(ignore::DirEntry::into_path);
    files
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .filter_map(|path| {
            let name = path.strip_prefix(project).ok()?.to_str()?.to_owned();
            Some((name, path))
        })
        .collect()
}

fn has_odd_rules(folder: &Path) -> bool {
    let files = [".gitignore", ".ignore", ".git/info/exclude"];
    files.iter().any(|file| {
        let about = std::fs::metadata(folder.join(file));
        about.is_ok_and(|about| !about.is_file() || about.len() > MOST_BYTES)
    })
}

/// A definition with its text, if the file holds one; it may have problems.
fn read(path: &Path) -> Option<(String, Definition)> {
    let text = read_text(path, MOST_BYTES).ok()?;
    // Other programs keep their settings in TOML, too.
    if !text.contains("steps") {
        return None;
    }
    let (definition, _) = parse_definition(&text, &path.display().to_string());
    let definition = definition.filter(|definition| !definition.steps.is_empty())?;
    Some((text, definition))
}

fn view_of(file: String, definition: &Definition) -> DefinitionView {
    let inputs = definition.inputs.iter().map(|(name, input)| InputView {
        name: name.to_string(),
        description: input.description.clone(),
        default: input.default.clone(),
        file: input.file.clone(),
    });
    DefinitionView {
        file,
        workflow: definition.name.to_string(),
        description: definition.description.clone(),
        inputs: inputs.collect(),
        steps: steps_of(None, &definition.steps),
    }
}

fn steps_of(parent: Option<&StepPath>, steps: &[StepDefinition]) -> Vec<DefinedStep> {
    let mut found = Vec::new();
    for step in steps {
        let id = &step.id.value;
        let path = parent.map_or_else(|| StepPath::root(id), |parent| parent.child(id));
        let below = steps_of(Some(&path), &step.steps);
        found.push(DefinedStep {
            path,
            uses: step.uses.as_ref().map(|uses| uses.value.clone()),
            grants: grants_of(&step.grants),
        });
        found.extend(below);
    }
    found
}

fn grants_of(grants: &GrantRequest) -> Vec<String> {
    let workspace = grants.workspace.as_ref();
    let workspace = workspace.and_then(|grant| grant.value.word());
    let lines = [
        workspace.map(|word| format!("workspace = \"{word}\"")),
        grants
            .prompts
            .as_ref()
            .map(|_| "prompts = \"write\"".to_owned()),
        grants.clock.as_ref().map(|_| "clock = \"real\"".to_owned()),
    ];
    let include = (grants.include.iter()).map(|path| format!("include \"{}\"", path.value));
    let read = grants.read.iter().map(|grant| {
        let folder = &grant.value;
        format!("read \"{}\" at \"{}\"", folder.path, folder.at)
    });
    let http = grants
        .http
        .iter()
        .map(|host| format!("http \"{}\"", host.value));
    let models = (grants.models.iter()).map(|model| format!("model \"{}\"", model.value));
    let lines = lines.into_iter().flatten().chain(include);
    lines.chain(read).chain(http).chain(models).collect()
}
