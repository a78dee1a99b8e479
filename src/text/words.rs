//! A text in, its words out as BERT's uncased models see them: small letters without accents,
//! punctuation apart.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The words of a text, and each punctuation mark and Chinese character as a word.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    // Accents are taken off first: the small letter of İ is two characters.
    let letters = text.nfd().filter(|letter| !is_combining_mark(*letter));
    for letter in letters.flat_map(char::to_lowercase) {
        if letter.is_whitespace() {
            words.push(String::new());
        } else if stands_alone(letter) {
            words.extend([letter.to_string(), String::new()]);
        } else if !is_ignored(letter) {
            words.last_mut().expect("never empty").push(letter);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Control and format characters, and what stands for a broken one.
fn is_ignored(letter: char) -> bool {
    let is_format = matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{feff}');
    letter.is_control() || is_format || letter == '\u{fffd}'
}

fn stands_alone(letter: char) -> bool {
    let is_mark = match letter.is_ascii() {
        true => letter.is_ascii_punctuation(),
        // General punctuation, that of Chinese and Japanese, full-width forms, and Latin's few.
        false => matches!(letter,
            '\u{a1}' | '\u{a7}' | '\u{ab}' | '\u{b6}' | '\u{b7}' | '\u{bb}' | '\u{bf}'
            | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' | '\u{3001}'..='\u{3003}'
            | '\u{3008}'..='\u{3011}' | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}'),
    };
    let is_chinese = matches!(letter, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{20000}'..='\u{2ceaf}' | '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}');
    is_mark || is_chinese
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn letters_are_small_and_have_no_accents() {
        assert_eq!(
            words("Äpfel  CAFÉ\tİstanbul"),
            ["apfel", "cafe", "istanbul"]
        );
    }

    #[test]
    fn punctuation_stands_alone() {
        assert_eq!(words("T-shirt (red)"), ["t", "-", "shirt", "(", "red", ")"]);
        assert_eq!(words("dog_01"), ["dog", "_", "01"]);
    }

    #[test]
    fn chinese_characters_are_words() {
        assert_eq!(words("茶壶 tea"), ["茶", "壶", "tea"]);
    }

    #[test]
    fn what_is_not_seen_is_left_out() {
        assert_eq!(words("te\u{200b}a\u{0}\u{ad}pot"), ["teapot"]);
        assert!(words(" \n ").is_empty());
    }
}
