//! Which backbone suits the labeled samples: some of them drawn, then what each candidate made of
//! them weighed.

use web_time::Instant;

use super::{SLICE, Session};
use crate::{
    backbone::Architecture,
    curation::{Suitability, most_suitable},
    dataset::stratified_part,
    error::{Error, Result},
    features,
    protocol::{BackboneRating, Candidate, Event, SampleId},
};

/// Samples that are drawn, about: reading and weighing them takes seconds.
const NUM_DRAWN: usize = 200;

/// Candidates being weighed one after the other.
pub(super) struct Rating {
    /// The last one is next.
    waiting: Vec<(Architecture, Suitability)>,
    rated: Vec<(Architecture, BackboneRating)>,
    num_samples: usize,
}

impl Session {
    /// Draws labeled samples, of each class its share.
    pub(super) fn draw_labeled(&mut self, seed: u32) {
        let (_, labeled) = self.labeled();
        let labels: Vec<_> = labeled.iter().map(|sample| sample.label).collect();
        let part = stratified_part(&labels, NUM_DRAWN, seed.into());
        let samples = part.into_iter().map(|at| labeled[at].sample).collect();
        self.events.push(Event::Drawn { samples });
    }

    /// Begins to weigh what candidates made of `samples`; takes the place of what was being
    /// weighed.
    pub(super) fn rate(&mut self, samples: &[SampleId], candidates: Vec<Candidate>) -> Result<()> {
        self.rating = None;
        let (classes, labeled) = self.labeled();
        let label = |id: &SampleId| Some(labeled.iter().find(|s| s.sample == *id)?.label);
        let labels: Vec<_> = samples.iter().map(label).collect();
        let known: Vec<_> = labels.iter().copied().flatten().collect();
        let num_classes = classes.len();
        let is_told = |class: usize| known.contains(&class);
        if (0..num_classes).filter(|&class| is_told(class)).count() < 2 {
            return Err(Error::NothingToTellApart);
        }
        let weigh = |candidate: Candidate| {
            let unknown = || Error::UnknownBackbone(candidate.backbone.clone());
            let architecture = Architecture::by_name(&candidate.backbone).ok_or_else(unknown)?;
            let length = 4 * self.num_features;
            if candidate.features.len() != length * samples.len() {
                return Err(Error::DamagedFeatures);
            }
            // Samples that have lost their class meanwhile are left out.
            let rows = candidate.features.chunks_exact(length).zip(&labels);
            let rows = rows.filter(|(_, label)| label.is_some());
            let rows = rows.map(|(row, _)| features::from_bytes(row, self.num_features));
            let rows: Vec<_> = rows.collect::<Option<_>>().ok_or(Error::DamagedFeatures)?;
            let suitability = Suitability::new(rows, known.clone(), num_classes);
            Ok((architecture, suitability.ok_or(Error::DamagedFeatures)?))
        };
        let mut waiting: Vec<_> = candidates.into_iter().map(weigh).collect::<Result<_>>()?;
        waiting.reverse();
        self.rating = Some(Rating {
            waiting,
            rated: Vec::new(),
            num_samples: known.len(),
        });
        Ok(())
    }

    /// Weighs for a slice of time.
    pub(super) fn weigh(&mut self) {
        let Some(rating) = &mut self.rating else {
            return;
        };
        let start = Instant::now();
        while start.elapsed() < SLICE {
            let Some((_, suitability)) = rating.waiting.last_mut() else {
                let num_samples = rating.num_samples;
                let rated = std::mem::take(&mut rating.rated);
                self.rating = None;
                self.tell_ratings(rated, num_samples);
                return;
            };
            if let Some((log_me, left_out)) = suitability.step() {
                let (architecture, _) = rating.waiting.pop().expect("just stepped");
                let backbone = architecture.name.to_owned();
                let rated = BackboneRating {
                    backbone,
                    log_me,
                    left_out,
                };
                rating.rated.push((architecture, rated));
            }
        }
    }

    fn tell_ratings(&mut self, rated: Vec<(Architecture, BackboneRating)>, num_samples: usize) {
        let evidence = |(architecture, rating): &(Architecture, BackboneRating)| {
            let work = architecture.multiply_adds().iter().sum();
            (rating.log_me.evidence, work)
        };
        let weighed: Vec<_> = rated.iter().map(evidence).collect();
        let Some(best) = most_suitable(&weighed) else {
            return;
        };
        let recommended = rated[best].0.name.to_owned();
        self.events.push(Event::BackbonesRated {
            ratings: rated.into_iter().map(|(_, rating)| rating).collect(),
            recommended,
            num_samples,
        });
    }
}
