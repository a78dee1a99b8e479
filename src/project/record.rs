//! What a project's file says, record by record: plain data in, bytes out, and back.
//!
//! JSON where it is small, bytes where there are many. Fields that a later version adds have
//! defaults, so that older files stay readable; kinds that this version doesn't know are passed
//! over and kept.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::journal::{Frame, append};
use crate::{
    error::{Error, Result},
    protocol::{ClassId, Evaluation, ProjectSettings, Quality, SampleId},
};

/// Sample ids above this are nobody's: features are kept in a list by id.
const MAX_SAMPLE: SampleId = 4_000_000;

/// Other ids above this are nobody's either, so that counting on can't overflow.
const MAX_ID: u32 = 1 << 30;

/// Names a list of samples that states share.
pub type ListId = u32;

/// One record.
#[derive(Clone, Debug, PartialEq)]
pub enum Record<'a> {
    /// The network in use from here on: samples that follow have its features.
    Network(Network),
    /// A picture that has been read.
    Sample(Sample<'a>),
    /// What another network makes of a picture.
    Features(FeaturesRecord<'a>),
    /// Pictures that were announced and never came: unreadable, or canceled.
    Gone(Vec<SampleId>),
    /// Samples that states refer to.
    List(ListId, Vec<SampleId>),
    /// One state of the classes.
    State(StateRecord),
    /// Which states there are. The last of these counts.
    Timeline(TimelineRecord),
    /// The model in use. The last of these counts.
    Model(ModelRecord<'a>),
    /// How the page is set. The last of these counts.
    Settings(ProjectSettings),
    /// Of a newer Graft.
    Unknown,
}

/// What the features come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Network {
    /// Name of the backbone.
    pub backbone: String,
    /// Width of a row.
    pub num_features: usize,
}

/// A picture: all that is kept of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample<'a> {
    /// Its identity.
    pub id: SampleId,
    /// Where it came from, `/`-separated.
    pub path: String,
    /// How it looks.
    pub quality: Option<Quality>,
    /// Little-endian `f32`s.
    pub features: &'a [u8],
    /// A JPEG.
    pub thumbnail: &'a [u8],
}

/// What one network makes of a picture that another has read.
#[derive(Clone, Debug, PartialEq)]
pub struct FeaturesRecord<'a> {
    /// Which picture.
    pub sample: SampleId,
    /// Name of the backbone.
    pub backbone: String,
    /// Little-endian `f32`s.
    pub features: &'a [u8],
}

#[derive(Serialize, Deserialize)]
struct FeaturesHead {
    sample: SampleId,
    backbone: String,
}

#[derive(Serialize, Deserialize)]
struct SampleHead {
    id: SampleId,
    path: String,
    #[serde(default)]
    quality: Option<Quality>,
    /// Bytes; the thumbnail follows.
    features: usize,
}

/// One state of the classes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StateRecord {
    /// Its identity.
    pub revision: u32,
    /// In the order shown.
    pub classes: Vec<ClassRecord>,
    /// Samples without a class.
    pub unsorted: ListId,
    /// Samples of the target domain.
    pub target: ListId,
}

/// One class in one state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassRecord {
    /// Its identity.
    pub id: ClassId,
    /// Its name.
    pub name: String,
    /// Index into the palette.
    pub color: u32,
    /// Its samples.
    pub samples: ListId,
    /// Made for an import rather than by hand.
    #[serde(default)]
    pub is_imported: bool,
}

/// Which states there are, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TimelineRecord {
    /// Their revisions, each with the edit that led to it.
    pub states: Vec<(u32, String)>,
    /// Where the dataset is.
    pub position: usize,
}

/// A model in use.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelRecord<'a> {
    /// What was known of it.
    pub about: ModelAbout,
    /// A file as `export` writes it, without the backbone that is served with the page.
    pub file: &'a [u8],
}

/// What was known of a model when it was taken into use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelAbout {
    /// How it did on held-out samples; nothing if it came from a file.
    #[serde(default, deserialize_with = "if_readable")]
    pub evaluation: Option<Box<Evaluation>>,
    /// The state it was trained on.
    pub revision: u32,
    /// How many pictures had been read by then.
    pub num_samples: usize,
}

/// What a newer or older version can't read of an evaluation is no reason to lose the model.
fn if_readable<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<Box<Evaluation>>, D::Error> {
    let value = Option::<serde_json::Value>::deserialize(deserializer)?;
    Ok(value.and_then(|value| serde_json::from_value(value).ok()))
}

/// Kinds, as they are numbered in files: never given anew.
pub mod kind {
    /// [`super::Record::Network`]
    pub const NETWORK: u32 = 1;
    /// [`super::Record::Sample`]
    pub const SAMPLE: u32 = 2;
    /// [`super::Record::Gone`]
    pub const GONE: u32 = 3;
    /// [`super::Record::List`]
    pub const LIST: u32 = 4;
    /// [`super::Record::State`]
    pub const STATE: u32 = 5;
    /// [`super::Record::Timeline`]
    pub const TIMELINE: u32 = 6;
    /// [`super::Record::Model`]
    pub const MODEL: u32 = 7;
    /// [`super::Record::Settings`]
    pub const SETTINGS: u32 = 8;
    /// [`super::Record::Features`]
    pub const FEATURES: u32 = 9;
}

