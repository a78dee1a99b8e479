//! What a session saves brings it back: nothing that was told is lost, whatever happened to the file.

mod page;

use graft::{
    backbone::{Backbone, NUM_FEATURES, Weights},
    device::{Checked, Compute, Extractor, Pending},
    error::Error,
    project::{Record, journal::Reader},
    protocol::{
        ClassId, Command, Destination, DeviceKind, Event, Extracted, Import, ProjectSettings,
        Restoration, SampleId, TrainingConfig,
    },
    session::Session,
};
use page::{Page, dataset, features};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A page that saves: what it is told to append goes to a file.
struct Saving {
    page: Page,
    file: Vec<u8>,
}

impl Saving {
    /// With the file of an earlier visit, read in pieces.
    fn open(file: &[u8]) -> (Self, Vec<Event>) {
        Self::go_on(Page::with_backbone(Page::served()), file)
    }

    fn go_on(mut page: Page, file: &[u8]) -> (Self, Vec<Event>) {
        let mut events = Vec::new();
        for piece in file.chunks(10_000) {
            let bytes = piece.to_vec();
            let is_last = false;
            events.extend(page.say(Command::Restore { bytes, is_last }));
        }
        let (bytes, is_last) = (Vec::new(), true);
        events.extend(page.say(Command::Restore { bytes, is_last }));
        let mut file = file.to_vec();
        if let Some(restoration) = restoration(&events) {
            file.truncate(restoration.sound_bytes);
        }
        let mut saving = Self { page, file };
        saving.keep(&events);
        (saving, events)
    }

    fn say(&mut self, command: Command) -> Vec<Event> {
        let events = self.page.say(command);
        self.keep(&events);
        events
    }

    fn wait(&mut self) -> Vec<Event> {
        let events = self.page.wait();
        self.keep(&events);
        events
    }

    fn keep(&mut self, events: &[Event]) {
        for event in events {
            if let Event::Journal { bytes, .. } = event {
                self.file.extend(bytes);
            }
        }
    }

    fn add(&mut self, id: SampleId, path: &str, class: usize) {
        let files = vec![Import {
            id,
            path: path.to_owned(),
        }];
        let into = Destination::Folder;
        self.say(Command::Import { files, into });
        let jpeg = format!("thumbnail {id}").into_bytes();
        self.say(Command::Thumbnail { sample: id, jpeg });
        self.say(Command::Sample {
            id,
            extracted: features(class, id),
            quality: page::QUALITY,
        });
    }

    /// Five cats and five dogs, one of them renamed, two edits undone.
    fn with_pets() -> Self {
        let (mut saving, _) = Self::open(&[]);
        for id in 0..5 {
            saving.add(id, &format!("cats/{id}.png"), 0);
            saving.add(id + 5, &format!("dogs/{id}.png"), 1);
        }
        let name = "felines".to_owned();
        saving.say(Command::RenameClass { class: 0, name });
        saving.say(Command::DeleteSamples {
            samples: vec![0, 5],
        });
        saving.say(Command::Undo);
        saving.say(Command::MarkTarget {
            samples: vec![1],
            is_target: true,
        });
        saving.say(Command::Undo);
        saving
    }

    fn shape(&mut self) -> Vec<(ClassId, String, Vec<SampleId>)> {
        // Sorting by name is an edit; undone, it leaves the dataset told anew.
        let mut events = self.page.say(Command::AddClass {
            name: "?".to_owned(),
        });
        events.extend(self.page.say(Command::Undo));
        let (classes, _) = dataset(&events);
        let shape = classes.into_iter().map(|c| (c.id, c.name, c.samples));
        shape.collect()
    }
}

fn restoration(events: &[Event]) -> Option<&Restoration> {
    events.iter().find_map(|event| match event {
        Event::Restored { restoration } => Some(restoration),
        _ => None,
    })
}

/// Classes with their samples, and what undo and redo would do.
type Shown = (
    Vec<(ClassId, String, Vec<SampleId>)>,
    Option<String>,
    Option<String>,
);

