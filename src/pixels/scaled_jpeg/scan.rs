//! Entropy-coded data in; the low coefficients of every block out.

use super::Definitions;
use super::bits::Bits;
use super::frame::{Frame, Scan};
use super::huffman::Table;

/// The data of one scan without its stuffing.
pub(super) struct EntropyCoded {
    bytes: Vec<u8>,
    /// Where each restart interval ends.
    ends: Vec<usize>,
}

impl EntropyCoded {
    /// Takes the data off the front of a file. Returns what follows, from its marker on.
    pub(super) fn split_off(file: &[u8]) -> (Self, &[u8]) {
        let mut data = Self {
            bytes: Vec::new(),
            ends: Vec::new(),
        };
        let mut rest = file;
        loop {
            let at = memchr::memchr(0xff, rest).unwrap_or(rest.len());
            data.bytes.extend_from_slice(&rest[..at]);
            rest = &rest[at..];
            match rest.get(1) {
                Some(0) => {
                    data.bytes.push(0xff);
                    rest = &rest[2..];
                }
                Some(0xd0..=0xd7) => {
                    data.ends.push(data.bytes.len());
                    rest = &rest[2..];
                }
                Some(0xff) => rest = &rest[1..],
                _ => break,
            }
        }
        data.ends.push(data.bytes.len());
        (data, rest)
    }

    fn intervals(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, &end)| &self.bytes[start..end])
    }
}

/// What is carried from block to block within a restart interval.
struct State<'a> {
    bits: Bits<'a>,
    /// The last mean, by component.
    means: [i32; 3],
    /// How many more blocks have nothing in this band.
    empty_blocks: u32,
}

/// Adds what a scan says to the frame. `None` if it can't be right.
pub(super) fn read(
    frame: &mut Frame,
    scan: &Scan,
    data: &EntropyCoded,
    definitions: &Definitions,
) -> Option<()> {
    let (start, end, low) = (scan.start, scan.end, scan.low);
    let dc = |part: usize| definitions.dc.get(scan.parts[part].dc)?.as_deref();
    let ac = |part: usize| definitions.ac.get(scan.parts[part].ac)?.as_deref();
    if !frame.is_progressive {
        return walk(
            frame,
            scan,
            data,
            definitions,
            |state, part, coefficients, _| {
                sequential(state, part, coefficients, dc(part)?, ac(part)?)
            },
        );
    }
    match (start, scan.refines) {
        (0, false) => walk(
            frame,
            scan,
            data,
            definitions,
            |state, part, coefficients, _| {
                coefficients[0] = (mean(state, part, dc(part)?)? << low) as i16;
                Some(())
            },
        ),
        (0, true) => walk(
            frame,
            scan,
            data,
            definitions,
            |state, _, coefficients, _| {
                state.bits.refill();
                coefficients[0] |= (state.bits.take(1) << low) as i16;
                Some(())
            },
        ),
        (_, false) => {
            let table = ac(0)?;
            walk(
                frame,
                scan,
                data,
                definitions,
                |state, _, coefficients, nonzero| {
                    first_bits(state, coefficients, nonzero?, (start, end, low), table)
                },
            )
        }
        (_, true) => {
            let table = ac(0)?;
            walk(
                frame,
                scan,
                data,
                definitions,
                |state, _, coefficients, nonzero| {
                    one_more_bit(state, coefficients, nonzero?, (start, end, low), table)
                },
            )
        }
    }
}

/// Visits a scan's blocks in the file's order: `visit(state, part of the scan, coefficients, nonzero)`.
fn walk(
    frame: &mut Frame,
    scan: &Scan,
    data: &EntropyCoded,
    definitions: &Definitions,
    mut visit: impl FnMut(&mut State, usize, &mut [i16], Option<&mut u64>) -> Option<()>,
) -> Option<()> {
    // A component alone comes block by block; several come MCU by MCU.
    let (units_wide, units_high) = match &scan.parts[..] {
        [part] => {
            let component = &frame.components[part.component];
            (component.own_wide, component.own_high)
        }
        _ => (frame.mcus_wide, frame.mcus_high),
    };
    let is_alone = scan.parts.len() == 1;
    let num_units = units_wide * units_high;
    let per_interval = match definitions.restart_interval {
        0 => num_units,
        units => units,
    };
    let mut intervals = data.intervals();
    let mut next = 0;
    while next < num_units {
        let mut state = State {
            bits: Bits::new(intervals.next()?),
            means: [0; 3],
            empty_blocks: 0,
        };
        for unit in next..num_units.min(next + per_interval) {
            let (unit_x, unit_y) = (unit % units_wide, unit / units_wide);
            for (index, part) in scan.parts.iter().enumerate() {
                let component = &mut frame.components[part.component];
                let (across, down) = if is_alone {
                    (1, 1)
                } else {
                    (component.horizontal, component.vertical)
                };
                for y in unit_y * down..(unit_y + 1) * down {
                    for x in unit_x * across..(unit_x + 1) * across {
                        let block = y * component.blocks_wide + x;
                        let coefficients =
                            &mut component.coefficients[block * component.kept..][..component.kept];
                        visit(
                            &mut state,
                            index,
                            coefficients,
                            component.nonzero.get_mut(block),
                        )?;
                    }
                }
            }
        }
        if state.bits.has_overrun() {
            return None;
        }
        next += per_interval;
    }
    Some(())
}

/// A block's mean, which is stored as the difference to the last one's.
#[inline(always)]
fn mean(state: &mut State, part: usize, table: &Table) -> Option<i32> {
    state.bits.refill();
    let size = table.symbol(&mut state.bits)?;
    if size > 15 {
        return None;
    }
    let difference = state.bits.take_signed(size.into());
    state.means[part] = state.means[part].wrapping_add(difference);
    Some(state.means[part])
}

