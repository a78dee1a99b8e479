//! Feature rows in, the inner products of all pairs out, kept while labels and samples change.

use crate::features::{Normalizer, Row};

use super::elimination::Triangle;

/// Rows multiplied at once with [`OTHERS`] others: eight sums in registers.
const ROWS: usize = 2;
const OTHERS: usize = 4;

/// Rows that meet each group of others while it is in the cache.
const ROWS_PER_STEP: usize = 16;

/// Lanes of a vector.
const LANES: usize = 4;

/// Values summed in single precision before they are added up in double precision. Centering
/// subtracts nearly equal products, so they have to be better than what is made of them.
const CHUNK: usize = 256;

/// A row that is this much shorter, squared, after centering than before is nothing but rounding.
const LEAST_SQUARE: f64 = 1e-9;

/// Raw feature rows and, as far as computed, their products with each other.
///
/// A new row costs `len × num_features` multiplications, a removed row none, a new label nothing.
/// 4 bytes × N² at N rows; with more rows than features there are no products, as nothing needs
/// them then.
#[derive(Clone, Debug, Default)]
pub struct Gram {
    rows: Vec<Row>,
    /// Of each row with those up to itself; the rows at the end may still be missing.
    products: Vec<Vec<f64>>,
}

impl Gram {
    /// Adds a raw row behind the others: `[num_features]`, as long as they are.
    pub fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Takes a row out; those behind it move up.
    pub fn remove(&mut self, at: usize) {
        self.rows.remove(at);
        if at < self.products.len() {
            self.products.remove(at);
            for products in &mut self.products[at..] {
                products.remove(at);
            }
        }
    }

    /// The rows: `[N][num_features]`.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Whether the products are needed: no more rows than features.
    pub fn is_dual(&self) -> bool {
        self.rows.len() <= self.rows.first().map_or(0, |row| row.len())
    }

    /// Computes the products of the next few rows, if there are any: about 12 ms at 1,000 × 1,280,
    /// less than a millisecond if only one is new. Returns true when none are missing.
    pub fn step(&mut self) -> bool {
        if !self.is_dual() {
            self.products.clear();
            return true;
        }
        let known = self.products.len();
        let end = (known + ROWS_PER_STEP).min(self.rows.len());
        let products = self.products_with_all(known, end);
        self.products.extend(products);
        end == self.rows.len()
    }

    /// Products of each of the rows from `start` to `end` with all up to itself.
    fn products_with_all(&self, start: usize, end: usize) -> Vec<Vec<f64>> {
        let mut products = vec![Vec::with_capacity(end); end - start];
        // A group or a pair that is not full is filled with its last row.
        for group in self.rows[..end].chunks(OTHERS) {
            let others = std::array::from_fn(|at| &*group[at.min(group.len() - 1)]);
            let pairs = self.rows[start..end].chunks(ROWS);
            for (pair, products) in pairs.zip(products.chunks_mut(ROWS)) {
                let rows = std::array::from_fn(|at| &*pair[at.min(pair.len() - 1)]);
                for (products, sums) in products.iter_mut().zip(dots(rows, others)) {
                    products.extend(&sums[..group.len()]);
                }
            }
        }
        for (products, row) in products.iter_mut().zip(start..) {
            products.truncate(row + 1);
        }
        products
    }

    /// The products of the rows as `Normalizer::fit` on all of them would center and scale them,
    /// and what each row is scaled by.
    ///
    /// All products must have been computed.
    pub(crate) fn normalized(&self) -> Triangle {
        let means = self.mean_products();
        let mean = mean(&means);
        let square = |at: usize| self.products[at][at] - 2.0 * means[at] + mean;
        let scale = |at: usize| match square(at) > LEAST_SQUARE * self.products[at][at] {
            true => square(at).sqrt().recip(),
            false => 0.0,
        };
        let scales: Vec<f64> = (0..self.rows.len()).map(scale).collect();
        let mut normalized = Triangle::zeros(self.rows.len());
        for (row, products) in self.products.iter().enumerate() {
            let place = normalized.row_mut(row);
            for (column, product) in products.iter().enumerate() {
                let centered = product - means[row] - means[column] + mean;
                place[column] = (centered * scales[row] * scales[column]) as f32;
            }
        }
        normalized
    }

    /// Each row's mean product with all rows.
    fn mean_products(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.rows.len()];
        for (row, products) in self.products.iter().enumerate() {
            let (own, others) = products.split_last().expect("one product at least");
            sums[row] += own + others.iter().sum::<f64>();
            sums.iter_mut().zip(others).for_each(|(sum, x)| *sum += x);
        }
        sums.iter()
            .map(|sum| sum / self.rows.len() as f64)
            .collect()
    }

    /// The normalizer of all rows.
    pub(super) fn normalizer(&self) -> Normalizer {
        let num_features = self.rows.first().map_or(0, |row| row.len());
        Normalizer::fit(self.rows.iter().map(|row| &**row), num_features)
    }
}

