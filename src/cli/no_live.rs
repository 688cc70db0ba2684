//! What stands in the place of `models --live` where the program was built without it.

use super::error::CliError;
use super::exit::Exit;
use super::provider::ProviderArgs;
use super::ui::Ui;

/// Says that this build cannot ask the account.
pub(super) fn run(_: &ProviderArgs, _: &str, _: bool, _: &Ui) -> Result<Exit, CliError> {
    let error = CliError::usage("this build of mcp-cli cannot ask the account for its models");
    Err(error.hint("build one that can: cargo install --path . --features cloud"))
}
