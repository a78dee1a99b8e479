//! Feature rows in, groups of images that show nearly the same out, one slice at a time.
//!
//! Two images are near-duplicates if the cosine of their features, centered and of length 1, is
//! above a threshold; a group holds whatever a chain of such pairs connects, so that a webcam
//! burst stays together while its first and last frame may differ.
//!
//! All pairs of 10,000 rows of 1280 features would be 64 billion multiplications. Instead each
//! row is replaced by a sketch of 32 numbers: its coordinates along 31 orthonormal directions and
//! the length of what they leave out. By the Cauchy-Schwarz inequality the product of two
//! sketches is never below the cosine of their rows, so pairs whose sketches' product is below
//! the threshold need no look at the rows. Nothing is missed, whatever the directions are; that
//! they are the rows' principal ones only makes it fast. Rows are sorted by the first coordinate,
//! in which near-duplicates can't be far apart, which leaves out a third of the pairs or more.

use std::time::Duration;

use web_time::Instant;

use super::union_find::UnionFind;
use crate::features::{Normalizer, Row, centered_dot, dot, principal};

/// Numbers in a sketch. Of the pairs of 10,000 made-up scenes and bursts this leaves 0.3 % to look
/// at; half as many leave 1.5 %, twice as many 0.1 % for twice the time of sifting.
const SKETCH: usize = 32;

/// Directions in a sketch; its last number is the length of the rest.
const NUM_DIRECTIONS: usize = SKETCH - 1;

/// Rows that the directions are found from.
const SAMPLE: usize = 256;

/// Rounds of power iteration. Directions that are not quite principal only cost time.
const ROUNDS: usize = 3;

/// What rounding in `f32` may take from a sketch's product; measured below 1e-6.
const SLACK: f32 = 1e-4;

/// A search in progress. Call [`NearDuplicates::advance`] until it returns `true`.
pub struct NearDuplicates {
    rows: Vec<Row>,
    threshold: f32,
    normalizer: Normalizer,
    groups: UnionFind,
    stage: Stage,
    num_compared: usize,
}

/// What is done next. Each stage starts from what the one before has found.
enum Stage {
    /// Power iteration towards the principal directions.
    Directions {
        round: usize,
        /// `[sample, num_features]`, normalized.
        sample: Vec<f32>,
        /// `[NUM_DIRECTIONS, num_features]`
        directions: Vec<f32>,
    },
    /// Row by row into sketches.
    Sketches {
        directions: Vec<f32>,
        sketches: Vec<Sketch>,
    },
    /// Sketch by sketch against the later ones, sorted by the first number.
    Pairs {
        sketches: Vec<Sketch>,
        next: usize,
    },
    Done,
}

/// Stands for a row when pairs are sifted.
struct Sketch {
    /// Of length 1.
    numbers: [f32; SKETCH],
    row: usize,
    /// Of the centered row: what to multiply it by for a length of 1, 0 if it has none.
    scale: f32,
}

/// Which rows show nearly the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    /// For each row the smallest row of its group: itself, if it is alone.
    pub of_rows: Vec<usize>,
}

impl Groups {
    /// The groups of two rows or more, each ascending.
    pub fn shared(&self) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); self.of_rows.len()];
        for (row, &group) in self.of_rows.iter().enumerate() {
            members[group].push(row);
        }
        members.retain(|rows| rows.len() > 1);
        members
    }
}

impl NearDuplicates {
    /// The cosine above which images count as near-duplicates: of the 339 photos of T1 only the
    /// three stoplights that differ in which light is on are.
    ///
    /// It is too high to hold a webcam burst together alone. Of 49 simulated bursts (20 frames
    /// cropped from a photo with a drift of 1 % a frame, noise and changing brightness) 6 stay
    /// whole at 0.97, 18 at 0.95, 46 at 0.9, which also joins 4 more pairs of T1, such as coins
    /// of one series. Frames of different bursts never meet; their highest cosine is 0.87. Nor do
    /// chains run away at 0.9: of 4,000 images of Fashion-MNIST it makes 16 groups of two or
    /// three. So [`join`](Self::join) what is known to have been recorded together, or go down
    /// to 0.9.
    pub const THRESHOLD: f32 = 0.97;

    /// Sets up a search over raw features, all of one length. They are centered on their own
    /// mean. `threshold` is in (0, 1); the lower, the slower.
    pub fn new(rows: Vec<Row>, threshold: f32) -> Self {
        let num_features = rows.first().map_or(0, |row| row.len());
        let normalizer = Normalizer::fit(rows.iter().map(|row| &**row), num_features);
        let mut sample = Vec::new();
        let step = rows.len().div_ceil(SAMPLE).max(1);
        rows.iter()
            .step_by(step)
            .for_each(|row| normalizer.push_normalized(row, &mut sample));
        Self {
            groups: UnionFind::new(rows.len()),
            stage: Stage::Directions {
                round: 0,
                directions: principal::first_directions(&sample, num_features, NUM_DIRECTIONS),
                sample,
            },
            rows,
            threshold,
            normalizer,
            num_compared: 0,
        }
    }

