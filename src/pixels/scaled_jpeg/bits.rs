//! Entropy-coded bytes in; bits, first one first, out.

/// Reads from bytes without stuffing. Beyond the end there are zeros; [`Bits::has_overrun`] tells.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// Where the next byte comes from.
    at: usize,
    /// The next bits, the first one on top. Below the first `count` is garbage, or the same bits again.
    window: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            window: 0,
            count: 0,
        }
    }

    /// Makes at least 56 bits available.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        let next = match self.bytes.get(self.at..).and_then(<[u8]>::first_chunk) {
            Some(&bytes) => u64::from_be_bytes(bytes),
            None => self.near_the_end(),
        };
        self.window |= next >> self.count;
        self.at += ((63 - self.count) >> 3) as usize;
        self.count |= 56;
    }

    #[cold]
    fn near_the_end(&self) -> u64 {
        let mut bytes = [0; 8];
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        bytes[..rest.len()].copy_from_slice(rest);
        u64::from_be_bytes(bytes)
    }

    /// The next `count` bits, 1 to 32, which must be available.
    #[inline(always)]
    pub(super) fn peek(&self, count: u32) -> u32 {
        (self.window >> (64 - count)) as u32
    }

    #[inline(always)]
    pub(super) fn available(&self) -> u32 {
        self.count
    }

    /// Steps over bits that are available.
    #[inline(always)]
    pub(super) fn consume(&mut self, count: u32) {
        self.window <<= count;
        self.count = self.count.wrapping_sub(count);
    }

    /// Takes up to 16 bits, which must be available.
    #[inline(always)]
    pub(super) fn take(&mut self, count: u32) -> u32 {
        // In two steps, since a shift by 64 is none.
        let value = (self.window >> 1 >> (63 - count)) as u32;
        self.consume(count);
        value
    }

    /// Takes the magnitude that follows a symbol: `size` bits that tell the sign as well.
    #[inline(always)]
    pub(super) fn take_signed(&mut self, size: u32) -> i32 {
        let value = self.take(size) as i32;
        // Values below half are negative.
        let is_negative = size > 0 && value < 1 << (size - 1);
        if is_negative {
            value - (1 << size) + 1
        } else {
            value
        }
    }

    /// Steps over any number of bits.
    #[inline(always)]
    pub(super) fn skip(&mut self, mut count: u32) {
        while count > self.count {
            count -= self.count;
            self.consume_all();
        }
        self.consume(count);
    }

    #[cold]
    fn consume_all(&mut self) {
        (self.window, self.count) = (0, 0);
        self.refill();
    }

    /// Whether more bits were taken than there are.
    pub(super) fn has_overrun(&self) -> bool {
        8 * self.at > 8 * self.bytes.len() + self.count as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_in_order_and_the_end_is_noticed() {
        let bytes: Vec<u8> = (0..=20).map(|i| i * 11).collect();
        let mut bits = Bits::new(&bytes);
        for pair in bytes.chunks(2) {
            for byte in pair {
                bits.refill();
                assert_eq!(bits.take(3), u32::from(byte >> 5));
                assert_eq!(bits.take(0), 0);
                assert_eq!(bits.take(5), u32::from(byte & 31));
            }
            assert!(!bits.has_overrun());
        }
        bits.refill();
        assert!(!bits.has_overrun());
        assert_eq!(bits.take(1), 0);
        assert!(bits.has_overrun());
    }

    #[test]
    fn magnitudes_have_their_sign_in_the_first_bit() {
        let mut bits = Bits::new(&[0b0011_1010, 0b0101_0000]);
        bits.refill();
        assert_eq!(bits.take_signed(2), -3); // 00
        assert_eq!(bits.take_signed(2), 3); // 11
        assert_eq!(bits.take_signed(1), 1); // 1
        assert_eq!(bits.take_signed(1), -1); // 0
        assert_eq!(bits.take_signed(4), 9); // 1001
        assert_eq!(bits.take_signed(0), 0);
    }
}
