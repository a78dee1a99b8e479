//! Labeled rows, and probabilities of the unlabeled ones' classes, in; the softmax regression that
//! fits both out.

use super::{
    domains::Domains,
    joint_softmax::{Aim, JointSoftmax},
};

/// A fit in which every row counts as much as its target sums to: a labeled row 1, an unlabeled
/// one up to 1, or nothing where nothing is known of it.
///
/// # Shapes
///
/// - targets: of unlabeled rows, `[N, num_classes]`, rows that sum to 1 or less
pub(super) fn fit_to_all(domains: &Domains, targets: Vec<f32>) -> JointSoftmax {
    let num_labeled = domains.source.len() as f64;
    let num_known: f64 = targets.iter().map(|&p| f64::from(p)).sum();
    let total = num_labeled + num_known;
    // An aim's weight is divided among all its rows, also those that nothing is known of.
    let labeled = Aim {
        targets: domains.one_hot(),
        weight: num_labeled / total,
    };
    let unlabeled = Aim {
        targets,
        weight: domains.target.len() as f64 / total,
    };
    let shape = (domains.source.num_features, domains.num_classes);
    JointSoftmax::new([labeled, unlabeled], 0.0, shape, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        features::Normalizer,
        transfer::{domain_centering::source_softmax, domains::Rows},
    };

    fn domains(source: &[[f32; 2]], labels: &[usize], target: &[[f32; 2]]) -> Domains {
        let rows = |values: &[[f32; 2]]| Rows {
            values: values.concat(),
            num_features: 2,
        };
        Domains {
            source: rows(source),
            labels: labels.to_vec(),
            target: rows(target),
            num_classes: 2,
            normalizer: Normalizer::from_mean(vec![0.0; 2]),
        }
    }

    fn parameters(mut fit: JointSoftmax, domains: &Domains) -> Vec<f32> {
        while !fit.step(&domains.source, &domains.target) {}
        fit.parameters().to_vec()
    }

    fn assert_near(a: &[f32], b: &[f32]) {
        for (a, b) in a.iter().zip(b) {
            assert!((a - b).abs() < 0.02, "{a} {b}");
        }
    }

    #[test]
    fn a_sure_target_is_as_good_as_a_label_and_an_unknown_one_counts_nothing() {
        let (first, second, other) = ([1.0, 0.0], [0.6, 0.8], [-1.0, 0.0]);
        let all = domains(&[first, second], &[0, 1], &[]);
        let expected = parameters(source_softmax(&all), &all);
        let half = domains(&[first], &[0], &[second, other]);
        let fit = fit_to_all(&half, vec![0.0, 1.0, 0.0, 0.0]);
        assert_near(&parameters(fit, &half), &expected);
    }
}
