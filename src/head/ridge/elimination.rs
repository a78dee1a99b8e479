//! A positive definite matrix in, the inverse of its Cholesky factor out, a block a step.
//!
//! Eliminating on [A | I] turns it into [Lᵀ | L⁻¹]. Row i of that needs i places only: in front of
//! the block being eliminated stands the inverse as far as it is known, from there on what is left
//! of A. So everything happens in the lower triangle, in n³/3 multiplications, nearly all of them
//! in one product of tiles.

/// Columns of a tile: two vectors of four lanes.
pub(super) const PANEL: usize = 8;

/// Rows of a tile. Its ten sums leave five of V8's fifteen vector registers for what is multiplied.
pub(super) const ROWS: usize = 5;

/// Rows eliminated in one step: 64 × 1280 × 1280 / 2 products take about 8 ms.
pub(super) const BLOCK: usize = 64;

/// The least a pivot may be; rounding could otherwise make it negative. Far below any λ here.
const LEAST_PIVOT: f64 = 1e-9;

/// A square matrix of which the lower triangle counts. What is above the diagonal is undefined.
#[derive(Clone, Debug)]
pub(crate) struct Triangle {
    size: usize,
    stride: usize,
    values: Vec<f32>,
}

impl Triangle {
    /// All zeros: `[size, size]`.
    pub fn zeros(size: usize) -> Self {
        let stride = size.next_multiple_of(PANEL);
        // The last tile may reach over the end.
        let values = vec![0.0; (size + ROWS) * stride];
        Self {
            size,
            stride,
            values,
        }
    }

    /// Rows, and columns.
    #[cfg(test)]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Row `at` up to the diagonal.
    pub fn row(&self, at: usize) -> &[f32] {
        &self.values[at * self.stride..][..=at]
    }

    /// Row `at` up to the diagonal.
    pub fn row_mut(&mut self, at: usize) -> &mut [f32] {
        &mut self.values[at * self.stride..][..=at]
    }

    /// This and `lambda` more on the diagonal.
    pub fn plus_diagonal(&self, lambda: f64) -> Self {
        let mut sum = self.clone();
        for at in 0..self.size {
            let value = &mut sum.row_mut(at)[at];
            *value = (f64::from(*value) + lambda) as f32;
        }
        sum
    }

    /// Subtracts `left` × `panels` from the rows from `first` on, as far as the diagonal.
    pub(super) fn subtract(&mut self, first: usize, left: &Tiles<ROWS>, panels: &Tiles<PANEL>) {
        for (tile, left) in left.iter().enumerate() {
            let start = first + tile * ROWS;
            let rows = &mut self.values[start * self.stride..][..ROWS * self.stride];
            let width = (start + ROWS).min(self.size);
            subtract_row_of_tiles(rows, self.stride, width, left, panels);
        }
    }
}

/// Subtracts the products of one tile of rows with the panels that make up `width` columns.
pub(super) fn subtract_row_of_tiles(
    rows: &mut [f32],
    stride: usize,
    width: usize,
    left: &[f32],
    panels: &Tiles<PANEL>,
) {
    for (panel, right) in panels.iter().take(width.div_ceil(PANEL)).enumerate() {
        subtract_tile(&mut rows[panel * PANEL..], stride, left, right);
    }
}

