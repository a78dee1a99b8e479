//! Two rows in, their product out.
//!
//! Sums run in 16 lanes, which compilers turn into vector instructions; one chain of additions
//! they may not.

const LANES: usize = 16;

/// The product of two rows of one length.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    lanes.iter().sum::<f32>() + rest
}

/// The product of two rows less their mean, all of one length.
pub(crate) fn centered_dot(a: &[f32], b: &[f32], mean: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let chunks = a.chunks(LANES).zip(b.chunks(LANES)).zip(mean.chunks(LANES));
    for ((a, b), mean) in chunks {
        for (lane, ((x, y), m)) in lanes.iter_mut().zip(a.iter().zip(b).zip(mean)) {
            *lane += (x - m) * (y - m);
        }
    }
    lanes.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fill_the_lanes_counts_too() {
        assert_eq!(dot(&[2.0; 35], &[0.5; 35]), 35.0);
        assert_eq!(centered_dot(&[3.0; 35], &[1.5; 35], &[1.0; 35]), 35.0);
    }
}
