//! Two sets of rows in, the squared maximum mean discrepancy and its slope out.
//!
//! Gretton et al. 2012, *A kernel two-sample test*: the distance of the sets' means in the space of
//! a kernel, zero if and only if the sets are of one distribution. The kernel is the mean of five
//! Gaussians (as in Long et al. 2015, *Learning transferable features with deep adaptation
//! networks*), so that no one width decides what is seen.

/// Widths of the Gaussians exp(−‖x − y‖² / width), relative to the mean squared distance.
const WIDTHS: [f64; 5] = [0.25, 0.5, 1.0, 2.0, 4.0];

/// Squared distances of all rows to all, and their mean, which sets the widths.
///
/// `rows`: `[N, width]`; output: `[N, N]`.
pub(super) fn squared_distances(rows: &[f32], width: usize) -> (Vec<f32>, f64) {
    let num_rows = rows.len() / width.max(1);
    let mut squares = vec![0.0; num_rows * num_rows];
    for (at, row) in rows.chunks(width).enumerate() {
        for (other, values) in rows.chunks(width).take(at).enumerate() {
            let differences = row.iter().zip(values).map(|(a, b)| a - b);
            let square: f32 = differences.map(|x| x * x).sum();
            squares[at * num_rows + other] = square;
            squares[other * num_rows + at] = square;
        }
    }
    let mean = mean_distance(&squares, num_rows);
    (squares, mean)
}

/// Of different rows; positive. `squares`: `[N, N]`.
pub(super) fn mean_distance(squares: &[f32], num_rows: usize) -> f64 {
    let sum: f64 = squares.iter().map(|&x| f64::from(x)).sum();
    (sum / (num_rows * num_rows.saturating_sub(1)).max(1) as f64).max(1e-12)
}

/// The kernel and its derivative by the squared distance.
pub(super) fn kernel(square: f32, mean: f64) -> (f32, f32) {
    let (mut value, mut slope) = (0.0, 0.0);
    for width in WIDTHS {
        let scale = (1.0 / (width * mean)) as f32;
        let gaussian = (-scale * square).exp() / WIDTHS.len() as f32;
        value += gaussian;
        slope -= scale * gaussian;
    }
    (value, slope)
}

/// Mean kernel within each set less that between them, twice, each row with itself included; and
/// the derivative by the rows, the widths held.
///
/// # Shapes
///
/// - rows: `[N, width]`, of which the first `num_first` are one set and the others the second
/// - second output: `[N, width]`
pub(super) fn squared_mmd(rows: &[f32], width: usize, num_first: usize) -> (f64, Vec<f32>) {
    let num_rows = rows.len() / width.max(1);
    let num_second = num_rows - num_first;
    let mut gradient = vec![0.0; rows.len()];
    if num_first == 0 || num_second == 0 {
        return (0.0, gradient);
    }
    let share = |at: usize| match at < num_first {
        true => 1.0 / num_first as f32,
        false => -1.0 / num_second as f32,
    };
    let (squares, mean) = squared_distances(rows, width);
    let mut value = 0.0;
    for (at, out) in gradient.chunks_mut(width).enumerate() {
        let row = &rows[at * width..][..width];
        for (other, values) in rows.chunks(width).enumerate() {
            let (kernel, slope) = kernel(squares[at * num_rows + other], mean);
            let sign = share(at) * share(other);
            value += f64::from(sign * kernel);
            // Twice for the square, twice because the pair comes up in both orders.
            let scale = 4.0 * sign * slope;
            let pairs = out.iter_mut().zip(row.iter().zip(values));
            pairs.for_each(|(g, (a, b))| *g += scale * (a - b));
        }
    }
    (value, gradient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Golden {
        mmd: Discrepancy,
    }

    #[derive(serde::Deserialize)]
    struct Discrepancy {
        a: Vec<f32>,
        b: Vec<f32>,
        squared: f64,
    }

    fn golden() -> (Vec<f32>, f64) {
        let golden = include_str!("../../tests/golden/transfer/domain_reference.json");
        let Golden { mmd } = serde_json::from_str(golden).unwrap();
        ([mmd.a, mmd.b].concat(), mmd.squared)
    }

    #[test]
    fn the_discrepancy_is_numpys() {
        let (rows, expected) = golden();
        let (value, _) = squared_mmd(&rows, 4, 6);
        assert!((value - expected).abs() < 1e-6, "{value} {expected}");
    }

    #[test]
    fn equal_sets_have_none() {
        let (value, gradient) = squared_mmd(&[1.0, 2.0, 3.0, 1.0, 2.0, 3.0], 1, 3);
        assert!(value.abs() < 1e-7);
        assert!(gradient.iter().all(|g| g.abs() < 1e-6), "{gradient:?}");
    }

    #[test]
    fn the_gradient_is_the_slope_with_widths_held() {
        let (mut rows, _) = golden();
        let (_, gradient) = squared_mmd(&rows, 4, 6);
        let (_, mean) = squared_distances(&rows, 4);
        let held = |rows: &[f32]| -> f64 {
            let (squares, _) = squared_distances(rows, 4);
            let share = |at: usize| if at < 6 { 1.0 / 6.0 } else { -1.0 / 5.0 };
            let pairs = squares.iter().enumerate();
            pairs
                .map(|(at, x)| share(at / 11) * share(at % 11) * f64::from(kernel(*x, mean).0))
                .sum()
        };
        for at in [0, 7, 23, 24, 43] {
            let x = rows[at];
            rows[at] = x + 0.01;
            let above = held(&rows);
            rows[at] = x - 0.01;
            let slope = (above - held(&rows)) / 0.02;
            rows[at] = x;
            assert!((slope - f64::from(gradient[at])).abs() < 1e-4, "{at}");
        }
    }
}
