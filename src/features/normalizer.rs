//! Raw features in, centered and L2-normalized features out.

/// Subtracts the training mean, then scales each row to length 1.
///
/// Centering and normalizing lifts heads on frozen features by one to three points over raw
/// features when images are few (Wang et al., *SimpleShot*, arXiv:1911.04623); scaling each
/// dimension by its own deviation hurts there.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalizer {
    mean: Vec<f32>,
}

impl Normalizer {
    /// The mean of `rows`, each `[num_features]`. Give it training rows only.
    pub fn fit<'a>(rows: impl IntoIterator<Item = &'a [f32]>, num_features: usize) -> Self {
        let mut sum = vec![0.0f64; num_features];
        let mut num_rows = 0usize;
        for row in rows {
            num_rows += 1;
            sum.iter_mut()
                .zip(row)
                .for_each(|(s, &x)| *s += f64::from(x));
        }
        let mean = sum.iter().map(|s| (s / num_rows.max(1) as f64) as f32);
        Self {
            mean: mean.collect(),
        }
    }

    /// A normalizer with a mean known from before.
    pub fn from_mean(mean: Vec<f32>) -> Self {
        Self { mean }
    }

    /// The mean that is subtracted: `[num_features]`.
    pub fn mean(&self) -> &[f32] {
        &self.mean
    }

    /// What `row`, centered, is multiplied by to be of length 1; 0 for the mean itself.
    pub fn scale(&self, row: &[f32]) -> f32 {
        let centered = row.iter().zip(&self.mean).map(|(x, mean)| x - mean);
        let square: f64 = centered.map(|x| f64::from(x).powi(2)).sum();
        match square > 0.0 {
            true => square.sqrt().recip() as f32,
            false => 0.0,
        }
    }

    /// `row`, normalized: `[num_features]`.
    pub fn normalized(&self, row: &[f32]) -> Vec<f32> {
        let mut out = Vec::with_capacity(row.len());
        self.push_normalized(row, &mut out);
        out
    }

    /// Appends the normalized `row` to `out`. A row equal to the mean becomes zeros.
    pub fn push_normalized(&self, row: &[f32], out: &mut Vec<f32>) {
        self.push_scaled(row, self.scale(row), out);
    }

    /// The same, with the row's [`Normalizer::scale`] known from before.
    pub fn push_scaled(&self, row: &[f32], scale: f32, out: &mut Vec<f32>) {
        let centered = row.iter().zip(&self.mean).map(|(x, mean)| x - mean);
        out.extend(centered.map(|x| x * scale));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_centered_and_of_length_one() {
        let normalizer = Normalizer::fit([&[1.0, 0.0][..], &[3.0, 2.0]], 2);
        assert_eq!(normalizer.mean(), [2.0, 1.0]);
        let mut out = Vec::new();
        normalizer.push_normalized(&[5.0, 5.0], &mut out);
        assert_eq!(out, [0.6, 0.8]);
    }

    #[test]
    fn the_mean_itself_becomes_zeros() {
        let normalizer = Normalizer::from_mean(vec![2.0, 1.0]);
        let mut out = Vec::new();
        normalizer.push_normalized(&[2.0, 1.0], &mut out);
        assert_eq!(out, [0.0, 0.0]);
    }
}
