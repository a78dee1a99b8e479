//! Names of classes: from paths, tidied, ordered as people order them.

use std::cmp::Ordering;

/// Longest class name kept, in characters; what fits a label.
const MAX_NAME: usize = 80;

/// The name of the folder a file is in: `a/b/c.png` → `b`.
pub(super) fn folder(path: &str) -> Option<&str> {
    let (folders, _file) = path.rsplit_once('/')?;
    let name = folders.rsplit('/').next()?;
    tidy(name).filter(|name| !matches!(*name, "." | ".."))
}

/// Trimmed and cut to a sensible length; nothing if nothing is left.
pub(super) fn tidy(name: &str) -> Option<&str> {
    let name = name.trim();
    let end = name
        .char_indices()
        .nth(MAX_NAME)
        .map_or(name.len(), |(at, _)| at);
    (!name.is_empty()).then(|| name[..end].trim_end())
}

/// Alphabetical, ignoring case; runs of digits compare by value, so that 2 comes before 10.
pub(super) fn natural_order(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    while !a.is_empty() && !b.is_empty() {
        let (head_a, head_b);
        (head_a, a) = next_run(a);
        (head_b, b) = next_run(b);
        let order = match (head_a.parse::<u64>(), head_b.parse::<u64>()) {
            (Ok(x), Ok(y)) => x.cmp(&y),
            _ => head_a.to_lowercase().cmp(&head_b.to_lowercase()),
        };
        if order.is_ne() {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

/// Cuts a run of digits or of other characters from the front of a non-empty text.
fn next_run(text: &str) -> (&str, &str) {
    let is_number = text.starts_with(|c: char| c.is_ascii_digit());
    let end = text.find(|c: char| c.is_ascii_digit() != is_number);
    text.split_at(end.unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_climbs_out_names_no_class() {
        assert_eq!(folder("../../x.png"), None);
        assert_eq!(folder("/x.png"), None);
        assert_eq!(folder("a/b/x.png"), Some("b"));
    }

    #[test]
    fn digits_compare_by_value() {
        assert_eq!(natural_order("img 2", "img 10"), Ordering::Less);
        assert_eq!(natural_order("B", "a"), Ordering::Greater);
    }
}
