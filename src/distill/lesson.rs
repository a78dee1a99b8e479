//! A student's logits of one picture, what its teacher says and what its label is in; the loss and
//! how it changes with the logits out.

use crate::metrics;

/// How much is heard of the teacher, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DistillConfig {
    /// T: the logits of teacher and student are divided by it before they are compared. 1 or more.
    pub temperature: f64,
    /// What the label counts where there is one, in [0, 1]; the teacher counts the rest.
    pub label_share: f64,
    /// L2 penalty on the weights (not the biases).
    pub weight_decay: f64,
}

/// What is known of one picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lesson<'a> {
    /// The teacher's probabilities at the temperature: `[num_classes]`, summing to 1.
    pub soft: &'a [f32],
    /// The picture's class, if it has a label.
    pub label: Option<usize>,
}

impl Lesson<'_> {
    /// The loss: T² · KL(teacher ‖ student), both at the temperature, and for a label its
    /// cross-entropy at temperature 1, each by its share. T² keeps the teacher's share of the
    /// gradient what it is whatever the temperature (Hinton et al., section 2).
    ///
    /// # Shapes
    ///
    /// logits: `[num_classes]`; the loss's derivatives by them afterwards.
    pub fn differentiate(&self, logits: &mut [f32], config: &DistillConfig) -> f64 {
        let label_share = match self.label {
            Some(_) => config.label_share,
            None => 0.0,
        };
        let temperature = config.temperature;
        let mut warm: Vec<f32> = logits.iter().map(|z| z / temperature as f32).collect();
        metrics::softmax(&mut warm);
        let teacher_share = 1.0 - label_share;
        let mut loss = teacher_share * temperature.powi(2) * divergence(self.soft, &warm);
        if let Some(label) = self.label {
            loss += label_share * metrics::cross_entropy(logits, label);
        }

        metrics::softmax(logits);
        let by_teacher = (teacher_share * temperature) as f32;
        let by_label = label_share as f32;
        for (class, z) in logits.iter_mut().enumerate() {
            let truth = f32::from(u8::from(self.label == Some(class)));
            *z = by_teacher * (warm[class] - self.soft[class]) + by_label * (*z - truth);
        }
        loss
    }
}

/// KL(p ‖ q), in nats.
fn divergence(p: &[f32], q: &[f32]) -> f64 {
    let pairs = p.iter().zip(q).filter(|(p, _)| **p > 0.0);
    let term = |(&p, &q): (&f32, &f32)| {
        let log = |x: f32| f64::from(x.max(f32::MIN_POSITIVE)).ln();
        f64::from(p) * (log(p) - log(q))
    };
    pairs.map(term).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: DistillConfig = DistillConfig {
        temperature: 2.0,
        label_share: 0.25,
        weight_decay: 0.0,
    };

    fn logits(odds: [f32; 2]) -> Vec<f32> {
        odds.iter().map(|odds| odds.ln()).collect()
    }

    #[test]
    fn the_loss_of_known_odds() {
        // At temperature 2 odds of 9 are odds of 3: the student says ¾ and ¼, the teacher ½ and ½.
        let lesson = Lesson {
            soft: &[0.5, 0.5],
            label: None,
        };
        let mut z = logits([9.0, 1.0]);
        let loss = lesson.differentiate(&mut z, &CONFIG);
        // 4 · ½ (ln ⅔ + ln 2)
        let expected = 2.0 * ((2.0f64 / 3.0).ln() + 2f64.ln());
        assert!((loss - expected).abs() < 1e-6, "{loss} {expected}");
        // 2 · (¾ − ½)
        assert!(
            (z[0] - 0.5).abs() < 1e-6 && (z[1] + 0.5).abs() < 1e-6,
            "{z:?}"
        );
    }

    #[test]
    fn a_label_counts_its_share() {
        let lesson = Lesson {
            soft: &[0.75, 0.25],
            label: Some(1),
        };
        let mut z = logits([9.0, 1.0]);
        let loss = lesson.differentiate(&mut z, &CONFIG);
        // The teacher agrees with the student, the label doesn't: −¼ ln 1/10.
        assert!((loss - 0.25 * 10f64.ln()).abs() < 1e-6, "{loss}");
        assert!((z[0] - 0.25 * 0.9).abs() < 1e-6 && (z[1] + 0.25 * 0.9).abs() < 1e-6);
    }

    #[test]
    fn a_student_that_says_what_the_teacher_says_has_nothing_to_learn() {
        let mut z = vec![1.0, -2.0, 0.5];
        let soft = crate::distill::soften(&z, CONFIG.temperature);
        let lesson = Lesson {
            soft: &soft,
            label: None,
        };
        assert!(lesson.differentiate(&mut z, &CONFIG).abs() < 1e-6);
        assert!(z.iter().all(|g| g.abs() < 1e-6));
    }

    #[test]
    fn a_sure_teacher_makes_no_nan() {
        let lesson = Lesson {
            soft: &[1.0, 0.0],
            label: Some(0),
        };
        let mut z = vec![-400.0, 400.0];
        assert!(lesson.differentiate(&mut z, &CONFIG).is_finite());
        assert!(z.iter().all(|g| g.is_finite()));
    }

    #[derive(serde::Deserialize)]
    struct Golden {
        temperature: f64,
        label_share: f64,
        rows: Vec<GoldenRow>,
    }

    #[derive(serde::Deserialize)]
    struct GoldenRow {
        student: Vec<f32>,
        teacher: Vec<f32>,
        label: Option<usize>,
        loss: f64,
        gradient: Vec<f64>,
    }

    #[test]
    fn losses_and_gradients_are_those_of_pytorch() {
        let golden = include_str!("../../tests/golden/distill/reference.json");
        let golden: Golden = serde_json::from_str(golden).expect("tests/golden/distill");
        let config = DistillConfig {
            temperature: golden.temperature,
            label_share: golden.label_share,
            weight_decay: 0.0,
        };
        assert!(!golden.rows.is_empty());
        for mut row in golden.rows {
            let soft = crate::distill::soften(&row.teacher, config.temperature);
            let lesson = Lesson {
                soft: &soft,
                label: row.label,
            };
            let loss = lesson.differentiate(&mut row.student, &config);
            assert!((loss - row.loss).abs() < 1e-4 * row.loss.max(1.0), "{loss}");
            for (found, expected) in row.student.iter().zip(&row.gradient) {
                assert!((f64::from(*found) - expected).abs() < 1e-5, "{expected}");
            }
        }
    }
}
