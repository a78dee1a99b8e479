//! A small symmetric matrix in, its eigenvalues and eigenvectors, and its powers, out.

/// Sweeps of rotations; eight take 64 × 64 to the last bit.
const MAX_SWEEPS: usize = 20;

/// Multiplications of a step: 10 ms in a browser.
const PRODUCTS_PER_STEP: usize = 4_000_000;

/// Eigenvalues and eigenvectors of a symmetric positive definite matrix.
#[derive(Debug)]
pub(super) struct Eigen {
    /// `[n]`
    values: Vec<f64>,
    /// `[n, n]`, one a row.
    vectors: Vec<f64>,
}

/// A decomposition in progress. Call [`Rotations::step`] until it returns true.
#[derive(Debug)]
pub(super) struct Rotations {
    matrix: Vec<f64>,
    vectors: Vec<f64>,
    n: usize,
    /// The sum of all squares, which rotations keep.
    total: f64,
    /// The next row of the sweep.
    next: usize,
    num_sweeps: usize,
}

impl Rotations {
    /// By Jacobi's rotations (Golub & Van Loan, *Matrix Computations*, 8.5), which are accurate
    /// and short. `matrix`: `[n, n]`.
    pub fn new(matrix: Vec<f64>) -> Self {
        let n = matrix.len().isqrt();
        let mut vectors = vec![0.0; n * n];
        (0..n).for_each(|at| vectors[at * n + at] = 1.0);
        Self {
            total: matrix.iter().map(|x| x * x).sum(),
            matrix,
            vectors,
            n,
            next: 0,
            num_sweeps: 0,
        }
    }

    /// Does the next piece of work; true at the end.
    pub fn step(&mut self) -> bool {
        let n = self.n;
        let mut num_products = 0;
        while self.next < n && num_products < PRODUCTS_PER_STEP {
            let p = self.next;
            for q in p + 1..n {
                rotate(&mut self.matrix, &mut self.vectors, n, (p, q));
            }
            num_products += 12 * n * (n - p);
            self.next += 1;
        }
        if self.next < n {
            return false;
        }
        self.next = 0;
        self.num_sweeps += 1;
        let diagonal: f64 = (0..n).map(|at| self.matrix[at * n + at].powi(2)).sum();
        let square: f64 = self.matrix.iter().map(|x| x * x).sum();
        square - diagonal <= 1e-24 * self.total || self.num_sweeps >= MAX_SWEEPS
    }

    /// About how much is done, in [0, 1].
    pub fn progress(&self) -> f64 {
        let sweeps = self.num_sweeps as f64 + self.next as f64 / self.n.max(1) as f64;
        sweeps / (sweeps + 3.0)
    }

    /// When [`Rotations::step`] has returned true.
    pub fn finish(self) -> Eigen {
        let n = self.n;
        Eigen {
            values: (0..n).map(|at| self.matrix[at * n + at]).collect(),
            vectors: self.vectors,
        }
    }
}

impl Eigen {
    /// At once: for small ones. `matrix`: `[n, n]`.
    pub fn new(matrix: Vec<f64>) -> Self {
        let mut rotations = Rotations::new(matrix);
        while !rotations.step() {}
        rotations.finish()
    }

    /// Eigenvalues and their eigenvectors of length 1, the largest first.
    pub fn descending(&self) -> Vec<(f64, &[f64])> {
        let vectors = self.vectors.chunks(self.values.len().max(1));
        let mut pairs: Vec<_> = self.values.iter().copied().zip(vectors).collect();
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        pairs
    }

    /// The matrix to a power: `[n, n]`.
    pub fn power(&self, exponent: f64) -> Vec<f64> {
        let n = self.values.len();
        let mut out = vec![0.0; n * n];
        for (value, vector) in self.values.iter().zip(self.vectors.chunks(n.max(1))) {
            let scale = value.max(f64::MIN_POSITIVE).powf(exponent);
            for (row, x) in out.chunks_mut(n).zip(vector) {
                let pairs = row.iter_mut().zip(vector);
                pairs.for_each(|(out, y)| *out += scale * x * y);
            }
        }
        out
    }
}

/// Makes entry (p, q) zero.
fn rotate(matrix: &mut [f64], vectors: &mut [f64], n: usize, (p, q): (usize, usize)) {
    let across = matrix[p * n + q];
    if across == 0.0 {
        return;
    }
    let ratio = (matrix[q * n + q] - matrix[p * n + p]) / (2.0 * across);
    let tangent = ratio.signum() / (ratio.abs() + (1.0 + ratio * ratio).sqrt());
    let cosine = (1.0 + tangent * tangent).sqrt().recip();
    let sine = tangent * cosine;
    for at in 0..n {
        let (a, b) = (matrix[at * n + p], matrix[at * n + q]);
        matrix[at * n + p] = cosine * a - sine * b;
        matrix[at * n + q] = sine * a + cosine * b;
    }
    for table in [matrix, vectors] {
        for at in 0..n {
            let (a, b) = (table[p * n + at], table[q * n + at]);
            table[p * n + at] = cosine * a - sine * b;
            table[q * n + at] = sine * a + cosine * b;
        }
    }
}

/// Product of two square matrices: `[n, n]`.
pub(super) fn multiply(a: &[f64], b: &[f64]) -> Vec<f64> {
    let n = a.len().isqrt();
    let mut out = vec![0.0; n * n];
    for (row, out) in a.chunks(n.max(1)).zip(out.chunks_mut(n.max(1))) {
        for (x, row) in row.iter().zip(b.chunks(n)) {
            out.iter_mut().zip(row).for_each(|(out, y)| *out += x * y);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(actual: &[f64], expected: &[f64]) {
        for (a, b) in actual.iter().zip(expected) {
            assert!((a - b).abs() < 1e-9, "{actual:?} {expected:?}");
        }
    }

    #[test]
    fn the_square_root_by_hand() {
        // Eigenvalues 1 and 9 along (1, −1) and (1, 1).
        let eigen = Eigen::new(vec![5.0, 4.0, 4.0, 5.0]);
        assert_near(&eigen.power(0.5), &[2.0, 1.0, 1.0, 2.0]);
        assert_near(
            &eigen.power(-1.0),
            &[5.0 / 9.0, -4.0 / 9.0, -4.0 / 9.0, 5.0 / 9.0],
        );
    }

    #[test]
    fn the_largest_eigenvalue_comes_first() {
        let eigen = Eigen::new(vec![5.0, 4.0, 4.0, 5.0]);
        let pairs = eigen.descending();
        assert_near(&[pairs[0].0, pairs[1].0], &[9.0, 1.0]);
        assert_near(&[pairs[0].1[0] / pairs[0].1[1]], &[1.0]);
    }

    #[test]
    fn the_root_of_a_larger_one_squares_back() {
        let n = 20;
        let entry = |at: usize| {
            let (i, j) = (at / n, at % n);
            1.0 / (1.0 + i.abs_diff(j) as f64) + if i == j { 2.0 } else { 0.0 }
        };
        let matrix: Vec<f64> = (0..n * n).map(entry).collect();
        let root = Eigen::new(matrix.clone()).power(0.5);
        assert_near(&multiply(&root, &root), &matrix);
    }
}
