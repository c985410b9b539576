//! What every part of the engine works with: the store, the sandbox, the models, and who is at work.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, Weak};

use jiff::Timestamp;
use stepwell_contract::{Description, Digest, RunId, StepPath, Undertaking};
use stepwell_definition::LockedPlugin;
use stepwell_llm::{Ledger, Recorder};
use stepwell_store::{PinnedPlugin, Sketch, Store};
use tokio::sync::{broadcast, watch};

use super::home::Here;
use super::kept::Kept;
use super::lock::lock;
use super::mailbox::Mailbox;
use super::parts::EngineParts;
use super::prepared::PreparedRun;
use super::sources::LookedUp;
use super::turns::Turns;
use super::wishes::Wishes;
use crate::words::{Live, RunError};
use crate::workspace::Lending;

/// How many checked definitions are kept at hand, and how many descriptions of plugins. Each has some kilobytes.
const PREPARED: NonZeroUsize = NonZeroUsize::new(256).unwrap();
const LOADED: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

/// The parts, and what is shared by everything that is under way in this process.
pub(crate) struct House {
    parts: Arc<EngineParts>,
    /// Where everything is kept: that of the parts, or a sketch of it.
    pub(crate) store: Arc<dyn Store>,
    /// That of the parts; a sketch records nothing.
    pub(crate) recorder: Option<Arc<Recorder>>,
    /// Where runs that begin live; none where the store is nowhere.
    pub(super) here: Option<Here>,
    pub(crate) live: broadcast::Sender<Live>,
    /// Of a sketch, who watches the house that it is one of: a plugin that is compiled is waited for there, too.
    of_house: Option<broadcast::Sender<Live>>,
    /// The runs and comparisons that this process carries on. The store admits one process, so a run that says `started` and
    /// isn't here was interrupted. Once a run is opened, answers reach it through its mailbox.
    active: Mutex<BTreeMap<Undertaking, Weak<Mailbox>>>,
    /// Counts the runs that were let go of, for those who wait for one.
    let_go: watch::Sender<u64>,
    /// Whose turn each cell of a comparison is.
    pub(crate) turns: Turns,
    /// Which comparisons want a cell.
    pub(crate) wishes: Wishes,
    /// The budget of each day, once somebody asked for it.
    pub(super) day: tokio::sync::OnceCell<Arc<Ledger>>,
    /// Held while a person's change of a prompt is held against what is there: two editors can't both be the first.
    pub(crate) prompt_edits: tokio::sync::Mutex<()>,
    /// Held while plugins are agreed to: two who do so at once both stand in the lock.
    pub(crate) agreeing: tokio::sync::Mutex<()>,
    /// Held while a trial is looked for and written down: who presses twice means one.
    pub(crate) trials: tokio::sync::Mutex<()>,
    /// Held while an improvement is taken further: who does so twice begins its next comparison once.
    pub(crate) improvements: tokio::sync::Mutex<()>,
    /// Definitions that are parsed, loaded and checked, by the digest of everything that a check depends on: resuming a
    /// thousand runs of one definition checks it once.
    pub(crate) prepared: Kept<PreparedRun>,
    /// What the components that were loaded say of themselves: their bytes, which may be many, are read once.
    pub(super) loaded: Kept<Description>,
    /// What the components are that were looked into, as a lock has them.
    pub(crate) examined: Kept<LockedPlugin>,
    /// The digests of the steps that ride inside the binary, as far as somebody asked.
    pub(crate) inside: Mutex<BTreeMap<String, Digest>>,
    /// What names on other machines meant when those were asked.
    pub(crate) looked_up: LookedUp,
    /// The plugins of the last run of each definition, by what names that.
    pub(crate) plugins_before: Kept<BTreeMap<StepPath, PinnedPlugin>>,
}

/// Says that this process carries something on, until it is dropped.
pub(crate) struct Active {
    house: Arc<House>,
    what: Undertaking,
}

impl Deref for House {
    type Target = EngineParts;

    fn deref(&self) -> &EngineParts {
        &self.parts
    }
}

impl House {
    pub(crate) fn new(parts: EngineParts) -> Arc<Self> {
        let store = Arc::clone(&parts.store);
        let recorder = parts.recorder.clone();
        Self::of(Arc::new(parts), store, recorder, None)
    }

