//! Fine-tuning against the head alone, on drawings: Open Clip Art in 8 classes, Debian's
//! openclipart-png (tests/golden/tune/clipart.py).

use graft::{
    backbone::{Backbone, Weights},
    features::{Normalizer, Row},
    metrics::argmax,
    pixels,
    protocol::TrainingConfig,
    train::{Advance, Labeled, Partition, SoftmaxFit},
    tune::{
        Example, PrepareConfig, Purpose, Tail, TuneConfig, TuneStep, Tuned, TunedHead,
        to_safetensors,
    },
};
use rand::seq::SliceRandom;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

const DRAWINGS: &str = "/usr/share/openclipart/png";
const NUM_CLASSES: usize = 8;
const NUM_BLOCKS: usize = 3;

/// Labeled drawings a class.
const PER_CLASS: usize = 20;

/// Of those, the ones that choose the epoch where a run may end early.
const PER_CLASS_HELD_OUT: usize = 4;

/// Weight decay of the head that the page would train.
const ALONE: f64 = 1e-4;

/// Weight decay of the head that tuning starts from.
const START: f64 = TunedHead::WEIGHT_DECAY;

/// Ways to divide the drawings into labeled ones and others.
const NUM_DIVISIONS: u64 = 6;

struct Task {
    served: Vec<u8>,
    weights: Weights,
    /// Pixels of each drawing.
    drawings: Vec<Vec<u8>>,
    /// The drawings at the boundary, with their labels.
    examples: Vec<Example>,
    /// Their features before anything is tuned.
    rows: Vec<Row>,
}

impl Task {
    fn new() -> Self {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let read = |path: &str| std::fs::read(root.join(path)).expect(path);
        let served = read("www/public/weights/efficientnet-lite0.safetensors");
        let weights = Weights::from_safetensors(&served).unwrap();
        let mut backbone = Backbone::new(&weights);
        let config = PrepareConfig {
            num_blocks: NUM_BLOCKS,
            ..PrepareConfig::default()
        };
        let mut preparation = config.init(&weights);
        let list = String::from_utf8(read("tests/golden/tune/clipart.csv")).unwrap();
        let mut names: Vec<&str> = Vec::new();
        let (mut drawings, mut rows) = (Vec::new(), Vec::new());
        for line in list.lines().skip(1) {
            let (path, name) = line.rsplit_once(',').unwrap();
            if names.last() != Some(&name) {
                names.push(name);
            }
            let bytes = std::fs::read(format!("{DRAWINGS}/{path}"));
            let bytes = bytes.expect("apt-get install openclipart-png");
            // Four of the files are empty.
            if let Ok(image) = pixels::extract(&bytes, 224) {
                rows.push(Row::from(backbone.forward(&image.pixels)));
                drawings.push(image.pixels.clone());
                let begun = preparation.begin(image.pixels, names.len() - 1, Purpose::Learn);
                begun.expect("224 × 224 pixels");
                while preparation.step() {}
            }
        }
        assert_eq!(names.len(), NUM_CLASSES);
        let [examples, _] = preparation.finish();
        Self {
            served,
            weights,
            drawings,
            examples,
            rows,
        }
    }

    /// Numbers of drawings: labeled ones, of each class in turn, and the others.
    fn divide(&self, seed: u64) -> [Vec<usize>; 2] {
        let mut order: Vec<usize> = (0..self.examples.len()).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let mut counts = [0; NUM_CLASSES];
        let (mut labeled, others): (Vec<_>, Vec<_>) = order.into_iter().partition(|&at| {
            let count = &mut counts[self.examples[at].label];
            *count += 1;
            *count <= PER_CLASS
        });
        labeled.sort_by_key(|&at| self.examples[at].label);
        [labeled, others]
    }

    /// Softmax regression on frozen features, as the page trains it.
    fn head(&self, labeled: &[usize], weight_decay: f64) -> TunedHead {
        let rows = labeled.iter().map(|&at| Labeled {
            sample: at as u32,
            row: self.rows[at].clone(),
            label: self.examples[at].label,
        });
        let train: Vec<Labeled> = rows.collect();
        let data = Partition {
            validation: train[..1].to_vec(),
            weights: vec![1.0; train.len()],
            left_out: Vec::new(),
            names: None,
            train,
            unlabeled: Vec::new(),
            num_classes: NUM_CLASSES,
        };
        let rows = data.train.iter().map(|sample| &*sample.row);
        let normalizer = Normalizer::fit(rows, 1280);
        let config = TrainingConfig {
            balance_classes: false,
            weight_decay,
            ..TrainingConfig::default()
        };
        let mut fit = SoftmaxFit::new(&config, &data, &normalizer);
        while !matches!(fit.advance(&data, || false), Advance::Finished) {}
        let [layer] = fit.head().layers.try_into().expect("a linear head");
        TunedHead::new(normalizer, layer.weight, layer.bias)
    }

