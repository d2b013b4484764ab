//! The calls on files, wrapped. `open`, `openat` and `fcntl` take a variable number of arguments; the systems that this
//! runs on pass the third one in the same place either way.

use libc::{c_char, c_int, c_long, c_uint, c_void, iovec, mode_t, off_t, size_t, ssize_t};

use crate::allocation;
use crate::entry::{Entry, Kind};
use crate::fault::{Verdict, verdict};
use crate::log;
use crate::next::{errno, next, set_errno};
use crate::watch;

/// Gives the call its turn, and ends it where it is to fail. A call that is not a write cannot be done by halves.
macro_rules! fails_for {
    ($path:expr, $name:literal) => {
        match $path {
            Some(path) => matches!(verdict($name, path), Verdict::Fail),
            None => false,
        }
    };
}

// Opening and closing.

/// Opens a file by one of libc's four functions, and logs what that changed.
///
/// # Safety
/// `path` ends with a zero.
unsafe fn opened(
    folder: c_int,
    path: *const c_char,
    flags: c_int,
    open: impl FnOnce() -> c_int,
) -> c_int {
    // SAFETY: the caller says so.
    let Some(name) = (unsafe { watch::name(folder, path) }) else {
        return open();
    };
    let _turn = log::turn();
    if matches!(verdict("open", &name), Verdict::Fail) {
        return -1;
    }
    // SAFETY: the caller says so.
    let existed = flags & libc::O_CREAT == 0 || unsafe { watch::exists(folder, path) };
    let descriptor = open();
    if descriptor >= 0 && log::is_on() {
        let error = errno();
        let (inode, is_folder) = watch::inode(descriptor);
        if !existed {
            log::add(Entry {
                inode,
                path: &name,
                ..Entry::of(Kind::Create)
            });
        } else if flags & libc::O_TRUNC != 0 && !is_folder {
            log::add(Entry {
                inode,
                ..Entry::of(Kind::Resize)
            });
        }
        set_errno(error);
    }
    descriptor
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    let next = || {
        next!(open(path, flags, mode) as unsafe extern "C" fn(*const c_char, c_int, mode_t) -> c_int)
    };
    // SAFETY: the caller keeps libc's rules.
    unsafe { opened(libc::AT_FDCWD, path, flags, next) }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    let next = || {
        next!(open64(path, flags, mode)
            as unsafe extern "C" fn(*const c_char, c_int, mode_t) -> c_int)
    };
    // SAFETY: the caller keeps libc's rules.
    unsafe { opened(libc::AT_FDCWD, path, flags, next) }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn openat(
    folder: c_int,
    path: *const c_char,
    flags: c_int,
    mode: mode_t,
) -> c_int {
    let next = || {
        next!(openat(folder, path, flags, mode)
            as unsafe extern "C" fn(
                c_int,
                *const c_char,
                c_int,
                mode_t,
            ) -> c_int)
    };
    // SAFETY: the caller keeps libc's rules.
    unsafe { opened(folder, path, flags, next) }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn openat64(
    folder: c_int,
    path: *const c_char,
    flags: c_int,
    mode: mode_t,
) -> c_int {
    let next = || {
        next!(openat64(folder, path, flags, mode)
            as unsafe extern "C" fn(
                c_int,
                *const c_char,
                c_int,
                mode_t,
            ) -> c_int)
    };
    // SAFETY: the caller keeps libc's rules.
    unsafe { opened(folder, path, flags, next) }
}

/// # Safety
/// As libc's. A close that fails has closed all the same.
#[unsafe(no_mangle)]
unsafe extern "C" fn close(descriptor: c_int) -> c_int {
    let path = watch::file(descriptor);
    let _turn = path.is_some().then(log::turn);
    let fails = fails_for!(path.as_deref(), "close");
    let error = errno();
    let result = next!(close(descriptor) as unsafe extern "C" fn(c_int) -> c_int);
    if fails {
        set_errno(error);
        return -1;
    }
    result
}

// Reading, and asking.

/// A call on an open file that changes nothing, under another name where libc has two.
macro_rules! asks_of_file {
    ($($name:ident ( $($argument:ident : $type:ty),* ) -> $result:ty = $failed:expr;)*) => {$(
        /// # Safety
        /// As libc's.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(descriptor: c_int, $($argument: $type),*) -> $result {
            let path = watch::file(descriptor);
            let _turn = path.is_some().then(log::turn);
            if fails_for!(path.as_deref(), "ask") {
                return $failed;
            }
            next!($name(descriptor, $($argument),*) as unsafe extern "C" fn(c_int, $($type),*) -> $result)
        }
    )*};
}

asks_of_file! {
    read(buffer: *mut c_void, length: size_t) -> ssize_t = -1;
    pread(buffer: *mut c_void, length: size_t, offset: off_t) -> ssize_t = -1;
    pread64(buffer: *mut c_void, length: size_t, offset: off_t) -> ssize_t = -1;
    readv(parts: *const iovec, count: c_int) -> ssize_t = -1;
    fstat(stat: *mut c_void) -> c_int = -1;
    fstat64(stat: *mut c_void) -> c_int = -1;
    flock(operation: c_int) -> c_int = -1;
    fchmod(mode: mode_t) -> c_int = -1;
    fchown(user: c_uint, group: c_uint) -> c_int = -1;
}

/// A call on a name that changes nothing.
macro_rules! asks_of_name {
    ($($name:ident ( $($argument:ident : $type:ty),* );)*) => {$(
        /// # Safety
        /// As libc's.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(path: *const c_char, $($argument: $type),*) -> c_int {
            // SAFETY: the caller keeps libc's rules.
            let name = unsafe { watch::name(libc::AT_FDCWD, path) };
            let _turn = name.is_some().then(log::turn);
            if fails_for!(name.as_deref(), "ask") {
                return -1;
            }
            next!($name(path, $($argument),*) as unsafe extern "C" fn(*const c_char, $($type),*) -> c_int)
        }
    )*};
}

