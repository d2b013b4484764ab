//! The walls around a worker: what it may still do once it has opened what it was given.
//!
//! On Linux a system-call filter allows computing, reading and writing what is open, memory and threads,
//! and nothing else: opening, sockets, new programs and tracing answer `EPERM`. Landlock denies the file
//! system once more, in the kernel's own way. Elsewhere the walls are lower and the greeting says so.
//! Sources: seccomp(2), landlock(7), prctl(2).

use aparte_protocol::{Wall, WallKind};

/// First steps, before anything is opened: no core dump, death with the app.
pub fn prepare() {
    // A file of any kind is not the worker's to write.
    #[cfg(unix)]
    let _ = rlimit::setrlimit(rlimit::Resource::FSIZE, 0, 0);
    #[cfg(target_os = "linux")]
    linux::prepare();
}

/// Closes the walls, and gives each with what became of it. Call it before any thread is started: threads inherit them,
/// earlier ones do not.
pub fn enter() -> Vec<Wall> {
    let wall = |kind, closed: Result<(), String>| Wall {
        kind,
        missing: closed.err(),
    };
    // In this order: what the later ones need, they would deny.
    vec![
        wall(WallKind::CoreFiles, leave_no_core_file()),
        wall(WallKind::Files, deny_files()),
        wall(WallKind::SystemCalls, filter_calls()),
    ]
}

/// A core file would hold prompts and documents.
#[cfg(unix)]
fn leave_no_core_file() -> Result<(), String> {
    rlimit::setrlimit(rlimit::Resource::CORE, 0, 0).map_err(|error| error.to_string())
}

#[cfg(target_os = "linux")]
use linux::{deny_files, filter_calls};

#[cfg(not(unix))]
fn leave_no_core_file() -> Result<(), String> {
    Err(NOT_HERE.to_owned())
}

#[cfg(not(target_os = "linux"))]
fn deny_files() -> Result<(), String> {
    Err(NOT_HERE.to_owned())
}

#[cfg(not(target_os = "linux"))]
fn filter_calls() -> Result<(), String> {
    Err(NOT_HERE.to_owned())
}

#[cfg(not(target_os = "linux"))]
const NOT_HERE: &str = "Aparté does not build it on this system yet";

/// Bounds the address space, in bytes. Not for the engine: mapped weights count too.
pub fn limit_memory(bytes: u64) {
    #[cfg(unix)]
    let _ = rlimit::setrlimit(rlimit::Resource::AS, bytes, bytes);
    #[cfg(not(unix))]
    let _ = bytes;
}