fn told(events: &[Event]) -> Shown {
    events
        .iter()
        .rev()
        .find_map(|event| match event {
            Event::Dataset {
                classes,
                undo,
                redo,
                ..
            } => {
                let shape = classes
                    .iter()
                    .map(|c| (c.id, c.name.clone(), c.samples.clone()));
                Some((shape.collect(), undo.clone(), redo.clone()))
            }
            _ => None,
        })
        .expect("the dataset is told")
}

#[test]
fn a_page_that_was_not_asked_to_save_tells_no_journal() {
    let mut page = Page::with_pets();
    let events = page.say(Command::Undo);
    assert!(!events.iter().any(|e| matches!(e, Event::Journal { .. })));
}

#[test]
fn a_new_project_has_nothing_to_say_until_something_is_done() {
    let (saving, events) = Saving::open(&[]);
    assert!(saving.file.is_empty());
    let restoration = restoration(&events).unwrap();
    assert_eq!((restoration.next_sample, restoration.num_missing), (0, 0));
}

#[test]
fn classes_pictures_and_undo_come_back() {
    let saving = Saving::with_pets();
    let (mut again, events) = Saving::open(&saving.file);
    let (shape, undo, redo) = told(&events);
    assert_eq!(
        shape,
        [
            (0, "felines".to_owned(), vec![0, 1, 2, 3, 4]),
            (1, "dogs".to_owned(), vec![5, 6, 7, 8, 9])
        ]
    );
    assert_eq!(undo.as_deref(), Some("rename “cats”"));
    assert_eq!(redo.as_deref(), Some("mark 1 picture as target"));
    let restoration = restoration(&events).unwrap();
    assert_eq!((restoration.next_sample, restoration.num_missing), (10, 0));
    assert!(!restoration.is_damaged && !restoration.should_compact);
    let pictures: Vec<_> = events
        .iter()
        .flat_map(|event| match event {
            Event::RestoredSamples { samples } => samples.clone(),
            _ => vec![],
        })
        .collect();
    assert_eq!(pictures.len(), 10);
    let third = pictures.iter().find(|picture| picture.id == 2).unwrap();
    assert_eq!(third.path, "cats/2.png");
    assert_eq!(third.thumbnail, b"thumbnail 2");

    // Nothing is computed again, and what comes next goes on.
    let events = again.say(Command::Undo);
    assert_eq!(told(&events).0[0].1, "cats");
    let (_, events) = Saving::open(&again.file);
    assert_eq!(told(&events).0[0].1, "cats");
    assert_eq!(told(&events).2.as_deref(), Some("rename “cats”"));
}

#[test]
fn the_model_comes_back_and_says_the_same() {
    let mut saving = Saving::with_pets();
    saving.say(Command::Train {
        config: TrainingConfig::default(),
    });
    saving.wait();
    let before = saving.page.predict(features(0, 77));
    let (mut again, events) = Saving::open(&saving.file);
    let evaluation = events.iter().find_map(|event| match event {
        Event::Trained { evaluation, .. } => Some(evaluation),
        _ => None,
    });
    assert_eq!(evaluation.unwrap().predictions.len(), 2);
    assert!(!restoration(&events).unwrap().is_stale);
    assert_eq!(again.page.predict(features(0, 77)), before);
    // After an edit it is one of before, and that is known later, too.
    again.say(Command::DeleteSamples { samples: vec![3] });
    let (_, events) = Saving::open(&again.file);
    assert!(restoration(&events).unwrap().is_stale);
}

#[test]
fn settings_come_back() {
    let (mut saving, _) = Saving::open(&[]);
    let settings = ProjectSettings {
        config: TrainingConfig {
            seed: 99,
            ..TrainingConfig::default()
        },
        keep_up_to_date: false,
    };
    saving.say(Command::KeepSettings {
        settings: settings.clone(),
    });
    let (_, events) = Saving::open(&saving.file);
    assert_eq!(restoration(&events).unwrap().settings, Some(settings));
}

