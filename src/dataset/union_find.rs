//! Pairs that belong together in, the groups they form out.

/// A forest in which each tree is a group (Tarjan 1975), the root its smallest member.
#[derive(Clone, Debug)]
pub(super) struct UnionFind {
    parents: Vec<usize>,
}

impl UnionFind {
    /// Each of `len` members is a group of its own.
    pub(super) fn new(len: usize) -> Self {
        Self {
            parents: (0..len).collect(),
        }
    }

    /// The smallest member of the group that `member` is in.
    pub(super) fn find(&mut self, mut member: usize) -> usize {
        while self.parents[member] != member {
            // Halving the path keeps later searches short.
            self.parents[member] = self.parents[self.parents[member]];
            member = self.parents[member];
        }
        member
    }

    /// Makes one group of two.
    pub(super) fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        self.parents[a.max(b)] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_become_one_group_named_after_its_smallest_member() {
        let mut groups = UnionFind::new(6);
        groups.join(4, 5);
        groups.join(3, 4);
        groups.join(1, 5);
        let found: Vec<_> = (0..6).map(|member| groups.find(member)).collect();
        assert_eq!(found, [0, 1, 2, 1, 1, 1]);
    }
}