/// Ends the process at once: the app is gone, and llama.cpp may be in the middle of a step whose threads
/// an orderly exit would pull the ground from.
pub fn leave() -> ! {
    #[cfg(unix)]
    // SAFETY: `_exit` takes no pointer and does not return.
    unsafe {
        libc::_exit(0)
    }
    #[cfg(not(unix))]
    std::process::exit(0)
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeMap;

    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr,
        RulesetStatus, Scope,
    };
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule, TargetArch, apply_filter,
    };

    pub fn prepare() {
        // What the app's own caller left open is not ours to have.
        // SAFETY: close_range takes no pointer; nothing of ours is open beyond the three pipes yet.
        unsafe {
            libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0);
        }
        // Under memory pressure the worker goes before the window.
        let _ = std::fs::write("/proc/self/oom_score_adj", "800");
        // SAFETY: prctl with these options takes no pointer.
        unsafe {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            libc::prctl(libc::PR_SET_DUMPABLE, 0);
        }
    }

    /// Landlock with no rule at all: every path and every TCP port is denied.
    pub fn deny_files() -> Result<(), String> {
        let status = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(ABI::V6))
            .and_then(|rules| rules.scope(Scope::from_all(ABI::V6)))
            .and_then(|rules| rules.handle_access(AccessNet::from_all(ABI::V6)))
            .and_then(|rules| rules.create())
            .and_then(|rules| rules.restrict_self())
            .map_err(|error| error.to_string())?;
        match status.ruleset {
            RulesetStatus::NotEnforced => Err("this kernel does not offer it".into()),
            RulesetStatus::PartiallyEnforced | RulesetStatus::FullyEnforced => Ok(()),
        }
    }

    /// Only what computing needs is allowed: see [`ALLOWED`].
    pub fn filter_calls() -> Result<(), String> {
        let arch: TargetArch = std::env::consts::ARCH
            .try_into()
            .map_err(|_| "unknown processor".to_owned())?;
        // glibc falls back to clone, whose flags a filter can read, when clone3 does not exist.
        let no_clone3 = program(
            [(libc::SYS_clone3, vec![])].into(),
            SeccompAction::Allow,
            SeccompAction::Errno(libc::ENOSYS as u32),
            arch,
        )?;
        let allowed = program(
            allowed_calls()?,
            SeccompAction::Errno(libc::EPERM as u32),
            SeccompAction::Allow,
            arch,
        )?;
        // The kernel takes the most restrictive answer of all filters, and among two errors the later.
        apply_filter(&no_clone3).map_err(|error| error.to_string())?;
        apply_filter(&allowed).map_err(|error| error.to_string())
    }

    fn program(
        rules: BTreeMap<i64, Vec<SeccompRule>>,
        otherwise: SeccompAction,
        matched: SeccompAction,
        arch: TargetArch,
    ) -> Result<BpfProgram, String> {
        SeccompFilter::new(rules, otherwise, matched, arch)
            .and_then(TryInto::try_into)
            .map_err(|error: seccompiler::BackendError| error.to_string())
    }

    fn allowed_calls() -> Result<BTreeMap<i64, Vec<SeccompRule>>, String> {
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
            ALLOWED.iter().map(|call| (*call, vec![])).collect();
        let thread = libc::CLONE_THREAD as u64;
        let open_file = libc::AT_EMPTY_PATH as u64;
        let own_pid = u64::from(std::process::id());
        // Threads, but no processes; limits and signals, but only of this process; facts about a file,
        // but only one that is open. The first number is which argument says so.
        let conditions = [
            (libc::SYS_clone, 0, SeccompCmpOp::MaskedEq(thread), thread),
            (libc::SYS_prlimit64, 0, SeccompCmpOp::Eq, 0),
            (libc::SYS_sched_setaffinity, 0, SeccompCmpOp::Eq, 0),
            (libc::SYS_tgkill, 0, SeccompCmpOp::Eq, own_pid),
            (
                libc::SYS_statx,
                2,
                SeccompCmpOp::MaskedEq(open_file),
                open_file,
            ),
            (
                libc::SYS_newfstatat,
                3,
                SeccompCmpOp::MaskedEq(open_file),
                open_file,
            ),
            // Not F_SETOWN and F_SETSIG: with them the kernel would signal the app on our behalf.
            (libc::SYS_fcntl, 1, SeccompCmpOp::Eq, libc::F_GETFD as u64),
            (libc::SYS_fcntl, 1, SeccompCmpOp::Eq, libc::F_GETFL as u64),
            (
                libc::SYS_fcntl,
                1,
                SeccompCmpOp::Eq,
                libc::F_DUPFD_CLOEXEC as u64,
            ),
        ];
        for (call, argument, operator, value) in conditions {
            let rule = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
                .and_then(|condition| SeccompRule::new(vec![condition]))
                .map_err(|error| error.to_string())?;
            rules.entry(call).or_default().push(rule);
        }
        // Its real answer is the other filter's.
        rules.insert(libc::SYS_clone3, vec![]);
        Ok(rules)
    }

    const ALLOWED: &[i64] = &[
        // What is open: standard input and output, the model.
        libc::SYS_read,
        libc::SYS_readv,
        libc::SYS_pread64,
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_lseek,
        libc::SYS_fstat,
        libc::SYS_close,
        libc::SYS_fadvise64,
        libc::SYS_ppoll,
        // Memory.
        libc::SYS_brk,
        libc::SYS_mmap,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_mprotect,
        libc::SYS_madvise,
        libc::SYS_mincore,
        libc::SYS_mlock,
        libc::SYS_munlock,
        libc::SYS_membarrier,
        // Threads and their scheduling.
        libc::SYS_futex,
        libc::SYS_set_robust_list,
        libc::SYS_rseq,
        libc::SYS_gettid,
        libc::SYS_getpid,
        libc::SYS_sched_yield,
        libc::SYS_sched_getaffinity,
        libc::SYS_getcpu,
        libc::SYS_getrlimit,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_restart_syscall,
        // Signals, for an abort that ends this process only.
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
        // Time, randomness for hash tables, facts about the machine.
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_nanosleep,
        libc::SYS_gettimeofday,
        libc::SYS_getrandom,
        libc::SYS_sysinfo,
        libc::SYS_uname,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_poll,
    ];

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn inside_the_walls_nothing_can_be_opened_connected_to_or_started() {
            // Filters hold for a thread and its children: the other tests go on outside.
            std::thread::spawn(|| {
                let walls = super::super::enter();
                assert!(walls.iter().all(|wall| wall.missing.is_none()), "{walls:?}");
                let denied = [
                    std::fs::File::open("/proc/self/status").err(),
                    std::fs::File::create("/tmp/aparte-escaped").err(),
                    std::fs::read_dir("/").err(),
                    std::net::TcpStream::connect("127.0.0.1:9").err(),
                    std::net::UdpSocket::bind("127.0.0.1:0").err(),
                    std::process::Command::new("/bin/true").spawn().err(),
                ];
                for (attempt, error) in denied.into_iter().enumerate() {
                    let kind = error.map(|error| error.kind());
                    let expected = Some(std::io::ErrorKind::PermissionDenied);
                    assert_eq!(kind, expected, "attempt {attempt}");
                }
                let sum = std::thread::spawn(|| 1 + 1).join().unwrap();
                assert_eq!(sum, 2, "threads may be started");
            })
            .join()
            .unwrap();
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
    }
}
