//! `hes-bridge get`: what properties are worth.

use clap::Args;
use comfy_table::Color;
use hes_schemas::{
    Millis, Operation, Quality,
    message::{Outcome, RetrieveMany},
};

use super::{
    Exit, Failure, Output,
    connect::ConnectArgs,
    outcomes::complain,
    render::{Field, Look, table, value},
    session::{self, Session, Task, json},
};

/// How many targets one request may name.
pub(crate) const TARGETS: usize = 100;

/// Read properties
///
/// One property prints its value and nothing else. Several print a table. What failed goes to the standard error.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hes-bridge get zigbee/lamp/brightness
  hes-bridge get zigbee/lamp                        all properties
  hes-bridge get \"Kitchen bulb/on\" zigbee/plug/power
  hes-bridge get --fresh zigbee/plug/power          ask the device
  hes-bridge get elm/zigbee/lamp/on                 in another home
  hes-bridge get zigbee/lamp/native/color_temp      the cluster's own name and value")]
pub(crate) struct GetArgs {
    /// CLUSTER/DEVICE/PROPERTY, CLUSTER/DEVICE for all its properties, or the device's name for CLUSTER/DEVICE
    #[arg(required = true, value_name = "TARGET")]
    targets: Vec<String>,

    /// Ask the devices, whatever is known already
    #[arg(long)]
    fresh: bool,

    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

impl Task for GetArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        let client = session::connect(session, output).await?;
        let mut outcomes = Vec::new();
        for targets in self.targets.chunks(TARGETS) {
            let max_age = self.fresh.then_some(Millis::new(0));
            let request = RetrieveMany { id: None, reply_to: None, ttl: None, targets: targets.to_vec(), max_age };
            outcomes.extend(session::ask(&client, Operation::Retrieve, &request).await?.results);
        }
        if session.is_json {
            output.print(&json(&outcomes))?;
        } else {
            self.print(&outcomes, output)?;
        }
        let exit = complain(&client, &outcomes, output).await;
        client.close().await;
        Ok(exit)
    }
}

impl GetArgs {
    fn print(&self, outcomes: &[Outcome], output: &mut Output) -> Result<(), Failure> {
        let good: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.is_success()).collect();
        match (self.targets.as_slice(), good.as_slice()) {
            (_, []) => Ok(()),
            ([target], [outcome]) if outcome.target == *target => {
                output.print(&value(outcome.value.as_ref(), outcome.unit.as_deref()))?;
                doubt(outcome).map_or(Ok(()), |doubt| {
                    output.note(&doubt);
                    Ok(())
                })
            }
            (_, several) => output.print(&rendered(several, output.look())),
        }
    }
}

/// Says why a value is not to be trusted.
fn doubt(outcome: &Outcome) -> Option<String> {
    let since = outcome.time.map(|time| format!(", last reported {time}")).unwrap_or_default();
    match outcome.quality? {
        Quality::Good => None,
        Quality::Stale => Some(format!("the value is stale{since}")),
        Quality::Unknown => Some("the device has not reported it yet".to_owned()),
    }
}

fn rendered(outcomes: &[&Outcome], look: Look) -> String {
    let rows: Vec<Vec<Field>> = outcomes.iter().map(|outcome| row(outcome)).collect();
    table(&["TARGET", "VALUE", "QUALITY", "REPORTED"], &rows, look)
}

fn row(outcome: &Outcome) -> Vec<Field> {
    let quality = match outcome.quality {
        Some(Quality::Good) => Field::new("good").coloured(Color::Green),
        Some(Quality::Stale) => Field::new("stale").coloured(Color::Yellow),
        Some(Quality::Unknown) => Field::new("unknown").coloured(Color::Yellow),
        None => Field::new(""),
    };
    let time = outcome.time.filter(|_| outcome.value.is_some()).map(|time| time.to_string());
    vec![
        Field::new(&outcome.target),
        Field::new(&value(outcome.value.as_ref(), outcome.unit.as_deref())),
        quality,
        Field::new(&time.unwrap_or_default()),
    ]
}

#[cfg(test)]
mod tests {
    use hes_schemas::{Datum, Timestamp};

    use super::*;

    fn outcome(target: &str, value: Datum, unit: Option<&str>, quality: Quality) -> Outcome {
        Outcome {
            target: target.to_owned(),
            value: Some(value),
            unit: unit.map(Box::from),
            quality: Some(quality),
            time: Some(Timestamp::from_millis(1_795_359_600_123)),
            ..Outcome::default()
        }
    }

    #[test]
    fn several_properties_are_a_table() {
        let outcomes = [
            outcome("zigbee/lamp/brightness", Datum::Integer(40), Some("%"), Quality::Good),
            outcome("zigbee/lamp/on", Datum::Bool(true), None, Quality::Stale),
        ];
        let text = rendered(&outcomes.iter().collect::<Vec<_>>(), Look { width: Some(80), has_colour: false });
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        assert_eq!(
            lines,
            [
                "TARGET                  VALUE  QUALITY  REPORTED",
                "zigbee/lamp/brightness  40 %   good     2026-11-22T15:00:00.123Z",
                "zigbee/lamp/on          true   stale    2026-11-22T15:00:00.123Z",
            ]
        );
    }

    #[test]
    fn a_value_that_is_not_good_is_doubted() {
        assert_eq!(doubt(&outcome("x", Datum::Null, None, Quality::Good)), None);
        let stale = doubt(&outcome("x", Datum::Null, None, Quality::Stale)).unwrap();
        assert_eq!(stale, "the value is stale, last reported 2026-11-22T15:00:00.123Z");
        assert!(doubt(&outcome("x", Datum::Null, None, Quality::Unknown)).is_some());
    }
}
