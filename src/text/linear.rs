//! Weights in one byte each in, products with them out.

use crate::{error::Result, tensor_file::TensorFile};

/// A matrix of whole numbers from −127 to 127, each row of which has a scale.
///
/// That is a quarter of the size of f32, and nearest-integer rounding of rows changes sentence
/// embeddings little; how little, the test against the published model says.
#[derive(Debug)]
pub struct Quantized {
    /// `[num_rows, num_columns]`
    values: Vec<i8>,
    /// `[num_rows]`
    scales: Vec<f32>,
    num_columns: usize,
}

impl Quantized {
    /// Rows of `values`, each rounded to 127 steps of its largest entry.
    pub fn round(values: &[f32], num_columns: usize) -> Self {
        let rows = values.chunks_exact(num_columns);
        let scales: Vec<f32> = rows.clone().map(|row| largest(row) / 127.0).collect();
        let round = |(row, scale): (&[f32], &f32)| {
            let steps = scale.max(f32::MIN_POSITIVE).recip();
            row.iter()
                .map(move |x| (x * steps).round() as i8)
                .collect::<Vec<_>>()
        };
        Self {
            values: rows.zip(&scales).flat_map(round).collect(),
            scales,
            num_columns,
        }
    }

    /// Reads `name` and `name.scales`.
    ///
    /// # Errors
    ///
    /// When one of them is missing or of another shape.
    pub(super) fn read(file: &TensorFile, name: &str, shape: [usize; 2]) -> Result<Self> {
        Ok(Self {
            values: file
                .bytes_of(name, &shape)?
                .iter()
                .map(|&b| b as i8)
                .collect(),
            scales: file.tensor(&format!("{name}.scales"), &shape[..1])?,
            num_columns: shape[1],
        })
    }

    /// `[num_rows]`
    pub fn num_rows(&self) -> usize {
        self.scales.len()
    }

    /// `[num_rows, num_columns]`, for writing.
    pub fn values(&self) -> &[i8] {
        &self.values
    }

    /// `[num_rows]`, for writing.
    pub fn scales(&self) -> &[f32] {
        &self.scales
    }

    /// Row `at`: `[num_columns]`.
    pub fn row(&self, at: usize) -> impl Iterator<Item = f32> {
        let scale = self.scales[at];
        let values = &self.values[at * self.num_columns..][..self.num_columns];
        values.iter().map(move |&x| f32::from(x) * scale)
    }

    /// The product of a row with `input`: `[num_columns]`.
    pub fn product(&self, at: usize, input: &[f32]) -> f32 {
        // Eight sums, so that the loop needs not wait for each addition.
        let mut sums = [0.0f32; 8];
        let values = &self.values[at * self.num_columns..][..self.num_columns];
        let (values, rest) = values.as_chunks::<8>();
        let (input, input_rest) = input.as_chunks::<8>();
        for (values, input) in values.iter().zip(input) {
            for ((sum, w), x) in sums.iter_mut().zip(values).zip(input) {
                *sum += f32::from(*w) * x;
            }
        }
        let rest = rest.iter().zip(input_rest).map(|(w, x)| f32::from(*w) * x);
        (sums.iter().sum::<f32>() + rest.sum::<f32>()) * self.scales[at]
    }
}

fn largest(row: &[f32]) -> f32 {
    row.iter().fold(0.0, |most, x| most.max(x.abs()))
}

/// A matrix and what is added.
#[derive(Debug)]
pub(super) struct Linear {
    weight: Quantized,
    bias: Vec<f32>,
}

impl Linear {
    pub fn read(file: &TensorFile, name: &str, inputs: usize, outputs: usize) -> Result<Self> {
        Ok(Self {
            weight: Quantized::read(file, &format!("{name}.weight"), [outputs, inputs])?,
            bias: file.tensor(&format!("{name}.bias"), &[outputs])?,
        })
    }

    /// `[N][inputs]` → `[N][outputs]`
    pub fn forward(&self, rows: &[Vec<f32>]) -> Vec<Vec<f32>> {
        let output = |row: &Vec<f32>| {
            let bias = self.bias.iter().enumerate();
            bias.map(|(at, bias)| self.weight.product(at, row) + bias)
                .collect()
        };
        rows.iter().map(output).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_rounded_to_127_steps_of_their_largest_entry() {
        let matrix = Quantized::round(&[127.0, -1.0, 0.4, 0.0, 0.0, 0.0], 3);
        assert_eq!(matrix.values(), [127, -1, 0, 0, 0, 0]);
        assert_eq!(matrix.scales(), [1.0, 0.0]);
        assert_eq!(matrix.row(0).collect::<Vec<_>>(), [127.0, -1.0, 0.0]);
    }

    #[test]
    fn products_are_those_of_the_rounded_rows() {
        let row: Vec<f32> = (0..11).map(|x| x as f32 - 5.0).collect();
        let matrix = Quantized::round(&row, 11);
        let expected: f32 = matrix.row(0).zip(&row).map(|(w, x)| w * x).sum();
        assert!((matrix.product(0, &row) - expected).abs() < 1e-4);
    }
}
