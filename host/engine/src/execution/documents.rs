//! The documents of the steps that this one depends on, as they were when it first looked.

use stepwell_contract::{DocumentEntry, DocumentError, DocumentErrorKind, Hosted, StepPath};
use stepwell_store::MemoKind;

use super::services::Services;
use crate::state::Unit;
use crate::state::{SeenDocument, store_halt};

impl Services {
    async fn seen_documents(&self, step: &str) -> Hosted<Result<Vec<SeenDocument>, DocumentError>> {
        let upstream = step
            .parse::<StepPath>()
            .ok()
            .and_then(|path| self.run.plan.index_of(&path))
            .filter(|index| self.run.depends_on(self.step, *index));
        let Some(index) = upstream else {
            let kind = if step
                .parse()
                .is_ok_and(|path| self.run.plan.index_of(&path).is_some())
            {
                DocumentErrorKind::Denied
            } else {
                DocumentErrorKind::NotFound
            };
            return Ok(Err(DocumentError::new(
                kind,
                format!(
                    "step `{}` doesn't depend on a step `{step}`; let one of its inputs refer to a document of that step",
                    self.key.path
                ),
            )));
        };
        self.look(
            MemoKind::Documents,
            serde_json::json!({ "documents": step }),
            async {
                let unit = Unit {
                    step: self.step,
                    at: self.key.at.clone(),
                };
                let seen = self.run.documents_of(index, &unit).await;
                let seen = seen.map_err(store_halt)?;
                Ok((Ok(seen), Vec::new()))
            },
        )
        .await
    }

    pub(super) async fn list_documents(
        &self,
        step: &str,
    ) -> Hosted<Result<Vec<DocumentEntry>, DocumentError>> {
        let seen = self.seen_documents(step).await?;
        Ok(seen.map(|documents| {
            documents
                .into_iter()
                .map(|document| document.entry)
                .collect()
        }))
    }

    pub(super) async fn document_text(
        &self,
        step: &str,
        name: &str,
        items: &[u32],
    ) -> Hosted<Result<String, DocumentError>> {
        let seen = or_told!(self.seen_documents(step).await?);
        let found = seen
            .iter()
            .find(|document| document.entry.name == name && document.entry.items == items);
        match found {
            Some(document) => {
                let bytes = self.blob(&document.digest).await?;
                Ok(Ok(String::from_utf8_lossy(&bytes).into_owned()))
            }
            None => Ok(Err(DocumentError::new(
                DocumentErrorKind::NotFound,
                format!("step `{step}` has no document `{name}` for the items {items:?}"),
            ))),
        }
    }
}
