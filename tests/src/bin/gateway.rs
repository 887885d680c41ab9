//! hes-bridge as the tests and measurements run it: the program itself, which ends when they do.

use std::{
    env,
    io::{Read, stdin},
    process::{ExitCode, exit},
    thread,
};

fn main() -> ExitCode {
    if env::var_os(hes_tests::program::TIED).is_some() {
        thread::spawn(end_with_parent);
    }
    hes_bridge::main()
}

/// Ends the process once standard input is closed, which happens even to a parent that was killed.
fn end_with_parent() {
    let mut nothing = Vec::new();
    drop(stdin().read_to_end(&mut nothing));
    exit(1);
}
