//! A point's value and gradient in, the next point to try out: limited-memory BFGS for smooth
//! functions.
//!
//! The direction comes from the two-loop recursion over the last steps (Liu & Nocedal 1989, *On the
//! limited memory BFGS method for large scale optimization*; Nocedal & Wright, *Numerical
//! Optimization*, 2nd ed., algorithm 7.4). The step along it is one at which both Wolfe conditions
//! hold (Nocedal & Wright, 3.6): the value has sunk enough and the slope has flattened enough.
//!
//! The optimizer never calls the function. It says where to evaluate ([`Lbfgs::trial`]) and is
//! told the outcome ([`Lbfgs::tell`]), so that an evaluation may be spread over many slices of
//! time.

use std::collections::VecDeque;

/// Steps remembered: 5,000 rows in 10 classes take 37 evaluations with 5, 32 with 10, 31 with 20.
const MEMORY: usize = 10;

/// Share of the decrease promised by the slope that a step must bring (Nocedal & Wright, p. 33).
const SUFFICIENT_DECREASE: f64 = 1e-4;

/// Share of the first slope that may be left after a step (Nocedal & Wright, p. 34).
const CURVATURE: f64 = 0.9;

/// Relative difference of two values that may be rounding: gradients are computed in `f32`.
const NOISE: f64 = 1e-7;

/// Trials a line search, far more than a smooth function needs.
const MAX_TRIALS: usize = 30;

/// A minimization in progress.
#[derive(Debug)]
pub struct Lbfgs {
    point: Vec<f32>,
    value: f64,
    gradient: Vec<f32>,
    trial: Vec<f32>,
    /// Nothing before the first point has been evaluated.
    search: Option<Search>,
    /// Oldest first.
    steps: VecDeque<Step>,
}

/// What [`Lbfgs::tell`] made of an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The trial is the new [`Lbfgs::point`].
    Accepted,
    /// The step was too long or too short; try again.
    Searching,
    /// No step lowers the value any more: what is left is rounding.
    Stuck,
}

/// A line search: the step is somewhere between `low` and `high`.
#[derive(Debug)]
struct Search {
    direction: Vec<f32>,
    slope: f64,
    step: f64,
    num_trials: usize,
    /// Too short a step and the slope there.
    low: (f64, f64),
    /// Too long a step and the slope there.
    high: Option<(f64, f64)>,
}

/// A step taken and what it did to the gradient.
#[derive(Debug)]
struct Step {
    moved: Vec<f32>,
    changed: Vec<f32>,
    /// 1 / (moved · changed), positive.
    inverse_curvature: f64,
}

impl Lbfgs {
    /// Begins at `start`. The first step tries the negative gradient as it is, so scale the
    /// function such that its second derivatives are about 1 at most.
    pub fn new(start: Vec<f32>) -> Self {
        Self {
            trial: start.clone(),
            gradient: vec![0.0; start.len()],
            point: start,
            value: f64::INFINITY,
            search: None,
            steps: VecDeque::new(),
        }
    }

    /// Where to evaluate next.
    pub fn trial(&self) -> &[f32] {
        &self.trial
    }

    /// The best point so far.
    pub fn point(&self) -> &[f32] {
        &self.point
    }

    /// The value at [`Lbfgs::point`].
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The Euclidean norm of the gradient at [`Lbfgs::point`].
    pub fn gradient_norm(&self) -> f64 {
        dot(&self.gradient, &self.gradient).sqrt()
    }

    /// Takes the value and the gradient at [`Lbfgs::trial`].
    pub fn tell(&mut self, value: f64, gradient: &[f32]) -> Verdict {
        if let Some(search) = &mut self.search {
            let slope = dot(gradient, &search.direction);
            let noise = NOISE * self.value.abs();
            let enough = self.value + SUFFICIENT_DECREASE * search.step * search.slope + noise;
            let is_too_long = value.is_nan() || value > enough;
            if is_too_long || slope < CURVATURE * search.slope {
                return self.search_on(is_too_long, slope);
            }
            self.remember(gradient);
        }
        self.value = value;
        self.point.copy_from_slice(&self.trial);
        self.gradient.copy_from_slice(gradient);
        self.search_along_new_direction();
        Verdict::Accepted
    }

