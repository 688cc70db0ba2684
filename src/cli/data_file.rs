//! Where files are that commands keep for themselves.

use std::path::PathBuf;

/// Returns the place of such a file: in `XDG_DATA_HOME`, else in the home folder; `None` where there is neither.
pub(super) fn data_file(name: &str) -> Option<PathBuf> {
    let folder = |variable: &str| {
        let value = std::env::var_os(variable)?;
        (!value.is_empty()).then(|| PathBuf::from(value))
    };
    let home = || folder("HOME").or_else(|| folder("USERPROFILE"));
    let data = folder("XDG_DATA_HOME").or_else(|| Some(home()?.join(".local/share")));
    Some(data?.join("mcp-cli").join(name))
}
