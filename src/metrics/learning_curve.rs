//! Hits at growing numbers of training images in, whether more images would help out.
//!
//! Meant for this: for each fold of a cross-validation, train on each of the
//! [`nested_subsets`](crate::dataset::nested_subsets) of its training rows and count the hits on
//! its held-out rows; add the counts of all folds. Then each row is tested once at each size.

use rand::Rng;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{
    power_law::{Design, PowerLaw},
    wilson,
};
use crate::protocol::Proportion;

/// Repetitions for error bars. With 400, the ends of a 95 % interval are the 10th from each side.
const NUM_REPLICAS: usize = 400;

/// A gain in accuracy by doubling the images that is worth the work: one more answer in a
/// hundred. Less is not seen with a few hundred held-out images, whose interval is wider.
pub const WORTHWHILE: f64 = 0.01;

/// From four chances in five on something is called likely, from one in five down unlikely.
const LIKELY: f64 = 0.8;

/// Held-out accuracy of heads trained on one number of images.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// Training images a class, on average; above 0.
    pub num_images: f64,
    /// Hits on held-out images with Wilson's interval.
    pub accuracy: Proportion,
}

/// A number with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Estimate {
    /// What is most likely.
    pub value: f64,
    /// The true one is rarely below this …
    pub low: f64,
    /// … or above this.
    pub high: f64,
}

/// Whether doubling the images lifts the accuracy by [`WORTHWHILE`] or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Outlook {
    /// With a probability of at least four in five.
    Likely,
    /// The images there are can't tell.
    Open,
    /// With a probability of at most one in five.
    Unlikely,
}

/// How accuracy grows with the number of training images, and by how much more it may.
#[derive(Clone, Debug, PartialEq)]
pub struct LearningCurve {
    /// What was measured, ascending.
    pub points: Vec<CurvePoint>,
    /// The curve through it.
    pub law: PowerLaw,
    /// The curves through what might have been measured as well.
    replicas: Vec<PowerLaw>,
}

impl LearningCurve {
    /// Fits an inverse power law through pairs of training images a class and `(hits, total)`.
    ///
    /// `None` with fewer than three different numbers of images that have held-out samples.
    /// Error bars are by parametric bootstrap (Efron & Tibshirani 1993): hits are drawn again
    /// around the curve, as many times as `seed` determines, with their binomial deviation.
    pub fn fit(measured: &[(f64, usize, usize)], seed: u64) -> Option<Self> {
        let points = sorted_points(measured);
        if points.chunk_by(|a, b| a.num_images == b.num_images).count() < 3 {
            return None;
        }
        let deviations: Vec<_> = points.iter().map(|p| deviation(&p.accuracy)).collect();
        let num_images = points.iter().map(|p| p.num_images).collect();
        let design = Design::new(num_images, &deviations);
        let shares: Vec<_> = points.iter().map(|p| share(&p.accuracy)).collect();
        let law = design.fit(&shares);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut replica = || {
            let mut draw = |(point, deviation): (&CurvePoint, &f64)| {
                let accuracy = law.accuracy(point.num_images) + deviation * normal(&mut rng);
                accuracy.clamp(0.0, 1.0)
            };
            let drawn: Vec<_> = points.iter().zip(&deviations).map(&mut draw).collect();
            design.fit_on_grid(&drawn)
        };
        let replicas = (0..NUM_REPLICAS).map(|_| replica()).collect();
        Some(Self {
            points,
            law,
            replicas,
        })
    }

    /// The accuracy to expect with `num_images` a class, in [0, 1].
    pub fn accuracy(&self, num_images: f64) -> Estimate {
        self.estimate(|law| law.accuracy(num_images))
    }

    /// What twice the images would add to the accuracy, in [0, 1].
    pub fn gain_by_doubling(&self) -> Estimate {
        self.estimate(|law| self.gain(law))
    }

    /// Whether twice the images are worth it.
    pub fn outlook(&self) -> Outlook {
        let worthwhile = |law: &&PowerLaw| self.gain(law) >= WORTHWHILE;
        let num = self.replicas.iter().filter(worthwhile).count();
        match num as f64 / self.replicas.len() as f64 {
            chance if chance >= LIKELY => Outlook::Likely,
            chance if chance <= 1.0 - LIKELY => Outlook::Unlikely,
            _ => Outlook::Open,
        }
    }