impl<'a> Record<'a> {
    /// Appends it to a file. [`Record::Unknown`] can't be.
    pub fn append_to(&self, out: &mut Vec<u8>) {
        match self {
            Self::Network(network) => append(out, kind::NETWORK, &[&json(network)]),
            Self::Sample(sample) => {
                let head = json(&SampleHead {
                    id: sample.id,
                    path: sample.path.clone(),
                    quality: sample.quality,
                    features: sample.features.len(),
                });
                let parts = [&length(&head)[..], &head, sample.features, sample.thumbnail];
                append(out, kind::SAMPLE, &parts);
            }
            Self::Features(FeaturesRecord {
                sample,
                backbone,
                features,
            }) => {
                let head = json(&FeaturesHead {
                    sample: *sample,
                    backbone: backbone.clone(),
                });
                append(out, kind::FEATURES, &[&length(&head)[..], &head, features]);
            }
            Self::Gone(samples) => append(out, kind::GONE, &[&numbers(samples)]),
            Self::List(id, samples) => {
                append(out, kind::LIST, &[&id.to_le_bytes(), &numbers(samples)]);
            }
            Self::State(state) => append(out, kind::STATE, &[&json(state)]),
            Self::Timeline(timeline) => append(out, kind::TIMELINE, &[&json(timeline)]),
            Self::Model(ModelRecord { about, file }) => {
                let about = json(about);
                append(out, kind::MODEL, &[&length(&about)[..], &about, file]);
            }
            Self::Settings(settings) => append(out, kind::SETTINGS, &[&json(settings)]),
            Self::Unknown => {}
        }
    }

    /// Reads one.
    ///
    /// # Errors
    ///
    /// When it is not what its kind promises; its checksum was right, so somebody made it so.
    pub fn parse(frame: Frame<'a>) -> Result<Self> {
        let payload = frame.payload;
        Ok(match frame.kind {
            kind::NETWORK => Self::Network(from_json(payload)?),
            kind::SAMPLE => {
                let (head, rest): (SampleHead, _) = headed(payload)?;
                let (features, thumbnail) =
                    rest.split_at_checked(head.features).ok_or_else(wrong)?;
                Self::Sample(Sample {
                    id: sample(head.id)?,
                    path: head.path,
                    quality: head.quality,
                    features,
                    thumbnail,
                })
            }
            kind::FEATURES => {
                let (head, features): (FeaturesHead, _) = headed(payload)?;
                Self::Features(FeaturesRecord {
                    sample: sample(head.sample)?,
                    backbone: head.backbone,
                    features,
                })
            }
            kind::GONE => Self::Gone(samples(payload)?),
            kind::LIST => {
                let (id, rest) = payload.split_first_chunk().ok_or_else(wrong)?;
                Self::List(bounded(u32::from_le_bytes(*id))?, samples(rest)?)
            }
            kind::STATE => {
                let state: StateRecord = from_json(payload)?;
                bounded(state.revision)?;
                for class in &state.classes {
                    bounded(class.id.max(class.color))?;
                }
                Self::State(state)
            }
            kind::TIMELINE => Self::Timeline(from_json(payload)?),
            kind::MODEL => {
                let (about, file) = headed(payload)?;
                Self::Model(ModelRecord { about, file })
            }
            kind::SETTINGS => Self::Settings(from_json(payload)?),
            _ => Self::Unknown,
        })
    }
}

fn wrong() -> Error {
    Error::DamagedProject("a record says something else than it should".to_owned())
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("plain data")
}

fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|_| wrong())
}

fn length(bytes: &[u8]) -> [u8; 4] {
    (bytes.len() as u32).to_le_bytes()
}

/// JSON with its length before it, and what follows.
fn headed<T: DeserializeOwned>(payload: &[u8]) -> Result<(T, &[u8])> {
    let (length, rest) = payload.split_first_chunk().ok_or_else(wrong)?;
    let length = u32::from_le_bytes(*length) as usize;
    let (head, rest) = rest.split_at_checked(length).ok_or_else(wrong)?;
    Ok((from_json(head)?, rest))
}

fn numbers(samples: &[SampleId]) -> Vec<u8> {
    samples.iter().flat_map(|id| id.to_le_bytes()).collect()
}

fn samples(bytes: &[u8]) -> Result<Vec<SampleId>> {
    let (ids, rest) = bytes.as_chunks();
    if !rest.is_empty() {
        return Err(wrong());
    }
    ids.iter()
        .map(|id| sample(u32::from_le_bytes(*id)))
        .collect()
}

fn bounded(id: u32) -> Result<u32> {
    (id <= MAX_ID).then_some(id).ok_or_else(wrong)
}

