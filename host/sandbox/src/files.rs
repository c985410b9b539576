//! The files of an attempt's copy of the workspace: wasmtime's own, with what is written, made and opened counted first.
//!
//! Whatever leads to bytes on disk or to an open file passes by the copy's [`Room`]; all else is handed on.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemCtxView};
use wasmtime_wasi::p2::bindings::filesystem::types::{
    Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, DirectoryEntryStream,
    ErrorCode, Filesize, Host, HostDescriptor, HostDirectoryEntryStream, MetadataHashValue,
    NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{
    DynInputStream, DynOutputStream, FsError, FsResult, OutputStream, Pollable, StreamError,
    StreamResult,
};

use crate::attempt::Ended;
use crate::scratch::{Room, lock};
use crate::wasi::Wasi;

type File = Resource<Descriptor>;

impl From<Ended> for FsError {
    fn from(ended: Ended) -> Self {
        Self::trap(ended)
    }
}

impl From<Ended> for StreamError {
    fn from(ended: Ended) -> Self {
        Self::Trap(ended.into())
    }
}

impl Wasi {
    /// wasmtime's own.
    fn files(&mut self) -> WasiFilesystemCtxView<'_> {
        WasiFilesystemCtxView {
            ctx: self.context.filesystem(),
            table: &mut self.table,
        }
    }

    /// Takes something from the room of the copy, which is there where there are files.
    fn take(&self, take: impl FnOnce(&mut Room) -> Result<(), Ended>) -> Result<(), Ended> {
        self.room
            .as_ref()
            .map_or(Ok(()), |room| take(&mut lock(room)))
    }

    /// A stream that counts what is written to it.
    fn counted(
        &mut self,
        stream: Resource<DynOutputStream>,
    ) -> FsResult<Resource<DynOutputStream>> {
        let Some(room) = self.room.clone() else {
            return Ok(stream);
        };
        let stream = self.table.delete(stream)?;
        let stream: DynOutputStream = Box::new(Counted { stream, room });
        Ok(self.table.push(stream)?)
    }
}

/// Functions that are handed on.
macro_rules! handed_on {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {$(
        async fn $name(&mut self, $($argument: $type),*) -> $answer {
            self.files().$name($($argument),*).await
        }
    )*};
}

/// The same, with something taken from the room first.
macro_rules! counted {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty: $take:expr;)*) => {$(
        async fn $name(&mut self, $($argument: $type),*) -> $answer {
            self.take($take)?;
            self.files().$name($($argument),*).await
        }
    )*};
}

impl Host for Wasi {
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<ErrorCode> {
        self.files().convert_error_code(error)
    }

    fn filesystem_error_code(
        &mut self,
        error: Resource<wasmtime::Error>,
    ) -> wasmtime::Result<Option<ErrorCode>> {
        self.files().filesystem_error_code(error)
    }
}

impl HostDescriptor for Wasi {
    counted! {
        fn link_at(at: File, flags: PathFlags, old: String, to: File, new: String) -> FsResult<()>: Room::make;
        fn symlink_at(at: File, old: String, new: String) -> FsResult<()>: Room::make;
        fn set_size(file: File, size: Filesize) -> FsResult<()>: |room| room.write(0);
    }

    handed_on! {
        fn advise(file: File, from: Filesize, length: Filesize, advice: Advice) -> FsResult<()>;
        fn sync_data(file: File) -> FsResult<()>;
        fn get_flags(file: File) -> FsResult<DescriptorFlags>;
        fn get_type(file: File) -> FsResult<DescriptorType>;
        fn set_times(file: File, accessed: NewTimestamp, modified: NewTimestamp) -> FsResult<()>;
        fn read(file: File, length: Filesize, from: Filesize) -> FsResult<(Vec<u8>, bool)>;
        fn sync(file: File) -> FsResult<()>;
        fn stat(file: File) -> FsResult<DescriptorStat>;
        fn stat_at(at: File, flags: PathFlags, path: String) -> FsResult<DescriptorStat>;
        fn set_times_at(
            at: File, flags: PathFlags, path: String, accessed: NewTimestamp, modified: NewTimestamp
        ) -> FsResult<()>;
        fn readlink_at(at: File, path: String) -> FsResult<String>;
        fn remove_directory_at(at: File, path: String) -> FsResult<()>;
        fn unlink_file_at(at: File, path: String) -> FsResult<()>;
        fn is_same_object(one: File, other: File) -> wasmtime::Result<bool>;
        fn metadata_hash(file: File) -> FsResult<MetadataHashValue>;
        fn metadata_hash_at(at: File, flags: PathFlags, path: String) -> FsResult<MetadataHashValue>;
    }