    fn gain(&self, law: &PowerLaw) -> f64 {
        let most = self.points.last().expect("three points").num_images;
        law.accuracy(2.0 * most) - law.accuracy(most)
    }

    fn estimate(&self, of: impl Fn(&PowerLaw) -> f64) -> Estimate {
        let mut values: Vec<_> = self.replicas.iter().map(&of).collect();
        values.sort_unstable_by(f64::total_cmp);
        let tail = NUM_REPLICAS / 40;
        let value = of(&self.law);
        Estimate {
            value,
            low: values[tail].min(value),
            high: values[NUM_REPLICAS - 1 - tail].max(value),
        }
    }
}

/// The points that say something, fewest images first.
fn sorted_points(measured: &[(f64, usize, usize)]) -> Vec<CurvePoint> {
    let point = |&(num_images, hits, total): &(f64, usize, usize)| CurvePoint {
        num_images,
        accuracy: wilson(hits, total),
    };
    let says_something = |point: &CurvePoint| point.num_images > 0.0 && point.accuracy.total > 0;
    let mut points: Vec<_> = measured.iter().map(point).filter(says_something).collect();
    points.sort_by(|a, b| a.num_images.total_cmp(&b.num_images));
    points
}

fn share(proportion: &Proportion) -> f64 {
    proportion.hits as f64 / proportion.total as f64
}

/// Standard deviation of a share, by Agresti & Coull's (1998) two more hits and two more misses,
/// so that it is not 0 where all or none are hits.
fn deviation(accuracy: &Proportion) -> f64 {
    let total = accuracy.total as f64 + 4.0;
    let p = (accuracy.hits as f64 + 2.0) / total;
    (p * (1.0 - p) / total).sqrt()
}

/// A draw from the standard normal distribution (Box & Muller 1958).
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (u, v): (f64, f64) = (rng.random(), rng.random());
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// One or two plain sentences: whether more images are likely to help, and for which classes.
///
/// `overall` is the curve of all classes together, `classes` are names with the curves of each
/// class's recall, where there are any.
pub fn advice(
    overall: Option<&LearningCurve>,
    classes: &[(&str, Option<&LearningCurve>)],
) -> String {
    let Some(overall) = overall else {
        return "There are too few images to tell whether more would help.".to_owned();
    };
    let gaining = likely_to_gain(classes);
    let (most, gain) = (overall.points.len() - 1, overall.gain_by_doubling());
    let now = overall.law.accuracy(overall.points[most].num_images);
    match (overall.outlook(), gaining.is_empty()) {
        (Outlook::Likely, _) => {
            let for_classes = match gaining.as_slice() {
                [] => String::new(),
                names => format!(" Most for {}.", list(names)),
            };
            format!(
                "More images are likely to help: twice as many would lift accuracy from about {} \
                 to about {} (by {} to {} points).{for_classes}",
                percent(now),
                percent(now + gain.value),
                points(gain.low),
                points(gain.high),
            )
        }
        (Outlook::Unlikely, true) => format!(
            "More images of the same kind are unlikely to help: accuracy has leveled off at about \
             {}.",
            percent(now)
        ),
        (Outlook::Unlikely, false) => format!(
            "More images are unlikely to help overall, but likely for {}.",
            list(&gaining)
        ),
        (Outlook::Open, true) => {
            "More images may help, but there are too few yet to tell.".to_owned()
        }
        (Outlook::Open, false) => format!(
            "More images may help; they are likely to for {}.",
            list(&gaining)
        ),
    }
}

/// Names of the classes that more images are likely to help, those they help most first.
fn likely_to_gain<'a>(classes: &[(&'a str, Option<&LearningCurve>)]) -> Vec<&'a str> {
    let mut gains: Vec<_> = classes
        .iter()
        .filter_map(|(name, curve)| Some((*name, (*curve)?)))
        .filter(|(_, curve)| curve.outlook() == Outlook::Likely)
        .map(|(name, curve)| (name, curve.gain_by_doubling().value))
        .collect();
    gains.sort_by(|a, b| b.1.total_cmp(&a.1));
    gains.into_iter().map(|(name, _)| name).collect()
}

