//! Rows in; which must not be divided between training and validation, out.

use std::time::Duration;

use crate::{dataset::NearDuplicates, features::Row, train::copies};

/// A search for near-duplicates, so that none of a trained image passes for unseen.
pub struct Guard {
    search: Option<NearDuplicates>,
    copies: Vec<usize>,
}

impl Guard {
    /// Sets up a search for rows whose cosine is above `threshold`; from 1 on, for copies only.
    pub fn new(rows: Vec<Row>, threshold: f32) -> Self {
        let copies = copies(&rows);
        let mut search = (threshold < 1.0).then(|| NearDuplicates::new(rows, threshold));
        if let Some(search) = &mut search {
            let mut first = vec![usize::MAX; copies.len()];
            for (row, &group) in copies.iter().enumerate() {
                match first[group] {
                    usize::MAX => first[group] = row,
                    other => search.join(other, row),
                }
            }
        }
        Self { search, copies }
    }

    /// Searches for a slice of time; true at the end.
    pub fn advance(&mut self, budget: Duration) -> bool {
        let search = self.search.as_mut();
        search.is_none_or(|search| search.advance(budget))
    }

    /// How much of the search is done, in [0, 1].
    pub fn progress(&self) -> f64 {
        self.search.as_ref().map_or(1.0, NearDuplicates::progress)
    }

    /// A group for each row.
    pub fn into_groups(self) -> Vec<usize> {
        match self.search {
            Some(search) => search.into_groups().of_rows,
            None => self.copies,
        }
    }
}

/// The rows of each group that has more than one, in the order of their first rows.
pub fn shared(groups: &[usize]) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); groups.len()];
    let mut order = Vec::new();
    for (row, &group) in groups.iter().enumerate() {
        if members[group].is_empty() {
            order.push(group);
        }
        members[group].push(row);
    }
    let groups = order
        .into_iter()
        .map(|group| std::mem::take(&mut members[group]));
    groups.filter(|rows| rows.len() > 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        let rows = [
            [1.0, 0.0, 0.0],
            [0.0, 1.0, 0.0],
            [1.0, 0.01, 0.0],
            [0.0, 1.0, 0.0],
            [0.0, 0.0, 1.0],
        ];
        rows.map(Row::from).to_vec()
    }

    fn groups(threshold: f32) -> Vec<usize> {
        let mut guard = Guard::new(rows(), threshold);
        while !guard.advance(Duration::ZERO) {}
        assert_eq!(guard.progress(), 1.0);
        guard.into_groups()
    }

    #[test]
    fn near_duplicates_and_copies_stay_together() {
        assert_eq!(shared(&groups(0.97)), [vec![0, 2], vec![1, 3]]);
    }

    #[test]
    fn a_threshold_of_one_keeps_only_copies_together() {
        assert_eq!(shared(&groups(1.0)), [vec![1, 3]]);
    }
}
