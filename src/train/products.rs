//! The two matrix products of a linear layer with few outputs.
//!
//! A tile of a few rows and a few classes is summed in registers, four lanes side by side along
//! the features; the compiler turns the lanes into vectors. Along the features, because there are
//! many of them whatever the number of classes.

/// Lanes of one vector: WebAssembly's v128.
const LANES: usize = 4;

/// Rows of a tile of logits. With [`CLASSES`] it makes ten sums, which leaves five of V8's
/// fifteen vector registers for what is multiplied.
const ROWS: usize = 2;

/// Vectors of a tile of the gradient; ten sums again.
const VECTORS: usize = 2;

/// Classes of a tile, at most.
const CLASSES: usize = 5;

/// Calls a function with its number of classes as a constant.
macro_rules! with_classes {
    ($num:expr, $function:ident($($argument:expr),*)) => {
        match $num {
            1 => $function::<1>($($argument),*),
            2 => $function::<2>($($argument),*),
            3 => $function::<3>($($argument),*),
            4 => $function::<4>($($argument),*),
            _ => $function::<CLASSES>($($argument),*),
        }
    };
}

/// Dot products of rows with the weights of each class.
///
/// # Shapes
///
/// - rows: `[num_rows, num_features]`
/// - weights: `[num_classes, num_features]`
/// - out: `[num_rows, num_classes]`, overwritten
pub fn logits(rows: &[f32], weights: &[f32], num_classes: usize, out: &mut [f32]) {
    let num_features = weights.len() / num_classes;
    for (first, num) in groups(num_classes) {
        let weights = &weights[first * num_features..][..num * num_features];
        for (rows, out) in rows
            .chunks(ROWS * num_features)
            .zip(out.chunks_mut(ROWS * num_classes))
        {
            with_classes!(
                num,
                logit_tile(rows, weights, num_classes, &mut out[first..])
            );
        }
    }
}

/// One or [`ROWS`] rows times `NUM` classes; `out` begins at the first of them.
fn logit_tile<const NUM: usize>(
    rows: &[f32],
    weights: &[f32],
    num_classes: usize,
    out: &mut [f32],
) {
    let num_features = weights.len() / NUM;
    let weights = std::array::from_fn(|class| &weights[class * num_features..][..num_features]);
    // A row that is left over is computed twice.
    let num_rows = rows.len() / num_features;
    let pair =
        std::array::from_fn(|row| &rows[row.min(num_rows - 1) * num_features..][..num_features]);
    let sums = dots::<ROWS, NUM>(pair, weights);
    // There are as many places as rows.
    for (sums, out) in sums.iter().zip(out.chunks_mut(num_classes)) {
        out[..NUM].copy_from_slice(sums);
    }
}

#[inline(always)]
fn dots<const ROWS: usize, const CLASSES: usize>(
    rows: [&[f32]; ROWS],
    weights: [&[f32]; CLASSES],
) -> [[f32; CLASSES]; ROWS] {
    let num_vectors = rows[0].len() / LANES;
    let row_vectors = rows.map(|row| &row.as_chunks::<LANES>().0[..num_vectors]);
    let weight_vectors = weights.map(|weights| &weights.as_chunks::<LANES>().0[..num_vectors]);
    let mut sums = [[[0.0f32; LANES]; CLASSES]; ROWS];
    for at in 0..num_vectors {
        for row in 0..ROWS {
            for class in 0..CLASSES {
                for lane in 0..LANES {
                    sums[row][class][lane] +=
                        row_vectors[row][at][lane] * weight_vectors[class][at][lane];
                }
            }
        }
    }
    let rest = num_vectors * LANES;
    std::array::from_fn(|row| {
        std::array::from_fn(|class| {
            let rest = rows[row][rest..].iter().zip(&weights[class][rest..]);
            sums[row][class].iter().sum::<f32>() + rest.map(|(x, w)| x * w).sum::<f32>()
        })
    })
}

