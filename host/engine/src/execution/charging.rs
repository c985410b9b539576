//! What an execution may have kept of it: charged before it is kept.
//!
//! What crosses the boundary in one go, and what is logged, the sandbox bounds.

use stepwell_contract::{
    CheckpointError, CheckpointErrorKind, Form, Halt, Hosted, Limit, WorkspaceGrant,
};
use stepwell_contract::{amounts, most};

use super::services::Services;
use super::staging::{RECORD, StagedPrompt};
use crate::state::lock;

/// Looks that are not durable yet are brought into the store when they have so many bytes.
const MOST_UNSAVED: u64 = 4 << 20;

/// The end of an attempt that hands over more than is kept of it.
fn beyond(limit: Limit, used: String, allowed: String) -> Halt {
    Halt::Limit {
        limit,
        used,
        allowed,
    }
}

impl Services {
    /// Charges so many bytes of a look or a question, which are about to be remembered.
    pub(super) fn charge_look(&self, bytes: u64) -> Hosted<()> {
        let limits = &self.planned().limits;
        // The files of its copy are looks as well, and have limits of their own.
        let of_copy = match self.grants().workspace {
            WorkspaceGrant::Copy => limits.file_bytes,
            _ => 0,
        };
        let allowed = limits.looks.saturating_add(of_copy);
        let mut memory = lock(&self.memory);
        let looked = memory.looked.saturating_add(bytes).saturating_add(RECORD);
        if looked > allowed {
            let (used, allowed) = (amounts::size(looked), amounts::size(allowed));
            return Err(beyond(Limit::Looks, used, allowed));
        }
        memory.looked = looked;
        Ok(())
    }

    /// Brings looks into the store, when they are so many that memory is wanted.
    pub(super) async fn save_looks(&self) -> Hosted<()> {
        let many = lock(&self.memory).unsaved_bytes() > MOST_UNSAVED;
        match many {
            true => self.commit(Vec::new()).await,
            false => Ok(()),
        }
    }

    /// Stages a prompt's change, where there is room for it.
    pub(super) fn stage_prompt(&self, change: StagedPrompt) -> Hosted<()> {
        let allowed = self.planned().limits.prompts;
        let staged = &mut lock(&self.memory).staging;
        let all = staged.prompt_bytes.saturating_add(change.weigh());
        if all > allowed {
            let (used, allowed) = (amounts::size(all), amounts::size(allowed));
            return Err(beyond(Limit::Prompts, used, allowed));
        }
        staged.prompt_bytes = all;
        staged.prompts.push(change);
        Ok(())
    }

    /// Refuses a form that is too much for a person.
    pub(super) fn charge_form(&self, form: &Form) -> Hosted<()> {
        let (questions, allowed) = (form.questions.len(), self.planned().limits.questions);
        let bytes = serde_json::to_vec(form).map_or(usize::MAX, |form| form.len());
        if questions <= allowed as usize && bytes <= most::FORM {
            return Ok(());
        }
        let used = format!("{questions} questions of {}", amounts::size(bytes as u64));
        let most = amounts::size(most::FORM as u64);
        Err(beyond(
            Limit::Questions,
            used,
            format!("{allowed} of {most}"),
        ))
    }

    /// Refuses a value of a checkpoint, or gives what all checkpoints of the execution have written with it. `staged` is
    /// what else the checkpoint keeps that the last one didn't.
    pub(super) fn charge_checkpoint(
        &self,
        key: &str,
        value: &[u8],
        written: u64,
        staged: u64,
    ) -> Result<u64, CheckpointError> {
        let limits = &self.planned().limits;
        let refused =
            |message: String| Err(CheckpointError::new(CheckpointErrorKind::TooLarge, message));
        if key.len() > most::KEY {
            let length = key.len();
            return refused(format!(
                "the key of a checkpoint has {length} bytes; it may have {}",
                most::KEY
            ));
        }
        let bytes = value.len() as u64;
        if bytes > limits.document {
            return refused(format!(
                "the checkpoint `{key}` has {bytes} bytes; `limits.document` allows {}",
                limits.document
            ));
        }
        let all = [bytes, key.len() as u64, staged, RECORD]
            .into_iter()
            .fold(written, u64::saturating_add);
        if all > limits.checkpoints {
            return refused(format!(
                "the checkpoints of this step have written {}; `limits.checkpoints` allows {}",
                amounts::size(all),
                amounts::size(limits.checkpoints)
            ));
        }
        Ok(all)
    }
}
