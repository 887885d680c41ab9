//! `hes-bridge devices`: what there is.

use clap::Args;
use hes_schemas::{
    DeviceDocument, HomeId,
    message::{HomeOutcome, Listing},
};

use super::{
    Exit, Failure, Output,
    connect::ConnectArgs,
    render::{Field, Look, table},
    session::{self, Session, Task, fault, json},
};

/// List the devices that the account may see, here and in the homes where it is federated
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hes-bridge devices
  hes-bridge devices --json | jq -r '.[] | select(.state==\"offline\") | .document.name'")]
pub(crate) struct DevicesArgs {
    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

impl Task for DevicesArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        let client = session::connect(session, output).await?;
        let (listings, failed) = session::all_homes(&client).await?;
        let home = client.home().clone();
        client.close().await;
        if session.is_json {
            output.print(&json(&listings))?;
        } else if listings.is_empty() && failed.is_empty() {
            output.note("there is no device that this account may see; is a cluster configured and online?");
        } else if !listings.is_empty() {
            output.print(&rendered(&listings, &home, output.look()))?;
        }
        for outcome in &failed {
            output.failure(&failure(outcome));
        }
        Ok(failed.iter().map(|outcome| outcome.status.into()).max().unwrap_or(Exit::Success))
    }
}

/// Words why another home did not list its devices.
fn failure(outcome: &HomeOutcome) -> Failure {
    let HomeOutcome { home, status, error, detail } = outcome;
    let why = fault(*status, error.map(|symbol| symbol.as_str()), detail.as_deref());
    Failure::new((*status).into(), format!("{home}: {why}"))
}

fn rendered(listings: &[Listing], home: &HomeId, look: Look) -> String {
    let rows: Vec<Vec<Field>> = listings.iter().map(|listing| row(listing, home)).collect();
    table(&["ADDRESS", "NAME", "KIND", "STATE", "ROOM", "MODEL"], &rows, look)
}

fn row(listing: &Listing, here: &HomeId) -> Vec<Field> {
    let Listing { home, cluster, device, state, document, .. } = listing;
    let elsewhere = if home == here { String::new() } else { format!("{home}/") };
    vec![
        Field::new(&format!("{elsewhere}{cluster}/{device}")),
        Field::new(&document.name),
        Field::new(&document.kind.join(", ")),
        Field::of_state(*state),
        Field::new(document.room.as_deref().unwrap_or_default()),
        Field::new(&model(document)),
    ]
}

fn model(document: &DeviceDocument) -> String {
    let parts = [document.maker.as_deref(), document.model.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use hes_schemas::{Fault, Symbol, message::Availability};

    use super::{super::sample::listing, *};

    #[test]
    fn a_list_names_what_each_device_is_and_whether_it_is_there() {
        let mut plug = listing("plug", "Garage plug");
        plug.state = Availability::Offline;
        let look = Look { width: Some(80), has_colour: false };
        let text = rendered(&[listing("lamp", "Kitchen bulb"), plug], &"oak".parse().unwrap(), look);
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        assert_eq!(
            lines,
            [
                "ADDRESS      NAME          KIND   STATE    MODEL",
                "zigbee/lamp  Kitchen bulb  light  online   IKEA LED1545G12",
                "zigbee/plug  Garage plug   light  offline  IKEA LED1545G12",
            ]
        );
    }

    #[test]
    fn a_home_that_fails_says_why() {
        let fault = Fault::new(Symbol::HomeOffline, "the other home cannot be reached");
        let failure = failure(&HomeOutcome::failed("elm".parse().unwrap(), fault));
        assert_eq!(failure.exit, Exit::Failed);
        assert_eq!(failure.line.unwrap(), "elm: 503 home_offline: the other home cannot be reached");
    }

    #[test]
    fn a_device_of_another_home_is_named_as_it_is_asked_for() {
        let text = rendered(&[listing("lamp", "Kitchen bulb")], &"elm".parse().unwrap(), Look::default());
        assert!(text.contains("oak/zigbee/lamp"), "{text}");
    }
}
