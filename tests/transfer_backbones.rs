//! Which backbone suits a task: does LogME on 200 samples know what held-out samples say of a head
//! trained on two thirds of all?
//!
//! Photos are of tuxpaint-stamps-default, drawings of openclipart-png, clothes of
//! dataset-fashion-mnist. All is measured with
//! `cargo test --release --test transfer_backbones -- --ignored --nocapture`.

mod t1;
mod transfer_data;

use graft::{
    backbone::Architecture,
    curation::{Suitability, most_suitable},
    dataset::{Split, stratified_part},
    features::Normalizer,
    metrics::argmax,
    protocol::TrainingConfig,
    train::{Advance, Labeled, Partition, SoftmaxFit, copies},
};
use transfer_data::{Data, clothes_by, drawings_by, photos_by};

/// As the page draws.
const NUM_DRAWN: usize = 200;

/// Draws, and ways to divide a task.
const NUM_SEEDS: u64 = 5;

/// Means over the seeds.
struct Measured {
    name: &'static str,
    work: f64,
    /// By LogME, with its standard deviation over the draws.
    evidence: [f64; 2],
    /// Share named right by ridge regression without the sample, of those drawn.
    left_out: f64,
    /// Share named right of a third held out, by the plain head on the others.
    accuracy: f64,
}

fn measure(architecture: &Architecture, data: &Data) -> Measured {
    let seeds = 1..=NUM_SEEDS;
    let drawn: Vec<_> = seeds.clone().map(|seed| suitability(data, seed)).collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (evidence, left_out): (Vec<_>, Vec<_>) = drawn.into_iter().unzip();
    let accuracies: Vec<_> = seeds.map(|seed| held_out_accuracy(data, seed)).collect();
    let squares: Vec<_> = evidence
        .iter()
        .map(|x| (x - mean(&evidence)).powi(2))
        .collect();
    Measured {
        name: architecture.name,
        work: architecture.multiply_adds().iter().sum(),
        evidence: [mean(&evidence), mean(&squares).sqrt()],
        left_out: mean(&left_out),
        accuracy: mean(&accuracies),
    }
}

fn suitability(data: &Data, seed: u64) -> (f64, f64) {
    let drawn = stratified_part(&data.labels, NUM_DRAWN, seed);
    let (rows, labels) = (data.rows(&drawn), data.labels(&drawn));
    let mut suitability = Suitability::new(rows, labels, data.num_classes).unwrap();
    let found = std::iter::repeat_with(|| suitability.step()).find_map(|it| it);
    let (log_me, left_out) = found.unwrap();
    (
        log_me.evidence,
        left_out.hits as f64 / left_out.total as f64,
    )
}

fn held_out_accuracy(data: &Data, seed: u64) -> f64 {
    let all: Vec<_> = (0..data.labels.len()).collect();
    let groups = copies(&data.rows(&all));
    let Split { train, validation } =
        Split::stratified(&data.labels, &groups, 1.0 / 3.0, seed).unwrap();
    let labeled = |at: &[usize]| -> Vec<Labeled> {
        let rows = data.rows(at).into_iter().zip(at);
        let labeled = rows.map(|(row, &at)| Labeled {
            sample: at as u32,
            row,
            label: data.labels[at],
        });
        labeled.collect()
    };
    let rows = data.rows(&train);
    let normalizer = Normalizer::fit(rows.iter().map(|row| &**row), rows[0].len());
    let partition = Partition {
        train: labeled(&train),
        validation: labeled(&validation),
        weights: vec![1.0; train.len()],
        left_out: Vec::new(),
        names: None,
        unlabeled: Vec::new(),
        num_classes: data.num_classes,
    };
    let mut fit = SoftmaxFit::new(&TrainingConfig::default(), &partition, &normalizer);
    while !matches!(fit.advance(&partition, || false), Advance::Finished) {}
    let head = fit.head();
    let hits = partition
        .validation
        .iter()
        .filter(|sample| argmax(&head.logits(&normalizer.normalized(&sample.row))) == sample.label);
    hits.count() as f64 / validation.len() as f64
}

fn compare(task: &str, data: impl Fn(&str) -> Data) -> Vec<Measured> {
    let measured = Architecture::all().map(|it| measure(&it, &data(it.name)));
    println!("{task}; recommended: {}", recommended(&measured).name);
    for Measured {
        name,
        evidence: [evidence, deviation],
        left_out,
        accuracy,
        ..
    } in &measured
    {
        println!(
            "  {name:18} LogME {evidence:.3} ± {deviation:.3}, left out {:.1} %, held out {:.1} %",
            100.0 * left_out,
            100.0 * accuracy
        );
    }
    measured.into()
}

fn recommended(measured: &[Measured]) -> &Measured {
    let weighed: Vec<_> = measured
        .iter()
        .map(|it| (it.evidence[0], it.work))
        .collect();
    &measured[most_suitable(&weighed).unwrap()]
}

#[test]
#[ignore = "takes minutes, and data of other packages"]
fn the_recommended_backbone_is_within_a_point_of_the_best() {
    for (task, measured) in [
        ("photos", compare("photos", photos_by)),
        ("drawings", compare("drawings", drawings_by)),
        ("clothes", compare("clothes", |name| clothes_by(60, name))),
    ] {
        let best = measured.iter().map(|it| it.accuracy).fold(0.0, f64::max);
        let found = recommended(&measured).accuracy;
        assert!(found > best - 0.01, "{task}: {found} and {best}");
    }
}
