//! What is known of a model in, `MODEL_CARD.md` out.

use std::fmt::Write;

use super::package::Source;
use crate::{
    model::{ClassRecord, Provenance},
    protocol::{DeviceKind, HeadKind, PLAIN, Proportion, TrainingConfig},
};

/// Says where the model comes from, how good it was there, and where it ends.
pub(super) fn model_card(source: &Source) -> String {
    let mut card = String::from("# Model card\n\n");
    let classes = source.labels().join(", ");
    line(
        &mut card,
        &format!("An image classifier that tells apart: {classes}."),
    );
    line(
        &mut card,
        &format!(
            "Made with Graft {}, in a browser, on {}.",
            env!("CARGO_PKG_VERSION"),
            source.date
        ),
    );
    match &source.model.provenance {
        Some(known) => known_parts(&mut card, source, known),
        None => line(
            &mut card,
            "How it was trained is unknown: the file it was read from doesn't say.",
        ),
    }
    limits(&mut card, source);
    card.push_str("\n## Backbone\n\n");
    let architecture = &source.weights.architecture;
    let tuned = match source.model.backbone {
        Some(_) => "Its last blocks were fine-tuned on the pictures above.",
        None => "It was not changed.",
    };
    line(
        &mut card,
        &format!(
            "{}, pretrained on ImageNet, from {}; license: {}. {tuned}",
            architecture.name,
            source.about("source"),
            source.license(),
        ),
    );
    card
}

fn line(card: &mut String, text: &str) {
    card.push_str(text);
    card.push('\n');
}

fn known_parts(card: &mut String, source: &Source, known: &Provenance) {
    let Proportion { hits, total, .. } = known.accuracy;
    card.push_str("\n## Data\n\n");
    line(
        card,
        &format!(
            "{} pictures were learned from and {total} held out, chosen by chance with seed {}; copies \
         and near-duplicates were kept on one side as far as possible. No picture leaves the page: \
         none is in this download, and `probe.png` is painted.",
            known.num_train, known.config.seed,
        ),
    );
    card.push_str("\n## How good it was\n\n");
    line(
        card,
        &format!(
            "{hits} of {total} held-out pictures were named right: {}.",
            share(&known.accuracy)
        ),
    );
    if known.per_class.len() == source.model.classes.len() {
        card.push_str(
            "\n| class | learned from | held out | named right | with 95 % confidence |\n",
        );
        card.push_str("|---|---|---|---|---|\n");
        for (label, record) in source.labels().iter().zip(&known.per_class) {
            row(card, label, record);
        }
    }
    card.push_str("\n## How it was trained\n\n");
    line(card, &method(&known.config));
    let device = match known.device {
        DeviceKind::Webgpu => "the graphics card (WebGPU)",
        DeviceKind::Cpu => "the CPU (WebAssembly)",
    };
    line(
        card,
        &format!("It learned on {device}, with seed {}.", known.config.seed),
    );
}

fn row(card: &mut String, label: &str, record: &ClassRecord) {
    let Proportion {
        hits,
        total,
        low,
        high,
    } = record.right;
    let label = label.replace('|', "\\|");
    let (low, high) = (low * 100.0, high * 100.0);
    let num_train = record.num_train;
    writeln!(
        card,
        "| {label} | {num_train} | {total} | {hits} | {low:.0} to {high:.0} % |"
    )
    .expect("memory takes everything");
}

fn share(of: &Proportion) -> String {
    let percent = 100.0 * of.hits as f64 / of.total.max(1) as f64;
    let (low, high) = (of.low * 100.0, of.high * 100.0);
    format!(
        "{percent:.1} %; with 95 % confidence between {low:.1} and {high:.1} % of such pictures"
    )
}

fn method(config: &TrainingConfig) -> String {
    if config.method != PLAIN {
        return format!("Method: `{}`.", config.method);
    }
    match config.head {
        HeadKind::Softmax => format!(
            "Softmax regression on the backbone's features, weight decay {}.",
            config.weight_decay
        ),
        HeadKind::Ridge => "Ridge regression in closed form on the backbone's features.".to_owned(),
        HeadKind::Mlp => format!(
            "A perceptron with {} hidden units on the backbone's features: {} epochs of Adam, learning rate {}, {} pictures a step, weight decay {}.",
            config.hidden_units,
            config.num_epochs,
            config.learning_rate,
            config.batch_size,
            config.weight_decay,
        ),
        HeadKind::Blend => {
            "The mean of softmax regression and ridge regression on the backbone's features."
                .to_owned()
        }
    }
}

fn limits(card: &mut String, source: &Source) {
    card.push_str("\n## Known limits\n\n");
    line(
        card,
        "- It is good at pictures like those it learned from. Other cameras, places or backgrounds may lower what is stated here.",
    );
    line(card, "- It names one of its classes, whatever it is shown.");
    if let Some(known) = &source.model.familiarity {
        line(
            card,
            &format!(
                "- log Σ exp(logits) below {:.3} says that a picture is probably of none of them. {:.0} % of pictures of the classes are meant to lie above.",
                known.least_energy,
                known.share * 100.0,
            ),
        );
    }
    line(
        card,
        "- It sees the whole picture fitted into a square. Programs that cut out the middle or stretch it show it something else.",
    );
    line(
        card,
        "- It has not been examined for fairness, and is not made for decisions about people.",
    );
}
