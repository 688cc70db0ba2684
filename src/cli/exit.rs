//! Exit codes: the same for every command.

use std::process::ExitCode;

/// How a command ended. When several hold, the highest [`rank`](Self::rank) wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// Done, and every expectation held.
    Done,
    /// An expectation failed.
    Failed,
    /// Wrong usage, configuration or suite; nothing was sent.
    Usage,
    /// Incomplete: a trial could not be judged.
    Incomplete,
    /// No credentials, or no permission.
    Denied,
    /// The budget was reached.
    Budget,
    /// Ctrl-C; what was asked is kept.
    Interrupted,
}

impl Exit {
    /// Returns the code that scripts see.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Incomplete => 3,
            Self::Denied => 4,
            Self::Budget => 5,
            Self::Interrupted => 130,
        }
    }

    /// Returns the stronger of two: of 130, 4, 5, 3 and 1 the first wins.
    #[must_use]
    pub(super) fn or(self, other: Self) -> Self {
        if other.rank() > self.rank() {
            other
        } else {
            self
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Incomplete => 2,
            Self::Budget => 3,
            Self::Denied => 4,
            Self::Interrupted => 5,
            Self::Usage => 6,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stronger_exit_wins_in_the_order_of_the_contract() {
        let order = [
            Exit::Interrupted,
            Exit::Denied,
            Exit::Budget,
            Exit::Incomplete,
            Exit::Failed,
            Exit::Done,
        ];
        for (index, strong) in order.iter().enumerate() {
            for weak in &order[index..] {
                assert_eq!(strong.or(*weak), *strong);
                assert_eq!(weak.or(*strong), *strong);
            }
        }
    }
}
