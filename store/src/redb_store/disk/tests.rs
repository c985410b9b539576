//! A database that fails, and is opened anew.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::super::backend::Memory;
use super::*;

/// A storage in memory that refuses writes while it is told to.
#[derive(Debug, Clone, Default)]
struct Stubborn(Memory, Arc<AtomicBool>);

impl Stubborn {
    fn check(&self) -> io::Result<()> {
        let refuses = self.1.load(Ordering::SeqCst);
        if refuses {
            Err(io::ErrorKind::Other.into())
        } else {
            Ok(())
        }
    }
}

impl StorageBackend for Stubborn {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.check()?;
        self.0.set_len(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.check()
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.check()?;
        self.0.write(offset, data)
    }
}

/// Makes the database fail, as a reader's error does, without anybody having opened it anew.
fn fail(disk: &Disk, storage: &Stubborn) {
    storage.1.store(true, Ordering::SeqCst);
    let transaction = disk.state().database.as_ref().unwrap().begin_write();
    let transaction = transaction.unwrap();
    let mut draft = Draft::of(&transaction).unwrap();
    draft.put(b"key", b"lost").unwrap();
    drop(draft);
    transaction.commit().unwrap_err();
}

fn value(disk: &Disk) -> Vec<u8> {
    let value = disk.read(|records| {
        let value = records.get(b"key".as_slice())?;
        Ok(value.map(|value| value.value().to_vec()))
    });
    value.unwrap().unwrap()
}

#[test]
fn a_failed_database_is_opened_anew_by_whoever_finds_it() {
    let storage = Stubborn::default();
    let below = storage.clone();
    let open = move || -> io::Result<Box<dyn StorageBackend>> { Ok(Box::new(below.clone())) };
    let disk = Disk::open(Place::in_memory(), Box::new(open), None).unwrap();
    disk.write(|draft| draft.put(b"key", b"one")).unwrap();

    fail(&disk, &storage);
    storage.1.store(false, Ordering::SeqCst);
    assert_eq!(value(&disk), b"one");
    disk.write(|draft| draft.put(b"key", b"two")).unwrap();

    fail(&disk, &storage);
    assert_eq!(value(&disk), b"two");
    disk.write(|draft| draft.put(b"key", b"three")).unwrap_err();
    assert_eq!(value(&disk), b"two");
    storage.1.store(false, Ordering::SeqCst);
    disk.write(|draft| draft.put(b"key", b"three")).unwrap();
    assert_eq!((value(&disk), disk.transactions()), (b"three".to_vec(), 3));
}
