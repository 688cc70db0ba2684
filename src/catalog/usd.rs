//! Money: whole pico-dollars.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Pico-dollars in a dollar.
const PICO: i128 = 1_000_000_000_000;

/// An amount of US dollars, exact: an integer of pico-dollars (1e-12 USD).
///
/// Every listed price is a whole number of pico-dollars per token, so sums and products never round. Prints as a
/// plain decimal without exponent, trailing zeros or currency sign: `0.000125`; serialises as that text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usd(i128);

impl Usd {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// Returns an amount of pico-dollars.
    pub const fn from_pico(pico: i128) -> Self {
        Self(pico)
    }

    /// Returns the amount in pico-dollars.
    pub const fn pico(self) -> i128 {
        self.0
    }

    /// Returns `tokens` times this price.
    #[must_use]
    pub fn times(self, tokens: u64) -> Self {
        Self(self.0 * i128::from(tokens))
    }

    /// Returns the amount as a float, for statistics and charts; never for sums.
    #[expect(clippy::cast_precision_loss, reason = "asked for: an approximation")]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / PICO as f64
    }
}

/// Why a text is no amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UsdError {
    /// Not a plain decimal number.
    #[error("not a plain decimal number")]
    NotANumber,
    /// More than twelve digits after the point.
    #[error("finer than a pico-dollar (12 digits after the point)")]
    TooFine,
    /// Beyond anything that could be meant.
    #[error("too large")]
    TooLarge,
}

impl FromStr for Usd {
    type Err = UsdError;

    /// Reads a plain decimal such as `3`, `0.25` or `-1.5`; no exponent, no sign of currency.
    fn from_str(text: &str) -> Result<Self, UsdError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction)
        {
            return Err(UsdError::NotANumber);
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > 12 {
            return Err(UsdError::TooFine);
        }
        let read = |part: &str| {
            if part.is_empty() {
                Ok(0)
            } else {
                part.parse::<i128>()
            }
        };
        let whole = read(whole).map_err(|_| UsdError::TooLarge)?;
        let fraction = read(&format!("{fraction:0<12}")).map_err(|_| UsdError::TooLarge)?;
        let pico = whole
            .checked_mul(PICO)
            .and_then(|pico| pico.checked_add(fraction))
            .ok_or(UsdError::TooLarge)?;
        Ok(Self(if negative { -pico } else { pico }))
    }
}

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let pico = self.0.unsigned_abs();
        let (whole, fraction) = (pico / PICO.unsigned_abs(), pico % PICO.unsigned_abs());
        if fraction == 0 {
            return write!(f, "{sign}{whole}");
        }
        let fraction = format!("{fraction:012}");
        write!(f, "{sign}{whole}.{}", fraction.trim_end_matches('0'))
    }
}

impl Add for Usd {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Usd {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Usd {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl Serialize for Usd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Usd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn prints_a_plain_decimal() {
        for (pico, expected) in [
            (0, "0"),
            (1, "0.000000000001"),
            (PICO, "1"),
            (-1_500_000_000_000, "-1.5"),
            (123_456_000_000_000_000, "123456"),
            (60_000, "0.00000006"),
        ] {
            assert_eq!(Usd::from_pico(pico).to_string(), expected);
        }
    }

    #[test]
    fn reads_only_plain_decimals() {
        for (text, expected) in [
            ("0.06", Ok(60_000_000_000)),
            (".5", Ok(500_000_000_000)),
            ("3", Ok(3 * PICO)),
            ("0.0000000000010", Ok(1)),
            ("0.0000000000001", Err(UsdError::TooFine)),
            ("1e-3", Err(UsdError::NotANumber)),
            ("$1", Err(UsdError::NotANumber)),
            ("", Err(UsdError::NotANumber)),
            (".", Err(UsdError::NotANumber)),
            (
                "9999999999999999999999999999999999999999",
                Err(UsdError::TooLarge),
            ),
        ] {
            assert_eq!(text.parse::<Usd>(), expected.map(Usd::from_pico), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(pico in -1_000_000_000_000_000_000_000i128..1_000_000_000_000_000_000_000) {
            let amount = Usd::from_pico(pico);
            prop_assert_eq!(amount.to_string().parse::<Usd>(), Ok(amount));
        }
    }
}