fn sample(id: SampleId) -> Result<SampleId> {
    (id <= MAX_SAMPLE).then_some(id).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::project::journal::{PREAMBLE, Reader};

    fn records() -> Vec<Record<'static>> {
        vec![
            Record::Network(Network {
                backbone: "efficientnet-lite0".to_owned(),
                num_features: 2,
            }),
            Record::Sample(Sample {
                id: 7,
                path: "cats/“a”.png".to_owned(),
                quality: None,
                features: &[1, 2, 3, 4, 5, 6, 7, 8],
                thumbnail: b"JPEG",
            }),
            Record::Gone(vec![8, 9]),
            Record::List(3, vec![7, 8]),
            Record::State(StateRecord {
                revision: 4,
                classes: vec![ClassRecord {
                    id: 0,
                    name: "cats".to_owned(),
                    color: 2,
                    samples: 3,
                    is_imported: true,
                }],
                unsorted: 0,
                target: 1,
            }),
            Record::Timeline(TimelineRecord {
                states: vec![(0, String::new()), (4, "add 1 picture".to_owned())],
                position: 1,
            }),
            Record::Model(ModelRecord {
                about: ModelAbout {
                    evaluation: None,
                    revision: 4,
                    num_samples: 1,
                },
                file: b"weights",
            }),
            Record::Settings(ProjectSettings::default()),
        ]
    }

    #[test]
    fn every_kind_of_record_comes_back_the_same() {
        let mut file = PREAMBLE.to_vec();
        records()
            .iter()
            .for_each(|record| record.append_to(&mut file));
        let mut reader = Reader::default();
        reader.feed(&file);
        for record in records() {
            let frame = reader
                .next_frame()
                .unwrap()
                .expect("as many as were written");
            assert_eq!(Record::parse(frame).unwrap(), record);
        }
        assert_eq!(reader.next_frame(), Ok(None));
    }

    #[test]
    fn a_kind_of_tomorrow_is_unknown_and_nothing_worse() {
        let frame = Frame {
            kind: 999,
            payload: b"?",
            whole: b"?",
        };
        assert_eq!(Record::parse(frame), Ok(Record::Unknown));
    }

    #[test]
    fn an_evaluation_nobody_understands_does_not_cost_the_model() {
        let about = br#"{"evaluation": {"new": 1}, "revision": 4, "numSamples": 1}"#;
        let payload = [&length(about)[..], about, b"weights"].concat();
        let frame = Frame {
            kind: kind::MODEL,
            payload: &payload,
            whole: &payload,
        };
        let Record::Model(model) = Record::parse(frame).unwrap() else {
            panic!("a model");
        };
        assert_eq!(model.about.evaluation, None);
        assert_eq!(model.file, b"weights");
    }

    #[test]
    fn no_altered_record_panics() {
        parse_damage(20_000);
    }

    #[test]
    #[ignore = "a quarter of a million cases"]
    fn no_altered_record_panics_in_many_more_tries() {
        parse_damage(250_000);
    }

    /// Records that somebody altered and gave right checksums.
    fn parse_damage(num_cases: usize) {
        let mut file = PREAMBLE.to_vec();
        let records = records();
        records
            .iter()
            .for_each(|record| record.append_to(&mut file));
        let mut reader = Reader::default();
        reader.feed(&file);
        let mut payloads = Vec::new();
        while let Some(frame) = reader.next_frame().unwrap() {
            payloads.push((frame.kind, frame.payload.to_vec()));
        }
        let mut random = ChaCha8Rng::seed_from_u64(10);
        for _ in 0..num_cases {
            let (kind, payload) = &payloads[random.random_range(0..payloads.len())];
            let mut payload = payload.clone();
            for _ in 0..random.random_range(1..5) {
                let at = random.random_range(0..payload.len());
                payload[at] = match random.random_bool(0.5) {
                    true => random.random(),
                    false => random.random_range(b'0'..=b'9'),
                };
            }
            payload.truncate(random.random_range(0..=payload.len()));
            let (payload, whole) = (payload.as_slice(), payload.as_slice());
            let kind = *kind;
            let frame = Frame {
                kind,
                payload,
                whole,
            };
            if let Ok(record) = Record::parse(frame) {
                record.append_to(&mut Vec::new());
            }
        }
    }

    #[test]
    fn ids_and_lengths_are_not_believed() {
        let parse = |kind, payload: &[u8]| {
            let whole = payload;
            Record::parse(Frame {
                kind,
                payload,
                whole,
            })
            .is_err()
        };
        assert!(parse(kind::GONE, &u32::MAX.to_le_bytes()));
        assert!(parse(kind::GONE, b"odd"));
        assert!(parse(kind::SAMPLE, &[255, 255, 255, 255, b'{']));
        let head = br#"{"id":1,"path":"","features":18446744073709551615}"#;
        assert!(parse(kind::SAMPLE, &[&length(head)[..], head].concat()));
        assert!(parse(kind::STATE, b"[]"));
    }
}