impl FromIterator<Row> for Gram {
    fn from_iter<T: IntoIterator<Item = Row>>(rows: T) -> Self {
        Self {
            rows: rows.into_iter().collect(),
            products: Vec::new(),
        }
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Products of each of some rows with each of some others.
fn dots(rows: [&[f32]; ROWS], others: [&[f32]; OTHERS]) -> [[f64; OTHERS]; ROWS] {
    let mut sums = [[0.0; OTHERS]; ROWS];
    let num_features = rows[0].len();
    for start in (0..num_features).step_by(CHUNK) {
        let part = start..(start + CHUNK).min(num_features);
        let rows = rows.map(|row| &row[part.clone()]);
        let others = others.map(|row| &row[part.clone()]);
        let chunk = dots_of_chunk(rows, others);
        for (sums, chunk) in sums.iter_mut().zip(chunk) {
            sums.iter_mut()
                .zip(chunk)
                .for_each(|(sum, x)| *sum += f64::from(x));
        }
    }
    sums
}

#[inline(always)]
fn dots_of_chunk(rows: [&[f32]; ROWS], others: [&[f32]; OTHERS]) -> [[f32; OTHERS]; ROWS] {
    let num_vectors = rows[0].len() / LANES;
    let row_vectors = rows.map(|row| &row.as_chunks::<LANES>().0[..num_vectors]);
    let other_vectors = others.map(|row| &row.as_chunks::<LANES>().0[..num_vectors]);
    let mut sums = [[[0.0f32; LANES]; OTHERS]; ROWS];
    for at in 0..num_vectors {
        for row in 0..ROWS {
            for other in 0..OTHERS {
                for lane in 0..LANES {
                    sums[row][other][lane] +=
                        row_vectors[row][at][lane] * other_vectors[other][at][lane];
                }
            }
        }
    }
    let rest = num_vectors * LANES;
    std::array::from_fn(|row| {
        std::array::from_fn(|other| {
            let rest = rows[row][rest..].iter().zip(&others[other][rest..]);
            sums[row][other].iter().sum::<f32>() + rest.map(|(a, b)| a * b).sum::<f32>()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::Random;
    use super::*;

    fn complete(mut gram: Gram) -> Triangle {
        while !gram.step() {}
        gram.normalized()
    }

    fn rows(count: usize) -> Vec<Row> {
        let mut random = Random::new(count as u64);
        (0..count).map(|_| random.row(301)).collect()
    }

    fn assert_equal(a: &Triangle, b: &Triangle) {
        assert_eq!(a.size(), b.size());
        for at in 0..a.size() {
            for (a, b) in a.row(at).iter().zip(b.row(at)) {
                assert!((a - b).abs() < 1e-6, "{a} {b}");
            }
        }
    }

    #[test]
    fn normalized_products_are_those_of_normalized_rows() {
        for count in [1, 2, 3, 4, 5, 30] {
            let rows = rows(count);
            let gram: Gram = rows.iter().cloned().collect();
            let normalizer = gram.normalizer();
            let normalized = rows.iter().map(|row| {
                let mut out = Vec::new();
                normalizer.push_normalized(row, &mut out);
                out
            });
            let normalized: Vec<_> = normalized.collect();
            let actual = complete(gram);
            for at in 0..count {
                for (other, x) in actual.row(at).iter().enumerate() {
                    let products = normalized[at].iter().zip(&normalized[other]);
                    let product: f64 = products.map(|(a, b)| f64::from(a * b)).sum();
                    assert!((f64::from(*x) - product).abs() < 1e-6, "{x} {product}");
                }
            }
        }
    }

    #[test]
    fn rows_added_and_removed_leave_what_a_fresh_start_gives() {
        let rows = rows(20);
        let mut gram: Gram = rows[..15].iter().cloned().collect();
        while !gram.step() {}
        gram.remove(3);
        gram.push(rows[15].clone());
        gram.remove(0);
        gram.push(rows[16].clone());
        gram.step();
        gram.push(rows[17].clone());
        gram.remove(15);
        let kept = [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17];
        let mut kept: Vec<Row> = kept.iter().map(|&at| rows[at].clone()).collect();
        kept.remove(15);
        let fresh = complete(kept.into_iter().collect());
        assert_equal(&complete(gram), &fresh);
    }

    #[test]
    fn copies_of_one_row_have_no_direction() {
        let row = rows(1).remove(0);
        let gram: Gram = std::iter::repeat_n(row, 3).collect();
        assert_eq!(complete(gram).row(2), [0.0; 3]);
    }

    #[test]
    fn more_rows_than_features_have_no_products() {
        let mut gram: Gram = (0..4).map(|at| Row::from([at as f32, 1.0])).collect();
        assert!(!gram.is_dual() && gram.step());
        assert!(gram.products.is_empty());
    }
}
