//! P2: the walls on Linux, tried from inside. Everything is tried outside of them first, where it must succeed: what fails
//! for another reason shows nothing.

use std::fs::{self, File};
use std::io::{self, Write};
use std::mem::MaybeUninit;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::{env, thread};

use super::super::{enter, prepare};
use super::*;

/// What there is outside to reach: files, somebody who listens, another process.
struct Outside {
    folder: tempfile::TempDir,
    address: SocketAddr,
    _network: TcpListener,
    _local: UnixListener,
    process: Child,
}

impl Outside {
    fn new() -> Outside {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("there"), "x").unwrap();
        let network = TcpListener::bind("127.0.0.1:0").unwrap();
        Outside {
            address: network.local_addr().unwrap(),
            _network: network,
            _local: UnixListener::bind(folder.path().join("socket")).unwrap(),
            process: Command::new("/bin/sleep").arg("60").spawn().unwrap(),
            folder,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Tries everything that a worker is kept from.
    fn attempts(&self) -> Vec<(&'static str, io::Result<()>)> {
        let there = self.path("there");
        let process = self.process.id().cast_signed();
        vec![
            ("open", File::open(&there).map(drop)),
            ("create", File::create(self.path("new")).map(drop)),
            ("list", fs::read_dir(self.folder.path()).map(drop)),
            ("look at", fs::metadata(&there).map(drop)),
            ("link", fs::hard_link(&there, self.path("link"))),
            ("rename", fs::rename(self.path("link"), self.path("other"))),
            ("remove", fs::remove_file(self.path("other"))),
            ("make a folder", fs::create_dir(self.path("folder"))),
            ("remove a folder", fs::remove_dir(self.path("folder"))),
            ("connect", TcpStream::connect(self.address).map(drop)),
            ("listen", TcpListener::bind("127.0.0.1:0").map(drop)),
            ("send", UdpSocket::bind("127.0.0.1:0").map(drop)),
            (
                "connect locally",
                UnixStream::connect(self.path("socket")).map(drop),
            ),
            ("start a program", run("/bin/true")),
            // SAFETY: the call takes no pointer.
            ("signal", result(unsafe { libc::kill(process, 0) }.into())),
            ("trace", trace(process)),
            ("read another's memory", read_memory_of(process)),
            ("hold a file in memory", memory_file().map(drop)),
            ("have signals sent", have_signals_sent()),
        ]
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn result(returned: i64) -> io::Result<()> {
    match returned {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn run(program: &str) -> io::Result<()> {
    Command::new(program).status().map(|_| ())
}

fn trace(process: i32) -> io::Result<()> {
    // SAFETY: what would be pointers is not followed for this request.
    result(unsafe { libc::ptrace(libc::PTRACE_SEIZE, process, 0, 0) })
}

/// Asks for a byte where the other process surely has none: only whoever may not read at all is refused permission.
fn read_memory_of(process: i32) -> io::Result<()> {
    let mut byte = MaybeUninit::<u8>::uninit();
    let here = libc::iovec {
        iov_base: byte.as_mut_ptr().cast(),
        iov_len: 1,
    };
    let there = libc::iovec {
        iov_base: std::ptr::without_provenance_mut(8),
        iov_len: 1,
    };
    // SAFETY: one byte is written at most, to where there is room for it.
    let read =
        unsafe { libc::process_vm_readv(process, &raw const here, 1, &raw const there, 1, 0) };
    match result(read as i64) {
        Err(error) if error.raw_os_error() == Some(libc::EFAULT) => Ok(()),
        other => other,
    }
}

fn memory_file() -> io::Result<File> {
    // SAFETY: the name ends with a zero, and a descriptor that is not negative is new and nobody else's.
    unsafe {
        let descriptor = libc::memfd_create(c"driver".as_ptr(), libc::MFD_CLOEXEC);
        result(descriptor.into()).map(|()| File::from_raw_fd(descriptor))
    }
}

/// With the kernel's help: to whoever owns a pipe.
fn have_signals_sent() -> io::Result<()> {
    // SAFETY: the call takes no pointer.
    result(unsafe { libc::fcntl(0, libc::F_SETOWN, libc::getpid()) }.into())
}

#[test]
fn inside_the_walls_nothing_can_be_reached_that_can_be_reached_outside() {
    let outside = Outside::new();
    for (attempt, outcome) in outside.attempts() {
        assert!(outcome.is_ok(), "{attempt} outside: {outcome:?}");
    }
    // Filters hold for a thread and its children: the other tests go on outside.
    let attempts = thread::scope(|scope| {
        let inside = scope.spawn(|| {
            let walls = enter();
            assert!(walls.iter().all(|wall| wall.missing.is_none()), "{walls:?}");
            assert_eq!(thread::spawn(|| 1 + 1).join().unwrap(), 2);
            outside.attempts()
        });
        inside.join().unwrap()
    });
    for (attempt, outcome) in attempts {
        let kind = outcome.map_err(|error| error.kind());
        assert_eq!(kind, Err(io::ErrorKind::PermissionDenied), "{attempt}");
    }
}

#[test]
fn nothing_that_opens_connects_or_starts_is_allowed() {
    for call in [
        libc::SYS_openat,
        libc::SYS_socket,
        libc::SYS_connect,
        libc::SYS_execve,
        libc::SYS_ptrace,
        libc::SYS_io_uring_setup,
        libc::SYS_memfd_create,
    ] {
        assert!(!ALLOWED.contains(&call), "{call}");
    }
}

/// The number of a descriptor that a process inherits, for [`a_process_that_prepares`].
const INHERITED: &str = "APARTE_TEST_INHERITED";

/// Limits and signals are a whole process's, so it is tried in one of its own.
#[test]
fn a_worker_has_its_pipes_alone_writes_no_file_and_outlives_a_driver_that_does() {
    let file = tempfile::tempfile().unwrap();
    // SAFETY: the descriptor is open. Its copy is inherited, and closed with this process.
    let inherited = unsafe { libc::dup(file.as_raw_fd()) };
    let mut child = Command::new(env::current_exe().unwrap());
    child
        .args(["--exact", "--ignored", "--nocapture"])
        .arg("sandbox::system::tests::a_process_that_prepares")
        .env(INHERITED, inherited.to_string())
        .stdin(Stdio::null());
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}: {said}", output.status);
    assert!(said.contains("1 passed"), "{said}");
}

#[test]
#[ignore = "a part of another test, in a process of its own"]
fn a_process_that_prepares() {
    let inherited: i32 = env::var(INHERITED).unwrap().parse().unwrap();
    // SAFETY: the call takes no pointer.
    let is_open = || unsafe { libc::fcntl(inherited, libc::F_GETFD) } != -1;
    let folder = tempfile::tempdir().unwrap();
    assert!(is_open(), "it was left open");
    memory_file()
        .unwrap()
        .write_all(b"as a driver does")
        .unwrap();
    prepare();
    assert!(!is_open());
    for mut file in [
        memory_file().unwrap(),
        File::create(folder.path().join("kept")).unwrap(),
    ] {
        for refused in [file.write_all(b"as a driver does"), file.set_len(1 << 20)] {
            let error = refused.unwrap_err();
            assert_eq!(error.raw_os_error(), Some(libc::EFBIG), "{error}");
        }
    }
    for variable in [
        "MESA_SHADER_CACHE_DISABLE",
        "__GL_SHADER_DISK_CACHE",
        "CUDA_CACHE_DISABLE",
    ] {
        assert!(env::var_os(variable).is_some(), "{variable}");
    }
}
