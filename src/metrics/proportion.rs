//! Hits out of a total in, a share with an honest interval out.

use crate::protocol::Proportion;

/// 97.5th percentile of the standard normal: a two-sided 95 % interval.
pub(super) const Z95: f64 = 1.959_963_984_540_054;

/// A share of hits with Wilson's 95 % score interval, which stays honest for few samples and for
/// shares near 0 and 1 (Wilson 1927; recommended by Brown, Cai & DasGupta 2001).
///
/// `total` of 0 knows nothing: the interval is [0, 1].
pub fn wilson(hits: usize, total: usize) -> Proportion {
    if total == 0 {
        return Proportion {
            hits,
            total,
            low: 0.0,
            high: 1.0,
        };
    }
    let (n, p) = (total as f64, hits as f64 / total as f64);
    let shrink = 1.0 + Z95 * Z95 / n;
    let center = (p + Z95 * Z95 / (2.0 * n)) / shrink;
    let half = Z95 / shrink * (p * (1.0 - p) / n + Z95 * Z95 / (4.0 * n * n)).sqrt();
    Proportion {
        hits,
        total,
        low: (center - half).max(0.0),
        high: (center + half).min(1.0),
    }
}

/// `part` of `whole`; nothing of nothing.
pub(super) fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

/// The mean of the values there are; nothing if there are none.
pub(super) fn mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values
        .into_iter()
        .fold((0.0, 0usize), |(sum, count), x| (sum + x, count + 1));
    share(sum, count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values from statsmodels 0.14 `proportion_confint(hits, total, method="wilson")`.
    #[test]
    fn wilson_matches_statsmodels() {
        for (hits, total, low, high) in [
            (9, 10, 0.595_849_973, 0.982_123_787),
            (0, 5, 0.0, 0.434_482_464),
            (50, 100, 0.403_831_530, 0.596_168_470),
        ] {
            let share = wilson(hits, total);
            assert!((share.low - low).abs() < 1e-6, "{share:?}");
            assert!((share.high - high).abs() < 1e-6, "{share:?}");
        }
    }

    #[test]
    fn no_samples_say_nothing() {
        let share = wilson(0, 0);
        assert_eq!((share.low, share.high), (0.0, 1.0));
    }

    #[test]
    fn a_share_of_nothing_is_nothing_rather_than_nan() {
        assert_eq!(share(0.0, 0.0), None);
        assert_eq!(mean([]), None);
        assert_eq!(mean([1.0, 2.0]), Some(1.5));
    }
}
