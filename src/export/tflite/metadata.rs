//! What is known of a model in; what MediaPipe and people read in its file out.

use std::io::{Cursor, Write};

use flatbuffers::{FlatBufferBuilder, VOffsetT, WIPOffset};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{
    INPUT, LABELS, OUTPUT,
    schema::about,
    write::{Builder, Place, Tables, table},
};

/// What a file says about itself.
#[derive(Clone, Debug)]
pub struct About {
    /// What the model does, and with what pictures.
    pub description: String,
    /// Under which the backbone was published.
    pub license: String,
    /// The classes' names, each on one line.
    pub labels: Vec<String>,
}

impl About {
    /// The flatbuffer inside the model's.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut fbb = FlatBufferBuilder::new();
        let input = input(&mut fbb);
        let output = output(&mut fbb);
        let subgraph = table(&mut fbb, |fbb| {
            fbb.push_slot_always(about::INPUTS, input);
            fbb.push_slot_always(about::OUTPUTS, output);
        });
        let subgraphs = fbb.create_vector(&[subgraph]);
        let texts = texts(
            &mut fbb,
            &[
                (about::NAME, "Image classifier"),
                (about::DESCRIPTION, &self.description),
                (about::AUTHOR, "Made with Graft"),
                (about::LICENSE, &self.license),
                (about::MIN_PARSER, about::PARSER),
            ],
        );
        let model = table(&mut fbb, |fbb| {
            push_all(fbb, &texts);
            fbb.push_slot_always(about::SUBGRAPHS, subgraphs);
        });
        fbb.finish(model, Some(about::IDENTIFIER));
        fbb.finished_data().to_vec()
    }

    /// Appends a zip with the labels. The offsets in it count from the beginning of the whole, and
    /// nothing is compressed: MediaPipe reads it in place.
    pub(super) fn append_labels(&self, model: Vec<u8>) -> Vec<u8> {
        let mut end = Cursor::new(model);
        end.set_position(end.get_ref().len() as u64);
        let mut zip = ZipWriter::new(end);
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        zip.start_file(LABELS, options).expect("a short name");
        let lines = self.labels.join("\n") + "\n";
        zip.write_all(lines.as_bytes())
            .expect("memory takes everything");
        zip.finish().expect("memory takes everything").into_inner()
    }
}

type Text = WIPOffset<&'static str>;

/// `[TensorMetadata]` of what goes in. The model scales colors itself; programs that ask how to are
/// told to leave them.
fn input(fbb: &mut Builder) -> WIPOffset<Tables> {
    let image = table(fbb, |fbb| fbb.push_slot_always(about::COLORS, about::RGB));
    let content = union(fbb, about::IMAGE, image);
    let (mean, std) = (fbb.create_vector(&[0.0f32]), fbb.create_vector(&[1.0f32]));
    let scale = table(fbb, |fbb| {
        fbb.push_slot_always(about::MEAN, mean);
        fbb.push_slot_always(about::STD, std);
    });
    let unit = union(fbb, about::NORMALIZATION, scale);
    let processing = fbb.create_vector(&[unit]);
    let range = range(fbb, 255.0);
    let text = "RGB, each color from 0 to 255; the whole picture, fitted into the square";
    let texts = texts(fbb, &[(about::NAME, INPUT), (about::DESCRIPTION, text)]);
    let tensor = table(fbb, |fbb| {
        push_all(fbb, &texts);
        fbb.push_slot_always(about::CONTENT, content);
        fbb.push_slot_always(about::PROCESSING, processing);
        fbb.push_slot_always(about::RANGE, range);
    });
    fbb.create_vector(&[tensor])
}

/// `[TensorMetadata]` of what comes out.
fn output(fbb: &mut Builder) -> WIPOffset<Tables> {
    let feature = table(fbb, |_| {});
    let content = union(fbb, about::FEATURE, feature);
    let range = range(fbb, 1.0);
    let of_file = [
        (about::NAME, LABELS),
        (about::DESCRIPTION, "The classes, one a line"),
    ];
    let of_file = texts(fbb, &of_file);
    let file = table(fbb, |fbb| {
        push_all(fbb, &of_file);
        fbb.push_slot_always(about::FILE_KIND, about::AXIS_LABELS);
    });
    let files = fbb.create_vector(&[file]);
    let text = "One for each class; they add up to 1";
    let texts = texts(fbb, &[(about::NAME, OUTPUT), (about::DESCRIPTION, text)]);
    let tensor = table(fbb, |fbb| {
        push_all(fbb, &texts);
        fbb.push_slot_always(about::CONTENT, content);
        fbb.push_slot_always(about::RANGE, range);
        fbb.push_slot_always(about::FILES, files);
    });
    fbb.create_vector(&[tensor])
}

/// A table that holds one of several kinds of tables.
fn union(fbb: &mut Builder, kind: u8, value: Place) -> Place {
    table(fbb, |fbb| {
        fbb.push_slot_always(about::KIND, kind);
        fbb.push_slot_always(about::VALUE, value);
    })
}

/// `Stats` of numbers from 0 to `max`.
fn range(fbb: &mut Builder, max: f32) -> Place {
    let (max, min) = (fbb.create_vector(&[max]), fbb.create_vector(&[0.0f32]));
    table(fbb, |fbb| {
        fbb.push_slot_always(about::MAX, max);
        fbb.push_slot_always(about::MIN, min);
    })
}

fn texts(fbb: &mut Builder, texts: &[(VOffsetT, &str)]) -> Vec<(VOffsetT, Text)> {
    let written = texts
        .iter()
        .map(|(field, text)| (*field, fbb.create_string(text)));
    written.collect()
}

fn push_all(fbb: &mut Builder, texts: &[(VOffsetT, Text)]) {
    for (field, text) in texts {
        fbb.push_slot_always(*field, *text);
    }
}
