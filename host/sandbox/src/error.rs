//! Why there is no sandbox.

/// Why a sandbox could not be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SandboxError {
    /// The settings leave no room for a single instance.
    #[error("the sandbox may have no instance at all")]
    NoInstances,
    /// The WebAssembly engine can't run on this machine, or not with these settings.
    #[error("the WebAssembly engine can't start: {reason}")]
    Engine {
        /// What it says.
        reason: String,
    },
    /// The thread that keeps guests from hogging the processor can't be started.
    #[error("the sandbox's clock thread can't start: {reason}")]
    Thread {
        /// What the system says.
        reason: String,
    },
}

impl SandboxError {
    pub(crate) fn engine(error: wasmtime::Error) -> Self {
        Self::Engine {
            reason: format!("{error:#}"),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoInstances => "set the greatest number of instances to 1 or more",
            Self::Engine { .. } => {
                "Stepwell needs a 64-bit processor, x86-64 or AArch64, and address space to map: see `ulimit -v`"
            }
            Self::Thread { .. } => "the system allows no further thread: see `ulimit -u`",
        }
    }
}
