//! Centered rows in, the orthonormal directions along which they vary most out.

use super::dot;

/// Rows of the sample, evenly spaced and made orthonormal: `[num, num_features]`,
/// fewer if the sample is smaller.
pub(crate) fn first_directions(sample: &[f32], num_features: usize, num: usize) -> Vec<f32> {
    let rows = sample.chunks_exact(num_features.max(1));
    let step = (rows.len() / num.max(1)).max(1);
    let mut directions: Vec<f32> = rows.step_by(step).take(num).flatten().copied().collect();
    make_orthonormal(&mut directions, num_features);
    directions
}

/// One round of block power iteration: directions · sampleᵀ · sample, made orthonormal.
pub(crate) fn power_iteration(sample: &[f32], directions: &[f32], num_features: usize) -> Vec<f32> {
    let mut turned = vec![0.0; directions.len()];
    for row in sample.chunks_exact(num_features.max(1)) {
        let old = directions.chunks_exact(num_features.max(1));
        let new = turned.chunks_exact_mut(num_features.max(1));
        for (old, new) in old.zip(new) {
            add_scaled(new, dot(old, row), row);
        }
    }
    make_orthonormal(&mut turned, num_features);
    turned
}

/// Gram-Schmidt, twice for what the first pass leaves by rounding ("twice is enough", Giraud et
/// al. 2005). A row that depends on earlier ones becomes zeros.
pub(crate) fn make_orthonormal(rows: &mut [f32], num_features: usize) {
    let num_rows = rows.len() / num_features.max(1);
    for at in 0..num_rows {
        let (earlier, row) = rows.split_at_mut(at * num_features);
        let row = &mut row[..num_features];
        let length_before = dot(row, row).sqrt();
        for other in earlier
            .chunks_exact(num_features)
            .chain(earlier.chunks_exact(num_features))
        {
            add_scaled(row, -dot(other, row), other);
        }
        let length = dot(row, row).sqrt();
        let is_new = length > 1e-3 * length_before;
        let scale = if is_new { length.recip() } else { 0.0 };
        row.iter_mut().for_each(|x| *x *= scale);
    }
}

fn add_scaled(sum: &mut [f32], scale: f32, row: &[f32]) {
    sum.iter_mut().zip(row).for_each(|(s, x)| *s += scale * x);
}
