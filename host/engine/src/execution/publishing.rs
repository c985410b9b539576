//! From the store into the workspace: files of an outcome, one by one, each marked (rules E5, E14, E16).

use stepwell_contract::{GoOn, Problem, ProblemCode, Remedy};
use stepwell_store::{Change, ExecutionRecord, StoreError};

use crate::state::Published;
use crate::state::RunContext;
use crate::words::Event;
use crate::workspace::RulesBefore;

impl RunContext {
    /// The texts of the .gitignore files as they were before this run wrote them (rule E6).
    pub(crate) async fn rules_before(
        &self,
        published: &Published,
    ) -> Result<RulesBefore, StoreError> {
        let mut rules = RulesBefore::new();
        for (folder, digest) in &published.rules_before {
            let text = self.house.blob_if_any(*digest).await?;
            rules.insert(folder.clone(), text.map(|text| text.to_vec()));
        }
        Ok(rules)
    }

    /// Publishes what is committed of an execution and not marked yet. Gives the problem that stopped it.
    pub(crate) async fn publish(
        &self,
        published: &mut Published,
        mut record: ExecutionRecord,
    ) -> Result<Option<Problem>, StoreError> {
        for index in 0..record.files.len() {
            let Some(file) = record
                .files
                .get(index)
                .filter(|file| !file.published)
                .cloned()
            else {
                continue;
            };
            // A later outcome of the run has the file by now: this one was published before its mark was written.
            if published
                .writer_of(&file.path, file.after)
                .is_some_and(|writer| *writer != record.key)
            {
                record.files[index].published = true;
                continue;
            }
            let there = self.workspace.read(&file.path, u64::MAX).await;
            let there = there.ok().flatten().map(|(digest, _)| digest);
            if there != file.after {
                let content = self.house.blob_if_any(file.after).await?;
                if let Err(error) = self.workspace.publish(&file.path, content).await {
                    let problem = Problem::new(ProblemCode::Publishing, error.to_string())
                        .with(Remedy::ClearTheWay {
                            obstacle: error.obstacle,
                            then: Some(GoOn::Run(record.key.run)),
                        })
                        .of(&record.key);
                    self.house
                        .store
                        .commit(vec![Change::Execution(Box::new(record))])
                        .await?;
                    return Ok(Some(problem));
                }
            }
            record.files[index].published = true;
            published.overlay.remove(&file.path);
            let event = Event::FilePublished {
                path: file.path,
                removed: file.after.is_none(),
            };
            let changes = vec![
                Change::Execution(Box::new(record.clone())),
                self.event(Some(&record.key), event),
            ];
            self.house.store.commit(changes).await?;
        }
        Ok(None)
    }
}