asks_of_name! {
    stat(stat: *mut c_void);
    stat64(stat: *mut c_void);
    lstat(stat: *mut c_void);
    lstat64(stat: *mut c_void);
    access(mode: c_int);
    chmod(mode: mode_t);
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn statx(
    folder: c_int,
    path: *const c_char,
    flags: c_int,
    mask: c_uint,
    answer: *mut c_void,
) -> c_int {
    // SAFETY: the caller keeps libc's rules.
    let name = unsafe { watch::name(folder, path) };
    let _turn = name.is_some().then(log::turn);
    if fails_for!(name.as_deref(), "ask") {
        return -1;
    }
    next!(statx(folder, path, flags, mask, answer)
        as unsafe extern "C" fn(
            c_int,
            *const c_char,
            c_int,
            c_uint,
            *mut c_void,
        ) -> c_int)
}

/// Only taking a lock is made to fail: nothing else that is asked for this way is work of a disk, and SQLite does not ask
/// whether it gave a lock back.
///
/// # Safety
/// As libc's `fcntl`.
unsafe fn controlled(
    descriptor: c_int,
    command: c_int,
    argument: c_long,
    next: impl FnOnce() -> c_int,
) -> c_int {
    let locks = [
        libc::F_SETLK,
        libc::F_SETLKW,
        libc::F_OFD_SETLK,
        libc::F_OFD_SETLKW,
    ];
    // SAFETY: with these commands the argument is such a structure.
    let takes = locks.contains(&command)
        && unsafe { (*(argument as *const libc::flock)).l_type } != libc::F_UNLCK as i16;
    let path = match takes {
        true => watch::file(descriptor),
        false => None,
    };
    let _turn = path.is_some().then(log::turn);
    if fails_for!(path.as_deref(), "lock") {
        return -1;
    }
    next()
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn fcntl(descriptor: c_int, command: c_int, argument: c_long) -> c_int {
    let next = || {
        next!(fcntl(descriptor, command, argument)
            as unsafe extern "C" fn(c_int, c_int, c_long) -> c_int)
    };
    // SAFETY: the caller keeps libc's rules.
    unsafe { controlled(descriptor, command, argument, next) }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn fcntl64(descriptor: c_int, command: c_int, argument: c_long) -> c_int {
    let next = || {
        next!(fcntl64(descriptor, command, argument)
            as unsafe extern "C" fn(c_int, c_int, c_long) -> c_int)
    };
    // SAFETY: the caller keeps libc's rules.
    unsafe { controlled(descriptor, command, argument, next) }
}

type Map = unsafe extern "C" fn(*mut c_void, size_t, c_int, c_int, c_int, off_t) -> *mut c_void;

fn mapped(descriptor: c_int, flags: c_int, next: impl FnOnce() -> *mut c_void) -> *mut c_void {
    let path = match flags & libc::MAP_ANONYMOUS {
        0 => watch::file(descriptor),
        _ => None,
    };
    let _turn = path.is_some().then(log::turn);
    if fails_for!(path.as_deref(), "map") {
        return libc::MAP_FAILED;
    }
    next()
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn mmap(
    address: *mut c_void,
    length: size_t,
    protection: c_int,
    flags: c_int,
    descriptor: c_int,
    offset: off_t,
) -> *mut c_void {
    mapped(descriptor, flags, || {
        next!(mmap(address, length, protection, flags, descriptor, offset) as Map)
    })
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn mmap64(
    address: *mut c_void,
    length: size_t,
    protection: c_int,
    flags: c_int,
    descriptor: c_int,
    offset: off_t,
) -> *mut c_void {
    mapped(descriptor, flags, || {
        next!(mmap64(address, length, protection, flags, descriptor, offset) as Map)
    })
}

// Writing.

/// Writes by one of libc's functions, of which `next` is given the length that it may write, and logs what came of it.
///
/// # Safety
/// `buffer` holds `length` bytes.
unsafe fn written(
    descriptor: c_int,
    buffer: *const c_void,
    length: size_t,
    offset: Option<off_t>,
    next: impl FnOnce(size_t) -> ssize_t,
) -> ssize_t {
    // SAFETY: the caller says so.
    let bytes = || unsafe { std::slice::from_raw_parts(buffer.cast::<u8>(), length) };
    if descriptor == libc::STDOUT_FILENO {
        let _turn = log::turn();
        log::add(Entry {
            data: bytes(),
            ..Entry::of(Kind::Mark)
        });
        let written = next(length);
        allocation::begin();
        return written;
    }
    let Some(path) = watch::file(descriptor) else {
        return next(length);
    };
    let _turn = log::turn();
    let length = match verdict("write", &path) {
        Verdict::Proceed => length,
        Verdict::Fail => return -1,
        Verdict::Short => length.div_ceil(2),
    };
    let place = offset.unwrap_or_else(|| position(descriptor));
    let written = next(length);
    if let Ok(written) = usize::try_from(written)
        && log::is_on()
    {
        let error = errno();
        log::add(Entry {
            inode: watch::inode(descriptor).0,
            offset: place as u64,
            data: &bytes()[..written],
            ..Entry::of(Kind::Write)
        });
        set_errno(error);
    }
    written
}

/// Where the next write to a file goes.
fn position(descriptor: c_int) -> off_t {
    // SAFETY: nothing but numbers is given and taken.
    unsafe {
        let flags = libc::syscall(libc::SYS_fcntl, descriptor, libc::F_GETFL) as c_int;
        let whence = match flags & libc::O_APPEND {
            0 => libc::SEEK_CUR,
            _ => libc::SEEK_END,
        };
        libc::syscall(libc::SYS_lseek, descriptor, 0, whence) as off_t
    }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn write(descriptor: c_int, buffer: *const c_void, length: size_t) -> ssize_t {
    let next = |length| {
        next!(write(descriptor, buffer, length)
            as unsafe extern "C" fn(
                c_int,
                *const c_void,
                size_t,
            ) -> ssize_t)
    };
    // SAFETY: the caller keeps libc's rules.
    unsafe { written(descriptor, buffer, length, None, next) }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite(
    descriptor: c_int,
    buffer: *const c_void,
    length: size_t,
    offset: off_t,
) -> ssize_t {
    let next = |length| {
        next!(pwrite(descriptor, buffer, length, offset)
            as unsafe extern "C" fn(
                c_int,
                *const c_void,
                size_t,
                off_t,
            ) -> ssize_t)
    };
    // SAFETY: the caller keeps libc's rules.
    unsafe { written(descriptor, buffer, length, Some(offset), next) }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite64(
    descriptor: c_int,
    buffer: *const c_void,
    length: size_t,
    offset: off_t,
) -> ssize_t {
    let next = |length| {
        next!(pwrite64(descriptor, buffer, length, offset)
            as unsafe extern "C" fn(
                c_int,
                *const c_void,
                size_t,
                off_t,
            ) -> ssize_t)
    };
    // SAFETY: the caller keeps libc's rules.
    unsafe { written(descriptor, buffer, length, Some(offset), next) }
}

/// The first part alone is written, which a program must be ready for.
///
/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn writev(descriptor: c_int, parts: *const iovec, count: c_int) -> ssize_t {
    let seen = descriptor == libc::STDOUT_FILENO || watch::file(descriptor).is_some();
    if !seen || count < 1 {
        return next!(writev(descriptor, parts, count)
            as unsafe extern "C" fn(c_int, *const iovec, c_int) -> ssize_t);
    }
    // SAFETY: the caller keeps libc's rules, so that there is a first part.
    unsafe { write(descriptor, (*parts).iov_base, (*parts).iov_len) }
}

/// Gives a file another length by one of libc's functions, and logs it.
fn resized(
    descriptor: c_int,
    name: &'static str,
    length: impl FnOnce() -> off_t,
    next: impl FnOnce() -> c_int,
) -> Result<c_int, ()> {
    let Some(path) = watch::file(descriptor) else {
        return Ok(next());
    };
    let _turn = log::turn();
    if matches!(verdict(name, &path), Verdict::Fail) {
        return Err(());
    }
    let length = length();
    let result = next();
    if result == 0 {
        log::add(Entry {
            inode: watch::inode(descriptor).0,
            offset: length as u64,
            ..Entry::of(Kind::Resize)
        });
    }
    Ok(result)
}

macro_rules! truncates {
    ($($name:ident)*) => {$(
        /// # Safety
        /// As libc's.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(descriptor: c_int, length: off_t) -> c_int {
            let next = || next!($name(descriptor, length) as unsafe extern "C" fn(c_int, off_t) -> c_int);
            resized(descriptor, "truncate", || length, next).unwrap_or(-1)
        }
    )*};
}

truncates! { ftruncate ftruncate64 }

/// How long a file is once a piece of it was allotted.
fn grown(descriptor: c_int, end: off_t) -> off_t {
    // SAFETY: nothing but numbers is given and taken.
    let length = unsafe {
        let here = libc::syscall(libc::SYS_lseek, descriptor, 0, libc::SEEK_CUR);
        let length = libc::syscall(libc::SYS_lseek, descriptor, 0, libc::SEEK_END);
        libc::syscall(libc::SYS_lseek, descriptor, here, libc::SEEK_SET);
        length
    };
    end.max(length as off_t)
}

macro_rules! allots {
    ($($name:ident)*) => {$(
        /// # Safety
        /// As libc's.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(descriptor: c_int, mode: c_int, offset: off_t, length: off_t) -> c_int {
            let next = || next!($name(descriptor, mode, offset, length)
                as unsafe extern "C" fn(c_int, c_int, off_t, off_t) -> c_int);
            if mode != 0 && watch::file(descriptor).is_some() {
                // Holes and the like are not modelled, so they are not to be had.
                set_errno(libc::EOPNOTSUPP);
                return -1;
            }
            resized(descriptor, "allot", || grown(descriptor, offset + length), next).unwrap_or(-1)
        }
    )*};
}

allots! { fallocate fallocate64 }

macro_rules! allots_by_posix {
    ($($name:ident)*) => {$(
        /// # Safety
        /// As libc's: the error is the result.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(descriptor: c_int, offset: off_t, length: off_t) -> c_int {
            let next = || next!($name(descriptor, offset, length)
                as unsafe extern "C" fn(c_int, off_t, off_t) -> c_int);
            resized(descriptor, "allot", || grown(descriptor, offset + length), next)
                .unwrap_or_else(|()| errno())
        }
    )*};
}

allots_by_posix! { posix_fallocate posix_fallocate64 }

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn copy_file_range(
    from: c_int,
    from_offset: *mut off_t,
    to: c_int,
    to_offset: *mut off_t,
    length: size_t,
    flags: c_uint,
) -> ssize_t {
    if watch::file(to).is_some() {
        set_errno(libc::EXDEV);
        return -1;
    }
    next!(
        copy_file_range(from, from_offset, to, to_offset, length, flags)
            as unsafe extern "C" fn(
                c_int,
                *mut off_t,
                c_int,
                *mut off_t,
                size_t,
                c_uint,
            ) -> ssize_t
    )
}

macro_rules! sends {
    ($($name:ident)*) => {$(
        /// # Safety
        /// As libc's.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(to: c_int, from: c_int, offset: *mut off_t, length: size_t) -> ssize_t {
            if watch::file(to).is_some() {
                set_errno(libc::EINVAL);
                return -1;
            }
            next!($name(to, from, offset, length)
                as unsafe extern "C" fn(c_int, c_int, *mut off_t, size_t) -> ssize_t)
        }
    )*};
}

sends! { sendfile sendfile64 }

// Bringing to the disk.

macro_rules! syncs {
    ($($name:ident)*) => {$(
        /// # Safety
        /// As libc's.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(descriptor: c_int) -> c_int {
            let next = || next!($name(descriptor) as unsafe extern "C" fn(c_int) -> c_int);
            let Some(path) = watch::file(descriptor) else {
                return next();
            };
            let _turn = log::turn();
            if matches!(verdict("sync", &path), Verdict::Fail) {
                return -1;
            }
            let result = next();
            if result == 0 {
                let (inode, is_folder) = watch::inode(descriptor);
                log::add(Entry {
                    inode,
                    path: if is_folder { &path } else { b"" },
                    ..Entry::of(Kind::Sync)
                });
            }
            result
        }
    )*};
}

syncs! { fsync fdatasync }

// Names.

/// Changes names by one of libc's functions, and logs it.
///
/// # Safety
/// The paths are null or end with a zero.
unsafe fn renamed(
    kind: Kind,
    call: &'static str,
    one: (c_int, *const c_char),
    two: (c_int, *const c_char),
    next: impl FnOnce() -> c_int,
) -> c_int {
    // SAFETY: the caller says so.
    let (path, other) = unsafe { (watch::name(one.0, one.1), watch::name(two.0, two.1)) };
    if path.is_none() && other.is_none() {
        return next();
    }
    let _turn = log::turn();
    let (path, other) = (path.unwrap_or_default(), other.unwrap_or_default());
    if matches!(verdict(call, &path), Verdict::Fail) {
        return -1;
    }
    let result = next();
    if result == 0 {
        log::add(Entry {
            path: &path,
            other: &other,
            ..Entry::of(kind)
        });
    }
    result
}

type TwoNames = unsafe extern "C" fn(*const c_char, *const c_char) -> c_int;

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    let here = libc::AT_FDCWD;
    let next = || next!(rename(from, to) as TwoNames);
    // SAFETY: the caller keeps libc's rules.
    unsafe { renamed(Kind::Rename, "rename", (here, from), (here, to), next) }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn renameat(
    from_folder: c_int,
    from: *const c_char,
    to_folder: c_int,
    to: *const c_char,
) -> c_int {
    let next = || {
        next!(renameat(from_folder, from, to_folder, to)
            as unsafe extern "C" fn(
                c_int,
                *const c_char,
                c_int,
                *const c_char,
            ) -> c_int)
    };
    // SAFETY: the caller keeps libc's rules.
    unsafe {
        renamed(
            Kind::Rename,
            "rename",
            (from_folder, from),
            (to_folder, to),
            next,
        )
    }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn renameat2(
    from_folder: c_int,
    from: *const c_char,
    to_folder: c_int,
    to: *const c_char,
    flags: c_uint,
) -> c_int {
    // SAFETY: the caller keeps libc's rules.
    let seen = unsafe { watch::name(from_folder, from) }.is_some();
    if seen && flags & libc::RENAME_EXCHANGE != 0 {
        // Not modelled, so not to be had.
        set_errno(libc::EINVAL);
        return -1;
    }
    let next = || {
        next!(renameat2(from_folder, from, to_folder, to, flags)
            as unsafe extern "C" fn(
                c_int,
                *const c_char,
                c_int,
                *const c_char,
                c_uint,
            ) -> c_int)
    };
    // SAFETY: the caller keeps libc's rules.
    unsafe {
        renamed(
            Kind::Rename,
            "rename",
            (from_folder, from),
            (to_folder, to),
            next,
        )
    }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn link(from: *const c_char, to: *const c_char) -> c_int {
    let here = libc::AT_FDCWD;
    let next = || next!(link(from, to) as TwoNames);
    // SAFETY: the caller keeps libc's rules.
    unsafe { renamed(Kind::Link, "link", (here, from), (here, to), next) }
}

/// # Safety
/// As libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn linkat(
    from_folder: c_int,
    from: *const c_char,
    to_folder: c_int,
    to: *const c_char,
    flags: c_int,
) -> c_int {
    let next = || {
        next!(linkat(from_folder, from, to_folder, to, flags)
            as unsafe extern "C" fn(
                c_int,
                *const c_char,
                c_int,
                *const c_char,
                c_int,
            ) -> c_int)
    };
    // SAFETY: the caller keeps libc's rules.
    unsafe {
        renamed(
            Kind::Link,
            "link",
            (from_folder, from),
            (to_folder, to),
            next,
        )
    }
}

/// Makes or removes one name by one of libc's functions, and logs it.
///
/// # Safety
/// `path` is null or ends with a zero.
unsafe fn named(
    kind: Kind,
    call: &'static str,
    folder: c_int,
    path: *const c_char,
    next: impl FnOnce() -> c_int,
) -> c_int {
    // SAFETY: the caller says so.
    let Some(name) = (unsafe { watch::name(folder, path) }) else {
        return next();
    };
    let _turn = log::turn();
    if matches!(verdict(call, &name), Verdict::Fail) {
        return -1;
    }
    let result = next();
    if result == 0 {
        log::add(Entry {
            path: &name,
            ..Entry::of(kind)
        });
    }
    result
}

macro_rules! names {
    ($($name:ident ( $($argument:ident : $type:ty),* ) = $kind:ident $call:literal;)*) => {$(
        /// # Safety
        /// As libc's.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(path: *const c_char, $($argument: $type),*) -> c_int {
            let next = || next!($name(path, $($argument),*)
                as unsafe extern "C" fn(*const c_char, $($type),*) -> c_int);
            // SAFETY: the caller keeps libc's rules.
            unsafe { named(Kind::$kind, $call, libc::AT_FDCWD, path, next) }
        }
    )*};
}

names! {
    unlink() = Remove "remove";
    rmdir() = Remove "remove";
    mkdir(mode: mode_t) = Folder "make folder";
}

macro_rules! names_in {
    ($($name:ident ( $argument:ident : $type:ty ) = $kind:ident $call:literal;)*) => {$(
        /// # Safety
        /// As libc's.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(folder: c_int, path: *const c_char, $argument: $type) -> c_int {
            let next = || next!($name(folder, path, $argument)
                as unsafe extern "C" fn(c_int, *const c_char, $type) -> c_int);
            // SAFETY: the caller keeps libc's rules.
            unsafe { named(Kind::$kind, $call, folder, path, next) }
        }
    )*};
}

names_in! {
    unlinkat(flags: c_int) = Remove "remove";
    mkdirat(mode: mode_t) = Folder "make folder";
}
