//! `hes-bridge watch`: what happens, as it happens.

mod line;
mod subscription;

use std::{convert::Infallible, pin::pin, time::Duration};

use backon::{BackoffBuilder, ExponentialBuilder};
use clap::Args;
use tokio::time::sleep;

use super::{
    Exit, Failure, Output,
    connect::ConnectArgs,
    session::{Session, Task},
};
use line::rendered;
use subscription::{Step, Subscription};

/// Print what happens, until Ctrl-C
///
/// The current state comes first. When the connection is lost, it is made again, and the state is printed again.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hes-bridge watch                          everything
  hes-bridge watch zigbee/+/temperature     one property of all devices
  hes-bridge watch \"Kitchen bulb\"           one device
  hes-bridge watch --json | jq -r 'select(.event==\"device_offline\") | .device'")]
pub(crate) struct WatchArgs {
    /// CLUSTER, CLUSTER/DEVICE or CLUSTER/DEVICE/PROPERTY with the wildcards + and # of MQTT, or the name of a device
    #[arg(default_value = "#")]
    pattern: String,

    /// Leave out the current state
    #[arg(long)]
    changes_only: bool,

    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

impl Task for WatchArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        let mut interrupted = pin!(tokio::signal::ctrl_c());
        let begin = Subscription::begin(session, &self.pattern, !self.changes_only);
        let mut subscription = tokio::select! {
            _ctrl_c = &mut interrupted => return Ok(Exit::Success),
            begun = begin => begun?,
        };
        if output.look().width.is_some() {
            output.note("what happens comes here; Ctrl-C ends it");
        }
        let watched = tokio::select! {
            _ctrl_c = &mut interrupted => Ok(()),
            Err(failure) = watch(&mut subscription, session, output) => Err(failure),
        };
        subscription.end().await;
        watched.map(|()| Exit::Success)
    }
}

/// Prints what comes until it cannot.
async fn watch(
    subscription: &mut Subscription<'_>,
    session: &Session,
    output: &mut Output,
) -> Result<Infallible, Failure> {
    loop {
        match subscription.next().await? {
            Step::Told(notification, missing) => {
                if missing > 0 {
                    output.note(&format!("{missing} notifications were lost"));
                }
                output.print(&rendered(&notification, session, subscription.home(), output.look()))?;
            }
            Step::Lost(error) => {
                output.note(&format!("{error}; connecting again"));
                connect_again(subscription).await?;
            }
        }
    }
}

/// Subscribes again, however long it takes, unless it is refused.
async fn connect_again(subscription: &mut Subscription<'_>) -> Result<(), Failure> {
    let waits = ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(500))
        .with_max_delay(Duration::from_secs(10))
        .with_jitter()
        .without_max_times();
    for wait in waits.build() {
        sleep(wait).await;
        match subscription.begin_again().await {
            Ok(()) => break,
            Err(failure) if failure.exit == Exit::Refused => return Err(failure),
            Err(_not_yet) => {}
        }
    }
    Ok(())
}
