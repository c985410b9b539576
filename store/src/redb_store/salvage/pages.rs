//! The pages of a database's file, read without the database, which opens none of which one page is damaged.
//!
//! The format is that of redb's `docs/design.md`, version 3: every page stands in its parent with its checksum, and the roots in
//! two slots for commits, the last one and the one before. A page of which one bit is flipped is mended: the checksum tells which.
//! Nothing here knows what the records are, or writes to the file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use twox_hash::XxHash3_128;

/// The bytes of a small page; a larger one has twice as many, some times.
const PAGE: u64 = 4096;
/// How many pages a region has where nothing else is said.
const REGION_PAGES: u64 = 1 << 20;
/// Where the slots begin, and the bytes of each.
const SLOTS: [usize; 2] = [64, 192];
const SLOT: usize = 128;
/// What a slot's own checksum is of.
const SUMMED: usize = SLOT - 16;
/// The version of the format that this is.
const VERSION: u8 = 3;
/// How many bytes are summed up at most to find flipped bits: some seconds.
const MOST_SUMMED: u64 = 16 << 30;

/// A page as its parent names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PageRef {
    pub(super) number: u64,
    pub(super) checksum: u128,
}

/// A page that was read.
pub(super) struct Page {
    pub(super) bytes: Vec<u8>,
    /// Whether it is what was written.
    pub(super) whole: bool,
}

/// A commit that stands in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    /// The number that the database gave it.
    pub(super) transaction: u64,
    /// The root of the tree of tables; none where there is no table.
    pub(super) root: Option<PageRef>,
}

/// Where the pages lie in the file.
#[derive(Debug, Clone, Copy)]
struct Geometry {
    header_pages: u64,
    region_pages: u64,
}

/// The file.
pub(super) struct Pages {
    file: File,
    length: u64,
    geometry: Geometry,
    /// Damaged pages that were looked at: mended, or as they lie there.
    damaged: BTreeMap<PageRef, (Vec<u8>, bool)>,
    summed: u64,
}

impl Pages {
    /// Takes a file, and gives the commits that stand in it, the newest first.
    pub(super) fn of(file: File) -> io::Result<(Self, Vec<Slot>)> {
        let length = file.metadata()?.len();
        let mut pages = Self {
            file,
            length,
            geometry: Geometry::usual(),
            damaged: BTreeMap::new(),
            summed: 0,
        };
        let mut head = vec![0; SLOTS[1] + SLOT];
        pages.read_at(0, &mut head)?;
        let mut slots: Vec<_> = SLOTS.iter().filter_map(|at| slot(&head[*at..])).collect();
        slots.sort_by_key(|slot| std::cmp::Reverse(slot.transaction));
        pages.settle(Geometry::said(&head), &slots);
        Ok((pages, slots))
    }

    /// Takes the geometry that the head of the file says, unless the roots lie elsewhere: nothing sums it up.
    fn settle(&mut self, said: Geometry, slots: &[Slot]) {
        let roots: Vec<_> = slots.iter().filter_map(|slot| slot.root).collect();
        let lies_there = |pages: &mut Self| {
            let mut read = roots.iter().filter_map(|root| pages.as_it_lies(*root));
            read.any(|page| page.whole)
        };
        let usual = std::mem::replace(&mut self.geometry, said);
        if !lies_there(self) {
            self.geometry = usual;
        }
    }

    /// A page; none where the file has no such place. Where one bit of it is flipped, it is mended.
    pub(super) fn read(&mut self, page: PageRef) -> Option<Page> {
        if let Some((bytes, whole)) = self.damaged.get(&page).cloned() {
            return Some(Page { bytes, whole });
        }
        let mut read = self.as_it_lies(page)?;
        if !read.whole {
            read.whole = self.mend(&mut read.bytes, page.checksum);
            self.damaged.insert(page, (read.bytes.clone(), read.whole));
        }
        Some(read)
    }

    /// How many pages were mended.
    pub(super) fn mended(&self) -> u64 {
        self.damaged.values().filter(|(_, whole)| *whole).count() as u64
    }

    fn as_it_lies(&mut self, page: PageRef) -> Option<Page> {
        let (start, length) = self.geometry.place(page.number);
        if start.checked_add(length)? > self.length {
            return None;
        }
        let mut bytes = vec![0; usize::try_from(length).ok()?];
        self.read_at(start, &mut bytes).ok()?;
        let whole = sum(&bytes) == Some(page.checksum);
        Some(Page { bytes, whole })
    }

    fn read_at(&mut self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(at))?;
        self.file.read_exact(bytes)
    }

    /// Flips the bit back that was flipped, if it was one; says whether the page is whole then.
    fn mend(&mut self, bytes: &mut [u8], checksum: u128) -> bool {
        // Its checksum may be what is damaged.
        if sum(bytes).is_some_and(|sum| (sum ^ checksum).count_ones() == 1) {
            return true;
        }
        for bit in 0..bytes.len() * 8 {
            if self.summed > MOST_SUMMED {
                return false;
            }
            flip(bytes, bit);
            let end = summed(bytes);
            self.summed += end.unwrap_or_default() as u64;
            if sum(bytes) == Some(checksum) {
                return true;
            }
            flip(bytes, bit);
        }
        false
    }
}

impl Geometry {
    fn usual() -> Self {
        Self {
            header_pages: 0,
            region_pages: REGION_PAGES,
        }
    }

    fn said(head: &[u8]) -> Self {
        let number = |at: usize| u64::from(number32(head, at).unwrap_or_default());
        Self {
            header_pages: number(16),
            region_pages: number(20),
        }
    }

