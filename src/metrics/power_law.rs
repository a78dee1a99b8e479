//! Accuracies at growing numbers of images in, the curve through them out.

use super::proportion::share;

/// Exponents tried. Errors of deep networks fall with exponents of 0.07 to 0.35 (Hestness et al.
/// 2017, arXiv:1712.00409), of simple classifiers up to about 1; beyond these bounds a few noisy
/// points would say more than they know.
const EXPONENTS: std::ops::RangeInclusive<f64> = 0.05..=2.0;

/// Exponents on the grid: neighbors differ by 10 %.
const GRID: usize = 40;

/// Narrowings of the best exponent's bracket, each by the golden ratio: to 1 part in 10⁶.
const NARROWINGS: usize = 30;

/// Accuracy as an inverse power law of the number of images, `ceiling - drop · (n / first)^-exponent`
/// (Figueroa et al. 2012, doi:10.1186/1472-6947-12-8).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerLaw {
    /// Accuracy with endless images, in [0, 1].
    pub ceiling: f64,
    /// How far below it the accuracy is at `first` images, at least 0.
    pub drop: f64,
    /// How fast the rest falls, in [0.05, 2]: doubling the images divides it by `2^exponent`.
    pub exponent: f64,
    /// The least number of images it was fitted to.
    pub first: f64,
}

impl PowerLaw {
    /// The accuracy to expect with `num_images`, in [0, 1].
    pub fn accuracy(&self, num_images: f64) -> f64 {
        let rest = self.drop * (num_images / self.first).powf(-self.exponent);
        (self.ceiling - rest).clamp(0.0, 1.0)
    }
}

/// Numbers of images at which accuracies are known, prepared for fitting many times.
pub(super) struct Design {
    /// Above 0, ascending.
    num_images: Vec<f64>,
    /// One over each accuracy's variance.
    weights: Vec<f64>,
    /// `(n / first)^-exponent` of each number of images, for each exponent on the grid.
    grid: Vec<(f64, Vec<f64>)>,
}

impl Design {
    pub(super) fn new(num_images: Vec<f64>, deviations: &[f64]) -> Self {
        let (low, high) = (EXPONENTS.start().ln(), EXPONENTS.end().ln());
        let exponent = |at| (low + (high - low) * at as f64 / (GRID - 1) as f64).exp();
        let powers = |exponent| (exponent, powers(&num_images, exponent));
        Self {
            grid: (0..GRID).map(exponent).map(powers).collect(),
            weights: deviations.iter().map(|d| d.powi(-2)).collect(),
            num_images,
        }
    }

    /// The law of least weighted squares with an exponent on the grid: quick, for bootstraps.
    pub(super) fn fit_on_grid(&self, accuracies: &[f64]) -> PowerLaw {
        self.at_grid(self.best_on_grid(accuracies), accuracies).1
    }

    /// The law of least weighted squares.
    pub(super) fn fit(&self, accuracies: &[f64]) -> PowerLaw {
        let best = self.best_on_grid(accuracies);
        let (mut low, mut high) = (
            self.grid[best.saturating_sub(1)].0,
            self.grid[(best + 1).min(GRID - 1)].0,
        );
        let law_at = |exponent| self.law(exponent, &powers(&self.num_images, exponent), accuracies);
        let shrink = (5f64.sqrt() - 1.0) / 2.0;
        for _ in 0..NARROWINGS {
            let (left, right) = (high - shrink * (high - low), low + shrink * (high - low));
            match law_at(left).0 <= law_at(right).0 {
                true => high = right,
                false => low = left,
            }
        }
        let narrowed = law_at((low + high) / 2.0);
        let on_grid = self.at_grid(best, accuracies);
        if narrowed.0 < on_grid.0 {
            narrowed.1
        } else {
            on_grid.1
        }
    }

    fn best_on_grid(&self, accuracies: &[f64]) -> usize {
        let loss = |at: &usize| self.at_grid(*at, accuracies).0;
        let by_loss = |a: &usize, b: &usize| loss(a).total_cmp(&loss(b));
        (0..GRID).min_by(by_loss).expect("the grid is not empty")
    }

    fn at_grid(&self, at: usize, accuracies: &[f64]) -> (f64, PowerLaw) {
        let (exponent, powers) = &self.grid[at];
        self.law(*exponent, powers, accuracies)
    }

    /// The best law of an exponent and its weighted squares. With the exponent given it is a line
    /// over the powers, bounded: its best is the free one if that is within bounds, else the best
    /// on one of the bounds.
    fn law(&self, exponent: f64, powers: &[f64], accuracies: &[f64]) -> (f64, PowerLaw) {
        let sum = |value: &dyn Fn(f64, f64) -> f64| -> f64 {
            let points = powers.iter().zip(accuracies).zip(&self.weights);
            points.map(|((&x, &y), w)| w * value(x, y)).sum()
        };
        let (w, wx, wy) = (sum(&|_, _| 1.0), sum(&|x, _| x), sum(&|_, y| y));
        let (wxx, wxy) = (sum(&|x, _| x * x), sum(&|x, y| x * y));
        let free_drop = share(wx * wy - w * wxy, w * wxx - wx * wx).unwrap_or(0.0);
        let free = ((wy + free_drop * wx) / w, free_drop);
        let at_the_top = (1.0, share(wx - wxy, wxx).unwrap_or(0.0).max(0.0));
        let flat = ((wy / w).clamp(0.0, 1.0), 0.0);
        let is_allowed = |&(ceiling, drop): &(f64, f64)| ceiling <= 1.0 && drop >= 0.0;
        let loss = |(ceiling, drop): (f64, f64)| sum(&|x, y| (ceiling - drop * x - y).powi(2));
        let (loss, (ceiling, drop)) = [free, at_the_top, flat]
            .into_iter()
            .filter(is_allowed)
            .map(|line| (loss(line), line))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .expect("a flat line is allowed");
        let law = PowerLaw {
            ceiling,
            drop,
            exponent,
            first: self.num_images[0],
        };
        (loss, law)
    }
}

fn powers(num_images: &[f64], exponent: f64) -> Vec<f64> {
    let power = |n: &f64| (n / num_images[0]).powf(-exponent);
    num_images.iter().map(power).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_on_a_power_law_give_it_back() {
        let num_images = vec![2.0, 4.0, 8.0, 16.0, 32.0];
        let law = PowerLaw {
            ceiling: 0.93,
            drop: 0.4,
            exponent: 0.7,
            first: 2.0,
        };
        let accuracies: Vec<_> = num_images.iter().map(|&n| law.accuracy(n)).collect();
        let fitted = Design::new(num_images, &[0.01; 5]).fit(&accuracies);
        assert!((fitted.ceiling - 0.93).abs() < 1e-4, "{fitted:?}");
        assert!((fitted.drop - 0.4).abs() < 1e-4, "{fitted:?}");
        assert!((fitted.exponent - 0.7).abs() < 1e-3, "{fitted:?}");
    }

    #[test]
    fn falling_accuracies_are_a_flat_curve() {
        let fitted = Design::new(vec![1.0, 2.0, 4.0], &[0.1; 3]).fit(&[0.9, 0.8, 0.7]);
        assert_eq!(fitted.drop, 0.0);
        assert!((fitted.accuracy(100.0) - 0.8).abs() < 1e-12);
    }
}
