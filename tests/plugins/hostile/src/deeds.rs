//! What the step does in `execute`, each deed under the name that a test gives.

use std::hash::{BuildHasher, Hasher};
use std::hint::black_box;
use std::time::{Duration, Instant, SystemTime};

use crate::bindings::stepwell::plugin::{chat, context, dialogue, progress, prompts, workspace};

/// Does it, and says how it went.
pub(crate) fn act(deed: &str, path: &str, size: usize) -> String {
    match deed {
        "loops-forever" => loop_forever(),
        "grows-memory" => grow_memory(),
        "grows-memory-and-copes" => {
            let refused = Vec::<u8>::new().try_reserve_exact(size).is_err();
            format!("refused: {refused}")
        }
        "panics" => panic_aloud(),
        "traps" => trap(),
        "reads-out-of-bounds" => read_out_of_bounds().to_string(),
        "recurses" => recurse(1).to_string(),
        "exits" => std::process::exit(3),
        "sleeps" => {
            std::thread::sleep(Duration::from_millis(size as u64));
            "woke".into()
        }
        "sleeps-forever" => loop {
            std::thread::sleep(Duration::from_secs(3600));
        },
        "floods-log" => {
            for line in 0..size {
                progress::log(progress::Level::Info, &format!("line {line}"));
            }
            "flooded".into()
        }
        "floods-output" => {
            for _ in 0..size {
                println!("out");
                eprintln!("error");
            }
            "flooded".into()
        }
        "calls-host" => {
            for _ in 0..size {
                context::attempt();
            }
            "called".into()
        }
        "asks-model" => format!("{:?}", chat::complete(&request()).map(|answer| answer.text)),
        "asks-person" => format!("{:?}", dialogue::ask(&form())),
        "writes-much" => format!("{:?}", workspace::write("much", &vec![b'x'; size])),
        "writes-file" => format!("{:?}", workspace::write(path, b"hostile")),
        "reads-file" => format!("{:?}", workspace::read(path).map(|bytes| bytes.len())),
        "removes-file" => format!("{:?}", workspace::remove(path)),
        "lists-files" => format!(
            "{:?}",
            workspace::entries(path).map(|entries| entries.len())
        ),
        "looks-around" => look_around(),
        "uses-its-copy" => use_copy(path),
        "reads-what-is-lent" => read_lent(path),
        "fills-its-copy" => fill_copy(size),
        "fills-a-removed-file" => fill_removed(),
        "fills-a-deep-path" => fill_deep(),
        "fills-holes" => fill_holes(),
        "nests-folders" => {
            nest("/workspace", size);
            format!("nested {size}")
        }
        "nests-by-moving" => {
            let (below, above) = (nest("/workspace/below", size), "/workspace/above");
            nest(above, size);
            std::fs::rename(above, format!("{below}/d")).unwrap();
            format!("nested {}", 2 * size)
        }
        "rewrites-its-copy" => rewrite(size),
        "opens-files" => open_files(size),
        "lists-folders" => list_folders(size),
        "logs-a-line" => {
            progress::log(progress::Level::Info, &"l".repeat(size));
            "logged".into()
        }
        "logs-nothing" => {
            for _ in 0..size {
                progress::log(progress::Level::Info, "");
            }
            "logged".into()
        }
        "labels-much" => {
            for _ in 0..3 {
                progress::advance(1, 2, &"l".repeat(size));
            }
            "labelled".into()
        }
        "labels-on" => {
            let label = "l".repeat(1 << 20);
            for number in 0..size {
                progress::advance(u32::try_from(number).unwrap_or(u32::MAX), u32::MAX, &label);
            }
            "labelled".into()
        }
        "adds-prompts" => {
            let content = "x".repeat(size);
            let added = (0..100_000).take_while(|_| prompts::add("hostile", &content, "").is_ok());
            format!("added {}", added.count())
        }
        "saves-checkpoints" => save_checkpoints(size),
        "reads-clock" => read_clock(),
        "reads-monotonic" => read_monotonic(),
        "reads-random" => read_random(),
        _ => "done".into(),
    }
}

pub(crate) fn loop_forever() -> ! {
    let mut count = 0_u64;
    loop {
        count = black_box(count.wrapping_add(1));
    }
}

fn grow_memory() -> ! {
    let mut kept = Vec::new();
    loop {
        kept.push(black_box(vec![1_u8; 1 << 20]));
    }
}

#[inline(never)]
fn panic_aloud() -> ! {
    panic!("boom")
}

#[inline(never)]
fn read_out_of_bounds() -> u8 {
    // SAFETY: there is none; the sandbox has to hold all the same.
    unsafe { std::ptr::read_volatile(0xffff_0000 as *const u8) }
}

