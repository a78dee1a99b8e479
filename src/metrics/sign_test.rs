//! Two counts in, whether chance alone makes them differ so out.

/// Probability that a fair coin falls at least as unevenly: the exact two-sided sign test, on the
/// samples that one of two heads names right and the other wrong (McNemar 1947). 1 for none.
pub fn sign_test(num_gained: usize, num_lost: usize) -> f64 {
    let num = num_gained + num_lost;
    let fewer = num_gained.min(num_lost);
    // ln of C(num, k) / 2^num, for k from 0 on
    let mut term = -(num as f64) * std::f64::consts::LN_2;
    let mut tail = 0.0;
    for k in 0..=fewer {
        tail += f64::exp(term);
        term += ((num - k) as f64).ln() - ((k + 1) as f64).ln();
    }
    (2.0 * tail).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_by_hand_and_by_scipys_binomtest() {
        assert_eq!(sign_test(0, 0), 1.0);
        assert_eq!(sign_test(3, 3), 1.0);
        assert!((sign_test(0, 5) - 2.0 / 32.0).abs() < 1e-12);
        assert!((sign_test(7, 1) - 18.0 / 256.0).abs() < 1e-12);
        assert!((sign_test(40, 20) - 0.013489293731192).abs() < 1e-9);
        assert!(sign_test(0, 5000) < 1e-300);
    }
}
