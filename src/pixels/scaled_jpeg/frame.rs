//! The headers of a frame and of its scans in; which blocks there are, and room for them, out.

use super::ZIGZAG;

/// An image's components and the coefficients read so far.
pub(super) struct Frame {
    pub(super) is_progressive: bool,
    /// Of the result.
    pub(super) width: usize,
    pub(super) height: usize,
    /// Minimum coded units: a group of blocks of each component.
    pub(super) mcus_wide: usize,
    pub(super) mcus_high: usize,
    /// Gray, or luma and two chromas.
    pub(super) components: Vec<Component>,
}

/// One plane of blocks.
pub(super) struct Component {
    id: u8,
    /// Blocks in an MCU.
    pub(super) horizontal: usize,
    pub(super) vertical: usize,
    pub(super) quantization: usize,
    /// Pixels that a block has in the result.
    pub(super) block_width: usize,
    pub(super) block_height: usize,
    /// Blocks of whole MCUs; the last ones may lie outside the image.
    pub(super) blocks_wide: usize,
    pub(super) blocks_high: usize,
    /// Blocks with a part inside, which is what a scan of this component alone has.
    pub(super) own_wide: usize,
    pub(super) own_high: usize,
    /// How many coefficients of a block, in zigzag order, reach up to what the result needs.
    pub(super) kept: usize,
    /// `kept` of each block, not yet multiplied by the quantization table.
    pub(super) coefficients: Vec<i16>,
    /// Of each block, which coefficients are not zero; only progressive files ask.
    pub(super) nonzero: Vec<u64>,
}

impl Frame {
    pub(super) fn parse(marker: u8, body: &[u8], reduction: usize) -> Option<Self> {
        let (&[precision, y, y2, x, x2, num_components], rest) = body.split_first_chunk()?;
        let height = usize::from(u16::from_be_bytes([y, y2]));
        let width = usize::from(u16::from_be_bytes([x, x2]));
        let (specifications, []) = rest.as_chunks::<3>() else {
            return None;
        };
        let is_usual = precision == 8 && width > 0 && height > 0;
        if !is_usual || specifications.len() != usize::from(num_components) {
            return None;
        }
        let sampling = |factors: u8| (usize::from(factors >> 4), usize::from(factors & 15));
        let (horizontal, vertical) = match specifications {
            // A single component's factors mean nothing.
            [_] => (1, 1),
            [[b'R', ..], [b'G', ..], [b'B', ..]] => return None,
            [[_, luma, _], [_, 0x11, _], [_, 0x11, _]] => sampling(*luma),
            _ => return None,
        };
        if !(1..=2).contains(&horizontal) || !(1..=2).contains(&vertical) {
            return None;
        }
        let is_progressive = marker == 0xc2;
        let mut frame = Self {
            is_progressive,
            width: width.div_ceil(reduction),
            height: height.div_ceil(reduction),
            mcus_wide: width.div_ceil(8 * horizontal),
            mcus_high: height.div_ceil(8 * vertical),
            components: Vec::new(),
        };
        for (index, &[id, _, quantization]) in specifications.iter().enumerate() {
            // Chroma that was halved is halved less now.
            let (h, v) = if index == 0 {
                (horizontal, vertical)
            } else {
                (1, 1)
            };
            let (halved_x, halved_y) = (horizontal / h, vertical / v);
            let (block_width, block_height) = (8 / reduction * halved_x, 8 / reduction * halved_y);
            let (blocks_wide, blocks_high) = (frame.mcus_wide * h, frame.mcus_high * v);
            let kept = kept(block_width, block_height);
            let num_blocks = blocks_wide * blocks_high;
            frame.components.push(Component {
                id,
                horizontal: h,
                vertical: v,
                quantization: usize::from(quantization),
                block_width,
                block_height,
                blocks_wide,
                blocks_high,
                own_wide: width.div_ceil(8 * halved_x),
                own_high: height.div_ceil(8 * halved_y),
                kept,
                coefficients: zeros(num_blocks * kept)?,
                nonzero: zeros(if is_progressive { num_blocks } else { 0 })?,
            });
        }
        Some(frame)
    }
}

/// How far in zigzag order the lowest `width` × `height` frequencies reach.
fn kept(width: usize, height: usize) -> usize {
    let is_low =
        |&natural: &u8| usize::from(natural % 8) < width && usize::from(natural / 8) < height;
    ZIGZAG.iter().rposition(is_low).expect("the mean") + 1
}

/// Zeros, unless memory is short.
fn zeros<T: Copy + Default>(length: usize) -> Option<Vec<T>> {
    let mut values = Vec::new();
    values.try_reserve_exact(length).ok()?;
    values.resize(length, T::default());
    Some(values)
}

/// What one scan adds.
pub(super) struct Scan {
    pub(super) parts: Vec<Part>,
    /// The coefficients it has, in zigzag order, `start..=end`.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether it adds one bit to what earlier scans had.
    pub(super) refines: bool,
    /// The bit that is its lowest.
    pub(super) low: u32,
}

/// A component's part in a scan.
pub(super) struct Part {
    pub(super) component: usize,
    /// Which Huffman tables.
    pub(super) dc: usize,
    pub(super) ac: usize,
}

impl Scan {
    pub(super) fn parse(body: &[u8], frame: &Frame) -> Option<Self> {
        let (&num_parts, rest) = body.split_first()?;
        let (selectors, &[start, end, approximation]) = rest.split_last_chunk()?;
        let (selectors, []) = selectors.as_chunks::<2>() else {
            return None;
        };
        if selectors.is_empty() || selectors.len() != usize::from(num_parts) {
            return None;
        }
        let part = |&[id, tables]: &[u8; 2]| {
            let component = frame
                .components
                .iter()
                .position(|component| component.id == id)?;
            let (dc, ac) = (usize::from(tables >> 4), usize::from(tables & 15));
            Some(Part { component, dc, ac })
        };
        let parts = selectors.iter().map(part).collect::<Option<Vec<_>>>()?;
        // A component twice in an MCU has no meaning.
        if parts
            .windows(2)
            .any(|pair| pair[0].component >= pair[1].component)
        {
            return None;
        }
        if !frame.is_progressive {
            return Some(Self {
                parts,
                start: 0,
                end: 63,
                refines: false,
                low: 0,
            });
        }
        let (high, low) = (approximation >> 4, approximation & 15);
        let spectrum_fits = match start {
            0 => end == 0,
            _ => start <= end && end < 64 && parts.len() == 1,
        };
        let bits_fit = low <= 13 && (high == 0 || high == low + 1);
        (spectrum_fits && bits_fit).then_some(Self {
            parts,
            start: start.into(),
            end: end.into(),
            refines: high > 0,
            low: low.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_result_needs_is_kept() {
        let reach = [1, 2, 4, 8].map(|side| kept(side, side));
        assert_eq!(reach, [1, 5, 25, 64]);
        assert_eq!(kept(2, 1), 2);
    }
}
