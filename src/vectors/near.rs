//! How near two vectors are.

/// Returns the cosine of the angle between two vectors, -1 to 1; `None` where they have different lengths, or one has no direction.
pub fn cosine(a: &[f32], b: &[f32]) -> Option<f64> {
    if a.len() != b.len() {
        return None;
    }
    let (mut dot, mut of_a, mut of_b) = (0.0f64, 0.0f64, 0.0f64);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (f64::from(*a), f64::from(*b));
        dot += a * b;
        of_a += a * a;
        of_b += b * b;
    }
    let cosine = dot / (of_a.sqrt() * of_b.sqrt());
    cosine.is_finite().then_some(cosine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_makes_no_difference_and_direction_does() {
        assert_eq!(cosine(&[1.0, 0.0], &[5.0, 0.0]), Some(1.0));
        assert_eq!(cosine(&[1.0, 0.0], &[0.0, 2.0]), Some(0.0));
        assert_eq!(cosine(&[1.0], &[-1.0]), Some(-1.0));
        assert_eq!(cosine(&[1.0], &[1.0, 0.0]), None);
        assert_eq!(cosine(&[0.0], &[1.0]), None);
    }
}
