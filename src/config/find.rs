//! Where the files are: named, or found from the working directory upward.

use std::path::{Path, PathBuf};

/// Where to look.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// A file that a flag or a variable names; nothing else is looked at then.
    pub named: Option<PathBuf>,
    /// The working directory.
    pub here: PathBuf,
    /// The folder of the user's own configuration, such as `~/.config/mcp-cli`.
    pub user: Option<PathBuf>,
    /// The folder of the program.
    pub program: Option<PathBuf>,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// `config.yaml`, if there is one.
    pub main: Option<PathBuf>,
    /// The folder whose `config/` is looked into.
    pub root: Option<PathBuf>,
    /// `.env` files, the nearest first.
    pub env: Vec<PathBuf>,
}

/// Looks for a configuration: `config.yaml`, or a folder `config/providers` or `config/embeddings` without one; in the working directory, the
/// folders above it up to that of the repository, the user's own, and the program's.
pub fn find(places: &Places) -> Found {
    let above: Vec<&Path> = above(&places.here).collect();
    let mut found = Found::default();
    if let Some(named) = &places.named {
        found.root = named.parent().map(Path::to_owned);
        found.main = Some(named.clone());
    } else {
        let others = [&places.user, &places.program];
        let others = others.into_iter().filter_map(Option::as_deref);
        let has_config = |folder: &&Path| {
            let folders = ["config/providers", "config/embeddings", "config/servers"];
            folder.join("config.yaml").is_file()
                || folder.join(".mcp.json").is_file()
                || folders.iter().any(|name| folder.join(name).is_dir())
        };
        let root = above.iter().copied().chain(others).find(has_config);
        found.main = root
            .map(|root| root.join("config.yaml"))
            .filter(|main| main.is_file());
        found.root = root.map(Path::to_owned);
    }
    let folders = above.into_iter().chain(found.root.as_deref());
    for path in folders.map(|folder| folder.join(".env")) {
        if path.is_file() && !found.env.contains(&path) {
            found.env.push(path);
        }
    }
    found
}

/// Returns a folder and those above it, up to that of the repository it is in; alone, where it is in none.
fn above(here: &Path) -> impl Iterator<Item = &Path> {
    let repository = here
        .ancestors()
        .position(|folder| folder.join(".git").exists());
    here.ancestors().take(repository.unwrap_or(0) + 1)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_nearest_is_taken_up_to_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        for made in ["repo/.git", "repo/a/b", "user/config/providers"] {
            fs::create_dir_all(at(made)).unwrap();
        }
        for file in ["config.yaml", ".env", "repo/.env", "repo/a/.env"] {
            fs::write(at(file), "").unwrap();
        }
        let places = |named: Option<&str>| Places {
            named: named.map(&at),
            here: at("repo/a/b"),
            user: Some(at("user")),
            program: None,
        };
        let user = find(&places(None));
        assert_eq!((user.main, user.root), (None, Some(at("user"))));
        assert_eq!(user.env, [at("repo/a/.env"), at("repo/.env")]);
        fs::write(at("repo/config.yaml"), "").unwrap();
        assert_eq!(find(&places(None)).main, Some(at("repo/config.yaml")));
        let named = find(&places(Some("config.yaml")));
        assert_eq!(named.main, Some(at("config.yaml")));
        assert_eq!(named.env.last(), Some(&at(".env")));
    }
}