#[inline(never)]
fn trap() -> ! {
    #[cfg(target_arch = "wasm32")]
    core::arch::wasm32::unreachable();
    #[cfg(not(target_arch = "wasm32"))]
    std::process::abort();
}

#[inline(never)]
#[allow(unconditional_recursion, reason = "that is what it is for")]
fn recurse(depth: u64) -> u64 {
    let room = black_box([depth; 8]);
    recurse(depth + 1) + room[0]
}

/// Everything outside that a closed step must not see.
fn look_around() -> String {
    let environment = std::env::vars().count();
    let arguments = std::env::args().count();
    let file = std::fs::read("/etc/passwd").is_ok();
    let written = ["x", "../x", "/tmp/x"]
        .iter()
        .any(|path| std::fs::write(path, "x").is_ok());
    let listed = std::fs::read_dir(".").is_ok() || std::fs::read_dir("/").is_ok();
    let connected = std::net::TcpStream::connect("127.0.0.1:80").map_err(|error| error.kind());
    let refused = matches!(connected, Err(std::io::ErrorKind::PermissionDenied));
    let listening = std::net::TcpListener::bind("127.0.0.1:0").is_ok();
    let datagrams = std::net::UdpSocket::bind("127.0.0.1:0").is_ok();
    let mut line = String::new();
    let typed = std::io::stdin().read_line(&mut line).unwrap_or(0);
    format!(
        "environment {environment}, arguments {arguments}, file {file}, written {written}, listed {listed}, \
         refused {refused}, listening {listening}, datagrams {datagrams}, typed {typed}"
    )
}

/// What can be done with a copy of the workspace, and whether a way leads out of it.
fn use_copy(path: &str) -> String {
    use std::fs;
    let read = fs::read_to_string(format!("/workspace/{path}")).unwrap_or_default();
    let _ = fs::remove_file(format!("/workspace/{path}"));
    let written = fs::write("/workspace/mine", "x").is_ok() && fs::write("/tmp/mine", "x").is_ok();
    let listed = fs::read_dir("/").map_or(0, Iterator::count);
    let out = [
        "/etc/passwd",
        "/workspace/../etc/passwd",
        "/workspace/../../../../etc/passwd",
        "/tmp/../secret",
    ];
    let mut escaped = out.iter().any(|path| fs::read(path).is_ok());
    for target in [
        c"/etc/passwd",
        c"../../../../../../etc/passwd",
        c"../secret",
    ] {
        escaped |= link(target, c"/workspace/link") && fs::read("/workspace/link").is_ok();
        let _ = fs::remove_file("/workspace/link");
    }
    format!("read {read}, written {written}, listed {listed}, escaped {escaped}")
}

fn read_lent(path: &str) -> String {
    use std::fs;
    let read = fs::read_to_string(format!("/lent/{path}")).unwrap_or_default();
    let changed = fs::write("/lent/new", "x").is_ok()
        || fs::write(format!("/lent/{path}"), "x").is_ok()
        || fs::remove_file(format!("/lent/{path}")).is_ok()
        || fs::rename(format!("/lent/{path}"), "/lent/other").is_ok()
        || fs::create_dir("/lent/folder").is_ok()
        || link(c"file", c"/lent/link");
    let out = [
        "/lent/../secret",
        "/lent/out/secret",
        "/workspace/mine",
        "/tmp/mine",
    ];
    let escaped =
        out.iter().any(|path| fs::read(path).is_ok()) || fs::write("/tmp/mine", "x").is_ok();
    format!("read {read}, changed {changed}, escaped {escaped}")
}

/// Makes a symbolic link; the standard library can't for this target yet.
fn link(target: &std::ffi::CStr, link: &std::ffi::CStr) -> bool {
    unsafe extern "C" {
        fn symlink(target: *const std::ffi::c_char, link: *const std::ffi::c_char) -> i32;
    }
    // SAFETY: both are strings that end as C's do, and are only read.
    unsafe { symlink(target.as_ptr(), link.as_ptr()) == 0 }
}

fn fill_copy(size: usize) -> String {
    for number in 0_u64.. {
        std::fs::write(format!("/workspace/{number}"), vec![1; size]).unwrap();
    }
    "never".into()
}

/// Writes without end to a file that no listing shows.
fn fill_removed() -> String {
    use std::io::Write;
    let mut file = std::fs::File::create("/workspace/gone").unwrap();
    std::fs::remove_file("/workspace/gone").unwrap();
    for _ in 0..4096 {
        file.write_all(&[1; 1 << 20]).unwrap();
    }
    "never".into()
}

