//! The inner loop of every dense convolution: a few pixels times eight output channels.

use super::simd::{Aligned, F32x4, LANES};

/// Output channels of a tile: two vectors.
pub const PANEL: usize = 2 * LANES;

/// Pixels of a tile. V8 has 15 vector registers on x86. Two hold weights and one an input; the
/// sums get the other 12, less what a product needs that is not fused with its addition.
pub const MAX_ROWS: usize = if cfg!(target_feature = "relaxed-simd") {
    6
} else {
    5
};

/// Adds Σₖ `rows[r][k]` × `panel[k]` to the sums of each row r.
///
/// # Safety
/// Every row must hold `depth` values, the panel `PANEL * depth`.
#[inline(always)]
pub unsafe fn add_products<const ROWS: usize>(
    sums: &mut [[F32x4; 2]; ROWS],
    mut rows: [*const f32; ROWS],
    mut panel: *const f32,
    depth: usize,
) {
    for _ in 0..depth {
        // SAFETY: `depth` values a row, at most one past the end afterwards.
        unsafe {
            add_one_step(sums, rows, panel);
            rows = rows.map(|row| row.add(1));
            panel = panel.add(PANEL);
        }
    }
}

#[inline(always)]
unsafe fn add_one_step<const ROWS: usize>(
    sums: &mut [[F32x4; 2]; ROWS],
    rows: [*const f32; ROWS],
    panel: *const f32,
) {
    // SAFETY: the caller has a value a row and `PANEL` weights left.
    unsafe {
        let weights = [F32x4::load(panel), F32x4::load(panel.add(LANES))];
        for (sums, row) in sums.iter_mut().zip(rows) {
            let value = F32x4::load_splat(row);
            sums[0] = sums[0].plus_product(value, weights[0]);
            sums[1] = sums[1].plus_product(value, weights[1]);
        }
    }
}

/// The first [`PANEL`] values.
#[inline(always)]
pub fn pair(values: &[f32]) -> [F32x4; 2] {
    let values = &values[..PANEL];
    // SAFETY: eight values, checked above.
    unsafe {
        [
            F32x4::load(values.as_ptr()),
            F32x4::load(values.as_ptr().add(LANES)),
        ]
    }
}

/// Writes a pair to the first [`PANEL`] places.
#[inline(always)]
pub fn store_pair(pair: [F32x4; 2], into: &mut [f32]) {
    let into = &mut into[..PANEL];
    // SAFETY: eight places, checked above.
    unsafe {
        pair[0].store(into.as_mut_ptr());
        pair[1].store(into.as_mut_ptr().add(LANES));
    }
}

/// `[out, depth]` → `[out / PANEL, depth, PANEL]`
pub fn pack_panels(weight: &[f32], depth: usize) -> Aligned {
    let mut packed = Aligned::zeros(weight.len());
    for (channel, row) in weight.chunks_exact(depth).enumerate() {
        let panel = channel / PANEL * PANEL * depth;
        for (step, value) in row.iter().enumerate() {
            packed[panel + step * PANEL + channel % PANEL] = *value;
        }
    }
    packed
}

/// Cuts `num_pixels` into tiles `(first, rows)`. A short last tile would wait for its own
/// additions, so the last two share what is left.
pub fn tiles(num_pixels: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut first = 0;
    std::iter::from_fn(move || {
        let left = num_pixels - first;
        let rows = match left > MAX_ROWS && left < 2 * MAX_ROWS {
            true => left.div_ceil(2),
            false => left.min(MAX_ROWS),
        };
        first += rows;
        (rows > 0).then_some((first - rows, rows))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_every_pixel_once() {
        for num_pixels in 0..100 {
            let pixels: Vec<usize> = tiles(num_pixels)
                .flat_map(|(first, rows)| first..first + rows)
                .collect();
            assert_eq!(pixels, (0..num_pixels).collect::<Vec<_>>());
        }
    }
}