    /// Puts two rows into one group for another reason than their features, such as having been
    /// recorded in one burst.
    pub fn join(&mut self, a: usize, b: usize) {
        self.groups.join(a, b);
    }

    /// Searches for about `budget`, and a few milliseconds at least. Returns whether the search
    /// is over. The groups do not depend on the budgets.
    pub fn advance(&mut self, budget: Duration) -> bool {
        let start = Instant::now();
        while !matches!(self.stage, Stage::Done) {
            self.step();
            if start.elapsed() >= budget {
                break;
            }
        }
        matches!(self.stage, Stage::Done)
    }

    /// How much of the search is done, in [0, 1].
    pub fn progress(&self) -> f64 {
        let num_rows = self.rows.len().max(1) as f64;
        match &self.stage {
            Stage::Directions { .. } => 0.0,
            Stage::Sketches { sketches, .. } => 0.2 * sketches.len() as f64 / num_rows,
            Stage::Pairs { next, .. } => 0.2 + 0.8 * *next as f64 / num_rows,
            Stage::Done => 1.0,
        }
    }

    /// How many pairs needed a look at their rows so far.
    pub fn num_compared(&self) -> usize {
        self.num_compared
    }

    /// The groups found so far; all of them once [`advance`](Self::advance) has returned `true`.
    pub fn into_groups(mut self) -> Groups {
        let rows = 0..self.rows.len();
        Groups {
            of_rows: rows.map(|row| self.groups.find(row)).collect(),
        }
    }