    fn tune(&self, head: TunedHead, train: &[usize], held_out: &[usize], seed: u64) -> Tail {
        let take = |numbers: &[usize]| -> Vec<Example> {
            let examples = numbers.iter().map(|&at| self.examples[at].clone());
            examples.collect()
        };
        let tail = Tail::new(&self.weights, NUM_BLOCKS, head);
        let config = TuneConfig {
            seed,
            ..TuneConfig::default()
        };
        let mut tuning = config.init(tail, [train, held_out].map(take));
        while tuning.step() != TuneStep::Finished {}
        let Tuned { tail, epoch, .. } = tuning.finish();
        println!("  {epoch:?}");
        tail
    }

    /// Percent of drawings a head classifies right on frozen features.
    fn accuracy_alone(&self, head: &TunedHead, others: &[usize]) -> f64 {
        self.accuracy(others, |at| head.logits(&self.rows[at]))
    }

    /// Percent of drawings a tail classifies right.
    fn accuracy_tuned(&self, mut tail: Tail, others: &[usize]) -> f64 {
        self.accuracy(others, |at| tail.logits(&self.examples[at].views[0]))
    }

    fn accuracy(&self, others: &[usize], mut logits: impl FnMut(usize) -> Vec<f32>) -> f64 {
        let is_right = |at: &&usize| argmax(&logits(**at)) == self.examples[**at].label;
        100.0 * others.iter().filter(is_right).count() as f64 / others.len() as f64
    }

    /// The backbone whose tuned weights have been written to a file and read again.
    fn backbone_from_file(&self, tail: &Tail) -> Backbone {
        let mut weights = self.weights.clone();
        tail.write_to(&mut weights);
        let file = to_safetensors(&weights, &self.served).unwrap();
        Backbone::new(&Weights::from_safetensors(&file).unwrap())
    }
}

/// Measured in percent of 295 drawings; the standard error is over divisions.
///
/// | divisions | weight decay of the first head | head alone | tuned | gain |
/// |---|---|---|---|---|
/// | six that no setting was chosen on | 1e-4 | 55.2 | 57.2 | 2.0 ± 0.8 |
/// | the same, 16 a class, 4 choose the epoch | 1e-4 | 53.0 | 54.8 | 1.8 ± 0.4 |
/// | three that settings were chosen on | 1e-4 | 54.9 | 57.9 | 3.0 |
/// | the same | 1e-2, a tenfold rate for the head | 54.9 | 58.2 | 3.3 |
///
/// The gain differs much: from −0.3 to 4.1 on the six. The last row's settings are the default.
///
/// Of the first division, accuracy is also that of a backbone with the tuned weights, written to a
/// file and read again.
#[test]
#[ignore = "minutes, and openclipart-png"]
fn tuning_three_blocks_gains_two_points_on_drawings_at_20_a_class() {
    let task = Task::new();
    let (mut gains, mut gains_early) = (Vec::new(), Vec::new());
    for seed in 0..NUM_DIVISIONS {
        let [labeled, others] = task.divide(seed);
        let alone = task.accuracy_alone(&task.head(&labeled, ALONE), &others);
        let tail = task.tune(task.head(&labeled, START), &labeled, &[], seed);
        let tuned = task.accuracy_tuned(tail.clone(), &others);
        if seed == 0 {
            let mut backbone = task.backbone_from_file(&tail);
            let from_file = task.accuracy(&others, |at| {
                tail.head().logits(backbone.forward(&task.drawings[at]))
            });
            println!("  from a file {from_file:.1}");
            assert!((from_file - tuned).abs() < 1.0, "{from_file} {tuned}");
        }

        let ranked = labeled.iter().enumerate();
        let (held_out, train): (Vec<_>, Vec<_>) =
            ranked.partition(|(rank, _)| rank % PER_CLASS < PER_CLASS_HELD_OUT);
        let [train, held_out] =
            [train, held_out].map(|part| part.into_iter().map(|(_, at)| *at).collect::<Vec<_>>());
        let alone_early = task.accuracy_alone(&task.head(&train, ALONE), &others);
        let tail = task.tune(task.head(&train, START), &train, &held_out, seed);
        let early = task.accuracy_tuned(tail, &others);
        println!("{seed}: {alone:.1} → {tuned:.1}; 16 a class: {alone_early:.1} → {early:.1}");
        gains.push(tuned - alone);
        gains_early.push(early - alone_early);
    }
    let mean = |gains: &[f64]| gains.iter().sum::<f64>() / gains.len() as f64;
    println!("{:.1} {:.1}", mean(&gains), mean(&gains_early));
    assert!(mean(&gains) >= 2.0, "{gains:?}");
    assert!(mean(&gains_early) >= 0.0, "{gains_early:?}");
}