/// Adds each row, times its coefficient for a class, to the class's gradient.
///
/// # Shapes
///
/// - rows: `[num_rows, num_features]`
/// - coefficients: `[num_rows, num_classes]`
/// - gradient: `[num_classes, num_features]`, added to
pub fn add_outer(rows: &[f32], coefficients: &[f32], num_classes: usize, gradient: &mut [f32]) {
    let num_features = gradient.len() / num_classes;
    for (first, num) in groups(num_classes) {
        let gradient = &mut gradient[first * num_features..][..num * num_features];
        with_classes!(
            num,
            outer_tile(rows, &coefficients[first..], num_classes, gradient)
        );
    }
}

/// `coefficients` begin at the first of the `NUM` classes.
fn outer_tile<const NUM: usize>(
    rows: &[f32],
    coefficients: &[f32],
    num_classes: usize,
    gradient: &mut [f32],
) {
    const WIDTH: usize = VECTORS * LANES;
    let num_features = gradient.len() / NUM;
    let of = |row: usize| -> &[f32; NUM] {
        let start = row * num_classes;
        coefficients[start..start + NUM]
            .try_into()
            .expect("as long")
    };
    let mut at = 0;
    while at + WIDTH <= num_features {
        let mut sums = [[0.0f32; WIDTH]; NUM];
        for (row, values) in rows.chunks(num_features).enumerate() {
            let values: &[f32; WIDTH] = values[at..at + WIDTH].try_into().expect("as long");
            let factors = of(row);
            for class in 0..NUM {
                for lane in 0..WIDTH {
                    sums[class][lane] += factors[class] * values[lane];
                }
            }
        }
        for (class, sums) in sums.iter().enumerate() {
            let gradient = &mut gradient[class * num_features + at..][..WIDTH];
            gradient.iter_mut().zip(sums).for_each(|(g, s)| *g += s);
        }
        at += WIDTH;
    }
    for (row, values) in rows.chunks(num_features).enumerate() {
        for class in 0..NUM {
            for rest in at..num_features {
                gradient[class * num_features + rest] += of(row)[class] * values[rest];
            }
        }
    }
}

/// Cuts the classes into groups of nearly equal size, at most [`CLASSES`]: first and number.
fn groups(num_classes: usize) -> impl Iterator<Item = (usize, usize)> {
    let num_groups = num_classes.div_ceil(CLASSES);
    let start = move |group: usize| group * num_classes / num_groups;
    (0..num_groups).map(move |group| (start(group), start(group + 1) - start(group)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        let number = |i: usize| ((i * 7919 + seed * 104_729) % 1009) as f32 / 504.5 - 1.0;
        (0..count).map(number).collect()
    }

    /// Every shape that a tile can leave something over of.
    fn shapes() -> impl Iterator<Item = (usize, usize, usize)> {
        let classes = (1..=12).chain([23]);
        classes.flat_map(|classes| {
            [1, 2, 3, 8].into_iter().flat_map(move |rows| {
                [1, 4, 7, 8, 19, 64].map(|features| (rows, features, classes))
            })
        })
    }

    #[test]
    fn logits_are_the_dot_products() {
        for (num_rows, num_features, num_classes) in shapes() {
            let values = numbers(num_rows * num_features, 1);
            let weights = numbers(num_classes * num_features, 2);
            let mut out = vec![f32::NAN; num_rows * num_classes];
            logits(&values, &weights, num_classes, &mut out);
            for (i, actual) in out.iter().enumerate() {
                let weights = &weights[i % num_classes * num_features..][..num_features];
                let row = &values[i / num_classes * num_features..][..num_features];
                let expected: f32 = row.iter().zip(weights).map(|(x, w)| x * w).sum();
                assert!((actual - expected).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn outer_products_are_added_to_what_is_there() {
        for (num_rows, num_features, num_classes) in shapes() {
            let values = numbers(num_rows * num_features, 3);
            let coefficients = numbers(num_rows * num_classes, 4);
            let mut gradient = numbers(num_classes * num_features, 5);
            let before = gradient.clone();
            add_outer(&values, &coefficients, num_classes, &mut gradient);
            for (i, actual) in gradient.iter().enumerate() {
                let (class, feature) = (i / num_features, i % num_features);
                let products = (0..num_rows).map(|row| {
                    values[row * num_features + feature] * coefficients[row * num_classes + class]
                });
                let expected = before[i] + products.sum::<f32>();
                assert!((actual - expected).abs() < 1e-4);
            }
        }
    }
}
