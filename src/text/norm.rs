//! Rows of any scale in, rows of a learned one out (Ba et al., *Layer Normalization*,
//! arXiv:1607.06450).

use super::layer::WIDTH;
use crate::{error::Result, tensor_file::TensorFile};

/// As BERT has it.
const EPSILON: f64 = 1e-12;

#[derive(Debug)]
pub(super) struct Norm {
    scale: Vec<f32>,
    shift: Vec<f32>,
}

impl Norm {
    pub fn read(file: &TensorFile, name: &str) -> Result<Self> {
        Ok(Self {
            scale: file.tensor(&format!("{name}.scale"), &[WIDTH])?,
            shift: file.tensor(&format!("{name}.shift"), &[WIDTH])?,
        })
    }

    /// Of the sums of two lists of rows: `[N][WIDTH]`.
    pub fn of_sums(&self, a: &[Vec<f32>], b: &[Vec<f32>]) -> Vec<Vec<f32>> {
        let sum = |(a, b): (&Vec<f32>, &Vec<f32>)| -> Vec<f32> {
            let sum: Vec<_> = a.iter().zip(b).map(|(a, b)| a + b).collect();
            self.of(&sum)
        };
        a.iter().zip(b).map(sum).collect()
    }

    /// Of a row: `[WIDTH]`.
    pub fn of(&self, row: &[f32]) -> Vec<f32> {
        let count = row.len() as f64;
        let mean = row.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
        let squares = row.iter().map(|&x| (f64::from(x) - mean).powi(2));
        let deviation = (squares.sum::<f64>() / count + EPSILON).sqrt();
        let learned = self.scale.iter().zip(&self.shift);
        let normal = row
            .iter()
            .map(|&x| ((f64::from(x) - mean) / deviation) as f32);
        normal
            .zip(learned)
            .map(|(x, (scale, shift))| x * scale + shift)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_get_the_learned_mean_and_deviation() {
        let norm = Norm {
            scale: vec![2.0; 2],
            shift: vec![1.0; 2],
        };
        let normal = norm.of_sums(&[vec![3.0, 1.0]], &[vec![1.0, 1.0]]);
        assert_eq!(normal, [[3.0, -1.0]]);
    }
}