#[test]
fn pictures_that_were_not_read_yet_are_counted_and_canceled_ones_are_not() {
    let mut saving = Saving::with_pets();
    let files = |ids: std::ops::Range<SampleId>| {
        let import = |id| Import {
            id,
            path: format!("birds/{id}.png"),
        };
        ids.map(import).collect()
    };
    let into = Destination::Folder;
    saving.say(Command::Import {
        files: files(10..13),
        into,
    });
    saving.say(Command::CancelImport);
    saving.say(Command::Import {
        files: files(13..15),
        into,
    });
    let (_, events) = Saving::open(&saving.file);
    let restoration = restoration(&events).unwrap();
    assert_eq!((restoration.next_sample, restoration.num_missing), (15, 2));
    let names: Vec<_> = told(&events)
        .0
        .into_iter()
        .map(|(_, name, _)| name)
        .collect();
    assert_eq!(
        names,
        ["felines", "dogs"],
        "a class of nothing else is gone"
    );
}

#[test]
fn a_file_cut_anywhere_brings_back_what_was_told_by_then() {
    let (mut saving, _) = Saving::open(&[]);
    // The length of the file by then, and how many pictures and which name were safe.
    let mut told_by = vec![(0, 0, None)];
    for id in 0..6 {
        saving.add(id, &format!("cats/{id}.png"), 0);
        let name = format!("cats {id}");
        saving.say(Command::RenameClass {
            class: 0,
            name: name.clone(),
        });
        told_by.push((saving.file.len(), id + 1, Some(name.clone())));
    }
    let mut random = ChaCha8Rng::seed_from_u64(3);
    for _ in 0..100 {
        let length = random.random_range(0..=saving.file.len());
        let (_, num, name) = told_by
            .iter()
            .rev()
            .find(|(end, ..)| *end <= length)
            .unwrap();
        let (_, events) = Saving::open(&saving.file[..length]);
        let Some(name) = name else { continue };
        // After a renaming the folder's next picture makes a class of its own.
        let classes = told(&events).0;
        let num_samples: usize = classes.iter().map(|(_, _, samples)| samples.len()).sum();
        let class = &classes[0].1;
        assert!(num_samples >= *num as usize, "{num_samples} of {num}");
        assert!(class >= name, "{class} instead of {name}");
    }
}

#[test]
fn damage_costs_what_it_touches_and_is_told() {
    let saving = Saving::with_pets();
    let mut file = saving.file.clone();
    // In the features of the first picture.
    let at = find(&file, b"cats/0.png") + 1000;
    file[at] ^= 1;
    let (mut again, events) = Saving::open(&file);
    let restoration = restoration(&events).unwrap();
    assert!(restoration.is_damaged && restoration.should_compact);
    assert_eq!(restoration.num_missing, 1);
    assert_eq!(told(&events).0[0].2, [1, 2, 3, 4]);

    // Written anew it is sound.
    let events = compact(&mut again);
    let (_, events) = Saving::open(&events);
    let restoration = self::restoration(&events).unwrap();
    assert!(!restoration.is_damaged && !restoration.should_compact);
    assert_eq!(restoration.num_missing, 0, "it was told of once");
    assert_eq!(told(&events).0[0].2, [1, 2, 3, 4]);
}

#[test]
fn damage_to_the_newest_state_brings_back_the_one_before_for_good() {
    let mut saving = Saving::with_pets();
    let before = told(&saving.say(Command::Undo)).0;
    let length = saving.file.len();
    saving.say(Command::RenameClass {
        class: 1,
        name: "hounds".to_owned(),
    });
    let mut file = saving.file.clone();
    let at = length + find(&file[length..], b"hounds");
    file[at] ^= 1;
    let (mut again, events) = Saving::open(&file);
    assert_eq!(told(&events).0, before);
    let file = compact(&mut again);
    let (_, events) = Saving::open(&file);
    assert_eq!(told(&events).0, before);
    assert!(!restoration(&events).unwrap().is_damaged);
}

#[test]
fn written_anew_a_file_has_what_undo_can_reach_and_no_more() {
    let mut saving = Saving::with_pets();
    saving.say(Command::Train {
        config: TrainingConfig::default(),
    });
    saving.wait();
    saving.say(Command::DeleteSamples { samples: vec![0] });
    for round in 0..120 {
        let name = format!("cats {round}");
        saving.say(Command::RenameClass { class: 0, name });
    }
    let file = compact(&mut saving);
    assert!(file.len() < saving.file.len());
    let count = |file: &[u8]| {
        let mut reader = Reader::default();
        reader.feed(file);
        let mut counts = [0; 3];
        while let Some(frame) = reader.next_frame().unwrap() {
            match Record::parse(frame).unwrap() {
                Record::Sample(_) => counts[0] += 1,
                Record::Timeline(_) => counts[1] += 1,
                Record::State(_) => counts[2] += 1,
                _ => {}
            }
        }
        counts
    };
    // A hundred steps and the state they led to; the deleted picture is out of reach.
    assert_eq!(count(&file), [9, 1, 101]);
    let (mut again, events) = Saving::open(&file);
    assert_eq!(told(&events).0[0].1, "cats 119");
    assert!(events.iter().any(|e| matches!(e, Event::Trained { .. })));
    assert_eq!(again.shape(), saving.shape());
}

