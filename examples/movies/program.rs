//! What the examples do to be programs: they start xray as their command line says, and end with an exit code.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use anyhow::anyhow;

/// Where the API is served unless the command line says otherwise.
const ADDRESS: &str = "127.0.0.1:7878";

/// Records into `store`. Serves the API, at `address` if there is one, but not by itself where the program ends at once.
pub(crate) fn start(
    builder: xray::Builder,
    store: &Path,
    address: Option<&str>,
    once: bool,
) -> anyhow::Result<xray::Guard> {
    let mut builder = builder.store(store);
    if let Some(address) = address.or((!once).then_some(ADDRESS)) {
        builder = builder.serve(address);
    }
    builder.start().map_err(with_option)
}

/// The error, with the option of the program that helps.
fn with_option(error: xray::StartError) -> anyhow::Error {
    match error {
        xray::StartError::Serve(_) => anyhow!("{error}: `--address 127.0.0.1:0`"),
        xray::StartError::Store(_) => anyhow!("{error}: `--store FILE`"),
        _ => error.into(),
    }
}

/// The program's exit code; an error is said.
pub(crate) fn exit_code(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has read enough.
        Err(error) if error.downcast_ref().map(io::Error::kind) == Some(io::ErrorKind::BrokenPipe) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
