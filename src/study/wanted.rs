//! Samples in an order in; which of their pixels the page should send next, and the pixels as their
//! turn comes, out.

use std::collections::BTreeMap;

use crate::protocol::SampleId;

/// Samples that the page is asked for ahead of the one in work.
const AHEAD: usize = 8;

/// Pixels on their way.
#[derive(Debug)]
pub struct Wanted {
    samples: Vec<SampleId>,
    /// Place of the sample whose turn it is.
    next: usize,
    /// Place of the first sample that has not been asked for.
    unasked: usize,
    /// What has arrived before its turn; nothing where a file can't be read any more.
    arrived: BTreeMap<SampleId, Option<Vec<u8>>>,
}

impl Wanted {
    /// Wants all of these, in this order.
    pub fn new(samples: Vec<SampleId>) -> Self {
        Self {
            samples,
            next: 0,
            unasked: 0,
            arrived: BTreeMap::new(),
        }
    }

    /// The samples to ask for now, if they are enough for a message.
    pub fn wishes(&mut self) -> Option<Vec<SampleId>> {
        let until = self.samples.len().min(self.next + AHEAD);
        let wanted = &self.samples[self.unasked.min(until)..until];
        if wanted.is_empty() || (until < self.samples.len() && wanted.len() < AHEAD / 2) {
            return None;
        }
        self.unasked = until;
        Some(wanted.to_vec())
    }

    /// Takes what the page has read; what nobody wants is dropped.
    pub fn arrive(&mut self, sample: SampleId, pixels: Option<Vec<u8>>) {
        if self.samples[self.next..self.unasked].contains(&sample) {
            self.arrived.insert(sample, pixels);
        }
    }

    /// The place of the sample whose turn it is, and its pixels, if they are here; the next one's
    /// turn comes.
    pub fn take(&mut self) -> Option<(usize, Option<Vec<u8>>)> {
        let pixels = self.arrived.remove(self.samples.get(self.next)?)?;
        self.next += 1;
        Some((self.next - 1, pixels))
    }

    /// Whether everything has had its turn.
    pub fn is_over(&self) -> bool {
        self.next == self.samples.len()
    }

    /// Whether there is nothing to do until the page has sent something.
    pub fn is_waiting(&self) -> bool {
        let is_asked_for = self.next < self.unasked;
        is_asked_for && !self.arrived.contains_key(&self.samples[self.next])
    }

    /// In [0, 1].
    pub fn progress(&self) -> f64 {
        self.next as f64 / self.samples.len().max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_come_in_any_order_and_have_their_turn() {
        let mut wanted = Wanted::new(vec![5, 3, 9]);
        assert!(!wanted.is_waiting(), "nothing has been asked for");
        assert_eq!(wanted.wishes(), Some(vec![5, 3, 9]));
        assert_eq!(wanted.wishes(), None);
        wanted.arrive(3, None);
        assert!(wanted.is_waiting() && wanted.take().is_none());
        wanted.arrive(5, Some(vec![1]));
        assert_eq!(wanted.take(), Some((0, Some(vec![1]))));
        assert_eq!(wanted.take(), Some((1, None)));
        assert!(wanted.is_waiting() && !wanted.is_over());
        wanted.arrive(9, Some(vec![2]));
        wanted.take();
        assert!(wanted.is_over() && !wanted.is_waiting());
    }

    #[test]
    fn it_is_asked_for_some_at_a_time() {
        let mut wanted = Wanted::new((0..20).collect());
        assert_eq!(wanted.wishes().map(|some| some.len()), Some(8));
        for sample in 0..3 {
            wanted.arrive(sample, Some(Vec::new()));
            wanted.take();
        }
        assert_eq!(wanted.wishes(), None, "three are too few for a message");
        wanted.arrive(3, Some(Vec::new()));
        wanted.take();
        assert_eq!(wanted.wishes(), Some(vec![8, 9, 10, 11]));
    }

    #[test]
    fn what_nobody_wants_is_dropped() {
        let mut wanted = Wanted::new(vec![1, 2]);
        wanted.arrive(1, Some(Vec::new()));
        assert!(wanted.take().is_none(), "it had not been asked for");
        wanted.wishes();
        wanted.arrive(7, Some(Vec::new()));
        assert!(wanted.arrived.is_empty());
    }
}
