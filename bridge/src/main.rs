//! The program `hes-bridge`.

use std::process::ExitCode;

fn main() -> ExitCode {
    hes_bridge::main()
}