    async fn create_directory_at(&mut self, at: File, path: String) -> FsResult<()> {
        self.take(Room::make)?;
        self.files().create_directory_at(at, path).await?;
        Ok(self.take(Room::made_folder)?)
    }

    async fn rename_at(&mut self, at: File, old: String, to: File, new: String) -> FsResult<()> {
        let (place, what) = (Resource::new_borrow(at.rep()), old.clone());
        // What isn't there can't be moved, either, which is told in its own words.
        let found = self.files().stat_at(place, PathFlags::empty(), what).await;
        let is_folder = found.is_ok_and(|found| found.type_ == DescriptorType::Directory);
        self.files().rename_at(at, old, to, new).await?;
        match is_folder {
            true => Ok(self.take(Room::moved_folder)?),
            false => Ok(()),
        }
    }

    async fn read_directory(&mut self, at: File) -> FsResult<Resource<DirectoryEntryStream>> {
        self.take(Room::open)?;
        let listing = self.files().read_directory(at).await?;
        self.take(|room| {
            room.listings += 1;
            Ok(())
        })?;
        Ok(listing)
    }

    async fn write(&mut self, file: File, bytes: Vec<u8>, from: Filesize) -> FsResult<Filesize> {
        self.take(|room| room.write(bytes.len() as u64))?;
        self.files().write(file, bytes, from).await
    }

    async fn open_at(
        &mut self,
        at: File,
        path_flags: PathFlags,
        path: String,
        open_flags: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<File> {
        self.take(Room::open)?;
        if open_flags.contains(OpenFlags::CREATE) {
            self.take(Room::make)?;
        }
        let mut files = self.files();
        let opened = files
            .open_at(at, path_flags, path, open_flags, flags)
            .await?;
        let file = match self.table.get(&opened)? {
            Descriptor::File(file) => &file.file,
            Descriptor::Dir(folder) => &folder.dir,
        };
        self.take(|room| {
            room.opened(file);
            Ok(())
        })?;
        Ok(opened)
    }

    fn read_via_stream(
        &mut self,
        file: File,
        from: Filesize,
    ) -> FsResult<Resource<DynInputStream>> {
        self.files().read_via_stream(file, from)
    }

    fn write_via_stream(
        &mut self,
        file: File,
        from: Filesize,
    ) -> FsResult<Resource<DynOutputStream>> {
        let stream = self.files().write_via_stream(file, from)?;
        self.counted(stream)
    }

    fn append_via_stream(&mut self, file: File) -> FsResult<Resource<DynOutputStream>> {
        let stream = self.files().append_via_stream(file)?;
        self.counted(stream)
    }

    fn drop(&mut self, file: File) -> wasmtime::Result<()> {
        HostDescriptor::drop(&mut self.files(), file)
    }
}

impl HostDirectoryEntryStream for Wasi {
    handed_on! {
        fn read_directory_entry(stream: Resource<DirectoryEntryStream>) -> FsResult<Option<DirectoryEntry>>;
    }

    fn drop(&mut self, stream: Resource<DirectoryEntryStream>) -> wasmtime::Result<()> {
        if let Some(room) = &self.room {
            let mut room = lock(room);
            room.listings = room.listings.saturating_sub(1);
        }
        HostDirectoryEntryStream::drop(&mut self.files(), stream)
    }
}

/// A stream into a file.
struct Counted {
    stream: DynOutputStream,
    room: Arc<Mutex<Room>>,
}

impl Counted {
    fn count(&self, bytes: &Bytes) -> StreamResult<()> {
        Ok(lock(&self.room).write(bytes.len() as u64)?)
    }
}

#[async_trait::async_trait]
impl Pollable for Counted {
    async fn ready(&mut self) {
        self.stream.ready().await;
    }
}

#[async_trait::async_trait]
impl OutputStream for Counted {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.count(&bytes)?;
        self.stream.write(bytes)
    }

    /// A file's stream does this at once, without a task of its own.
    async fn blocking_write_and_flush(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.count(&bytes)?;
        self.stream.blocking_write_and_flush(bytes).await
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.stream.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.stream.check_write()
    }

    async fn cancel(&mut self) {
        self.stream.cancel().await;
    }
}