#[test]
fn what_is_no_project_is_refused_and_nothing_is_saved_over_it() {
    let (mut saving, events) = Saving::open(b"something else entirely");
    assert!(matches!(
        events.last(),
        Some(Event::Dataset { .. } | Event::NotRestored { .. })
    ));
    assert!(
        events
            .iter()
            .any(|e| matches!(e, Event::NotRestored { .. }))
    );
    saving.add(0, "cats/0.png", 0);
    assert_eq!(saving.file, b"something else entirely");
}

#[test]
fn no_damaged_file_makes_a_session_panic() {
    let saving = Saving::with_pets();
    damage(&saving.file, 300);
}

#[test]
#[ignore = "takes minutes"]
fn no_damaged_file_makes_a_session_panic_in_many_more_tries() {
    let saving = Saving::with_pets();
    damage(&saving.file, 20_000);
}

/// Opens files with damage that checksums don't give away, and works with what comes back.
fn damage(file: &[u8], num_cases: usize) {
    let mut frames = Vec::new();
    let mut reader = Reader::default();
    reader.feed(file);
    while let Some(frame) = reader.next_frame().unwrap() {
        frames.push((frame.kind, frame.payload.to_vec()));
    }
    let mut random = ChaCha8Rng::seed_from_u64(17);
    for _ in 0..num_cases {
        let mut damaged = graft::project::journal::PREAMBLE.to_vec();
        for (kind, payload) in &frames {
            let mut payload = payload.clone();
            if random.random_bool(0.1) && !payload.is_empty() {
                let at = random.random_range(0..payload.len().min(200));
                payload[at] = match random.random_bool(0.5) {
                    true => random.random(),
                    // Digits stay digits: other ids, lengths and places.
                    false => random.random_range(b'0'..=b'9'),
                };
            }
            if random.random_bool(0.97) {
                graft::project::journal::append(&mut damaged, *kind, &[&payload]);
            }
        }
        let (mut again, _) = Saving::open(&damaged);
        again.say(Command::Undo);
        again.say(Command::AddClass {
            name: "new".to_owned(),
        });
        again.say(Command::Redo);
        again.add(400, "new/400.png", 2);
    }
}

fn compact(saving: &mut Saving) -> Vec<u8> {
    let mut out = Vec::new();
    let file = saving.file.clone();
    let pieces = file.chunks(7_000).map(|piece| (piece.to_vec(), false));
    for (bytes, is_last) in pieces.chain([(Vec::new(), true)]) {
        for event in saving.say(Command::Compact { bytes, is_last }) {
            if let Event::Compacted { bytes, .. } = event {
                out.extend(bytes);
            }
        }
    }
    out
}

fn find(file: &[u8], text: &[u8]) -> usize {
    let found = file.windows(text.len()).position(|part| part == text);
    found.expect("it is there")
}

/// A GPU that is lost after so many batches.
struct Mortal {
    backbone: Backbone,
    batches_left: usize,
}

impl Extractor for Mortal {
    fn features<'a>(&'a mut self, images: &'a [&'a [u8]]) -> Pending<'a> {
        Box::pin(async move {
            let left = self.batches_left.checked_sub(1);
            self.batches_left = left.ok_or(Error::DeviceLost)?;
            let row = |image: &&[u8]| self.backbone.forward(image).to_vec();
            Ok(images.iter().map(row).collect())
        })
    }
}

