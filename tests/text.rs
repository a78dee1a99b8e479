//! The reader of names against another implementation, with the file that the page is served.
//! `tests/golden/text/reference.py` makes the reference.

mod t1;

use graft::text::{MAX_PIECES, Reader};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    text: String,
    pieces: Vec<u32>,
    embedding: Vec<f32>,
}

fn reader() -> Reader {
    Reader::from_safetensors(&t1::read("www/public/weights/names.safetensors")).unwrap()
}

fn references() -> Vec<Reference> {
    serde_json::from_slice(&t1::read("tests/golden/text/reference.json")).unwrap()
}

#[test]
fn texts_fall_into_the_same_pieces() {
    let reader = reader();
    for Reference { text, pieces, .. } in references() {
        assert_eq!(reader.tower.pieces(&text), pieces, "{text}");
    }
}

/// The difference is what rounding weights to a byte each costs.
#[test]
fn embeddings_have_a_cosine_of_at_least_0_998_to_those_of_exact_weights() {
    let reader = reader();
    for Reference {
        text, embedding, ..
    } in references()
    {
        let found = reader.tower.embed(&text);
        let cosine: f32 = found.iter().zip(&embedding).map(|(a, b)| a * b).sum();
        assert!(cosine > 0.998, "{text}: {cosine}");
    }
}

#[test]
fn known_names_are_nearest_to_themselves() {
    let reader = reader();
    for (name, expected) in [
        ("goldfish", "goldfish"),
        ("road sign", "street sign"),
        ("zebra", "zebra"),
    ] {
        let like = reader.prototype(name).like;
        assert!(like.iter().any(|word| word == expected), "{name}: {like:?}");
    }
    assert!(reader.prototype("goldfish").nearness > 0.7);
    assert_eq!(
        reader.prototype("sports_car"),
        reader.prototype("sports car")
    );
}

#[test]
fn very_long_and_odd_names_are_read_too() {
    let reader = reader();
    for name in ["", "\u{0}", "🦊🦊", &"word ".repeat(10 * MAX_PIECES)] {
        let direction = reader.prototype(name).direction;
        let square: f32 = direction.iter().map(|x| x * x).sum();
        assert!((square - 1.0).abs() < 1e-4, "{name:?}: {square}");
    }
}

#[test]
fn a_damaged_file_is_refused() {
    let mut bytes = t1::read("www/public/weights/names.safetensors");
    assert!(Reader::from_safetensors(&bytes[..bytes.len() - 1]).is_err());
    // The header's first name.
    bytes[12] ^= 1;
    assert!(Reader::from_safetensors(&bytes).is_err());
    assert!(Reader::from_safetensors(b"").is_err());
}
