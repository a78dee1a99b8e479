//! A Huffman table as the file has it in; symbols, or many at once stepped over, out.

use super::bits::Bits;

/// Bits looked at at once. A few codes are longer; tables of this size stay in the first cache.
const LOOKUP: u32 = 12;

/// Codes and what they mean.
pub(super) struct Table {
    /// By the next bits: the symbol and, above it, the code's length; 0 if the code is longer.
    single: [u16; 1 << LOOKUP],
    /// By the next bits, see [`Steps`]; 0 if not even one symbol fits.
    steps: [u16; 1 << LOOKUP],
    /// By length: the first code that is longer, and what to add to a code to get its symbol's index.
    limits: [(u32, i32); 17],
    symbols: [u8; 256],
}

/// Several AC symbols in a row, with the bits that follow each, all within `LOOKUP` bits.
#[derive(Clone, Copy)]
pub(super) struct Steps(u16);

impl Steps {
    /// By how many coefficients they advance.
    #[inline(always)]
    pub(super) fn advance(self) -> usize {
        usize::from(self.0 >> 4 & 0xff)
    }

    #[inline(always)]
    pub(super) fn num_bits(self) -> u32 {
        u32::from(self.0 & 15)
    }

    /// Whether the block ends behind them.
    #[inline(always)]
    pub(super) fn ends_block(self) -> bool {
        self.0 >> 15 == 1
    }
}

impl Table {
    /// `counts`: how many codes there are of 1, 2, … 16 bits.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut table = Self {
            single: [0; 1 << LOOKUP],
            steps: [0; 1 << LOOKUP],
            limits: [(0, 0); 17],
            symbols: [0; 256],
        };
        table
            .symbols
            .get_mut(..symbols.len())?
            .copy_from_slice(symbols);
        let (mut code, mut index) = (0u32, 0usize);
        for (length, &count) in (1..).zip(counts) {
            table.limits[length] = (code + u32::from(count), index as i32 - code as i32);
            for _ in 0..count {
                if code >> length != 0 {
                    return None; // more codes than there are
                }
                if length as u32 <= LOOKUP {
                    let spare = LOOKUP - length as u32;
                    let entry = (length as u16) << 8 | u16::from(symbols[index]);
                    table.single[(code << spare) as usize..][..1 << spare].fill(entry);
                }
                (code, index) = (code + 1, index + 1);
            }
            code <<= 1;
        }
        for window in 0..table.steps.len() {
            table.steps[window] = table.steps_within(window as u32);
        }
        Some(table)
    }

    fn steps_within(&self, window: u32) -> u16 {
        let (mut num_bits, mut advance) = (0, 0u32);
        loop {
            let shifted = window << num_bits & ((1 << LOOKUP) - 1);
            let entry = self.single[shifted as usize];
            let (length, run, size) = (
                u32::from(entry >> 8),
                u32::from(entry >> 4 & 15),
                u32::from(entry & 15),
            );
            if entry == 0 || num_bits + length + size > LOOKUP {
                break;
            }
            let is_end = size == 0 && run < 15;
            num_bits += length + size;
            if is_end {
                return 1 << 15 | (advance << 4) as u16 | num_bits as u16;
            }
            advance += run + 1;
        }
        (advance << 4) as u16 | num_bits as u16
    }

    /// The next symbol; at least 16 bits must be available.
    #[inline(always)]
    pub(super) fn symbol(&self, bits: &mut Bits) -> Option<u8> {
        let entry = self.single[bits.peek(LOOKUP) as usize];
        if entry == 0 {
            return self.long_symbol(bits);
        }
        bits.consume(u32::from(entry >> 8));
        Some(entry as u8)
    }

    #[cold]
    fn long_symbol(&self, bits: &mut Bits) -> Option<u8> {
        let (length, code, offset) = (LOOKUP + 1..=16).find_map(|length| {
            let (limit, offset) = self.limits[length as usize];
            let code = bits.peek(length);
            (code < limit).then_some((length, code, offset))
        })?;
        bits.consume(length);
        self.symbols.get((code as i32 + offset) as usize).copied()
    }

    /// What can be stepped over at once; `LOOKUP` bits must be available. `None` if nothing.
    #[inline(always)]
    pub(super) fn steps(&self, bits: &Bits) -> Option<Steps> {
        let entry = self.steps[bits.peek(LOOKUP) as usize];
        (entry != 0).then_some(Steps(entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes 0, 10 and 1111_1111_1111_10.
    fn table() -> Table {
        let mut counts = [0; 16];
        (counts[0], counts[1], counts[13]) = (1, 1, 1);
        Table::new(&counts, &[0x00, 0x12, 0xf0]).expect("three codes")
    }

    #[test]
    fn short_and_long_codes_are_told_apart() {
        // 10, 1100_0000_0000_00 is no code of this table: the first of 14 bits is that.
        let table = table();
        let mut bits = Bits::new(&[0b1000_1100, 0, 0, 0]);
        bits.refill();
        assert_eq!(table.symbol(&mut bits), Some(0x12));
        assert_eq!(table.symbol(&mut bits), Some(0x00));
        assert_eq!(table.symbol(&mut bits), Some(0x00));
        assert_eq!(table.symbol(&mut bits), Some(0xf0));
        assert_eq!(bits.available(), 56 - 18);
    }

    #[test]
    fn steps_go_up_to_the_end_of_the_block() {
        let table = table();
        // Twice (10 and two more bits), then the end.
        let mut bits = Bits::new(&[0b1001_1011, 0b0000_0000]);
        bits.refill();
        let steps = table.steps(&bits).expect("three symbols");
        assert_eq!(
            (steps.num_bits(), steps.advance(), steps.ends_block()),
            (9, 4, true)
        );
    }

    #[test]
    fn too_many_codes_are_refused() {
        let mut counts = [0; 16];
        counts[0] = 3;
        assert!(Table::new(&counts, &[1, 2, 3]).is_none());
    }
}
