//! The log of a running gateway, on the standard error.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, filter::LevelFilter, fmt};

use crate::settings::{LogFormat, LogLevel, LogSettings};

/// Begins to log; `RUST_LOG` has the last word on what.
pub(crate) fn start(settings: &LogSettings) {
    let level = match settings.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    // what the libraries have to say of themselves is for those who ask for it
    let quiet = ["rumqttd=off", "rumqttc=warn", "sqlx=warn"];
    let mut filter = EnvFilter::builder().with_default_directive(level.into()).from_env_lossy();
    for directive in quiet.iter().filter_map(|text| text.parse().ok()) {
        filter = filter.add_directive(directive);
    }
    let log = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    // a line that cannot be written is lost: to complain of it where it could not be written panics
    let log = log.log_internal_errors(false);
    let started = match settings.format {
        LogFormat::Text => log.with_target(false).try_init(),
        LogFormat::Json => log.json().try_init(),
    };
    // a second gateway in one process, as in tests, logs where the first does
    drop(started);
}
