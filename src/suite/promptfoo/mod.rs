//! Files written for promptfoo, said in our words before they are decoded.
//!
//! Each file here rewrites one thing of a located tree: what it understands becomes what a suite says, at the place
//! where it stood; what has no words of ours is left as it is, and the decoder refuses it. So there is one decoder, and
//! a mistake is told where the author wrote it. Nothing here changes what a suite of ours means.

mod providers;
mod refs;
mod rows;
mod scenarios;
mod tests;
mod top;
mod tree;

use super::error::Problems;
use super::source::Node;

/// Returns the tree of a suite in our words.
pub(super) fn rewritten(root: Node, problems: &mut Problems) -> Node {
    let root = refs::resolved(root, problems);
    let root = top::rewritten(root, problems);
    let root = scenarios::unfolded(root, problems);
    let root = providers::rewritten(root, problems);
    tests::rewritten(root, problems)
}

#[cfg(test)]
#[path = "spec.rs"]
mod spec;
