//! Two sets of rows in, their squared maximum mean discrepancy out; in Burn, so that it can be a loss.
//!
//! Gretton et al. 2012, *A kernel two-sample test*: the distance of the sets' means in the space of
//! a kernel, zero if and only if the sets are of one distribution. The kernel is the mean of five
//! Gaussians (as in Long et al. 2015, *Learning transferable features with deep adaptation
//! networks*), so that no one width decides what is seen.

use burn::tensor::{Tensor, TensorData};

/// Widths of the Gaussians exp(−‖x − y‖² / width), relative to the mean squared distance.
const WIDTHS: [f64; 5] = [0.25, 0.5, 1.0, 2.0, 4.0];

/// Of different rows; positive. `squares`: `[N, N]`.
pub(super) fn mean_distance(squares: &[f32], num_rows: usize) -> f64 {
    let sum: f64 = squares.iter().map(|&x| f64::from(x)).sum();
    (sum / (num_rows * num_rows.saturating_sub(1)).max(1) as f64).max(1e-12)
}

/// The kernel at a squared distance, where squared distances are `mean` on average.
pub(super) fn kernel(square: f32, mean: f64) -> f32 {
    let gaussian = |width| (-square / (width * mean) as f32).exp();
    WIDTHS.map(gaussian).iter().sum::<f32>() / WIDTHS.len() as f32
}

/// Mean kernel within each set less that between them, twice, each row with itself included: `[1]`.
/// The widths follow the rows, but nothing is learned through them.
///
/// `rows`: `[N, width]`, of which the first `num_first` are one set and the others the second;
/// neither is empty.
pub(super) fn squared_mmd(rows: Tensor<2>, num_first: usize) -> Tensor<1> {
    let [num_rows, _] = rows.dims();
    let shares = shares(num_rows, num_first, &rows);
    // [N, 1]
    let norms = rows.clone().powi_scalar(2).sum_dim(1);
    let products = rows.clone().matmul(rows.transpose());
    // [N, N]; rounding can take a row's distance to itself below 0.
    let squares = (norms.clone() + norms.transpose() - products * 2.0).clamp_min(0.0);
    let num_pairs = (num_rows * num_rows.saturating_sub(1)).max(1);
    let mean = (squares.clone().detach().sum() / num_pairs as f64).clamp_min(1e-12);
    let relative = squares / mean.unsqueeze::<2>();
    let gaussian = |width: f64| (relative.clone() / -width).exp();
    let kernels = WIDTHS
        .map(gaussian)
        .into_iter()
        .reduce(|sum, table| sum + table);
    (kernels.expect("five widths") * shares).sum() / WIDTHS.len() as f64
}

/// What the kernel of each pair counts for: `[N, N]`.
fn shares(num_rows: usize, num_first: usize, like: &Tensor<2>) -> Tensor<2> {
    let share = |at: usize| match at < num_first {
        true => 1.0 / num_first as f32,
        false => -1.0 / (num_rows - num_first) as f32,
    };
    let shares: Vec<f32> = (0..num_rows).map(share).collect();
    let column = Tensor::<2>::from_data(TensorData::new(shares, [num_rows, 1]), &like.device());
    column.clone().matmul(column.transpose())
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[derive(serde::Deserialize)]
    struct Golden {
        mmd: Discrepancy,
    }

    #[derive(serde::Deserialize)]
    struct Discrepancy {
        a: Vec<f32>,
        b: Vec<f32>,
        squared: f32,
    }

    fn mmd(rows: Vec<f32>, width: usize, num_first: usize) -> f32 {
        let shape = [rows.len() / width, width];
        let rows = Tensor::from_data(TensorData::new(rows, shape), &Device::flex());
        squared_mmd(rows, num_first).into_scalar::<f32>()
    }

    #[test]
    fn the_discrepancy_is_numpys() {
        let golden = include_str!("../../tests/golden/transfer/domain_reference.json");
        let Golden { mmd: golden } = serde_json::from_str(golden).unwrap();
        let value = mmd([golden.a, golden.b].concat(), 4, 6);
        assert!(
            (value - golden.squared).abs() < 1e-6,
            "{value} {}",
            golden.squared
        );
    }

    #[test]
    fn equal_sets_have_none() {
        let value = mmd(vec![1.0, 2.0, 3.0, 1.0, 2.0, 3.0], 1, 3);
        assert!(value.abs() < 1e-7, "{value}");
    }

    #[test]
    fn one_kernel_is_five_gaussians() {
        let expected = [4.0, 2.0, 1.0, 0.5, 0.25]
            .map(|x: f32| (-x).exp())
            .iter()
            .sum::<f32>()
            / 5.0;
        assert!((kernel(3.0, 3.0) - expected).abs() < 1e-6);
    }
}
