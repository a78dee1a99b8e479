//! A chain of operations in, a TensorFlow Lite file out; and back.
//!
//! TensorFlow Lite is called LiteRT by now. Its files are flatbuffers, laid out with the `flatbuffers`
//! crate as `schema.rs` numbers their fields; code generated for all of the schema would be many times
//! what is needed. Reading looks fields up with every access checked, in `table.rs`, and shares nothing
//! with what wrote them.
//!
//! A second flatbuffer inside says what goes in and comes out, and the labels are in a zip behind it
//! all: so MediaPipe's tasks need this one file. Its `ImageClassifier` is too large for the journeys;
//! by hand, version 1.2.3 in Python named 50 fitted stamps as Graft does, of all three backbones, heads
//! of all kinds and both precisions, with probabilities within 6e-6.

mod metadata;
mod read;
mod schema;
mod table;
mod write;

pub use metadata::About;
pub use read::read;
pub use write::write;

/// What goes in: `[1, size, size, 3]`, RGB from 0 to 255.
///
/// In floats, as MediaPipe prepares bytes on the CPU only, and on this scale whatever the backbone:
/// MediaPipe scales all colors alike, and MobileNetV2 wants each otherwise.
const INPUT: &str = "image";

/// What comes out: `[1, classes]`. MediaPipe takes a second output for a second classifier.
const OUTPUT: &str = "probabilities";

/// The labels' file.
const LABELS: &str = "labels.txt";

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use zip::ZipArchive;

    use super::*;
    use crate::{
        backbone::Architecture,
        error::Error,
        export::{
            Precision,
            fixtures::{deep_model, half_weights},
            graph::Graph,
        },
        head::Activation,
    };

    fn graph(architecture: Architecture, activation: Activation) -> Graph {
        Graph::new(&deep_model(activation), &half_weights(81, architecture))
    }

    fn about() -> About {
        About {
            description: "two animals".to_owned(),
            license: "Apache-2.0".to_owned(),
            labels: vec!["cats".to_owned(), "“dogs”".to_owned()],
        }
    }

    #[test]
    fn what_is_written_is_read_again_to_the_bit() {
        use Activation::{Cosine, Exponential, Rectified};
        let activations = [Rectified, Cosine, Exponential].into_iter().cycle();
        for (architecture, activation) in Architecture::all().into_iter().zip(activations) {
            let graph = graph(architecture, activation);
            for precision in [Precision::Full, Precision::Half] {
                let file = write(&graph, precision, &about());
                assert!(read(&file).expect("valid") == graph, "{precision:?}");
            }
        }
    }

    #[test]
    fn half_precision_is_half_the_size() {
        let graph = graph(Architecture::efficientnet_lite0(), Activation::Rectified);
        let size = |precision| write(&graph, precision, &about()).len() as f64;
        let ratio = size(Precision::Half) / size(Precision::Full);
        assert!((0.49..0.52).contains(&ratio), "{ratio}");
    }

    #[test]
    fn the_labels_are_in_a_zip_at_the_end() {
        let graph = graph(Architecture::mobilenet_v2(), Activation::Rectified);
        let file = write(&graph, Precision::Full, &about());
        let mut zip = ZipArchive::new(Cursor::new(&file)).expect("a zip behind something else");
        let mut labels = String::new();
        let mut entry = zip.by_name(LABELS).expect("labels");
        entry.read_to_string(&mut labels).expect("text");
        assert_eq!(labels, "cats\n“dogs”\n");
    }

    #[test]
    fn numbers_lie_where_programs_read_them_in_place() {
        let graph = graph(Architecture::mobilenet_v2(), Activation::Rectified);
        let file = write(&graph, Precision::Half, &about());
        let model = table::Table::root(&file).expect("a root");
        let buffers = model.tables(schema::model::BUFFERS).expect("buffers");
        assert_eq!(buffers[0].bytes(schema::buffer::DATA), None);
        for buffer in &buffers[1..] {
            let bytes = buffer.bytes(schema::buffer::DATA).expect("data");
            let at = bytes.as_ptr() as usize - file.as_ptr() as usize;
            assert_eq!(at % 16, 0);
        }
    }

    #[test]
    fn mediapipe_finds_what_it_asks_for() {
        use schema::{about, buffer, entry, model};
        let graph = graph(Architecture::mobilenet_v2(), Activation::Rectified);
        let file = write(&graph, Precision::Full, &about());
        let root = table::Table::root(&file).expect("a root");
        let entries = root.tables(model::METADATA).expect("metadata");
        assert_eq!(entries[0].text(entry::NAME), Some("TFLITE_METADATA"));
        let number = entries[0].int(entry::BUFFER, 0) as usize;
        let buffers = root.tables(model::BUFFERS).expect("buffers");
        let bytes = buffers[number].bytes(buffer::DATA).expect("data");
        assert_eq!(&bytes[4..8], about::IDENTIFIER.as_bytes());
        let said = table::Table::root(bytes).expect("a root");
        assert_eq!(said.text(about::DESCRIPTION), Some("two animals"));
        let subgraph = said.tables(about::SUBGRAPHS).expect("one")[0];
        let input = subgraph.tables(about::INPUTS).expect("one")[0];
        let unit = input.tables(about::PROCESSING).expect("one")[0];
        assert_eq!(unit.byte(about::KIND, 0), about::NORMALIZATION as i8);
        let output = subgraph.tables(about::OUTPUTS).expect("one")[0];
        let labels = output.tables(about::FILES).expect("one")[0];
        assert_eq!(labels.text(about::NAME), Some(LABELS));
        assert_eq!(labels.byte(about::FILE_KIND, 0), about::AXIS_LABELS);
    }

    #[test]
    fn no_altered_file_panics() {
        let graph = graph(Architecture::mobilenet_v2(), Activation::Cosine);
        let file = write(&graph, Precision::Half, &about());
        let unfaithful = |bytes: &[u8]| match read(bytes) {
            Ok(read) => assert!(read.is_sound()),
            Err(Error::UnfaithfulExport(_)) => {}
            Err(other) => panic!("{other}"),
        };
        let places = (0..20_000)
            .step_by(41)
            .chain((0..file.len()).step_by(20_011));
        for at in places {
            let mut altered = file.clone();
            altered[at] ^= [0x15, 0x80, 0xff][at % 3];
            unfaithful(&altered);
        }
        for length in (0..file.len()).step_by(file.len() / 50) {
            unfaithful(&file[..length]);
        }
    }
}
