//! Names what is in pictures:
//!
//!     cargo run --release -- photo.jpg [more.png ...]

use std::{env, error::Error};

use graft_model::{Classifier, Device, square};

fn main() -> Result<(), Box<dyn Error>> {
    let classifier = Classifier::load(env!("CARGO_MANIFEST_DIR"), &Device::default())?;
    for path in env::args().skip(1) {
        let square = square::open(&path, classifier.side);
        let square = square.map_err(|error| format!("{path}: {error}"))?;
        let probabilities = classifier.classify(&square);
        let mut answers: Vec<_> = probabilities.iter().zip(&classifier.labels).collect();
        answers.sort_by(|a, b| b.0.total_cmp(a.0));
        println!("{path}");
        for (probability, label) in answers {
            println!("  {:5.1} %  {label}", 100.0 * probability);
        }
    }
    Ok(())
}
