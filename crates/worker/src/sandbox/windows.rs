//! Windows: never compiled by us yet. A job keeps the worker from starting programs, from the desktop and, where that is
//! bounded, from more memory. Files and connections are denied only to a process that was started without the rights to
//! them, so those walls are missing. Source: "Job Objects" in the documentation of the Windows API.

use std::io;
use std::ptr;

use windows_sys::Win32::System::Diagnostics::Debug::{
    SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX, SetErrorMode,
};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_ACTIVE_PROCESS,
    JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION, JOB_OBJECT_LIMIT_PROCESS_MEMORY,
    JOB_OBJECT_UILIMIT_DESKTOP, JOB_OBJECT_UILIMIT_EXITWINDOWS, JOB_OBJECT_UILIMIT_GLOBALATOMS,
    JOB_OBJECT_UILIMIT_HANDLES, JOB_OBJECT_UILIMIT_READCLIPBOARD,
    JOB_OBJECT_UILIMIT_SYSTEMPARAMETERS, JOB_OBJECT_UILIMIT_WRITECLIPBOARD,
    JOBOBJECT_BASIC_UI_RESTRICTIONS, JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JOBOBJECTINFOCLASS,
    JobObjectBasicUIRestrictions, JobObjectExtendedLimitInformation, SetInformationJobObject,
};
use windows_sys::Win32::System::Threading::GetCurrentProcess;

/// No window that asks what to do about a crash.
pub fn prepare() {
    // SAFETY: the call takes no pointer.
    unsafe { SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX) };
}

pub fn leave_no_core_file() -> Result<(), String> {
    Err("Windows keeps a report of a crash where it is set up to".to_owned())
}

pub fn deny_files() -> Result<(), String> {
    Err("Aparté does not start it without the rights to files on Windows yet".to_owned())
}

pub fn filter_calls() -> Result<(), String> {
    let mut alone = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    alone.BasicLimitInformation.LimitFlags =
        JOB_OBJECT_LIMIT_ACTIVE_PROCESS | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION;
    alone.BasicLimitInformation.ActiveProcessLimit = 1;
    let apart = JOBOBJECT_BASIC_UI_RESTRICTIONS {
        UIRestrictionsClass: JOB_OBJECT_UILIMIT_DESKTOP
            | JOB_OBJECT_UILIMIT_EXITWINDOWS
            | JOB_OBJECT_UILIMIT_GLOBALATOMS
            | JOB_OBJECT_UILIMIT_HANDLES
            | JOB_OBJECT_UILIMIT_READCLIPBOARD
            | JOB_OBJECT_UILIMIT_SYSTEMPARAMETERS
            | JOB_OBJECT_UILIMIT_WRITECLIPBOARD,
    };
    enter_job(JobObjectExtendedLimitInformation, &alone)
        .and_then(|()| enter_job(JobObjectBasicUIRestrictions, &apart))
        .map_err(|error| error.to_string())?;
    Err("the job starts no program, but Windows lets it connect".to_owned())
}

/// Bounds the memory, in bytes.
pub fn limit_memory(bytes: u64) {
    let mut limit = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    limit.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_PROCESS_MEMORY;
    limit.ProcessMemoryLimit = usize::try_from(bytes).unwrap_or(usize::MAX);
    let _ = enter_job(JobObjectExtendedLimitInformation, &limit);
}

/// Ends the process at once: the app is gone.
pub fn leave() -> ! {
    std::process::exit(0)
}

/// Puts this process into a job with a limit, within the jobs that it is in. It stays in it to its end.
fn enter_job<T>(class: JOBOBJECTINFOCLASS, limit: &T) -> io::Result<()> {
    let checked = |done: i32| match done {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    };
    // SAFETY: a job without name and rights needs no pointer; the limit is of the class's type and as long as is said, and
    // is copied; both handles are this process's own.
    unsafe {
        let job = CreateJobObjectW(ptr::null(), ptr::null());
        if job.is_null() {
            return Err(io::Error::last_os_error());
        }
        let length = size_of::<T>() as u32;
        checked(SetInformationJobObject(
            job,
            class,
            ptr::from_ref(limit).cast(),
            length,
        ))?;
        checked(AssignProcessToJobObject(job, GetCurrentProcess()))
    }
}
