//! Thousands of damaged files: each gives an answer, none a panic.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::fixtures::{self, FORMATS, encode, photo};
use super::{extract, jpeg};

/// Damaged copies of each of the 17 files.
const NUM_COPIES: usize = 500;

fn damage(file: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut copy = file.to_vec();
    for _ in 0..rng.random_range(1..=4) {
        // Headers decide the most, so half of the damage goes there.
        let end = if rng.random() {
            copy.len().min(100)
        } else {
            copy.len()
        };
        let at = rng.random_range(0..end);
        match rng.random_range(0..5) {
            0 => copy[at] ^= 1 << rng.random_range(0..8),
            1 => copy[at] = rng.random(),
            2 => copy[at] = [0, 0x7f, 0x80, 0xff][rng.random_range(0..4)],
            3 => drop(copy.drain(at.max(1)..(at + rng.random_range(1..9)).clamp(1, copy.len()))),
            _ => copy.truncate(at.max(1)),
        }
    }
    copy
}

#[test]
fn no_damage_makes_the_decoder_panic() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut files: Vec<_> = FORMATS.map(|format| encode(photo(24, 17), format)).into();
    files.push(fixtures::jpeg_with_exif(&files[0], 6));
    files.push(fixtures::png_with_exif(&files[1], 6));
    files.push(fixtures::webp_with_exif(&files[2], (24, 17), 6));
    files.push(fixtures::tiff_with_orientation(&photo(24, 17), 6));
    files.extend(super::golden::FILES.map(|(_, file, ..)| file.to_vec()));
    for file in files {
        for _ in 0..NUM_COPIES {
            let copy = damage(&file, &mut rng);
            if let Ok(prepared) = extract(&copy, 32) {
                assert_eq!(prepared.pixels.len(), 32 * 32 * 3);
            }
            if copy.starts_with(&[0xff, 0xd8, 0xff]) {
                let _ = jpeg::decode_scaled(&copy, 8 * jpeg::MIN_SCALED_SIDE);
            }
        }
    }
}
