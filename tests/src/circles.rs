//! Circles between the files of a crate: files that import each other, straight or through others.
//!
//! A folder's own file and what lies below it are no circle: it hands on what they have, and they ask it for what they share. Tests
//! within a file are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::floors::{paths_after, rust_files, without_comments};

/// A module by its path within the crate.
type Module = Vec<String>;

/// Names that a module hands on, each with the path that it has there.
type HandedOn = BTreeMap<(Module, String), Module>;

/// How many times a name is handed on before it is given up.
const HANDS: usize = 6;

/// The circles, each as its files in the order of their names: `state/home ↔ state/house`.
#[must_use]
pub fn circles(sources: &Path) -> Vec<String> {
    let texts = texts(sources);
    let handed_on = handed_on(&texts);
    let mut imports: BTreeMap<&Module, BTreeSet<&Module>> = BTreeMap::new();
    for (module, text) in &texts {
        let paths = paths_in(text, module);
        let targets = paths.filter_map(|path| target(&path, &texts, &handed_on, HANDS));
        let others = targets.filter(|other| !is_above(module, other) && !is_above(other, module));
        imports.insert(module, others.collect());
    }
    let reached: BTreeMap<&Module, BTreeSet<&Module>> = imports
        .keys()
        .map(|module| (*module, reached_from(module, &imports)))
        .collect();
    let mut found = BTreeSet::new();
    for (module, others) in &reached {
        let both = others
            .iter()
            .filter(|other| reached[*other].contains(module));
        let circle: BTreeSet<String> = both.map(|other| other.join("/")).collect();
        if circle.len() > 1 {
            found.insert(circle.into_iter().collect::<Vec<_>>().join(" ↔ "));
        }
    }
    found.into_iter().collect()
}

/// The code of each module, without its tests.
fn texts(sources: &Path) -> BTreeMap<Module, String> {
    let files = rust_files(sources).into_iter();
    let texts = files.filter_map(|file| {
        let below = file.strip_prefix(sources).ok()?.with_extension("");
        let mut module: Module = below
            .iter()
            .map(|part| part.to_string_lossy().into())
            .collect();
        if ["lib", "main", "mod"].contains(&module.last()?.as_str()) {
            module.pop();
        }
        if module.iter().any(|part| part == "tests") {
            return None;
        }
        let text = without_comments(&fs::read_to_string(&file).unwrap());
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        Some((module, code.to_owned()))
    });
    texts.collect()
}

fn handed_on(texts: &BTreeMap<Module, String>) -> HandedOn {
    let words = ["pub use ", "pub(crate) use ", "pub(super) use "];
    let mut handed_on = BTreeMap::new();
    for (module, text) in texts {
        for (_, path) in paths_after(text, &words) {
            let Some(name) = path.last().cloned() else {
                continue;
            };
            let whole = match path[0].as_str() {
                "crate" => path[1..].to_vec(),
                "super" | "self" => continue,
                _ => [module.as_slice(), &path].concat(),
            };
            handed_on.insert((module.clone(), name), whole);
        }
    }
    handed_on
}

/// The paths into the crate that stand in a module, from the crate's root.
fn paths_in<'t>(text: &'t str, module: &'t Module) -> impl Iterator<Item = Module> + 't {
    let of_crate = paths_after(text, &["crate::"]).into_iter();
    let out = paths_after(text, &["super::"]).into_iter();
    let out = out.filter_map(|(_, path)| {
        let further = path.iter().take_while(|part| *part == "super").count();
        let above = module.len().checked_sub(1 + further)?;
        Some([&module[..above], &path[further..]].concat())
    });
    of_crate.map(|(_, path)| path).chain(out)
}

/// The module in which what a path names is.
fn target<'m>(
    path: &[String],
    texts: &'m BTreeMap<Module, String>,
    handed_on: &HandedOn,
    hands: usize,
) -> Option<&'m Module> {
    let lengths = (0..=path.len()).rev();
    let found = lengths
        .map(|length| path.split_at(length))
        .find_map(|(module, rest)| Some((texts.get_key_value(module)?.0, rest)));
    let (module, rest) = found?;
    let name = rest.first().map(|name| (module.clone(), name.clone()));
    match name.and_then(|name| handed_on.get(&name)) {
        Some(whole) if hands > 0 && whole != path => {
            let further = [whole.as_slice(), &rest[1..]].concat();
            target(&further, texts, handed_on, hands - 1)
        }
        _ => Some(module),
    }
}

fn is_above(one: &Module, other: &Module) -> bool {
    other.starts_with(one)
}

fn reached_from<'m>(
    module: &'m Module,
    imports: &BTreeMap<&'m Module, BTreeSet<&'m Module>>,
) -> BTreeSet<&'m Module> {
    let mut reached = BTreeSet::new();
    let mut open = vec![module];
    while let Some(next) = open.pop() {
        let further = imports[next].iter().copied();
        open.extend(further.filter(|other| reached.insert(*other)));
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_import_each_other_are_told_and_a_folder_of_its_own_is_not() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("low")).unwrap();
        for (name, text) in [
            ("lib.rs", "mod low;\nmod high;\npub use low::Deep;\n"),
            (
                "low/mod.rs",
                "mod deep;\nmod er;\nmod plain;\npub use deep::Deep;\npub use er::er;\n",
            ),
            (
                "low/deep.rs",
                "use super::er;\nuse super::shared;\nuse super::plain::P;\n",
            ),
            ("low/er.rs", "use crate::Deep; // and crate::high\n"),
            (
                "low/plain.rs",
                "#[cfg(test)]\nmod tests {\n    use crate::low::Deep;\n}\n",
            ),
            ("high.rs", "use crate::low::{Deep, er};\n"),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        assert_eq!(circles(folder.path()), ["low/deep ↔ low/er"]);
    }
}
