//! A trained model in, Burn's own record of it out; and back.
//!
//! A record is a burnpack file of tensors, named as the fields of a module are; what the module
//! computes isn't in it. That is in the crate beside it, `texts/burn`, whose shape is in a JSON file
//! that Burn calls a config. `tests/burn_record.rs` runs that crate.
//!
//! Burn writes such files with the crate burn-pack. It brings some seventy others, so that it would
//! not fit the extractor's build; what it writes is a header in CBOR before aligned numbers, and is
//! written here.

mod container;
mod read;
mod shape;
mod write;

pub use read::read;
pub use write::write;

/// A module's numbers and its shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// A burnpack file.
    pub numbers: Vec<u8>,
    /// What the crate's `NetworkConfig` reads, as JSON.
    pub config: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        backbone::{Architecture, Weights},
        error::Error,
        export::{
            Precision,
            fixtures::{self, deep_model, half_weights},
            graph::Graph,
        },
        head::Activation,
    };

    fn weights(architecture: Architecture) -> Weights {
        half_weights(91, architecture)
    }

    #[test]
    fn what_is_written_is_read_again_to_the_bit() {
        use Activation::{Cosine, Exponential, Rectified};
        for architecture in Architecture::all() {
            let weights = weights(architecture);
            let deep = [Rectified, Cosine, Exponential].map(deep_model);
            for model in deep.iter().chain([&fixtures::model()]) {
                let graph = Graph::new(model, &weights);
                for precision in [Precision::Full, Precision::Half] {
                    let record = write(model, &weights, precision, &[]);
                    assert!(read(&record).expect("valid") == graph, "{precision:?}");
                }
            }
        }
    }

    #[test]
    fn a_backbone_that_ends_early_is_one_too() {
        let mut architecture = Architecture::efficientnet_lite0();
        architecture.blocks.truncate(5);
        let (weights, model) = (weights(architecture), fixtures::model());
        let record = write(&model, &weights, Precision::Full, &[]);
        assert!(read(&record).expect("valid") == Graph::new(&model, &weights));
    }

    #[test]
    fn half_precision_is_half_the_size() {
        let weights = weights(Architecture::efficientnet_lite0());
        let size = |precision| {
            let record = write(&fixtures::model(), &weights, precision, &[]);
            record.numbers.len() as f64
        };
        let ratio = size(Precision::Half) / size(Precision::Full);
        assert!((0.49..0.52).contains(&ratio), "{ratio}");
    }

    #[test]
    fn no_altered_file_panics() {
        let weights = weights(Architecture::mobilenet_v2());
        let model = deep_model(Activation::Cosine);
        let whole = write(&model, &weights, Precision::Half, &[]);
        let unfaithful = |record: &Record| match read(record) {
            Ok(read) => assert!(read.is_sound()),
            Err(Error::UnfaithfulExport(_)) => {}
            Err(other) => panic!("{other}"),
        };
        let mut altered = whole.clone();
        for at in (0..12_000)
            .step_by(41)
            .chain((12_000..whole.numbers.len()).step_by(200_011))
        {
            altered.numbers[at] ^= [0x15, 0x80, 0xff][at % 3];
            unfaithful(&altered);
            altered.numbers[at] = whole.numbers[at];
        }
        for at in 0..whole.config.len() {
            // A digit becomes another one, or no digit.
            altered.config[at] ^= [0x01, 0x08, 0x40][at % 3];
            unfaithful(&altered);
            altered.config[at] = whole.config[at];
        }
        for length in (0..whole.numbers.len()).step_by(whole.numbers.len() / 50) {
            let numbers = whole.numbers[..length].to_vec();
            unfaithful(&Record {
                numbers,
                ..whole.clone()
            });
        }
    }

    #[test]
    fn numbers_lie_where_programs_read_them_in_place() {
        let weights = weights(Architecture::mobilenet_v2());
        let record = write(&fixtures::model(), &weights, Precision::Half, &[]);
        let tensors = container::read(&record.numbers).expect("valid");
        assert_eq!(tensors.len(), 2 * weights.convs.len() + 5);
        for tensor in tensors.values() {
            let at = tensor.bytes.as_ptr() as usize - record.numbers.as_ptr() as usize;
            assert_eq!(at % 256, 0);
        }
    }
}
