//! Squared errors of left-out samples in, the strength of the penalty to try next out.

/// Strengths λ that are tried: half a decade apart, since the error is flat around its minimum (a
/// neighbor of the best costs less than half a point on photos). Rows have length 1, so that the
/// same few strengths suit any data; images by the dozen or by the thousand ask for 0.1 to 1.
/// Below that, left-out scores in single precision are no longer good to 1e-5.
const LAMBDAS: [f64; 8] = [0.0316, 0.1, 0.316, 1.0, 3.16, 10.0, 31.6, 100.0];

/// A walk downhill from neighbor to neighbor: three strengths from a good start.
#[derive(Clone, Debug)]
pub(super) struct Search {
    start: usize,
    errors: [Option<f64>; LAMBDAS.len()],
}

impl Search {
    /// Begins at the strength nearest to `lambda`.
    pub fn from(lambda: f64) -> Self {
        let distance = |at: &usize| (LAMBDAS[*at] / lambda.max(f64::MIN_POSITIVE)).ln().abs();
        let nearest = (0..LAMBDAS.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)));
        Self {
            start: nearest.expect("there are strengths"),
            errors: [None; LAMBDAS.len()],
        }
    }

    /// The next strength to try, if the minimum has not been found.
    pub fn next(&self) -> Option<f64> {
        let Some(best) = self.best() else {
            return Some(LAMBDAS[self.start]);
        };
        let neighbors = [best + 1, best.wrapping_sub(1)];
        let is_new = |at: &usize| self.errors.get(*at).is_some_and(Option::is_none);
        neighbors.into_iter().find(is_new).map(|at| LAMBDAS[at])
    }

    /// Takes the error of a strength; whether it is the lowest so far.
    pub fn record(&mut self, lambda: f64, error: f64) -> bool {
        let at = LAMBDAS.iter().position(|x| *x == lambda);
        self.errors[at.expect("it was given out")] = Some(error);
        self.best().map(|best| LAMBDAS[best]) == Some(lambda)
    }

    /// Strengths tried.
    pub fn num_tried(&self) -> usize {
        self.errors.iter().flatten().count()
    }

    fn best(&self) -> Option<usize> {
        let error = |at: &usize| self.errors[*at].unwrap_or(f64::INFINITY);
        let tried = (0..LAMBDAS.len()).filter(|at| self.errors[*at].is_some());
        tried.min_by(|a, b| error(a).total_cmp(&error(b)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(start: f64, error: impl Fn(f64) -> f64) -> (f64, usize) {
        let mut search = Search::from(start);
        let mut best = f64::NAN;
        while let Some(lambda) = search.next() {
            if search.record(lambda, error(lambda)) {
                best = lambda;
            }
        }
        (best, search.num_tried())
    }

    #[test]
    fn the_minimum_is_found_from_anywhere() {
        for start in LAMBDAS {
            for minimum in LAMBDAS {
                let (best, _) = find(start, |lambda| (lambda / minimum).ln().powi(2));
                assert_eq!(best, minimum);
            }
        }
    }

    #[test]
    fn a_good_start_takes_three_trials() {
        assert_eq!(
            find(0.3, |lambda| (lambda / 0.316).ln().powi(2)),
            (0.316, 3)
        );
    }

    #[test]
    fn a_senseless_start_is_no_trouble() {
        assert_eq!(find(0.0, |lambda| lambda).0, 0.0316);
        assert_eq!(find(f64::NAN, |lambda| lambda).0, 0.0316);
    }
}
