//! `hes-bridge set`: write properties and wait for the confirmation.

mod confirm;

use clap::Args;
use hes_schemas::{
    Datum, Encoding, Limits, Operation, decode_datum,
    message::{Confirmation, Outcome, UpdateMany, UpdateOne},
};

use self::confirm::{Assent, confirm};
use super::{
    Exit, Failure, Output,
    connect::ConnectArgs,
    get::TARGETS,
    outcomes::complain,
    render::{value, visible},
    session::{self, Session, Task, json},
};

/// Write properties, and wait until the devices confirm
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  hes-bridge set zigbee/lamp/on true
  hes-bridge set \"Kitchen bulb/brightness\" 40 \"Kitchen bulb/color_temperature\" 2700
  hes-bridge set zigbee/lamp/color_xy '{\"x\":0.5,\"y\":0.4}'
  hes-bridge set zigbee/lamp/native/state ON        the cluster's own name and value
  hes-bridge set --yes zigbee/front_door/locked false")]
pub(crate) struct SetArgs {
    /// CLUSTER/DEVICE/PROPERTY, or the device's name for CLUSTER/DEVICE, and what it is to become: JSON (true, 40,
    /// "text", {"x":0.5}) or plain text (heat); more pairs may follow
    #[arg(required = true, num_args = 2.., value_names = ["TARGET", "VALUE"], allow_negative_numbers = true)]
    words: Vec<String>,

    /// Do what is most dangerous too, as unlocking a door, without asking for a yes
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    pub(crate) connect: ConnectArgs,
}

impl Task for SetArgs {
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure> {
        let updates = updates(&self.words)?;
        let client = session::connect(session, output).await?;
        let mut outcomes = Vec::new();
        for updates in updates.chunks(TARGETS) {
            let request = UpdateMany { id: None, reply_to: None, ttl: None, updates: updates.to_vec() };
            let mut results = session::ask(&client, Operation::Update, &request).await?.results;
            confirm(&client, updates, &mut results, self.assent(session), output).await?;
            outcomes.extend(results);
        }
        if session.is_json {
            output.print(&json(&outcomes))?;
        } else {
            for outcome in outcomes.iter().filter(|outcome| outcome.is_success()) {
                output.print(&worded(outcome))?;
            }
        }
        let exit = complain(&client, &outcomes, output).await;
        client.close().await;
        Ok(exit)
    }
}

impl SetArgs {
    /// Says who confirms what is dangerous; programs that read JSON are asked nothing.
    const fn assent(&self, session: &Session) -> Assent {
        match (self.yes, session.is_json) {
            (true, _) => Assent::Given,
            (false, true) => Assent::Missing,
            (false, false) => Assent::Asked,
        }
    }
}

/// Reads pairs of target and value.
fn updates(words: &[String]) -> Result<Vec<UpdateOne>, Failure> {
    let update = |pair: &[String]| match pair {
        [target, value] => {
            Ok(UpdateOne { target: target.clone(), value: parsed(value)?, if_version: None, challenge: None })
        }
        odd => Err(Failure::usage(format!("{} has no value: targets and values come in pairs", odd.concat()))),
    };
    words.chunks(2).map(update).collect()
}

/// Reads a value: JSON, or the text as it stands; what begins like JSON must be JSON.
fn parsed(text: &str) -> Result<Datum, Failure> {
    match decode_datum(Encoding::Json, text.as_bytes(), Limits::REQUEST) {
        Ok(datum) => Ok(datum),
        Err(error) if text.trim_start().starts_with(['{', '[', '"']) => {
            Err(Failure::usage(format!("the value begins like JSON, but is {error}")))
        }
        Err(_not_json) => Ok(Datum::text(text)),
    }
}

fn worded(outcome: &Outcome) -> String {
    let target = visible(&outcome.target);
    let how = match outcome.confirmed {
        Some(Confirmation::Device) => ", confirmed by the device",
        Some(Confirmation::Cluster) => ", taken by the cluster; the device does not report it",
        Some(Confirmation::Cache) | None => "",
    };
    match &outcome.value {
        Some(datum) => format!("{target} = {}{how}", value(Some(datum), outcome.unit.as_deref())),
        None => format!("{target} is set{how}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_json_or_plain_text() {
        for (text, expect) in [
            ("true", Datum::Bool(true)),
            ("40", Datum::Integer(40)),
            ("-5.5", Datum::Number(-5.5)),
            ("heat", Datum::text("heat")),
            ("ON", Datum::text("ON")),
            ("\"40\"", Datum::text("40")),
            ("12:30", Datum::text("12:30")),
            ("null", Datum::Null),
            ("[1]", Datum::from(vec![Datum::Integer(1)])),
        ] {
            assert_eq!(parsed(text), Ok(expect), "{text}");
        }
        for text in ["{on:true}", "[1", "\"heat", "{\"a\":1,\"a\":2}"] {
            assert_eq!(parsed(text).unwrap_err().exit, Exit::Usage, "{text}");
        }
    }

    #[test]
    fn targets_and_values_come_in_pairs() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let pairs = updates(&words("zigbee/lamp/on true zigbee/lamp/brightness 40")).unwrap();
        let targets: Vec<&str> = pairs.iter().map(|update| update.target.as_str()).collect();
        assert_eq!(targets, ["zigbee/lamp/on", "zigbee/lamp/brightness"]);
        let failure = updates(&words("zigbee/lamp/on true zigbee/lamp/brightness")).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.line.unwrap().contains("zigbee/lamp/brightness has no value"));
    }

    #[test]
    fn an_update_says_how_it_is_known() {
        let outcome = |value, confirmed| Outcome {
            target: "zigbee/lamp/on".to_owned(),
            value,
            confirmed: Some(confirmed),
            ..Outcome::default()
        };
        assert_eq!(
            worded(&outcome(Some(Datum::Bool(true)), Confirmation::Device)),
            "zigbee/lamp/on = true, confirmed by the device"
        );
        assert!(worded(&outcome(None, Confirmation::Cluster)).starts_with("zigbee/lamp/on is set, taken by"));
    }
}
