//! How a gateway that has read long lists gives their memory back.

/// Has the C library give large pieces of memory back as soon as they are free.
///
/// A house's lists of devices are many megabytes, which are read once. By default glibc learns from the first of them to
/// keep such pieces for itself, and a gateway of 10,000 devices then holds half as much again for nothing. What it learns
/// can only be fixed in the environment that a process is started with: so the program starts itself anew, in place and
/// with the same process id, unless that is set already or cannot be done.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(super) fn give_back() {
    use std::{env, os::unix::process::CommandExt, process::Command};

    const KEY: &str = "MALLOC_MMAP_THRESHOLD_";
    /// In bytes: what glibc begins with, before it learns.
    const THRESHOLD: &str = "131072";

    let (Ok(program), None) = (env::current_exe(), env::var_os(KEY)) else { return };
    let mut arguments = env::args_os();
    let name = arguments.next().unwrap_or_else(|| program.clone().into());
    // it returns only if it has failed, and then the gateway is as good, only larger
    let _error = Command::new(program).arg0(name).args(arguments).env(KEY, THRESHOLD).exec();
}

/// Does nothing: only glibc is known to need it.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) const fn give_back() {}
