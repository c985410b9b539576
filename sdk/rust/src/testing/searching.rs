//! The fake host's search: line by line, over the files that it has in memory.

use std::collections::BTreeMap;

use globset::GlobMatcher;
use regex::RegexBuilder;

use crate::workspace::{Findings, FoundFile, FoundLine, Query, WorkspaceError, WorkspaceErrorKind};

pub(super) fn search(
    files: BTreeMap<String, Vec<u8>>,
    query: &Query,
    paths: &GlobMatcher,
) -> Result<Findings, WorkspaceError> {
    let pattern = match query.literal {
        true => regex::escape(&query.pattern),
        false => query.pattern.clone(),
    };
    let pattern = RegexBuilder::new(&pattern)
        .case_insensitive(query.ignore_case)
        .build()
        .map_err(|error| WorkspaceError {
            kind: WorkspaceErrorKind::Other("invalid-query".to_owned()),
            message: format!("the search can't be made: {error}"),
        })?;
    let mut findings = Findings {
        files: Vec::new(),
        more: false,
        unsearched: 0,
        details: Vec::new(),
    };
    let mut left = query.most as usize;
    for (path, content) in files {
        if !paths.is_match(&path) || findings.more {
            continue;
        }
        if content.contains(&0) {
            findings.unsearched += 1;
            continue;
        }
        let text = String::from_utf8_lossy(&content);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let lines: Vec<&str> = text.lines().collect();
        let all: Vec<usize> = (0..lines.len())
            .filter(|at| pattern.is_match(lines[*at]))
            .collect();
        let told = &all[..all.len().min(left)];
        findings.more = told.len() < all.len();
        left -= told.len();
        let end = all.get(told.len()).copied().unwrap_or(lines.len());
        let near = |at: &usize| {
            told.iter()
                .any(|of| at.abs_diff(*of) <= query.context as usize)
        };
        let lines = (0..end).filter(near).map(|at| FoundLine {
            number: u32::try_from(at + 1).unwrap_or(u32::MAX),
            text: lines[at].to_owned(),
            matches: told.contains(&at),
        });
        let lines: Vec<FoundLine> = lines.collect();
        if !lines.is_empty() {
            findings.files.push(FoundFile { path, lines });
        }
    }
    Ok(findings)
}
