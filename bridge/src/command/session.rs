//! What all commands share that ask a running gateway.

use hes_schemas::{
    Operation, Status,
    message::{Answer, Devices, HomeOutcome, Listing},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Exit, Failure, Output,
    connect::{ConnectArgs, Surroundings},
    render::visible,
};
use crate::client::{Client, Connection};

/// How many devices are asked for at a time: a document may have 30 KB, and a packet 4 MiB.
const PAGE: u32 = 100;

/// A command that asks a running gateway.
pub(crate) trait Task {
    /// Carries it out.
    ///
    /// # Errors
    /// [`Failure`] with the way out.
    async fn run(&self, session: &Session, output: &mut Output) -> Result<Exit, Failure>;
}

/// How to reach the gateway, and how to print what it says.
#[derive(Debug)]
pub(crate) struct Session {
    /// Where to connect.
    pub(crate) connection: Connection,
    /// Print JSON.
    pub(crate) is_json: bool,
}

/// Runs a task to its end.
///
/// # Errors
/// As the task, or if the connection is not described well.
pub(crate) fn run(task: &impl Task, args: &ConnectArgs, output: &mut Output) -> Result<Exit, Failure> {
    let session = Session { connection: args.connection(&Surroundings::of_process())?, is_json: args.is_json() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(Exit::Internal, format!("no runtime: {error}")))?;
    runtime.block_on(task.run(&session, output))
}

/// Connects, and has it said when the gateway accepts a request that takes a while.
///
/// # Errors
/// [`Failure`] as [`Client::connect`] fails.
pub(crate) async fn connect(session: &Session, output: &Output) -> Result<Client, Failure> {
    let client = Client::connect(&session.connection).await?;
    let (mut accepted, mut output) = (client.accepted(), output.clone());
    tokio::spawn(async move {
        while accepted.changed().await.is_ok() {
            output.note("accepted, waiting for the device");
        }
    });
    Ok(client)
}

/// Asks, and takes an answer that refuses the request as such for a failure.
///
/// # Errors
/// [`Failure`] with the status and the words of the gateway, or if there is no answer.
pub(crate) async fn ask<T: Serialize>(client: &Client, operation: Operation, message: &T) -> Result<Answer, Failure> {
    accepted(client.ask(operation, message).await?)
}

/// Takes an answer that refuses the request as such for a failure.
///
/// # Errors
/// [`Failure`] with the status and the words of the gateway.
pub(crate) fn accepted(answer: Answer) -> Result<Answer, Failure> {
    if answer.status.is_success() {
        return Ok(answer);
    }
    let line = fault(answer.status, answer.error.map(|symbol| symbol.as_str()), answer.detail.as_deref());
    Err(Failure::new(answer.status.into(), line))
}

/// Reads what an answer says about peers, federations or tokens.
///
/// # Errors
/// [`Failure`] if it says something else.
pub(crate) fn info<T: DeserializeOwned>(answer: Answer) -> Result<T, Failure> {
    let said = serde_json::to_value(answer.info).and_then(serde_json::from_value);
    said.map_err(|error| {
        let line = format!("the answer is not understood, as if the gateway were of another version: {error}");
        Failure::new(Exit::Unreachable, line)
    })
}

/// Asks for all devices that the account may see, page by page.
///
/// # Errors
/// As [`ask`].
pub(crate) async fn devices(client: &Client) -> Result<Vec<Listing>, Failure> {
    Ok(all_homes(client).await?.0)
}

/// Does the same, and says which other homes failed to list theirs.
///
/// # Errors
/// As [`ask`].
pub(crate) async fn all_homes(client: &Client) -> Result<(Vec<Listing>, Vec<HomeOutcome>), Failure> {
    let (mut listings, mut failed) = (Vec::new(), Vec::new());
    let mut after = None;
    loop {
        let page = Devices { limit: Some(PAGE), after, ..Devices::default() };
        let answer = ask(client, Operation::Devices, &page).await?;
        listings.extend(answer.devices.unwrap_or_default());
        failed.extend(answer.homes.into_iter().filter(|outcome| !outcome.status.is_success()));
        match answer.next {
            Some(next) => after = Some(next),
            None => return Ok((listings, failed)),
        }
    }
}

/// Words a status that is no success: `503 device_offline: the device is offline`.
pub(crate) fn fault(status: Status, symbol: Option<&str>, detail: Option<&str>) -> String {
    let symbol = symbol.map(|symbol| format!(" {symbol}")).unwrap_or_default();
    let detail = detail.map(|detail| format!(": {}", visible(detail))).unwrap_or_default();
    format!("{status}{symbol}{detail}")
}

/// Writes a document as JSON.
pub(crate) fn json<T: Serialize + ?Sized>(document: &T) -> String {
    // messages have texts for keys, so this cannot fail
    serde_json::to_string_pretty(document).unwrap_or_default()
}