/// A whole block.
#[inline(always)]
fn sequential(
    state: &mut State,
    part: usize,
    coefficients: &mut [i16],
    dc: &Table,
    ac: &Table,
) -> Option<()> {
    coefficients[0] = mean(state, part, dc)? as i16;
    let bits = &mut state.bits;
    let mut at = 1;
    while at < coefficients.len() {
        bits.refill();
        let symbol = ac.symbol(bits)?;
        let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        match (run, size) {
            (15, 0) => at += 16,
            (_, 0) => return Some(()),
            _ => {
                at += run;
                let value = bits.take_signed(size);
                if let Some(coefficient) = coefficients.get_mut(at) {
                    *coefficient = value as i16;
                }
                at += 1;
            }
        }
    }
    // What is left matters only for where it ends.
    while at < 64 {
        if bits.available() < 32 {
            bits.refill();
        }
        // Close to its end the next bits may be the next block's: then one by one.
        if let Some(steps) = ac.steps(bits)
            && at + steps.advance() < 64
        {
            bits.consume(steps.num_bits());
            if steps.ends_block() {
                return Some(());
            }
            at += steps.advance();
            continue;
        }
        let symbol = ac.symbol(bits)?;
        let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        if size == 0 && run < 15 {
            return Some(());
        }
        bits.consume(size);
        at += run + 1;
    }
    (at == 64).then_some(())
}

/// The upper bits of a band of coefficients.
fn first_bits(
    state: &mut State,
    coefficients: &mut [i16],
    nonzero: &mut u64,
    (start, end, low): (usize, usize, u32),
    table: &Table,
) -> Option<()> {
    if state.empty_blocks > 0 {
        state.empty_blocks -= 1;
        return Some(());
    }
    let bits = &mut state.bits;
    let mut at = start;
    while at <= end {
        bits.refill();
        let symbol = table.symbol(bits)?;
        let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        match (run, size) {
            (15, 0) => at += 16,
            (_, 0) => {
                state.empty_blocks = (1 << run) - 1 + bits.take(run as u32);
                return Some(());
            }
            _ => {
                at += run;
                if at > end {
                    return None;
                }
                let value = bits.take_signed(size);
                *nonzero |= 1 << at;
                if let Some(coefficient) = coefficients.get_mut(at) {
                    *coefficient = (value << low) as i16;
                }
                at += 1;
            }
        }
    }
    Some(())
}

/// One more bit of a band of coefficients: of those that are not zero, and which now become so.
fn one_more_bit(
    state: &mut State,
    coefficients: &mut [i16],
    nonzero: &mut u64,
    (start, end, low): (usize, usize, u32),
    table: &Table,
) -> Option<()> {
    let bits = &mut state.bits;
    // Those of the band that lie ahead.
    let (mut zeros, mut others) = (band(start, end) & !*nonzero, band(start, end) & *nonzero);
    if state.empty_blocks == 0 {
        while zeros | others != 0 {
            bits.refill();
            let symbol = table.symbol(bits)?;
            let (run, size) = (u32::from(symbol >> 4), symbol & 15);
            let fresh = match (run, size) {
                (15, 0) => None,
                (_, 0) => {
                    state.empty_blocks = (1 << run) + bits.take(run);
                    break;
                }
                (_, 1) => Some(if bits.take(1) == 1 { 1 } else { -1 }),
                _ => return None,
            };
            // The zero behind `run` others. If there are fewer it is 0, and what is below it is all.
            for _ in 0..run {
                zeros &= zeros.wrapping_sub(1);
            }
            let target = zeros & zeros.wrapping_neg();
            let below = target.wrapping_sub(1);
            correct(bits, coefficients, others & below, low);
            if let Some(sign) = fresh {
                if target == 0 {
                    return None;
                }
                *nonzero |= target;
                if let Some(coefficient) = coefficients.get_mut(target.trailing_zeros() as usize) {
                    *coefficient = (sign << low) as i16;
                }
            }
            zeros &= !(below | target);
            others &= !(below | target);
        }
    }
    if state.empty_blocks > 0 {
        state.empty_blocks -= 1;
        correct(bits, coefficients, others, low);
    }
    Some(())
}

/// Bits `start..=end` of 64.
fn band(start: usize, end: usize) -> u64 {
    (u64::MAX << start) & (u64::MAX >> (63 - end))
}

/// Reads a correction for each coefficient in `which`, and applies those that are kept.
#[inline(always)]
fn correct(bits: &mut Bits, coefficients: &mut [i16], which: u64, low: u32) {
    let all_kept = band(0, coefficients.len() - 1);
    let mut kept = which & all_kept;
    while kept != 0 {
        bits.refill();
        let coefficient = &mut coefficients[kept.trailing_zeros() as usize];
        let correction = (bits.take(1) << low) as i16;
        *coefficient = coefficient.wrapping_add(coefficient.signum().wrapping_mul(correction));
        kept &= kept - 1;
    }
    bits.skip((which & !all_kept).count_ones());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stuffing_goes_and_restarts_split() {
        let file = [1, 0xff, 0, 2, 0xff, 0xd0, 3, 0xff, 0xff, 0xd9];
        let (data, rest) = EntropyCoded::split_off(&file);
        assert_eq!(
            data.intervals().collect::<Vec<_>>(),
            [&[1, 0xff, 2][..], &[3]]
        );
        assert_eq!(rest, [0xff, 0xd9]);
    }

    #[test]
    fn bands_include_both_ends() {
        assert_eq!(band(2, 4), 0b11100);
        assert_eq!(band(0, 63), u64::MAX);
    }
}
