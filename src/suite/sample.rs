//! Drawing some of many, the same ones for the same seed.

use std::collections::BinaryHeap;

/// Draws `count` of `0..total`, sorted; all of them if there are no more.
///
/// Each index has a rank that depends on the seed and itself alone, and the lowest ranks win: a larger sample of the
/// same seed holds the smaller one.
pub fn draw(total: u64, count: u64, seed: u64) -> Vec<u64> {
    let size = usize::try_from(count).unwrap_or(usize::MAX);
    let mut lowest: BinaryHeap<(u64, u64)> = BinaryHeap::new();
    for index in 0..total {
        lowest.push((rank(seed, index), index));
        if lowest.len() > size {
            lowest.pop();
        }
    }
    let mut drawn: Vec<u64> = lowest.into_iter().map(|(_, index)| index).collect();
    drawn.sort_unstable();
    drawn
}

/// Mixes seed and index: the finaliser of `SplitMix64` (Steele, Lea & Flood, OOPSLA 2014).
pub fn rank(seed: u64, index: u64) -> u64 {
    let mut mixed = seed ^ index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn draws_as_many_as_asked_without_repeats(total in 0_u64..500, count in 0_u64..600, seed: u64) {
            let drawn = draw(total, count, seed);
            prop_assert_eq!(drawn.len() as u64, count.min(total));
            prop_assert!(drawn.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(drawn.iter().all(|index| *index < total));
        }

        #[test]
        fn a_larger_sample_holds_the_smaller(seed: u64) {
            let (small, large) = (draw(200, 10, seed), draw(200, 30, seed));
            prop_assert!(small.iter().all(|index| large.contains(index)));
        }
    }
}
