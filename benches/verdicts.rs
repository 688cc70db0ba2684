//! How often verdicts err: comparisons of made-up models whose true rates are known. Prints the tables of
//! `docs/comparing.md`.
//!
//! Seeded: the same numbers each time. `cargo bench --bench verdicts`; a number after `--` is how many comparisons stand
//! behind each figure, 10,000 if left out.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measures")]

use mcp_cli::stats::sequential::{Bets, FlipEvidence};
use mcp_cli::stats::{PairTable, Random, Verdict, pair_power};

/// The level of every test here.
const LEVEL: f64 = 0.05;

/// True rates of the four ways in which a pair can come out.
#[derive(Clone, Copy)]
struct World {
    both: f64,
    up: f64,
    down: f64,
}

impl World {
    /// A world in which the baseline passes with `rate`, models differ on a share `discordance`, and the candidate's rate is
    /// higher by `difference`.
    fn new(rate: f64, discordance: f64, difference: f64) -> Self {
        let up = f64::midpoint(discordance, difference);
        let down = f64::midpoint(discordance, -difference);
        Self {
            both: rate - down,
            up,
            down,
        }
    }

    /// Draws the pair at `place`: candidate, baseline.
    fn draw(self, random: Random, place: u64) -> (bool, bool) {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are kept")]
        let share = (random.bits(place) >> 11) as f64 / (1_u64 << 53) as f64;
        if share < self.both {
            (true, true)
        } else if share < self.both + self.up {
            (true, false)
        } else if share < self.both + self.up + self.down {
            (false, true)
        } else {
            (false, false)
        }
    }
}

/// Shares of comparisons, 0..=1.
#[derive(Default)]
struct Shares {
    /// Called better or worse, by the fixed test.
    real: f64,
    /// Called better, by the fixed test.
    better: f64,
    /// Called not worse by the margin, by the fixed test.
    within: f64,
    /// Called better or worse by evidence that was looked at after every case.
    real_early: f64,
    /// Called better so.
    better_early: f64,
    /// Called not worse by the margin so.
    within_early: f64,
    /// Cases asked before that evidence was enough, on average.
    asked: f64,
}