/// `“a”`, `“a” and “b”`, `“a”, “b”, “c” and 2 more`.
fn list(names: &[&str]) -> String {
    let quoted: Vec<_> = names
        .iter()
        .take(3)
        .map(|name| format!("“{name}”"))
        .collect();
    let rest = names.len() - quoted.len();
    match (quoted.as_slice(), rest) {
        ([.., _], 1..) => format!("{} and {rest} more", quoted.join(", ")),
        ([first @ .., last], _) if !first.is_empty() => {
            format!("{} and {last}", first.join(", "))
        }
        _ => quoted.concat(),
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

fn points(share: f64) -> String {
    format!("{:.0}", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rising() -> LearningCurve {
        let measured = [
            (2.0, 420, 1000),
            (4.0, 560, 1000),
            (8.0, 670, 1000),
            (16.0, 760, 1000),
        ];
        LearningCurve::fit(&measured, 1).unwrap()
    }

    fn flat() -> LearningCurve {
        let measured = [
            (4.0, 1790, 2000),
            (8.0, 1804, 2000),
            (16.0, 1798, 2000),
            (32.0, 1802, 2000),
        ];
        LearningCurve::fit(&measured, 1).unwrap()
    }

    #[test]
    fn a_rising_curve_goes_on() {
        let curve = rising();
        let gain = curve.gain_by_doubling();
        assert!(
            0.03 < gain.low && gain.low < gain.value && gain.value < gain.high,
            "{gain:?}"
        );
        assert!(gain.high < 0.12, "{gain:?}");
        assert_eq!(curve.outlook(), Outlook::Likely);
    }

    #[test]
    fn a_flat_curve_stays() {
        let curve = flat();
        assert_eq!(curve.outlook(), Outlook::Unlikely);
        let later = curve.accuracy(64.0);
        assert!((later.value - 0.9).abs() < 0.01, "{later:?}");
    }

    #[test]
    fn few_held_out_images_leave_it_open() {
        let curve = LearningCurve::fit(&[(2.0, 11, 16), (4.0, 12, 16), (8.0, 12, 16)], 1).unwrap();
        assert_eq!(curve.outlook(), Outlook::Open);
        let gain = curve.gain_by_doubling();
        assert!(gain.high - gain.low > 0.03, "{gain:?}");
    }

    #[test]
    fn two_sizes_make_no_curve() {
        assert_eq!(
            LearningCurve::fit(&[(2.0, 1, 2), (4.0, 2, 2), (4.0, 1, 2)], 1),
            None
        );
        assert_eq!(
            LearningCurve::fit(&[(2.0, 1, 2), (4.0, 2, 2), (8.0, 0, 0)], 1),
            None
        );
        assert_eq!(LearningCurve::fit(&[], 1), None);
    }

    #[test]
    fn nothing_right_or_everything_right_gives_numbers() {
        for hits in [0, 9] {
            let measured = [1.0, 2.0, 4.0].map(|n| (n, hits, 9));
            let gain = LearningCurve::fit(&measured, 1).unwrap().gain_by_doubling();
            assert!(gain.low >= 0.0 && gain.high <= 1.0, "{gain:?}");
        }
    }

    #[test]
    fn the_seed_determines_the_error_bars() {
        assert_eq!(rising(), rising());
    }

    #[test]
    fn the_advice_names_the_classes_that_gain() {
        let (rising, flat) = (rising(), flat());
        let classes = [("cat", Some(&flat)), ("dog", Some(&rising)), ("owl", None)];
        assert_eq!(
            advice(Some(&flat), &classes),
            "More images are unlikely to help overall, but likely for “dog”."
        );
        let advice = advice(Some(&rising), &classes);
        assert!(advice.starts_with("More images are likely to help: twice as many would lift accuracy from about 76 % to about 8"), "{advice}");
        assert!(advice.ends_with("points). Most for “dog”."), "{advice}");
    }

    #[test]
    fn the_advice_is_to_stop_or_to_wait_where_that_is_so() {
        assert_eq!(
            advice(Some(&flat()), &[]),
            "More images of the same kind are unlikely to help: accuracy has leveled off at about \
             90 %."
        );
        assert_eq!(
            advice(None, &[]),
            "There are too few images to tell whether more would help."
        );
    }

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(list(&["a"]), "“a”");
        assert_eq!(list(&["a", "b"]), "“a” and “b”");
        assert_eq!(list(&["a", "b", "c"]), "“a”, “b” and “c”");
        assert_eq!(list(&["a", "b", "c", "d", "e"]), "“a”, “b”, “c” and 2 more");
    }
}
