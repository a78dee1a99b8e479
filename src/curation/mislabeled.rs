//! What a head says of samples it has not seen in, samples whose label is doubtful out.

use crate::metrics;

/// A sample and how sure a head is of its label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Suspect {
    /// Which sample.
    pub row: usize,
    /// Probability of the label it has, from 0 to 1: low if the label is doubtful.
    pub self_confidence: f32,
    /// The class that a head would give it.
    pub suggestion: usize,
    /// Whether it is worth showing: the head says another class, and more surely than it says it,
    /// on average, of that class's own samples (the rule of confident learning).
    pub is_likely: bool,
}

/// All samples, the most doubtful label first.
///
/// Ranks by the self-confidence of a head that has not seen the sample, as
/// `Ridge::held_out_probabilities` gives it (Northcutt et al., *Confident Learning*,
/// arXiv:1911.00068). A head that has seen it would have learned the wrong label.
///
/// # Shapes
///
/// - probabilities: `[N][num_classes]`
/// - labels: `[N]`
pub fn suspects(probabilities: &[Vec<f32>], labels: &[usize]) -> Vec<Suspect> {
    let usual = mean_self_confidence(probabilities, labels);
    let samples = probabilities.iter().zip(labels).enumerate();
    let suspect = samples.map(|(row, (probabilities, &label))| {
        let suggestion = metrics::argmax(probabilities);
        let is_sure = probabilities[suggestion] >= usual[suggestion];
        Suspect {
            row,
            self_confidence: probabilities[label],
            suggestion,
            is_likely: suggestion != label && is_sure,
        }
    });
    let mut suspects: Vec<_> = suspect.collect();
    suspects.sort_by(|a, b| a.self_confidence.total_cmp(&b.self_confidence));
    suspects
}

/// Of each class's samples; 1 for a class that has none.
fn mean_self_confidence(probabilities: &[Vec<f32>], labels: &[usize]) -> Vec<f32> {
    let num_classes = probabilities.first().map_or(0, Vec::len);
    let mut sums = vec![(0.0f32, 0.0f32); num_classes];
    for (probabilities, &label) in probabilities.iter().zip(labels) {
        sums[label].0 += probabilities[label];
        sums[label].1 += 1.0;
    }
    let mean = |(sum, count): (f32, f32)| if count > 0.0 { sum / count } else { 1.0 };
    sums.into_iter().map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confident_contradiction_comes_first_and_is_likely() {
        let probabilities = [
            vec![0.9, 0.1],
            vec![0.05, 0.95],
            vec![0.45, 0.55],
            vec![0.2, 0.8],
            vec![0.7, 0.3],
        ];
        let suspects = suspects(&probabilities, &[0, 0, 0, 1, 0]);
        let order: Vec<_> = suspects.iter().map(|x| x.row).collect();
        assert_eq!(order, [1, 2, 4, 3, 0]);
        let likely: Vec<_> = suspects.iter().map(|x| x.is_likely).collect();
        assert_eq!(likely, [true, false, false, false, false]);
        assert_eq!(suspects[0].suggestion, 1);
    }

    #[test]
    fn nothing_is_suspected_of_nothing() {
        assert_eq!(suspects(&[], &[]), []);
    }
}
