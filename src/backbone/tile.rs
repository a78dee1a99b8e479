//! The inner loop of every dense convolution: a few pixels times eight output channels.

use super::planes::PANEL;
use super::simd::{Aligned, F32x4, LANES};

/// Pixels of a tile. V8 has 15 vector registers on x86. Two hold weights and one an input; the
/// sums get the other 12, less what a product needs that is not fused with its addition.
pub const MAX_ROWS: usize = if cfg!(target_feature = "relaxed-simd") {
    6
} else {
    5
};

/// Neighboring tiles of equal size.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// First pixel.
    pub first: usize,
    /// Pixels a tile.
    pub rows: usize,
    /// How many tiles.
    pub num_tiles: usize,
}

/// Cuts `num_pixels` into tiles of at most `max_rows`, all of about the same size: a short one
/// would wait for its own additions.
pub fn runs(num_pixels: usize, max_rows: usize) -> impl Iterator<Item = Run> + Clone {
    let num_tiles = num_pixels.div_ceil(max_rows).max(1);
    let (rows, num_larger) = (num_pixels / num_tiles, num_pixels % num_tiles);
    let larger = Run {
        first: 0,
        rows: rows + 1,
        num_tiles: num_larger,
    };
    let others = Run {
        first: larger.rows * num_larger,
        rows,
        num_tiles: num_tiles - num_larger,
    };
    let runs = [larger, others].into_iter();
    runs.filter(|run| run.rows * run.num_tiles > 0)
}

/// Adds Σₖ `input[r * DISTANCE + k * STEP]` × `panel[k]` to the sums of each row r, for at most
/// nine k.
///
/// The steps are written out, so that their places in memory are constants; the way out of each
/// keeps the compiler from mixing them, which would need more registers than there are. So
/// `depth` must be unknown to it.
///
/// # Safety
/// Every row must hold `depth` values, the panel `PANEL * depth`.
#[inline(always)]
pub unsafe fn add_products<const ROWS: usize, const DISTANCE: usize, const STEP: usize>(
    sums: &mut [[F32x4; 2]; ROWS],
    input: *const f32,
    panel: *const f32,
    depth: usize,
) {
    debug_assert!(depth <= 9);
    macro_rules! steps {
        ($($step:literal)*) => {$(
            if depth == $step { return; }
            // SAFETY: there are more steps.
            unsafe {
                let weights = load_pair(panel.add($step * PANEL));
                // The order matters: a row is finished before the next one's input is loaded.
                for (row, sums) in sums.iter_mut().enumerate() {
                    let value = F32x4::load_splat(input.add(row * DISTANCE + $step * STEP));
                    sums[0] = sums[0].plus_product(value, weights[0]);
                    sums[1] = sums[1].plus_product(value, weights[1]);
                }
            }
        )*};
    }
    steps!(0 1 2 3 4 5 6 7 8);
}

/// Reads [`PANEL`] values.
///
/// # Safety
/// They must be readable.
#[inline(always)]
pub unsafe fn load_pair(pointer: *const f32) -> [F32x4; 2] {
    // SAFETY: promised by the caller.
    unsafe { [F32x4::load(pointer), F32x4::load(pointer.add(LANES))] }
}

/// Writes [`PANEL`] values.
///
/// # Safety
/// Their places must be writable.
#[inline(always)]
pub unsafe fn store_pair(pair: [F32x4; 2], pointer: *mut f32) {
    // SAFETY: promised by the caller.
    unsafe {
        pair[0].store(pointer);
        pair[1].store(pointer.add(LANES));
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

/// `[out / PANEL, depth, PANEL]` → `[out, depth]`
pub fn unpack_panels(packed: &[f32], depth: usize) -> Vec<f32> {
    let channels = 0..packed.len() / depth;
    let row = |channel: usize| {
        let panel = &packed[channel / PANEL * PANEL * depth..][..PANEL * depth];
        panel.iter().skip(channel % PANEL).step_by(PANEL)
    };
    channels.flat_map(row).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_unpack_to_what_was_packed() {
        let weight: Vec<f32> = (0..16 * 3).map(|value| value as f32).collect();
        let packed = pack_panels(&weight, 3);
        assert_eq!(
            packed[..9],
            [0.0, 3.0, 6.0, 9.0, 12.0, 15.0, 18.0, 21.0, 1.0]
        );
        assert_eq!(unpack_panels(&packed, 3), weight);
    }

    #[test]
    fn runs_cover_every_pixel_once() {
        for (num_pixels, max_rows) in (0..100).flat_map(|pixels| [(pixels, 4), (pixels, 5)]) {
            let mut covered = 0;
            for run in runs(num_pixels, max_rows) {
                assert!(run.first == covered && (1..=max_rows).contains(&run.rows));
                covered += run.rows * run.num_tiles;
            }
            assert_eq!(covered, num_pixels);
        }
    }
}