impl Mortal {
    /// Not counting the batch by which it proves itself.
    fn compute(batches_left: usize) -> Compute {
        let weights = Weights::from_safetensors(&Page::served()).expect("served");
        let mortal = Self {
            backbone: Backbone::new(&weights),
            batches_left: batches_left + 1,
        };
        let checked = pollster::block_on(Checked::new(Box::new(mortal), &weights));
        Compute {
            kind: DeviceKind::Webgpu,
            extractor: Some(checked.expect("it computes what the CPU does")),
            ..Compute::cpu("a test".to_owned())
        }
    }
}

#[test]
fn what_a_lost_gpu_had_not_read_is_read_again_by_another_session() {
    const BATCH: SampleId = 8;
    const ALL: SampleId = BATCH + 3;
    let files: Vec<_> = (0..ALL)
        .map(|id| Import {
            id,
            path: format!("cats/{id}.png"),
        })
        .collect();
    let into = Destination::Folder;
    let session = Session::new(Mortal::compute(1), NUM_FEATURES, Page::served());
    let (mut saving, _) = Saving::go_on(Page { session }, &[]);
    saving.say(Command::Import {
        files: files.clone(),
        into,
    });
    for id in 0..ALL {
        saving.say(Command::Sample {
            id,
            extracted: Extracted::Pixels {
                bytes: vec![id as u8; 224 * 224 * 3],
            },
            quality: page::QUALITY,
        });
    }
    let events = saving.wait();
    let is_loss = |event: &&Event| matches!(event, Event::DeviceLost { .. });
    assert_eq!(events.iter().filter(is_loss).count(), 1, "{events:?}");
    let is_problem = |event: &Event| matches!(event, Event::Problem { .. });
    assert!(!events.iter().any(is_problem), "{events:?}");

    let mut page = Page::with_backbone(Page::served());
    // The last one isn't at hand any more.
    let files = files[..ALL as usize - 1].to_vec();
    page.say(Command::Expect { files });
    let (mut next, events) = Saving::go_on(page, &saving.file);
    let restoration = restoration(&events).expect("it was saved");
    assert_eq!(restoration.to_read, [BATCH, BATCH + 1]);
    assert_eq!(restoration.num_missing, 1);
    for id in BATCH..ALL {
        next.say(Command::Sample {
            id,
            extracted: features(0, id),
            quality: page::QUALITY,
        });
    }
    let samples: Vec<_> = (0..ALL - 1).collect();
    assert_eq!(next.shape(), [(0, "cats".to_owned(), samples)]);
}

#[test]
fn pictures_that_no_undo_can_bring_back_are_not_known_any_more() {
    let mut saving = Saving::with_pets();
    saving.say(Command::DeleteSamples { samples: vec![2] });
    let (_, events) = Saving::open(&saving.file);
    let known = &restoration(&events).expect("it was saved").known;
    assert_eq!(known, &(0..10).collect::<Vec<_>>());
    for step in 0..100 {
        let name = format!("felines {step}");
        saving.say(Command::RenameClass { class: 0, name });
    }
    let (_, events) = Saving::open(&saving.file);
    let known = &restoration(&events).expect("it was saved").known;
    assert!(!known.contains(&2), "{known:?}");
    assert_eq!(known.len(), 9);
}

/// As the first version of the format wrote it: `WRITE_GOLDEN=1` makes it, and nothing should.
const FIRST: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/golden/project/version-1.journal"
);

#[test]
fn a_project_of_the_first_version_opens() {
    if std::env::var_os("WRITE_GOLDEN").is_some() {
        let mut saving = Saving::with_pets();
        saving.say(Command::Train {
            config: TrainingConfig::default(),
        });
        saving.wait();
        std::fs::write(FIRST, &saving.file).expect("the folder is there");
    }
    let file = std::fs::read(FIRST).expect("it comes with the tests");
    let (mut saving, events) = Saving::open(&file);
    let restoration = restoration(&events).expect("it opens");
    assert_eq!(
        (restoration.num_missing, restoration.is_damaged),
        (0, false)
    );
    assert_eq!(restoration.mark.num_samples, 10);
    let is_model = |event: &Event| matches!(event, Event::Trained { .. });
    assert!(events.iter().any(is_model), "its model is back");
    let classes = [("felines", 0..5), ("dogs", 5..10)];
    for ((_, name, samples), (expected, ids)) in saving.shape().into_iter().zip(classes) {
        assert_eq!((name.as_str(), samples), (expected, ids.collect()));
    }
}