    /// Where a page begins, and its length.
    fn place(self, number: u64) -> (u64, u64) {
        let order = number >> 59;
        let index = number & (0x000f_ffff >> order);
        let region = (number >> 20) & 0x000f_ffff;
        let regions = region.saturating_mul((self.header_pages + self.region_pages) * PAGE);
        let length = PAGE << order;
        let start = PAGE + self.header_pages * PAGE;
        (
            regions.saturating_add(start).saturating_add(index * length),
            length,
        )
    }
}

/// A commit; none where its slot holds none that was written whole.
fn slot(bytes: &[u8]) -> Option<Slot> {
    let mut bytes = bytes.get(..SLOT)?.to_vec();
    let kept = number128(&bytes, SUMMED)?;
    let fits = |bytes: &[u8]| XxHash3_128::oneshot(&bytes[..SUMMED]) == kept;
    let is_near = (XxHash3_128::oneshot(&bytes[..SUMMED]) ^ kept).count_ones() <= 1;
    if !is_near {
        let mut bits = 0..SUMMED * 8;
        let flipped = bits.find(|bit| {
            flip(&mut bytes, *bit);
            let fits = fits(&bytes);
            flip(&mut bytes, *bit);
            fits
        })?;
        flip(&mut bytes, flipped);
    }
    if bytes[0] != VERSION {
        return None;
    }
    let root = (bytes[1] != 0).then(|| page_ref(&bytes, 8, 16)).flatten();
    let transaction = number64(&bytes, 104)?;
    Some(Slot { transaction, root })
}

/// A page's number and its checksum, which stand there.
fn page_ref(bytes: &[u8], number: usize, checksum: usize) -> Option<PageRef> {
    Some(PageRef {
        number: number64(bytes, number)?,
        checksum: number128(bytes, checksum)?,
    })
}

/// The checksum of a page; none where it is no page.
fn sum(page: &[u8]) -> Option<u128> {
    Some(XxHash3_128::oneshot(page.get(..summed(page)?)?))
}

/// How much of a page its checksum is of.
fn summed(page: &[u8]) -> Option<usize> {
    let end = match Node::of(page)? {
        Node::Leaf(leaf) => leaf.value_end(leaf.pairs.checked_sub(1)?)?,
        Node::Branch(branch) => branch.key_end(branch.keys.checked_sub(1)?)?,
    };
    (end <= page.len()).then_some(end)
}

fn flip(bytes: &mut [u8], bit: usize) {
    bytes[bit / 8] ^= 1 << (bit % 8);
}

/// What a page is.
pub(super) enum Node<'p> {
    Leaf(Leaf<'p>),
    Branch(Branch<'p>),
}

/// A page of keys and values.
pub(super) struct Leaf<'p> {
    page: &'p [u8],
    pairs: usize,
}

/// A page of other pages, with keys between them.
pub(super) struct Branch<'p> {
    page: &'p [u8],
    keys: usize,
}

impl<'p> Node<'p> {
    pub(super) fn of(page: &'p [u8]) -> Option<Self> {
        let count = page.get(2..4)?.try_into().ok()?;
        let count = usize::from(u16::from_le_bytes(count));
        match page.first()? {
            1 => Some(Self::Leaf(Leaf { page, pairs: count })),
            2 => Some(Self::Branch(Branch { page, keys: count })),
            _ => None,
        }
    }
}

impl<'p> Leaf<'p> {
    /// The pairs; those that make no sense are left out.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&'p [u8], &'p [u8])> {
        let last = self.pairs.saturating_sub(1);
        (0..self.pairs).filter_map(move |n| {
            let (key_end, value_end) = (self.key_end(n)?, self.value_end(n)?);
            let key_start = match n.checked_sub(1) {
                Some(before) => self.key_end(before)?,
                None => 4 + 8 * self.pairs,
            };
            let value_start = match n.checked_sub(1) {
                Some(before) => self.value_end(before)?,
                None => self.key_end(last)?,
            };
            let key = self.page.get(key_start..key_end)?;
            Some((key, self.page.get(value_start..value_end)?))
        })
    }

    fn key_end(&self, n: usize) -> Option<usize> {
        offset(self.page, 4 + 4 * n)
    }

    fn value_end(&self, n: usize) -> Option<usize> {
        offset(self.page, 4 + 4 * self.pairs + 4 * n)
    }
}

impl<'p> Branch<'p> {
    /// How many pages it names.
    pub(super) fn children(&self) -> usize {
        self.keys + 1
    }

    pub(super) fn child(&self, n: usize) -> Option<PageRef> {
        page_ref(self.page, 8 + 16 * self.children() + 8 * n, 8 + 16 * n)
    }

    /// The key between a child and the next one.
    pub(super) fn key(&self, n: usize) -> Option<&'p [u8]> {
        let start = match n.checked_sub(1) {
            Some(before) => self.key_end(before)?,
            None => 8 + 24 * self.children() + 4 * self.keys,
        };
        self.page.get(start..self.key_end(n)?)
    }

    fn key_end(&self, n: usize) -> Option<usize> {
        if n >= self.keys {
            return None;
        }
        offset(self.page, 8 + 24 * self.children() + 4 * n)
    }
}

/// The root of a table and how many pairs it has, as the tree of tables says.
pub(super) fn table(definition: &[u8]) -> Option<(Option<PageRef>, u64)> {
    let pairs = number64(definition, 1)?;
    let has_root = *definition.get(9)? != 0;
    let root = has_root.then(|| page_ref(definition, 10, 18));
    Some((root.flatten(), pairs))
}

fn offset(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(number32(bytes, at)?).ok()
}

fn number32(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}

fn number64(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u64::from_le_bytes(*bytes))
}

fn number128(bytes: &[u8], at: usize) -> Option<u128> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u128::from_le_bytes(*bytes))
}
