//! How the system's allocator gives memory back: a server lives for long, and what its busiest moment took is to be free afterwards.
//!
//! glibc keeps up to eight arenas for each processor, one for a thread or two, and what was freed in one of them nobody uses from
//! another. And once the first large text was freed it takes all that are as large from these arenas, where each leaves a hole. Nothing
//! here concerns other allocators.

/// Has large texts taken from the system and given back to it at once, and few arenas for all else.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(
    unsafe_code,
    reason = "glibc hears it by this function, or by variables that whoever starts the process would have to set"
)]
pub(crate) fn give_back() {
    use libc::{M_ARENA_MAX, M_MMAP_THRESHOLD, c_int, mallopt};
    /// Smaller texts are many, and the system is slow to give each.
    const LARGE: c_int = 256 << 10;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let arenas = c_int::try_from(processors.clamp(2, 64)).unwrap_or(2);
    // SAFETY: both set a number, and no other thread is there yet.
    unsafe {
        mallopt(M_ARENA_MAX, arenas);
        mallopt(M_MMAP_THRESHOLD, LARGE);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn give_back() {}
