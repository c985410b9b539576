//! Stands before the system's library in a process: its clock is behind by as many seconds as a variable says.
//!
//! Tests build it with rustc alone and name it in `LD_PRELOAD`. Clocks that only measure how long something takes go on
//! as they are.

use std::ffi::{c_char, c_int, c_long};

const REALTIME: c_int = 0;
const VARIABLE: &[u8] = b"STEPWELL_TEST_CLOCK_BEHIND\0";

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
}

/// As the system's function of this name.
///
/// # Safety
/// `time` points to a place for a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: c_int, time: *mut Timespec) -> c_int {
    unsafe {
        let result = syscall(CLOCK_GETTIME, clock, time);
        let behind = getenv(VARIABLE.as_ptr().cast());
        if clock == REALTIME && result == 0 && !behind.is_null() {
            (*time).seconds -= atoll(behind);
        }
        result as c_int
    }
}
