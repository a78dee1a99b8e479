//! Logits of samples a head has not seen in, what the page shows of them out.

use crate::{
    metrics::{self, HeldOut, Report},
    protocol::{Evaluation, HeldOutPrediction, ModelClass, Origin},
    train::Labeled,
};

/// Everything there is to say of a head, or of several that judged a part of the samples each.
///
/// # Shapes
///
/// - samples: `[N]`, none of them seen by the head that judged it
/// - logits: `[N][num_classes]`
pub fn evaluate(
    classes: &[ModelClass],
    samples: &[Labeled],
    logits: &[Vec<f32>],
    origin: Origin,
) -> Evaluation {
    let predictions: Vec<_> = samples
        .iter()
        .zip(logits)
        .map(|(sample, logits)| predict(sample, logits))
        .collect();
    let held_out = HeldOut::new(
        logits.iter().map(Vec::as_slice),
        samples.iter().map(|sample| sample.label).collect(),
        classes.len(),
    );
    let pairs = predictions.iter().map(|p| (p.truth, p.predicted));
    let hits = pairs.clone().filter(|(truth, said)| truth == said).count();
    Evaluation {
        classes: classes.to_vec(),
        accuracy: metrics::wilson(hits, predictions.len()),
        confusion: metrics::confusion_matrix(pairs, classes.len()),
        report: Report::new(&held_out),
        predictions,
        origin,
    }
}

fn predict(sample: &Labeled, logits: &[f32]) -> HeldOutPrediction {
    let mut probabilities = logits.to_vec();
    metrics::softmax(&mut probabilities);
    let predicted = metrics::argmax(&probabilities);
    HeldOutPrediction {
        sample: sample.sample,
        truth: sample.label,
        predicted,
        confidence: probabilities[predicted],
        loss: metrics::cross_entropy(logits, sample.label),
    }
}
