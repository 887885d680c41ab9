//! `hes-bridge schema`: the documents that describe the interface.

use clap::{Args, ValueEnum};

use super::{Exit, Failure, Output, session::json};

/// Print a description of the interface
///
/// The documents are made from the program itself, so they say what this version does.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hes-bridge schema json > hes.schema.json\n  hes-bridge schema asyncapi | less\n  \
                        hes-bridge schema vocabulary | grep -A 9 brightness"
)]
pub(crate) struct SchemaArgs {
    /// Which one
    #[arg(value_enum, value_name = "json|asyncapi|vocabulary")]
    document: Document,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Document {
    /// JSON Schemas of all messages, draft 2020-12
    Json,
    /// AsyncAPI 3 document of all topics and messages
    Asyncapi,
    /// Common vocabulary: what each property means, its unit, range and safety class
    Vocabulary,
}

/// Prints the document.
///
/// # Errors
/// [`Failure`] if it cannot be written.
pub(crate) fn run(args: &SchemaArgs, output: &mut Output) -> Result<Exit, Failure> {
    match args.document {
        Document::Json => output.print(&json(&hes_schemas::schema::json_schemas()))?,
        Document::Asyncapi => output.print(&json(&hes_schemas::asyncapi()))?,
        Document::Vocabulary => output.print(hes_schemas::vocabulary::SOURCE)?,
    }
    Ok(Exit::Success)
}