    fn search_on(&mut self, is_too_long: bool, slope: f64) -> Verdict {
        let search = self.search.as_mut().expect("a search is on");
        search.narrow(is_too_long, slope);
        if search.num_trials < MAX_TRIALS {
            self.place_trial();
            return Verdict::Searching;
        }
        if self.steps.is_empty() {
            return Verdict::Stuck;
        }
        // What is remembered misleads; the gradient itself can't.
        self.steps.clear();
        self.search_along_new_direction();
        Verdict::Searching
    }

    /// Keeps the step from the point to the trial.
    fn remember(&mut self, gradient: &[f32]) {
        let moved = difference(&self.trial, &self.point);
        let changed = difference(gradient, &self.gradient);
        let curvature = dot(&moved, &changed);
        // The Wolfe conditions make it positive, rounding may not.
        if curvature <= f64::EPSILON * dot(&changed, &changed) {
            return;
        }
        if self.steps.len() == MEMORY {
            self.steps.pop_front();
        }
        self.steps.push_back(Step {
            moved,
            changed,
            inverse_curvature: curvature.recip(),
        });
    }

    fn search_along_new_direction(&mut self) {
        let mut direction = self.direction();
        let mut slope = dot(&self.gradient, &direction);
        if slope >= 0.0 {
            self.steps.clear();
            direction = self.direction();
            slope = dot(&self.gradient, &direction);
        }
        self.search = Some(Search {
            direction,
            slope,
            step: 1.0,
            num_trials: 0,
            low: (0.0, slope),
            high: None,
        });
        self.place_trial();
    }

    fn place_trial(&mut self) {
        let search = self.search.as_ref().expect("a search is on");
        self.trial.copy_from_slice(&self.point);
        add_scaled(&mut self.trial, search.step, &search.direction);
    }

    /// Minus the inverse Hessian, as far as the remembered steps tell it, times the gradient.
    fn direction(&self) -> Vec<f32> {
        let mut direction: Vec<f32> = self.gradient.iter().map(|g| -g).collect();
        let mut shares = Vec::with_capacity(self.steps.len());
        for step in self.steps.iter().rev() {
            let share = step.inverse_curvature * dot(&step.moved, &direction);
            add_scaled(&mut direction, -share, &step.changed);
            shares.push(share);
        }
        if let Some(last) = self.steps.back() {
            let scale = (last.inverse_curvature * dot(&last.changed, &last.changed)).recip() as f32;
            direction.iter_mut().for_each(|x| *x *= scale);
        }
        for (step, share) in self.steps.iter().zip(shares.into_iter().rev()) {
            let back = step.inverse_curvature * dot(&step.changed, &direction);
            add_scaled(&mut direction, share - back, &step.moved);
        }
        direction
    }
}

impl Search {
    /// Learns from a trial and chooses the next step, where a straight line through two known
    /// slopes crosses zero, but not too near what is known already.
    fn narrow(&mut self, is_too_long: bool, slope: f64) {
        self.num_trials += 1;
        let from = self.low;
        match is_too_long {
            true => self.high = Some((self.step, slope)),
            false => self.low = (self.step, slope),
        }
        let (start, end) = match self.high {
            Some(high) => (self.low, high),
            None => (from, self.low),
        };
        let crossing = start.0 - start.1 * (end.0 - start.0) / (end.1 - start.1);
        let (least, most) = match self.high {
            Some(_) => (0.9 * start.0 + 0.1 * end.0, 0.1 * start.0 + 0.9 * end.0),
            None => (2.0 * end.0, 10.0 * end.0),
        };
        self.step = match crossing.is_finite() {
            true => crossing.clamp(least, most),
            false => (least + most) / 2.0,
        };
    }
}

/// Summed in `f64`, eight lanes at a time.
fn dot(a: &[f32], b: &[f32]) -> f64 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..8 {
            sums[lane] += f64::from(a[lane]) * f64::from(b[lane]);
        }
    }
    let rest = a_rest.iter().zip(b_rest);
    sums.iter().sum::<f64>()
        + rest
            .map(|(&a, &b)| f64::from(a) * f64::from(b))
            .sum::<f64>()
}

fn add_scaled(to: &mut [f32], scale: f64, from: &[f32]) {
    let scale = scale as f32;
    to.iter_mut().zip(from).for_each(|(t, f)| *t += scale * f);
}

