//! A program that runs beside the tests and never outlives them.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use crate::patience::until;

/// The name of the variable that tells our own program to end with whoever holds its standard input open.
pub const TIED: &str = "TIED_TO_STANDARD_INPUT";

/// A child process; what it prints goes into a file, of which a failing test shows the end.
#[derive(Debug)]
pub struct Program {
    child: Child,
    log: PathBuf,
}

/// Whether a disk takes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// It takes nothing.
    Full,
    /// There is room.
    Free,
}

impl Program {
    /// Starts a command, tied to this process.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start(command: &mut Command, log: &Path) -> Self {
        let file = File::create(log).expect("the log can be written");
        let twin = file.try_clone().expect("a file can be shared");
        let child = command.env(TIED, "yes").stdin(Stdio::piped()).stdout(file).stderr(twin).spawn();
        let child = child.unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
        Self { child, log: log.to_owned() }
    }

    /// Returns all that it has printed.
    #[must_use]
    pub fn output(&self) -> String {
        fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Says whether it runs.
    ///
    /// # Panics
    /// If the system does not know.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("the system knows its processes").is_none()
    }

    /// Waits until a look succeeds.
    ///
    /// # Panics
    /// If the program ends before.
    pub fn until<T>(&mut self, what: &str, mut look: impl FnMut(&Self) -> Option<T>) -> T {
        until(what, || {
            let seen = look(self);
            assert!(seen.is_some() || self.is_running(), "the program ended before {what}:\n{}", self.output());
            seen
        })
    }

    /// Asks it to end, and returns how it did.
    ///
    /// # Panics
    /// If it does not.
    pub fn stop(&mut self) -> ExitStatus {
        // the shell's own kill is there wherever a shell is
        let asked = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &self.child.id().to_string()]).status();
        assert!(asked.is_ok_and(|status| status.success()), "the program can be told to end");
        until("the program has ended", || self.child.try_wait().ok().flatten())
    }

    /// Ends it like a power cut.
    pub fn kill(&mut self) {
        // a program that has ended already cannot be killed
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Has its disk take nothing, or everything again: nothing may be written behind the first page of any file.
    ///
    /// The program must not mind SIGXFSZ.
    ///
    /// # Panics
    /// If the system does not do that.
    #[cfg(target_os = "linux")]
    pub fn set_disk(&self, disk: Disk) {
        let size = match disk {
            Disk::Full => 4_096,
            Disk::Free => rlimit::INFINITY,
        };
        let process = i32::try_from(self.child.id()).expect("numbers of processes are small");
        rlimit::prlimit(process, rlimit::Resource::FSIZE, Some((size, rlimit::INFINITY)), None)
            .expect("a process of ours can be limited");
    }

    /// Returns how much time processors have spent on it, in whole hundredths of a second.
    ///
    /// # Errors
    /// If the system does not tell.
    pub fn processor_time(&self) -> io::Result<Duration> {
        processor_time(&self.child.id().to_string())
    }

    /// Returns how much memory is resident, in KiB.
    ///
    /// # Errors
    /// If the system does not tell.
    pub fn resident(&self) -> io::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next()).and_then(|word| word.parse().ok());
        number.ok_or_else(|| io::ErrorKind::Unsupported.into())
    }
}

/// Returns how much time processors have spent on a process: its number, or `self`.
///
/// # Errors
/// If the system does not tell.
pub fn processor_time(process: &str) -> io::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // what comes before the bracket is the name, which may hold anything
    let fields =
        stat.rsplit_once(')').map(|(_, fields)| fields.split_whitespace()).ok_or(io::ErrorKind::Unsupported)?;
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 10))
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let output = self.output();
            let from = output.len().saturating_sub(4000);
            eprintln!("--- {}\n{}", self.log.display(), output.get(from..).unwrap_or(&output));
        }
    }
}
