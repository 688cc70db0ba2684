//! Numbers that look random and are not: the same for the same seed and place, whoever draws them first.

/// A stream of numbers, each of which depends on the seed and its place alone.
#[derive(Debug, Clone, Copy)]
pub struct Random(u64);

impl Random {
    /// Returns the stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the 64 bits at `place`.
    ///
    /// Source: G. L. Steele, D. Lea and C. H. Flood, "Fast splittable pseudorandom number generators", OOPSLA (2014):
    /// `SplitMix64`, whose state is a counter.
    pub fn bits(self, place: u64) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut bits = self
            .0
            .wrapping_add(place.wrapping_add(1).wrapping_mul(STEP));
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// Returns a number at `place`, from 0 to below `end`, which is at least 1.
    pub fn below(self, place: u64, end: u64) -> u64 {
        let wide = u128::from(self.bits(place)) * u128::from(end);
        u64::try_from(wide >> 64).expect("the upper half of a product of two halves")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Oracle: the reference implementation of S. Vigna, seed 1234567.
    #[test]
    fn it_is_the_published_generator() {
        let random = Random::new(1_234_567);
        let first = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        for (place, expected) in (0..).zip(first) {
            assert_eq!(random.bits(place), expected);
        }
    }

    #[test]
    fn every_number_below_the_end_is_drawn() {
        let random = Random::new(7);
        let mut seen = [0; 6];
        for place in 0..6000 {
            seen[usize::try_from(random.below(place, 6)).unwrap()] += 1;
        }
        assert!(
            seen.iter().all(|count| (850..1150).contains(count)),
            "{seen:?}"
        );
    }
}
