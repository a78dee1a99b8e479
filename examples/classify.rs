//! A downloaded `graft-model.zip` and pictures in, probabilities out: Graft's own code, without a
//! browser and without Burn.
//!
//!     cargo run --release --no-default-features --features extractor --example classify -- \
//!         graft-model.zip photo.jpg [more.png ...]

use std::error::Error;

use graft::{backbone::Backbone, export, pixels};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let zip = arguments
        .next()
        .ok_or("say which zip, and which pictures")?;
    let (model, weights) = export::load(&std::fs::read(zip)?)?;
    let size = weights.architecture.input_size as u32;
    let mut backbone = Backbone::new(&weights);
    for path in arguments {
        let picture = pixels::extract(&std::fs::read(&path)?, size)?;
        let (probabilities, is_familiar) = model.answer(backbone.forward(&picture.pixels));
        let doubt = match is_familiar {
            Some(false) => " (looks like none of the classes)",
            _ => "",
        };
        println!("{path}{doubt}");
        let mut answers: Vec<_> = probabilities.iter().zip(&model.classes).collect();
        answers.sort_by(|a, b| b.0.total_cmp(a.0));
        for (probability, class) in answers {
            println!("  {:5.1} %  {}", 100.0 * probability, class.name);
        }
    }
    Ok(())
}
