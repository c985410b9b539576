//! The SDK's manifest without its workspace: what it takes from there is written into it.
//!
//! It is what cargo does to a package. Here it is done without starting cargo, which would wait for the lock of the cargo that is
//! building.

use toml::{Table, Value};

use crate::Outcome;

/// What only this workspace needs of it.
const OURS: [&str; 3] = ["dev-dependencies", "example", "lints"];

/// A manifest that can be read in any folder.
pub(crate) fn standing_alone(manifest: &str, workspace: &str) -> Outcome<String> {
    let mut manifest: Table = manifest.parse()?;
    let workspace: Table = workspace.parse()?;
    let shared = table(&workspace, "workspace")?;
    for part in OURS {
        manifest.remove(part);
    }
    let package = table_mut(&mut manifest, "package")?;
    package.remove("include");
    settle(package, table(shared, "package")?)?;
    let dependencies = table(shared, "dependencies")?;
    settle(table_mut(&mut manifest, "dependencies")?, dependencies)?;
    if let Some(Value::Table(targets)) = manifest.get_mut("target") {
        targets.retain(|_, target| target.get("dependencies").is_some());
        for (_, target) in targets.iter_mut() {
            let target = target.as_table_mut().ok_or("a target is a table")?;
            target.remove("dev-dependencies");
            settle(table_mut(target, "dependencies")?, dependencies)?;
        }
    }
    Ok(toml::to_string_pretty(&manifest)?)
}

/// Puts what the workspace says in the place of each `workspace = true`, with the features that are asked for beside it.
fn settle(entries: &mut Table, shared: &Table) -> Outcome<()> {
    for (name, value) in entries.iter_mut() {
        let Some(asked) = value.as_table() else {
            continue;
        };
        if asked.get("workspace") != Some(&Value::Boolean(true)) {
            continue;
        }
        let mut settled = shared
            .get(name)
            .cloned()
            .ok_or_else(|| format!("the workspace says nothing of `{name}`"))?;
        if let Some(Value::Array(features)) = asked.get("features") {
            if let Value::String(version) = &settled {
                let version = Value::String(version.clone());
                settled = Value::Table(Table::from_iter([("version".to_owned(), version)]));
            }
            let all = settled.as_table_mut().ok_or("a dependency is a table")?;
            let known = all.entry("features").or_insert(Value::Array(Vec::new()));
            let known = known.as_array_mut().ok_or("features are a list")?;
            for feature in features {
                if !known.contains(feature) {
                    known.push(feature.clone());
                }
            }
        }
        *value = settled;
    }
    Ok(())
}

fn table<'t>(of: &'t Table, name: &str) -> Outcome<&'t Table> {
    let found = of.get(name).and_then(Value::as_table);
    Ok(found.ok_or_else(|| format!("there is no `{name}`"))?)
}

fn table_mut<'t>(of: &'t mut Table, name: &str) -> Outcome<&'t mut Table> {
    let found = of.get_mut(name).and_then(Value::as_table_mut);
    Ok(found.ok_or_else(|| format!("there is no `{name}`"))?)
}
