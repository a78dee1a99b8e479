//! A symmetric matrix of kernels and aims in, weights that add up and stay small out.
//!
//! Minimizes ½ βᵀ(K + λ)β − κᵀβ over 0 ≤ β ≤ [`MOST`] with a mean of 1, by accelerated projected
//! gradients (Beck & Teboulle 2009, *A fast iterative shrinkage-thresholding algorithm*).

/// How much a row can count, so that none stands for a whole class.
const MOST: f64 = 5.0;

/// λ, added to K's diagonal, whose entries are 1: favors even weights.
const RIDGE: f64 = 0.1;

/// Accelerated projected gradients on their way. Call [`Descent::advance`] as often as it takes.
#[derive(Debug)]
pub(super) struct Descent {
    /// The weights: `[n]`.
    pub point: Vec<f64>,
    /// Where the slope is taken.
    ahead: Vec<f64>,
    momentum: f64,
    step_size: f64,
    pub num_rounds: usize,
}

impl Descent {
    /// Begins with weights of 1.
    ///
    /// # Shapes
    ///
    /// - kernels: K, `[n, n]`, without negative entries
    /// - aims: κ, `[n]`
    pub fn new(kernels: &[f32], aims: &[f64]) -> Self {
        // No eigenvalue of a matrix without negative entries is above its largest row's sum.
        let rows = kernels.chunks(aims.len().max(1));
        let sums = rows.map(|row| row.iter().map(|&x| f64::from(x)).sum::<f64>());
        Self {
            point: vec![1.0; aims.len()],
            ahead: vec![1.0; aims.len()],
            momentum: 1.0,
            step_size: 1.0 / (sums.fold(0.0, f64::max) + RIDGE),
            num_rounds: 0,
        }
    }

    /// One gradient, of the same kernels and aims.
    pub fn advance(&mut self, kernels: &[f32], aims: &[f64]) {
        let rows = kernels.chunks(aims.len().max(1)).zip(aims).zip(&self.ahead);
        let moved = rows.map(|((kernels, aim), own)| {
            let pairs = kernels.iter().zip(&self.ahead);
            let product: f64 = pairs.map(|(&k, weight)| f64::from(k) * weight).sum();
            own - self.step_size * (product + RIDGE * own - aim)
        });
        let next = projected(&moved.collect::<Vec<_>>());
        let momentum = (1.0 + (1.0 + 4.0 * self.momentum * self.momentum).sqrt()) / 2.0;
        let share = (self.momentum - 1.0) / momentum;
        let pairs = next.iter().zip(&self.point);
        self.ahead = pairs.map(|(new, old)| new + share * (new - old)).collect();
        self.point = next;
        self.momentum = momentum;
        self.num_rounds += 1;
    }
}

/// The nearest weights that are allowed: all less one number, cut to 0 and [`MOST`], where the
/// number makes their mean 1.
fn projected(weights: &[f64]) -> Vec<f64> {
    let cut = |by: f64| weights.iter().map(move |w| (w - by).clamp(0.0, MOST));
    let least = weights.iter().copied().fold(f64::INFINITY, f64::min);
    let most = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (mut low, mut high) = (least - MOST, most);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        match cut(middle).sum::<f64>() > weights.len() as f64 {
            true => low = middle,
            false => high = middle,
        }
    }
    cut((low + high) / 2.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_bounds_in_the_way_weights_solve_the_equations() {
        // (K + λ)β = κ − ν with a mean of 1: 1.1 β₀ = 1.5 − ν and 1.1 β₁ = 1 − ν.
        let (kernels, aims) = ([1.0, 0.0, 0.0, 1.0], [1.5, 1.0]);
        let mut descent = Descent::new(&kernels, &aims);
        (0..200).for_each(|_| descent.advance(&kernels, &aims));
        let half = 0.5 / 1.1 / 2.0;
        for (weight, expected) in descent.point.iter().zip([1.0 + half, 1.0 - half]) {
            assert!((weight - expected).abs() < 1e-6, "{weight} {expected}");
        }
    }

    #[test]
    fn projecting_keeps_what_is_allowed() {
        for (actual, expected) in projected(&[0.5, 1.5]).iter().zip([0.5, 1.5]) {
            assert!((actual - expected).abs() < 1e-9);
        }
        for (actual, expected) in projected(&[-3.0, 3.0, 3.0]).iter().zip([0.0, 1.5, 1.5]) {
            assert!((actual - expected).abs() < 1e-9);
        }
    }
}
