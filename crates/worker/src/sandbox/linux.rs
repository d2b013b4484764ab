//! Linux: a system-call filter allows computing, reading and writing what is open, memory and threads, and nothing else:
//! opening, sockets, new programs and tracing answer `EPERM`. Landlock denies the file system once more, in the kernel's
//! own way. Sources: seccomp(2), landlock(7), prctl(2).

use std::collections::BTreeMap;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetStatus,
    Scope,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};

use super::unix;

pub use super::unix::{leave, leave_no_core_file, limit_memory};

/// No file written, nothing open but the pipes, death with the app.
pub fn prepare() {
    unix::write_no_file();
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
mod tests;
