//! The commit that is checked out, read from git's files without starting git.

use std::path::Path;

use crate::files::read_whole_text;

/// Returns the commit that is checked out where `folder` stands, if that is a git repository.
pub(super) fn commit(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let dot_git = folder
        .ancestors()
        .map(|folder| folder.join(".git"))
        .find(|path| path.exists())?;
    // In a worktree or submodule `.git` is a file that names the folder.
    let git = if dot_git.is_file() {
        let text = read_whole_text(&dot_git).ok()?;
        dot_git
            .parent()?
            .join(text.trim().strip_prefix("gitdir: ")?)
    } else {
        dot_git
    };
    let head = read_whole_text(&git.join("HEAD")).ok()?;
    let Some(reference) = head.trim().strip_prefix("ref: ") else {
        return Some(head.trim().to_owned());
    };
    let common =
        read_whole_text(&git.join("commondir")).map_or(git.clone(), |path| git.join(path.trim()));
    if let Ok(commit) = read_whole_text(&common.join(reference)) {
        return Some(commit.trim().to_owned());
    }
    let packed = read_whole_text(&common.join("packed-refs")).ok()?;
    let line = packed
        .lines()
        .find(|line| line.ends_with(&format!(" {reference}")))?;
    line.split(' ').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_loose_and_packed_references() {
        let folder = tempfile::tempdir().unwrap();
        let git = folder.path().join(".git");
        std::fs::create_dir_all(git.join("refs/heads")).unwrap();
        std::fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        assert_eq!(commit(folder.path()), None);
        std::fs::write(git.join("packed-refs"), "# pack\nabc123 refs/heads/main\n").unwrap();
        assert_eq!(commit(folder.path()).as_deref(), Some("abc123"));
        std::fs::write(git.join("refs/heads/main"), "def456\n").unwrap();
        assert_eq!(commit(folder.path()).as_deref(), Some("def456"));
        std::fs::write(git.join("HEAD"), "fedcba\n").unwrap();
        assert_eq!(commit(folder.path()).as_deref(), Some("fedcba"));
    }
}
