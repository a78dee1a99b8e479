//! Labeled source samples and those of the target in, how much each source sample should count if
//! heads are to be for the target out.

use web_time::Instant;

use super::{Division, Material, SLICE};
use crate::{
    protocol::{Finding, JudgedBy, SampleWeight, TrainingConfig},
    transfer::ImportanceWeights,
};

/// Fewest samples of the target: a mean of fewer is mostly chance.
const LEAST_TARGET: usize = 10;

/// A matching in progress.
pub struct Likeness {
    material: Material,
    /// Places in [`Material::labeled`].
    source: Vec<usize>,
    matching: Option<ImportanceWeights>,
}

impl Likeness {
    pub(super) fn new(material: Material) -> Result<Self, String> {
        let labeled = 0..material.labeled.len();
        let (target, source): (Vec<_>, Vec<_>) = labeled.partition(|&at| material.is_target(at));
        // All that is known of the target, with a label or without.
        let mut unlabeled = material.unlabeled();
        unlabeled.extend(target.iter().map(|&at| material.labeled[at].row.clone()));
        if material.target.is_empty() || unlabeled.len() < LEAST_TARGET {
            return Err(format!(
                "Mark ten pictures or more as target: what others are like them can't be told from {}.",
                if material.target.is_empty() {
                    0
                } else {
                    unlabeled.len()
                }
            ));
        }
        let division = Division {
            split: crate::dataset::Split {
                train: source.clone(),
                validation: Vec::new(),
            },
            judged_by: JudgedBy::Target,
        };
        let data = division.partition(&material).with_unlabeled(unlabeled);
        let seed = TrainingConfig::default().seed.into();
        Ok(Self {
            matching: Some(ImportanceWeights::new(&data.task(seed))),
            source,
            material,
        })
    }

    pub(super) fn advance(&mut self) -> Option<Finding> {
        let start = Instant::now();
        let matching = self.matching.as_mut()?;
        while !matching.step() {
            if start.elapsed() >= SLICE {
                return None;
            }
        }
        let weights = self.matching.take()?.finish();
        let weigh = |(&at, weight): (&usize, f32)| SampleWeight {
            sample: self.material.labeled[at].sample,
            weight,
        };
        let mut weights: Vec<_> = self.source.iter().zip(weights).map(weigh).collect();
        weights.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        Some(Finding::Likeness { weights })
    }

    pub(super) fn progress(&self) -> f64 {
        let matching = self.matching.as_ref();
        matching.map_or(1.0, ImportanceWeights::progress)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::material;
    use super::*;

    #[test]
    fn pictures_like_the_target_weigh_most() {
        // Those of the target are all like class 0: the fixture's unsorted ones alternate.
        let mut material = material(&[0, 1, 0, 1, 0, 1], 24);
        material.target = (6..30).step_by(2).collect();
        let mut study = Likeness::new(material).unwrap();
        let found = loop {
            if let Some(finding) = study.advance() {
                break finding;
            }
        };
        let Finding::Likeness { weights } = found else {
            panic!("{found:?}")
        };
        let first: Vec<_> = weights[..3]
            .iter()
            .map(|weight| weight.sample % 2)
            .collect();
        assert_eq!(first, [0, 0, 0]);
        assert!(
            weights[0].weight > 1.0 && weights[5].weight < 1.0,
            "{weights:?}"
        );
    }

    #[test]
    fn without_a_target_the_remedy_is_said() {
        let refusal = Likeness::new(material(&[0, 1], 3)).err().unwrap();
        assert!(refusal.contains("as target"), "{refusal}");
    }
}