    /// The smallest piece of work: a round, a sketch or a sketch's pairs.
    fn step(&mut self) {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Directions {
                round,
                sample,
                directions,
            } if round < ROUNDS => Stage::Directions {
                round: round + 1,
                directions: principal::power_iteration(
                    &sample,
                    &directions,
                    self.normalizer.mean().len(),
                ),
                sample,
            },
            Stage::Directions { directions, .. } => Stage::Sketches {
                directions,
                sketches: Vec::with_capacity(self.rows.len()),
            },
            Stage::Sketches {
                directions,
                mut sketches,
            } if sketches.len() < self.rows.len() => {
                sketches.push(self.sketch(sketches.len(), &directions));
                Stage::Sketches {
                    directions,
                    sketches,
                }
            }
            Stage::Sketches { mut sketches, .. } => {
                sketches.sort_by(|a, b| a.numbers[0].total_cmp(&b.numbers[0]));
                Stage::Pairs { sketches, next: 0 }
            }
            Stage::Pairs { sketches, next } if next < sketches.len() => {
                self.compare(&sketches[next], &sketches[next + 1..]);
                Stage::Pairs {
                    sketches,
                    next: next + 1,
                }
            }
            Stage::Pairs { .. } | Stage::Done => Stage::Done,
        };
    }

    fn sketch(&self, row: usize, directions: &[f32]) -> Sketch {
        let mut normalized = Vec::new();
        self.normalizer
            .push_normalized(&self.rows[row], &mut normalized);
        let mut numbers = [0.0; SKETCH];
        let directions = directions.chunks_exact(normalized.len().max(1));
        for (number, direction) in numbers.iter_mut().zip(directions) {
            *number = dot(direction, &normalized);
        }
        let known: f32 = numbers.iter().map(|x| x * x).sum();
        numbers[NUM_DIRECTIONS] = (1.0 - known).max(0.0).sqrt();
        let mean = self.normalizer.mean();
        let square = centered_dot(&self.rows[row], &self.rows[row], mean);
        Sketch {
            numbers,
            row,
            scale: if square > 0.0 {
                square.sqrt().recip()
            } else {
                0.0
            },
        }
    }

    /// Joins `sketch` with those of `later` that it is a near-duplicate of.
    fn compare(&mut self, sketch: &Sketch, later: &[Sketch]) {
        let least = self.threshold - SLACK;
        // Rows this far apart along any direction have a lower cosine: |x - y|² = 2 - 2 cos.
        let farthest = sketch.numbers[0] + (2.0 - 2.0 * least).max(0.0).sqrt();
        for other in later {
            if other.numbers[0] > farthest {
                break;
            }
            if dot(&sketch.numbers, &other.numbers) >= least
                && self.groups.find(sketch.row) != self.groups.find(other.row)
                && self.cosine(sketch, other) > self.threshold
            {
                self.groups.join(sketch.row, other.row);
            }
        }
    }

    /// The cosine of two centered rows. Rows equal to the mean are equal to each other.
    fn cosine(&mut self, a: &Sketch, b: &Sketch) -> f32 {
        self.num_compared += 1;
        if a.scale == 0.0 && b.scale == 0.0 {
            return 1.0;
        }
        let mean = self.normalizer.mean();
        centered_dot(&self.rows[a.row], &self.rows[b.row], mean) * a.scale * b.scale
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng;
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

    use super::*;

    const NUM_FEATURES: usize = 50;

    fn search(rows: &[Row], threshold: f32, budget: Duration) -> (Groups, usize) {
        let mut search = NearDuplicates::new(rows.to_vec(), threshold);
        while !search.advance(budget) {}
        let num_compared = search.num_compared();
        (search.into_groups(), num_compared)
    }

    fn groups(rows: &[Row]) -> Groups {
        search(rows, NearDuplicates::THRESHOLD, Duration::MAX).0
    }

    /// Non-negative noise around `center`, as features after a rectifier are.
    fn near(center: &[f32], noise: f32, rng: &mut ChaCha8Rng) -> Row {
        let moved = |x: &f32| (x + noise * (rng.random::<f32>() - 0.5)).max(0.0);
        center.iter().map(moved).collect()
    }

    /// `num` different scenes in 6 kinds, each with 1 to 4 pictures.
    fn scenes(num: usize) -> Vec<Row> {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let kinds: Vec<_> = (0..6)
            .map(|_| near(&[0.5; NUM_FEATURES], 1.0, &mut rng))
            .collect();
        let mut rows = Vec::new();
        for scene in 0..num {
            let scene_row = near(&kinds[scene % 6], 0.8, &mut rng);
            for _ in 0..scene % 4 + 1 {
                rows.push(near(&scene_row, 0.2, &mut rng));
            }
        }
        rows
    }

    fn by_brute_force(rows: &[Row], threshold: f32) -> Groups {
        let normalizer = Normalizer::fit(rows.iter().map(|row| &**row), NUM_FEATURES);
        let mut all = Vec::new();
        rows.iter()
            .for_each(|row| normalizer.push_normalized(row, &mut all));
        let all: Vec<_> = all.chunks_exact(NUM_FEATURES).collect();
        let mut groups = UnionFind::new(rows.len());
        for a in 0..rows.len() {
            for b in 0..a {
                if dot(all[a], all[b]) > threshold {
                    groups.join(a, b);
                }
            }
        }
        let of_rows = (0..rows.len()).map(|row| groups.find(row)).collect();
        Groups { of_rows }
    }

    #[test]
    fn no_pair_is_missed_at_any_threshold() {
        let rows = scenes(200);
        assert!(
            groups(&rows).shared().len() > 20,
            "there are groups to miss"
        );
        for threshold in [0.8, 0.9, 0.95, 0.97, 0.99] {
            let (found, _) = search(&rows, threshold, Duration::MAX);
            assert_eq!(found, by_brute_force(&rows, threshold), "{threshold}");
        }
    }

    #[test]
    fn few_pairs_need_a_look_at_their_rows() {
        let rows = scenes(400);
        let (_, num_compared) = search(&rows, 0.97, Duration::MAX);
        let num_pairs = rows.len() * (rows.len() - 1) / 2;
        assert!(
            num_compared < num_pairs / 100,
            "{num_compared} of {num_pairs}"
        );
    }

    #[test]
    fn a_burst_whose_ends_differ_is_one_group() {
        // A quarter turn in 30 steps of 3 degrees, among unrelated pictures.
        let mut rows = scenes(40);
        let first = rows.len();
        for frame in 0..30 {
            let (sin, cos) = (frame as f32 * 3f32.to_radians()).sin_cos();
            let mut row = [0.5f32; NUM_FEATURES];
            row[0] += 20.0 * cos;
            row[1] += 20.0 * sin;
            rows.push(Row::from(row));
        }
        let found = groups(&rows);
        assert!(found.of_rows[first..].iter().all(|&group| group == first));
        assert!(!found.of_rows[..first].contains(&first));
    }

    #[test]
    fn slices_of_no_time_find_the_same() {
        let rows = scenes(60);
        assert_eq!(search(&rows, 0.97, Duration::ZERO).0, groups(&rows));
    }

    #[test]
    fn progress_never_goes_back() {
        let mut search = NearDuplicates::new(scenes(30), 0.97);
        let mut before = 0.0;
        while !search.advance(Duration::ZERO) {
            assert!(search.progress() >= before);
            before = search.progress();
        }
        assert_eq!(search.progress(), 1.0);
    }

    #[test]
    fn equal_rows_are_one_group_even_if_there_are_no_others() {
        for row in [[0.0; 3], [0.1, 0.2, 0.3]] {
            let rows = vec![Row::from(row); 4];
            assert_eq!(groups(&rows).of_rows, [0; 4]);
        }
    }

    #[test]
    fn no_row_or_one_makes_no_group() {
        assert_eq!(groups(&[]).shared(), Vec::<Vec<usize>>::new());
        assert_eq!(groups(&[Row::from([1.0, 2.0])]).of_rows, [0]);
    }

    #[test]
    fn rows_can_be_joined_for_other_reasons() {
        let rows = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]].map(Row::from);
        let mut search = NearDuplicates::new(rows.to_vec(), 0.97);
        search.join(0, 2);
        while !search.advance(Duration::MAX) {}
        assert_eq!(search.into_groups().shared(), [[0, 2]]);
    }
}
