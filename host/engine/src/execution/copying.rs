//! The files of an execution's copy of the workspace, within their limits (rule E26).

use stepwell_contract::{
    CopiedFile, ExecutionKey, GoOn, HostServices as _, Hosted, LogLevel, Problem, ProblemCode,
    Remedy, WorkspaceError, WorkspaceErrorKind,
};

use super::services::Services;

/// How a copy of the workspace can't be made.
pub(super) enum NoCopy {
    /// There is more than the limits allow; says what, and which setting.
    TooLarge(String),
    /// A look at the workspace failed.
    Failed(WorkspaceError),
}

impl NoCopy {
    /// What a person is told.
    pub(super) fn problem(self, key: &ExecutionKey) -> Problem {
        let (step, then) = (key.path.clone(), GoOn::Run(key.run));
        let problem = match self {
            Self::TooLarge(message) => {
                Problem::new(ProblemCode::Limit, message).with(Remedy::ShrinkCopy { step, then })
            }
            Self::Failed(error) => Problem::new(ProblemCode::Workspace, error.message)
                .with(Remedy::MendWhatItSays { then }),
        };
        problem.of(key)
    }
}

impl Services {
    /// The files of the execution's copy of the workspace, each as it was first seen, so that every attempt gets the
    /// same (rule E26).
    pub(super) async fn copy_of_workspace(&self) -> Hosted<Result<Vec<CopiedFile>, NoCopy>> {
        let limits = &self.planned().limits;
        let entries = match self.list_files("**").await? {
            Ok(entries) => entries,
            Err(error) => return Ok(Err(NoCopy::Failed(error))),
        };
        if entries.len() > limits.files as usize {
            return Ok(Err(NoCopy::TooLarge(format!(
                "the workspace has {} files; `limits.files` allows {} in a copy of it",
                entries.len(),
                limits.files
            ))));
        }
        let mut bytes: u64 = entries.iter().map(|entry| u64::from(entry.bytes)).sum();
        let mut files = Vec::with_capacity(entries.len());
        for entry in entries {
            // A file may have grown since it was listed.
            if bytes > limits.file_bytes {
                break;
            }
            match self.file_bytes(&entry.path).await? {
                Ok(content) => {
                    bytes = bytes - u64::from(entry.bytes) + content.len() as u64;
                    files.push(CopiedFile {
                        path: entry.path,
                        content,
                    });
                }
                // Removed since it was listed.
                Err(error) if error.kind == WorkspaceErrorKind::NotFound => {}
                Err(error) if error.kind == WorkspaceErrorKind::TooLarge => {
                    return Ok(Err(NoCopy::TooLarge(error.message)));
                }
                Err(error) => self.log(
                    LogLevel::Warn,
                    format!("left out of the copy of the workspace: {}", error.message),
                ),
            }
        }
        if bytes > limits.file_bytes {
            return Ok(Err(NoCopy::TooLarge(format!(
                "the files of the workspace have {bytes} bytes; `limits.file_bytes` allows {} in a copy of it",
                limits.file_bytes
            ))));
        }
        Ok(Ok(files))
    }
}