/// Writes without end below folders that are more than 4,096 bytes deep.
fn fill_deep() -> String {
    let long = format!("{}/", "d".repeat(200)).repeat(15);
    std::fs::create_dir_all(format!("/workspace/below/{long}")).unwrap();
    for number in 0..4096 {
        std::fs::create_dir_all(format!("/workspace/above/{long}")).unwrap();
        std::fs::write(format!("/workspace/above/{long}file"), vec![1; 1 << 20]).unwrap();
        let moved = format!("/workspace/below/{long}{number}");
        std::fs::rename("/workspace/above", moved).unwrap();
    }
    "never".into()
}

/// Fills a block of the disk by each byte.
fn fill_holes() -> String {
    use std::io::{Seek, SeekFrom, Write};
    let mut file = std::fs::File::create("/workspace/holes").unwrap();
    for block in 0..1 << 20 {
        file.seek(SeekFrom::Start(block << 12)).unwrap();
        file.write_all(b"x").unwrap();
    }
    "never".into()
}

/// Makes folders within each other, and gives the path of the last one.
fn nest(within: &str, folders: usize) -> String {
    let mut path = within.to_owned();
    // It may be there.
    let _ = std::fs::create_dir(&path);
    for _ in 0..folders {
        path.push_str("/d");
        std::fs::create_dir(&path).unwrap();
    }
    path
}

/// Writes the same file over and over, which is never more than it holds.
fn rewrite(size: usize) -> String {
    for _ in 0..50 {
        std::fs::write("/workspace/same", vec![1; size]).unwrap();
    }
    "rewritten".into()
}

fn open_files(size: usize) -> String {
    let open: Vec<_> = (0..size)
        .map(|_| std::fs::File::create("/workspace/open").unwrap())
        .collect();
    format!("open {}", open.len())
}

fn list_folders(size: usize) -> String {
    let open: Vec<_> = (0..size)
        .map(|_| std::fs::read_dir("/workspace").unwrap())
        .collect();
    format!("open {}", open.len())
}

fn save_checkpoints(size: usize) -> String {
    for number in 0..1_000_000_usize {
        let mut value = vec![0; size];
        value[..8].copy_from_slice(&(number as u64).to_le_bytes());
        if let Err(error) = context::save_checkpoint("key", &value) {
            return format!("saved {number}: {}", error.message);
        }
    }
    "never".into()
}

fn read_clock() -> String {
    let (wall, monotonic) = (SystemTime::now(), Instant::now());
    std::thread::sleep(Duration::from_secs(3600));
    let slept = monotonic.elapsed().as_secs();
    let unix = wall.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let moved = SystemTime::now().duration_since(wall).unwrap().as_secs();
    format!("{} slept {slept} moved {moved}", unix.as_secs())
}

/// The monotonic clock as it is, which the standard library shows nobody.
fn read_monotonic() -> String {
    #[cfg(target_arch = "wasm32")]
    {
        #[repr(C)]
        struct Time {
            seconds: i64,
            nanoseconds: i32,
        }
        unsafe extern "C" {
            static _CLOCK_MONOTONIC: u8;
            fn clock_gettime(clock: *const u8, time: *mut Time) -> i32;
        }
        let mut time = Time {
            seconds: -1,
            nanoseconds: -1,
        };
        let status = unsafe { clock_gettime(&raw const _CLOCK_MONOTONIC, &raw mut time) };
        return format!("{status}: {} {}", time.seconds, time.nanoseconds);
    }
    #[cfg(not(target_arch = "wasm32"))]
    return String::new();
}

fn read_random() -> String {
    let hash = std::hash::RandomState::new().build_hasher().finish();
    #[cfg(target_arch = "wasm32")]
    {
        unsafe extern "C" {
            fn getentropy(buffer: *mut u8, length: usize) -> i32;
        }
        let mut bytes = [0_u8; 16];
        let status = unsafe { getentropy(bytes.as_mut_ptr(), bytes.len()) };
        return format!("{status} {bytes:?} {hash}");
    }
    #[cfg(not(target_arch = "wasm32"))]
    return hash.to_string();
}

pub(crate) fn request() -> chat::Request {
    chat::Request {
        messages: vec![chat::Message {
            role: chat::Role::User,
            parts: vec![chat::Part::Text("hello".into())],
            options: vec![],
        }],
        model: None,
        max_output_tokens: None,
        temperature: None,
        stop: vec![],
        answer_schema: None,
        tools: vec![],
        tool_choice: chat::ToolChoice::Auto,
        options: vec![],
    }
}

fn form() -> dialogue::Form {
    dialogue::Form {
        title: "Title".into(),
        guidance: String::new(),
        questions: vec![dialogue::Question {
            key: "key".into(),
            text: "Well?".into(),
            choices: vec![],
            suggested: None,
            annotations: vec![],
        }],
    }
}
