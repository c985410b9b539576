//! Stands before the system's library in a process: its clock is behind by as many seconds as a variable says. And all of its clocks,
//! also the one that only measures how long something takes, are ahead by as many seconds as stand in a file that another variable names:
//! the process is told so while it runs.
//!
//! Tests build it with rustc alone and name it in `LD_PRELOAD`.

use std::ffi::{c_char, c_int, c_long};

const REALTIME: c_int = 0;
const MONOTONIC: c_int = 1;
const BEHIND: &[u8] = b"STEPWELL_TEST_CLOCK_BEHIND\0";
const AHEAD: &[u8] = b"STEPWELL_TEST_CLOCK_AHEAD\0";

#[cfg(target_arch = "x86_64")]
const CLOCK_GETTIME: c_long = 228;
#[cfg(target_arch = "aarch64")]
const CLOCK_GETTIME: c_long = 113;

#[repr(C)]
pub struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}

unsafe extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
    fn getenv(name: *const c_char) -> *const c_char;
    fn atoll(text: *const c_char) -> i64;
    fn open(path: *const c_char, flags: c_int, ...) -> c_int;
    fn read(file: c_int, to: *mut u8, most: usize) -> isize;
    fn close(file: c_int) -> c_int;
}

/// The number in the file that a variable names; 0 where there is none.
unsafe fn ahead() -> i64 {
    unsafe {
        let path = getenv(AHEAD.as_ptr().cast());
        if path.is_null() {
            return 0;
        }
        let file = open(path, 0);
        if file < 0 {
            return 0;
        }
        let mut text = [0_u8; 32];
        read(file, text.as_mut_ptr(), text.len() - 1);
        close(file);
        atoll(text.as_ptr().cast())
    }
}

/// As the system's function of this name.
///
/// # Safety
/// `time` points to a place for a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: c_int, time: *mut Timespec) -> c_int {
    unsafe {
        let result = syscall(CLOCK_GETTIME, clock, time);
        let behind = getenv(BEHIND.as_ptr().cast());
        if clock == REALTIME && result == 0 && !behind.is_null() {
            (*time).seconds -= atoll(behind);
        }
        if [REALTIME, MONOTONIC].contains(&clock) && result == 0 {
            (*time).seconds += ahead();
        }
        result as c_int
    }
}