fn simulated(world: World, n: u64, margin: f64, comparisons: u64, seed: u64) -> Shares {
    let mut shares = Shares::default();
    for comparison in 0..comparisons {
        let random =
            Random::new(seed.wrapping_mul(1_000_003) ^ comparison.wrapping_mul(0x9e37_79b9));
        let mut table = PairTable::default();
        let (mut flips, mut bets) = (FlipEvidence::default(), Bets::not_worse(margin, LEVEL));
        let (mut stopped, mut within) = (None, false);
        for case in 0..n {
            let (candidate, baseline) = world.draw(random, case);
            table.add(candidate, baseline);
            let apart = f64::from(i8::from(candidate) - i8::from(baseline));
            flips.up += u64::from(candidate && !baseline);
            flips.down += u64::from(!candidate && baseline);
            bets.add(f64::midpoint(apart, 1.0));
            within |= bets.capital() >= 1.0 / LEVEL;
            // Without a flip the evidence is what it was.
            if stopped.is_none() && candidate != baseline && flips.of_difference() >= 1.0 / LEVEL {
                stopped = Some((case + 1, flips.up > flips.down));
            }
        }
        let (wide, narrow) = (table.score_interval(0.95), table.score_interval(0.9));
        let verdict = Verdict::of(wide, narrow, table.mid_p(), Some(margin));
        let alone = Verdict::of(wide, narrow, table.mid_p(), None);
        let count = |holds: bool| f64::from(u8::from(holds));
        // With a margin or without: whatever says that there is a difference.
        let silent = [Verdict::Inconclusive, Verdict::NonInferior];
        shares.real += count([alone, verdict].iter().any(|said| !silent.contains(said)));
        shares.better += count(alone == Verdict::Better);
        shares.within += count(verdict.allows_switch());
        shares.real_early += count(stopped.is_some());
        shares.better_early += count(stopped.is_some_and(|(_, up)| up));
        shares.within_early += count(within);
        #[expect(clippy::cast_precision_loss, reason = "hundreds")]
        let asked = stopped.map_or(n, |(case, _)| case) as f64;
        shares.asked += asked;
    }
    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    let all = comparisons as f64;
    for share in [
        &mut shares.real,
        &mut shares.better,
        &mut shares.within,
        &mut shares.real_early,
        &mut shares.better_early,
        &mut shares.within_early,
        &mut shares.asked,
    ] {
        *share /= all;
    }
    shares
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn main() {
    let number = std::env::args()
        .rev()
        .find_map(|argument| argument.parse().ok());
    let comparisons: u64 = number.unwrap_or(10_000);
    println!("{comparisons} comparisons behind each figure");

    println!(
        "\nTwo models of the same rate: how often a difference is called real (nominal 5 %)\n"
    );
    println!(
        "| cases | pass rate | differ on | called better or worse | exact size of mid-p | looking after every case |"
    );
    println!("| ---: | ---: | ---: | ---: | ---: | ---: |");
    let mut worst: (f64, f64, f64) = (0.0, 0.0, 0.0);
    for n in [50, 100, 200, 500] {
        for (rate, discordance) in [(0.5, 0.3), (0.7, 0.2), (0.9, 0.1), (0.95, 0.05)] {
            let world = World::new(rate, discordance, 0.0);
            let found = simulated(world, n, 0.05, comparisons, n);
            let exact = pair_power(n, discordance / 2.0, discordance / 2.0).mid_p;
            if n >= 100 {
                worst.0 = worst.0.max(found.real);
                worst.1 = worst.1.max(found.real_early);
                worst.2 = worst.2.max((found.real - exact).abs());
            }
            println!(
                "| {n} | {rate} | {discordance} | {} | {} | {} |",
                percent(found.real),
                percent(exact),
                percent(found.real_early)
            );
        }
    }
    println!(
        "\nWorst from 100 cases on: {} (and {} looking after every case); at most {:.2} points from the exact size.",
        percent(worst.0),
        percent(worst.1),
        worst.2 * 100.0
    );

    println!(
        "\nA model that is worse by just the margin: how often it is let pass (nominal 5 %)\n"
    );
    println!("| cases | pass rate | differ on | margin | let pass | looking after every case |");
    println!("| ---: | ---: | ---: | ---: | ---: | ---: |");
    let mut most: (f64, f64) = (0.0, 0.0);
    for n in [100, 200, 500] {
        for (rate, discordance, margin) in [
            (0.7, 0.2, 0.05),
            (0.9, 0.1, 0.05),
            (0.9, 0.1, 0.02),
            (0.95, 0.05, 0.02),
        ] {
            let world = World::new(rate, discordance, -margin);
            let found = simulated(world, n, margin, comparisons, n + 7);
            most = (most.0.max(found.within), most.1.max(found.within_early));
            println!(
                "| {n} | {rate} | {discordance} | {margin} | {} | {} |",
                percent(found.within),
                percent(found.within_early)
            );
        }
    }
    println!(
        "\nWorst: {}, looking after every case {}.",
        percent(most.0),
        percent(most.1)
    );

    println!("\nA model that is better: how often that is found, and after how many cases\n");
    println!(
        "| cases | only it passes | only the baseline passes | found | exact power of mid-p | looking after every case | cases asked then |"
    );
    println!("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (n, up, down) in [
        (200, 0.075, 0.025),
        (200, 0.12, 0.03),
        (300, 0.12, 0.03),
        (500, 0.08, 0.04),
    ] {
        let world = World::new(0.8, up + down, up - down);
        let found = simulated(world, n, 0.05, comparisons, n + 13);
        println!(
            "| {n} | {up} | {down} | {} | {} | {} | {:.0} |",
            percent(found.better),
            percent(pair_power(n, up, down).mid_p),
            percent(found.better_early),
            found.asked
        );
    }
}
