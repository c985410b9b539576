//! The one thread that writes: it takes the commits that wait and makes them durable in one transaction.
//!
//! It is a thread and not a task, since it waits for the disk, and so that a store works in any runtime. Nothing
//! here knows the rules of the records.

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;

use stepwell_contract::Name;
use tokio::sync::{broadcast, oneshot};

use super::blobs::{Blobs, NewBlob};
use super::disk::Disk;
use super::failure::Trouble;
use super::kept;
use super::plan::Plan;
use crate::records::PromptRecord;
use crate::{Change, Committed, Notice, StoreError};

/// How many commits share a transaction at most, so that the first of them isn't kept waiting by the last.
const GROUP: usize = 512;

/// Every prompt, as the last commit left it; an error where its record can't be read.
///
/// Only the writer changes it, and only after a commit is durable, so it is never ahead of the disk. It holds every
/// prompt and not those that were asked for: filling it from reads could put back what a commit has just replaced.
pub(super) type Prompts = RwLock<AllPrompts>;

pub(super) type AllPrompts = BTreeMap<Name, Result<Arc<PromptRecord>, StoreError>>;

/// A commit that waits.
pub(super) struct Request {
    pub(super) changes: Vec<Change>,
    /// For each change, the bytes that it may bring.
    pub(super) blobs: Vec<Option<NewBlob>>,
    pub(super) answer: oneshot::Sender<Result<Committed, StoreError>>,
}

/// What the thread that writes is asked for.
pub(super) enum Job {
    /// A commit, which may share a transaction with others.
    Commit(Request),
    /// Something that is done between commits.
    Alone(Box<dyn FnOnce(&Disk) + Send>),
}

/// Takes commits until it is dropped; then what waits is still written.
pub(super) struct Writer {
    sender: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(
        disk: Arc<Disk>,
        blobs: Arc<Blobs>,
        prompts: Arc<Prompts>,
        notices: broadcast::Sender<Notice>,
    ) -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel();
        let room = Room {
            disk,
            blobs,
            prompts,
            notices,
        };
        let thread = std::thread::Builder::new()
            .name("stepwell-store".into())
            .spawn(move || room.serve(&receiver))?;
        Ok(Self {
            sender: Some(sender),
            thread: Some(thread),
        })
    }

    /// Hands over what is to be done; says whether the thread is there.
    pub(super) fn send(&self, job: Job) -> bool {
        let sender = self.sender.as_ref();
        sender.is_some_and(|sender| sender.send(job).is_ok())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.sender.take());
        if let Some(thread) = self.thread.take() {
            // Waits until the file is free. A panic has been reported by its own hook.
            let _ = thread.join();
        }
    }
}

struct Room {
    disk: Arc<Disk>,
    blobs: Arc<Blobs>,
    prompts: Arc<Prompts>,
    notices: broadcast::Sender<Notice>,
}

impl Room {
    fn serve(&self, receiver: &Receiver<Job>) {
        while let Ok(first) = receiver.recv() {
            let mut group = Vec::new();
            let others = receiver.try_iter().take(GROUP - 1);
            for job in [first].into_iter().chain(others) {
                match job {
                    Job::Commit(request) => group.push(request),
                    Job::Alone(work) => {
                        self.commit(std::mem::take(&mut group));
                        work(&self.disk);
                    }
                }
            }
            self.commit(group);
        }
    }

    fn commit(&self, group: Vec<Request>) {
        if group.is_empty() {
            return;
        }
        let result = self.disk.write(|draft| {
            kept::catch_up(draft)?;
            let mut plans = Vec::with_capacity(group.len());
            for request in &group {
                match Plan::of(
                    draft,
                    (&self.blobs, &self.prompts),
                    &request.changes,
                    &request.blobs,
                ) {
                    Ok(mut plan) => {
                        plan.write(draft)?;
                        plans.push(Ok(plan));
                    }
                    Err(Trouble::Store(error)) => plans.push(Err(error)),
                    Err(trouble) => return Err(trouble),
                }
            }
            Ok(plans)
        });
        let plans = match result {
            Ok(plans) => plans,
            Err(error) => group.iter().map(|_| Err(error.clone())).collect(),
        };
        self.refresh(plans.iter().flatten());
        for (request, plan) in group.into_iter().zip(plans) {
            if let Ok(plan) = &plan {
                for notice in plan.notices() {
                    // Nobody may be watching.
                    let _ = self.notices.send(notice);
                }
            }
            // Nobody may be waiting any more.
            let _ = request.answer.send(plan.map(|plan| plan.committed));
        }
    }

    fn refresh<'p>(&self, plans: impl Iterator<Item = &'p Plan>) {
        let mut changed = plans.flat_map(|plan| &plan.prompts).peekable();
        if changed.peek().is_none() {
            return;
        }
        let mut prompts = self.prompts.write().unwrap_or_else(PoisonError::into_inner);
        for (name, record) in changed {
            prompts.insert(name.clone(), Ok(Arc::clone(record)));
        }
    }
}
