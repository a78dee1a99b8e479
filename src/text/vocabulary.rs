//! Words in, numbers of word pieces out.

use std::collections::HashMap;

use super::words::words;
use crate::{error::Result, tensor_file::damaged};

/// Word pieces and their numbers, as BERT has them: a piece that goes on with a word begins with
/// `##`.
#[derive(Debug)]
pub struct Vocabulary {
    numbers: HashMap<String, u32>,
    unknown: u32,
    start: u32,
    end: u32,
}

/// A longer word is unknown as a whole.
const MAX_LETTERS: usize = 100;

impl Vocabulary {
    /// One piece a line, in the order of their numbers.
    ///
    /// # Errors
    ///
    /// When one of the three pieces is missing that stand for no word.
    pub fn parse(lines: &str) -> Result<Self> {
        let pieces = lines.lines().zip(0..);
        let numbers: HashMap<_, _> = pieces.map(|(piece, at)| (piece.to_owned(), at)).collect();
        let special = |piece: &str| {
            let number = numbers.get(piece).copied();
            number.ok_or_else(|| damaged(format!("the vocabulary has no {piece}")))
        };
        Ok(Self {
            unknown: special("[UNK]")?,
            start: special("[CLS]")?,
            end: special("[SEP]")?,
            numbers,
        })
    }

    /// How many pieces there are.
    pub fn num_pieces(&self) -> usize {
        self.numbers.len()
    }

    /// The pieces of a text between the mark of its start and that of its end, `max_pieces` at
    /// most; what is too much is left out.
    pub fn pieces(&self, text: &str, max_pieces: usize) -> Vec<u32> {
        let mut pieces = vec![self.start];
        for word in words(text) {
            self.push_word(&word, &mut pieces);
        }
        pieces.truncate(max_pieces.max(2) - 1);
        pieces.push(self.end);
        pieces
    }

    /// The longest piece first, then the longest of what is left, and so on.
    fn push_word(&self, word: &str, pieces: &mut Vec<u32>) {
        let first = pieces.len();
        let mut rest = word;
        let mut prefix = "";
        while !rest.is_empty() && word.chars().count() <= MAX_LETTERS {
            let Some((number, length)) = self.longest(prefix, rest) else {
                break;
            };
            pieces.push(number);
            rest = &rest[length..];
            prefix = "##";
        }
        if !rest.is_empty() {
            pieces.truncate(first);
            pieces.push(self.unknown);
        }
    }

    /// The longest piece that `rest` begins with, and its length in bytes.
    fn longest(&self, prefix: &str, rest: &str) -> Option<(u32, usize)> {
        let ends = rest
            .char_indices()
            .map(|(at, letter)| at + letter.len_utf8());
        ends.rev().find_map(|end| {
            let piece = format!("{prefix}{}", &rest[..end]);
            Some((*self.numbers.get(&piece)?, end))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary() -> Vocabulary {
        Vocabulary::parse("[PAD]\n[UNK]\n[CLS]\n[SEP]\ntea\n##pot\n##s\nteapot\n-").unwrap()
    }

    #[test]
    fn words_fall_into_the_longest_pieces() {
        // teapot, ##s; and not tea, ##pot, ##s.
        assert_eq!(vocabulary().pieces("Teapots", 9), [2, 7, 6, 3]);
    }

    #[test]
    fn a_word_with_an_unknown_end_is_unknown_as_a_whole() {
        assert_eq!(vocabulary().pieces("tea teapox", 9), [2, 4, 1, 3]);
        assert_eq!(vocabulary().pieces(&"s".repeat(101), 9), [2, 1, 3]);
    }

    #[test]
    fn long_texts_are_cut_and_still_end() {
        assert_eq!(vocabulary().pieces("tea tea tea", 3), [2, 4, 3]);
        assert_eq!(vocabulary().pieces("", 9), [2, 3]);
    }

    #[test]
    fn a_vocabulary_without_marks_is_refused() {
        assert!(Vocabulary::parse("tea\n[UNK]").is_err());
    }
}