fn difference(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs until the gradient is shorter than `tolerance`; returns how many evaluations it took.
    fn minimize(
        optimizer: &mut Lbfgs,
        tolerance: f64,
        function: impl Fn(&[f32]) -> (f64, Vec<f32>),
    ) -> usize {
        for num_evaluations in 1..1000 {
            let (value, gradient) = function(optimizer.trial());
            let before = optimizer.value();
            match optimizer.tell(value, &gradient) {
                Verdict::Accepted => {
                    assert!(optimizer.value() <= before + NOISE * before.abs());
                    if optimizer.gradient_norm() < tolerance {
                        return num_evaluations;
                    }
                }
                Verdict::Searching => {}
                Verdict::Stuck => panic!("stuck at {:?}", optimizer.point()),
            }
        }
        panic!("no end at {:?}", optimizer.point());
    }

    #[test]
    fn an_uneven_bowl_is_solved_to_its_middle() {
        // Σ cᵢ (xᵢ − i)² / 2, with curvatures over four orders of magnitude.
        let curvature = |i: usize| 10f32.powi(-((i % 5) as i32));
        let bowl = |x: &[f32]| {
            let gradient = x.iter().enumerate();
            let gradient: Vec<_> = gradient
                .map(|(i, x)| curvature(i) * (x - i as f32))
                .collect();
            let squares = x.iter().zip(&gradient).enumerate();
            let value = squares.map(|(i, (x, g))| f64::from(x - i as f32) * f64::from(*g) / 2.0);
            (value.sum(), gradient)
        };
        let mut optimizer = Lbfgs::new(vec![0.0; 20]);
        minimize(&mut optimizer, 1e-6, bowl);
        for (i, x) in optimizer.point().iter().enumerate() {
            assert!((x - i as f32).abs() < 0.02, "{i}: {x}");
        }
    }

    #[test]
    fn rosenbrocks_valley_is_followed_to_its_end() {
        let valley = |x: &[f32]| {
            let (x, y) = (f64::from(x[0]), f64::from(x[1]));
            let (bend, rest) = (y - x * x, 1.0 - x);
            let gradient = [-400.0 * x * bend - 2.0 * rest, 200.0 * bend];
            (
                100.0 * bend * bend + rest * rest,
                gradient.map(|g| g as f32).to_vec(),
            )
        };
        let mut optimizer = Lbfgs::new(vec![-1.2, 1.0]);
        let num_evaluations = minimize(&mut optimizer, 1e-3, valley);
        assert!(num_evaluations < 80, "{num_evaluations}");
        assert!((optimizer.point()[0] - 1.0).abs() < 1e-2);
    }

    #[test]
    fn steps_that_are_far_too_short_or_long_are_corrected() {
        for scale in [1e-4, 1e4] {
            let parabola = |x: &[f32]| {
                let value = scale * f64::from(x[0] - 3.0).powi(2);
                (value, vec![(2.0 * scale) as f32 * (x[0] - 3.0)])
            };
            let mut optimizer = Lbfgs::new(vec![0.0]);
            let num_evaluations = minimize(&mut optimizer, 1e-3 * scale, parabola);
            assert!(num_evaluations < 20, "{num_evaluations}");
        }
    }

    #[test]
    fn values_that_are_no_numbers_are_backed_away_from() {
        let log_barrier = |x: &[f32]| {
            let x = f64::from(x[0]);
            (100.0 * x - (x.ln()), vec![(100.0 - 1.0 / x) as f32])
        };
        let mut optimizer = Lbfgs::new(vec![1.0]);
        minimize(&mut optimizer, 1e-2, log_barrier);
        assert!((optimizer.point()[0] - 0.01).abs() < 1e-5);
    }

    #[test]
    fn where_nothing_can_be_gained_the_search_ends() {
        // A gradient that promises what the values don't keep.
        let mut optimizer = Lbfgs::new(vec![0.0]);
        assert_eq!(optimizer.tell(1.0, &[1.0]), Verdict::Accepted);
        let verdicts = (0..100).map(|_| optimizer.tell(2.0, &[1.0]));
        assert!(
            verdicts
                .into_iter()
                .any(|verdict| verdict == Verdict::Stuck)
        );
    }
}