    /// Which folders outside of the workspace may be lent to the steps of a definition.
    pub(crate) fn lending(&self, definition: Option<&str>) -> Lending {
        let mut closed = self.closed.clone();
        closed.extend(definition.map(PathBuf::from));
        Lending {
            project: self.project.clone(),
            allowed: self.configuration.sandbox.read.clone(),
            closed,
        }
    }

    /// The same house for what is only looked at: whatever is done in it is seen by nobody else, and kept nowhere.
    pub(crate) fn sketch(&self) -> Arc<Self> {
        let store = Sketch::over(Arc::clone(&self.store));
        let of_house = self.of_house.as_ref().unwrap_or(&self.live).clone();
        Self::of(
            Arc::clone(&self.parts),
            Arc::new(store),
            None,
            Some(of_house),
        )
    }

    fn of(
        parts: Arc<EngineParts>,
        store: Arc<dyn Store>,
        recorder: Option<Arc<Recorder>>,
        of_house: Option<broadcast::Sender<Live>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            here: Here::of(&parts.project, parts.store_folder.as_deref()),
            parts,
            store,
            recorder,
            live: broadcast::channel(4096).0,
            of_house,
            active: Mutex::default(),
            let_go: watch::Sender::new(0),
            turns: Turns::default(),
            wishes: Wishes::default(),
            day: tokio::sync::OnceCell::new(),
            prompt_edits: tokio::sync::Mutex::default(),
            agreeing: tokio::sync::Mutex::default(),
            trials: tokio::sync::Mutex::default(),
            improvements: tokio::sync::Mutex::default(),
            prepared: Kept::new(PREPARED),
            loaded: Kept::new(LOADED),
            examined: Kept::new(LOADED),
            inside: Mutex::default(),
            looked_up: LookedUp::default(),
            plugins_before: Kept::new(PREPARED),
        })
    }

    /// What the clock says. Nobody else asks it but calls, which may wait long before they are sent.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Marks a run or a comparison as carried on by this process; none if it is already.
    pub(crate) fn activate(self: &Arc<Self>, what: impl Into<Undertaking>) -> Option<Active> {
        let what = what.into();
        let mut active = lock(&self.active);
        if active.contains_key(&what) {
            return None;
        }
        active.insert(what, Weak::new());
        Some(Active {
            house: Arc::clone(self),
            what,
        })
    }

    /// Marks a run as carried on by this process.
    pub(crate) fn take(self: &Arc<Self>, run: RunId) -> Result<Active, RunError> {
        self.activate(run).ok_or(RunError::UnderWay { run })
    }

    pub(crate) fn is_active(&self, what: impl Into<Undertaking>) -> bool {
        lock(&self.active).contains_key(&what.into())
    }

    /// What this process carries on.
    pub(crate) fn all_active(&self) -> Vec<Undertaking> {
        lock(&self.active).keys().copied().collect()
    }

    /// The mailbox of a run that this process carries on, as soon as it is open.
    pub(crate) fn opened(&self, run: RunId) -> Option<Arc<Mailbox>> {
        lock(&self.active).get(&run.into())?.upgrade()
    }

    /// Waits until nobody in this process carries it on.
    pub(crate) async fn until_let_go(&self, what: impl Into<Undertaking>) {
        let what = what.into();
        let mut let_go = self.let_go.subscribe();
        while self.is_active(what) {
            // The sender lives as long as the house.
            let _ = let_go.changed().await;
        }
    }

    /// Tells whoever watches; nobody watching is fine.
    pub(crate) fn tell(&self, live: Live) {
        if let (Some(house), Live::Compiling { .. }) = (&self.of_house, &live) {
            let _ = house.send(live.clone());
        }
        let _ = self.live.send(live);
    }
}

impl Active {
    /// The run is open: answers reach it from now on.
    pub(crate) fn opened(&self, mailbox: &Arc<Mailbox>) {
        lock(&self.house.active).insert(self.what, Arc::downgrade(mailbox));
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        lock(&self.house.active).remove(&self.what);
        self.house.let_go.send_modify(|count| *count += 1);
    }
}