/// # Shapes
///
/// - out: the first `PANEL` of each `stride` values in `ROWS` rows
/// - left: `[depth, ROWS]`
/// - right: `[depth or more, PANEL]`
#[inline(always)]
fn subtract_tile(out: &mut [f32], stride: usize, left: &[f32], right: &[f32]) {
    let mut sums = [[0.0f32; PANEL]; ROWS];
    let steps = left.as_chunks::<ROWS>().0.iter();
    for (left, right) in steps.zip(right.as_chunks::<PANEL>().0) {
        for row in 0..ROWS {
            for lane in 0..PANEL {
                sums[row][lane] += left[row] * right[lane];
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        let out = &mut out[row * stride..][..PANEL];
        out.iter_mut().zip(sums).for_each(|(out, sum)| *out -= sum);
    }
}

/// A matrix laid out for the tile product: `[tiles, depth, WIDTH]`, the last one filled with zeros.
#[derive(Debug, Default)]
pub(super) struct Tiles<const WIDTH: usize> {
    depth: usize,
    values: Vec<f32>,
}

impl<const WIDTH: usize> Tiles<WIDTH> {
    /// Makes this `count` columns or rows of zeros.
    pub fn reset(&mut self, count: usize, depth: usize) {
        self.depth = depth;
        self.values.clear();
        self.values
            .resize(count.next_multiple_of(WIDTH) * depth, 0.0);
    }

    /// Sets all of column or row `at`: `[depth]`, or fewer and the rest stays.
    pub fn set(&mut self, at: usize, values: impl IntoIterator<Item = f32>) {
        let start = at / WIDTH * WIDTH * self.depth + at % WIDTH;
        let places = self.values[start..].iter_mut().step_by(WIDTH);
        places.zip(values).for_each(|(place, value)| *place = value);
    }

    /// Sets the values at `depth` of the columns or rows from 0 on.
    pub fn set_across(&mut self, depth: usize, values: &[f32]) {
        let tile = WIDTH * self.depth;
        let chunks = values.chunks(WIDTH).zip(self.values.chunks_exact_mut(tile));
        for (values, tile) in chunks {
            tile[depth * WIDTH..][..values.len()].copy_from_slice(values);
        }
    }

    /// Tile by tile.
    pub fn iter(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(WIDTH * self.depth.max(1))
    }
}

/// A matrix being eliminated. Call [`Elimination::step`] until it returns true.
#[derive(Debug)]
pub(crate) struct Elimination {
    matrix: Triangle,
    /// Rows that are done.
    done: usize,
    left: Tiles<ROWS>,
    panels: Tiles<PANEL>,
}

impl Elimination {
    /// Starts on a positive definite matrix.
    pub fn new(matrix: Triangle) -> Self {
        Self {
            matrix,
            done: 0,
            left: Tiles::default(),
            panels: Tiles::default(),
        }
    }

    /// The share that is done.
    pub fn progress(&self) -> f32 {
        self.done as f32 / self.matrix.size.max(1) as f32
    }

    /// Eliminates one block; true when nothing is left to do.
    pub fn step(&mut self) -> bool {
        let size = self.matrix.size;
        let (start, end) = (self.done, (self.done + BLOCK).min(size));
        if start < end {
            let inverse = self.invert_block(start, end);
            self.finish_block(start, &inverse);
            self.pack_left(end, &inverse);
            self.pack_panels(start, end);
            self.matrix.subtract(end, &self.left, &self.panels);
            self.done = end;
        }
        self.done == size
    }

    /// L⁻¹, when all steps are done.
    pub fn finish(self) -> InverseFactor {
        debug_assert_eq!(self.done, self.matrix.size);
        InverseFactor(self.matrix)
    }

    /// The inverse factor of the block on the diagonal: row by row, each up to the diagonal.
    fn invert_block(&self, start: usize, end: usize) -> Vec<Vec<f64>> {
        let rows = (start..end).map(|at| self.matrix.row(at)[start..].iter());
        let mut rows: Vec<Vec<f64>> = rows
            .map(|row| row.map(|&x| f64::from(x)).collect())
            .collect();
        cholesky(&mut rows);
        invert_lower(&mut rows);
        rows
    }

    /// Multiplies the rows of the block, which have been waiting for their pivots.
    fn finish_block(&mut self, start: usize, inverse: &[Vec<f64>]) {
        let height = inverse.len();
        let stride = self.matrix.stride;
        self.panels.reset(start, height);
        for depth in 0..height {
            let row = &mut self.matrix.values[(start + depth) * stride..][..start];
            self.panels.set_across(depth, row);
            row.fill(0.0);
        }
        self.left.reset(height, height);
        for (at, row) in inverse.iter().enumerate() {
            self.left.set(at, row.iter().map(|&x| -x as f32));
        }
        // In front of the block only: the panels end there. `start` is a multiple of `PANEL`.
        for (tile, left) in self.left.iter().enumerate() {
            let rows = &mut self.matrix.values[(start + tile * ROWS) * stride..][..ROWS * stride];
            // A tile that reaches into the next block adds zeros there.
            subtract_row_of_tiles(rows, stride, start, left, &self.panels);
        }
        for (at, row) in inverse.iter().enumerate() {
            let place = &mut self.matrix.row_mut(start + at)[start..];
            place.iter_mut().zip(row).for_each(|(p, &x)| *p = x as f32);
        }
    }

    /// L below the block, laid out as the left factor; the places it came from become zeros.
    fn pack_left(&mut self, end: usize, inverse: &[Vec<f64>]) {
        let height = inverse.len();
        let start = end - height;
        let stride = self.matrix.stride;
        let mut right = Tiles::<PANEL>::default();
        right.reset(height, height);
        for (at, row) in inverse.iter().enumerate() {
            right.set(at, row.iter().map(|&x| -x as f32));
        }
        let mut tile = Tiles::<ROWS>::default();
        let num_left = self.matrix.size - end;
        self.left.reset(num_left, height);
        let mut products = vec![0.0; ROWS * height.next_multiple_of(PANEL)];
        let width = height.next_multiple_of(PANEL);
        for first in (0..num_left).step_by(ROWS) {
            let rows = first..(first + ROWS).min(num_left);
            tile.reset(ROWS, height);
            for (at, row) in rows.clone().enumerate() {
                let place = &mut self.matrix.values[(end + row) * stride + start..][..height];
                tile.set(at, place.iter().copied());
                place.fill(0.0);
            }
            products.fill(0.0);
            let left = tile.iter().next().expect("one tile");
            subtract_row_of_tiles(&mut products, width, height, left, &right);
            for (row, product) in rows.zip(products.chunks_exact(width)) {
                self.left.set(row, product[..height].iter().copied());
            }
        }
    }

    /// The right factor: the finished rows of the block, and behind them Lᵀ.
    fn pack_panels(&mut self, start: usize, end: usize) {
        let size = self.matrix.size;
        let stride = self.matrix.stride;
        self.panels.reset(size, end - start);
        for depth in 0..end - start {
            // Above the diagonal of the block the inverse is zero.
            let row = &self.matrix.values[(start + depth) * stride..][..=start + depth];
            self.panels.set_across(depth, row);
        }
        let height = end - start;
        for (tile, values) in self.left.iter().enumerate() {
            for row in 0..ROWS.min(size - end - tile * ROWS) {
                let column = values[row..].iter().step_by(ROWS).take(height);
                self.panels.set(end + tile * ROWS + row, column.copied());
            }
        }
    }
}

/// The inverse L⁻¹ of a Cholesky factor: A⁻¹ = L⁻ᵀ L⁻¹.
#[derive(Debug)]
pub(crate) struct InverseFactor(Triangle);

impl InverseFactor {
    /// Rows, and columns.
    pub fn size(&self) -> usize {
        self.0.size
    }

    /// Row `at` of L⁻¹ up to the diagonal.
    pub fn row(&self, at: usize) -> &[f32] {
        self.0.row(at)
    }

    /// The diagonal of A⁻¹: `[n]`.
    pub fn inverse_diagonal(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.0.size];
        for at in 0..self.0.size {
            let squares = self.row(at).iter().map(|&x| f64::from(x) * f64::from(x));
            sums.iter_mut().zip(squares).for_each(|(sum, x)| *sum += x);
        }
        sums
    }

    /// Column `at` of L⁻¹, from the diagonal down.
    pub fn column(&self, at: usize) -> Vec<f32> {
        (at..self.0.size).map(|row| self.row(row)[at]).collect()
    }

    /// A⁻¹ × `right`.
    ///
    /// # Shapes
    ///
    /// - right, output: `[n, width]`
    pub fn solve(&self, right: &[f64], width: usize) -> Vec<f64> {
        let mut solution = vec![0.0; right.len()];
        let mut sums = vec![0.0; width];
        for at in 0..self.0.size {
            sums.fill(0.0);
            let row = self.row(at);
            for (&factor, right) in row.iter().zip(right.chunks_exact(width)) {
                add_scaled(&mut sums, f64::from(factor), right);
            }
            for (&factor, out) in row.iter().zip(solution.chunks_exact_mut(width)) {
                add_scaled(out, f64::from(factor), &sums);
            }
        }
        solution
    }
}

fn add_scaled(out: &mut [f64], factor: f64, values: &[f64]) {
    out.iter_mut()
        .zip(values)
        .for_each(|(out, x)| *out += factor * x);
}

/// A lower triangle, row by row, becomes its Cholesky factor.
pub(super) fn cholesky(rows: &mut [Vec<f64>]) {
    for at in 0..rows.len() {
        let (above, rest) = rows.split_at_mut(at);
        let row = &mut rest[0];
        for (column, above) in above.iter().enumerate() {
            let known: f64 = (0..column).map(|k| row[k] * above[k]).sum();
            row[column] = (row[column] - known) / above[column];
        }
        let known: f64 = row[..at].iter().map(|x| x * x).sum();
        row[at] = (row[at] - known).max(LEAST_PIVOT).sqrt();
    }
}

/// A lower triangle, row by row, becomes its inverse.
pub(super) fn invert_lower(rows: &mut [Vec<f64>]) {
    for at in 0..rows.len() {
        let (above, rest) = rows.split_at_mut(at);
        let row = &mut rest[0];
        let pivot = row[at];
        for column in 0..at {
            let sum: f64 = (column..at).map(|k| row[k] * above[k][column]).sum();
            row[column] = -sum / pivot;
        }
        row[at] = 1.0 / pivot;
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Random;
    use super::*;

    /// Z Zᵀ + λ for random rows of length 1.
    fn positive_definite(size: usize, seed: u64) -> Triangle {
        let rows = Random::new(seed).unit_rows(size, 12);
        let mut matrix = Triangle::zeros(size);
        for (at, row) in rows.iter().enumerate() {
            for (other, place) in rows.iter().zip(matrix.row_mut(at)) {
                *place = row.iter().zip(other).map(|(a, b)| a * b).sum();
            }
        }
        matrix.plus_diagonal(0.3)
    }

    fn inverse_factor(matrix: Triangle) -> InverseFactor {
        let mut elimination = Elimination::new(matrix);
        while !elimination.step() {}
        elimination.finish()
    }

    #[test]
    fn the_inverse_factor_of_any_size_turns_the_matrix_into_the_identity() {
        for size in [1, 2, 7, 8, 9, 63, 64, 65, 70, 127, 129, 200] {
            let matrix = positive_definite(size, size as u64);
            let entry = |i: usize, j: usize| f64::from(matrix.row(i.max(j))[i.min(j)]);
            let right: Vec<_> = (0..size).map(|i| entry(i, size / 2)).collect();
            let solution = inverse_factor(matrix.clone()).solve(&right, 1);
            for (at, x) in solution.iter().enumerate() {
                let expected = f64::from(u8::from(at == size / 2));
                assert!((x - expected).abs() < 1e-5, "{size}: {at} {x}");
            }
        }
    }

    #[test]
    fn the_inverse_diagonal_is_the_solution_for_unit_vectors() {
        let factor = inverse_factor(positive_definite(100, 3));
        let diagonal = factor.inverse_diagonal();
        for (at, value) in diagonal.iter().enumerate() {
            let mut unit = vec![0.0; 100];
            unit[at] = 1.0;
            assert!((factor.solve(&unit, 1)[at] - value).abs() < 1e-9);
        }
    }

    #[test]
    fn a_two_by_two_factor_is_as_by_hand() {
        let mut rows = vec![vec![4.0], vec![2.0, 10.0]];
        cholesky(&mut rows);
        assert_eq!(rows, [vec![2.0], vec![1.0, 3.0]]);
        invert_lower(&mut rows);
        assert_eq!(rows, [vec![0.5], vec![-1.0 / 6.0, 1.0 / 3.0]]);
    }
}
