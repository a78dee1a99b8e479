//! Logits of one model or several in, one teacher's probabilities at a temperature out.

use crate::metrics;

/// What the members of a teacher say of one picture: logits, `[num_members][num_classes]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Teacher(pub Vec<Vec<f32>>);

impl Teacher {
    /// The mean of the members' probabilities, each at the temperature: `[num_classes]`.
    pub fn soft(&self, temperature: f64) -> Vec<f32> {
        let num_classes = self.0.first().map_or(0, Vec::len);
        let share = 1.0 / self.0.len().max(1) as f32;
        let mut mean = vec![0.0; num_classes];
        for logits in &self.0 {
            let pairs = mean.iter_mut().zip(soften(logits, temperature));
            pairs.for_each(|(sum, p)| *sum += share * p);
        }
        mean
    }

    /// Logits of what it answers, at temperature 1: `[num_classes]`.
    pub fn logits(&self) -> Vec<f32> {
        let log = |p: f32| p.max(f32::MIN_POSITIVE).ln();
        self.soft(1.0).into_iter().map(log).collect()
    }
}

/// softmax(logits / temperature)
pub fn soften(logits: &[f32], temperature: f64) -> Vec<f32> {
    let warm = logits.iter().map(|z| z / temperature as f32);
    let mut warm: Vec<f32> = warm.collect();
    metrics::softmax(&mut warm);
    warm
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temperature_of_two_takes_the_root_of_odds() {
        let soft = soften(&[9f32.ln(), 0.0], 2.0);
        assert!((soft[0] - 0.75).abs() < 1e-6, "{soft:?}");
    }

    #[test]
    fn members_are_heard_equally_however_sure_they_are() {
        let teacher = Teacher(vec![vec![100.0, 0.0], vec![0.0, 3f32.ln()]]);
        let soft = teacher.soft(1.0);
        // (1 + ¼) / 2
        assert!((soft[0] - 0.625).abs() < 1e-6, "{soft:?}");
        let logits = teacher.logits();
        assert!(((logits[0] - logits[1]).exp() - 0.625 / 0.375).abs() < 1e-4);
    }
}
