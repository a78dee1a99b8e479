//! A page without a browser, shared by the tests that drive a session.
#![allow(dead_code)]

use graft::{
    backbone::NUM_FEATURES,
    device::Compute,
    protocol::{
        ClassView, Command, Destination, Evaluation, Event, Extracted, Import, Quality, SampleId,
        TrainingConfig,
    },
    session::Session,
};

/// Of a picture in good order.
pub const QUALITY: Quality = Quality {
    width: 640,
    height: 480,
    brightness: 0.5,
    contrast: 0.2,
    overexposed: 0.0,
    sharpness: 0.5,
    entropy: 7.0,
};

pub struct Page {
    pub session: Session,
}

impl Page {
    pub fn open() -> Self {
        Self::with_backbone(Vec::new())
    }

    /// The weights file that the page serves.
    pub fn served() -> Vec<u8> {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = root.join("www/public/weights/efficientnet-lite0.safetensors");
        std::fs::read(path).expect("./build.sh weights makes it")
    }

    /// For what looks at pictures; others do without the weights.
    pub fn with_backbone(file: Vec<u8>) -> Self {
        let session = Session::new(Compute::cpu("a test".to_owned()), NUM_FEATURES, file);
        Self { session }
    }

    pub fn say(&mut self, command: Command) -> Vec<Event> {
        self.session.handle(command);
        self.session.take_events()
    }

    /// Works until nothing is left to do.
    pub fn wait(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while pollster::block_on(self.session.work()) {
            events.extend(self.session.take_events());
        }
        events.extend(self.session.take_events());
        events
    }

    pub fn announce(&mut self, files: &[(SampleId, &str)]) -> Vec<Event> {
        let import = |&(id, path): &(SampleId, &str)| Import {
            id,
            path: path.to_owned(),
        };
        let files = files.iter().map(import).collect();
        self.import(files, Destination::Folder)
    }

    pub fn import(&mut self, files: Vec<Import>, into: Destination) -> Vec<Event> {
        self.say(Command::Import { files, into })
    }

    pub fn read(&mut self, id: SampleId, extracted: Extracted) -> Vec<Event> {
        let quality = QUALITY;
        self.say(Command::Sample {
            id,
            extracted,
            quality,
        })
    }

    /// Ten images each of two classes that differ in their first two features.
    pub fn with_pets() -> Self {
        let mut page = Self::open();
        page.add_pets();
        page
    }

    /// Ten cats and ten dogs.
    pub fn add_pets(&mut self) {
        let cats = (0..10).map(|id| (id, format!("cats/{id}.png")));
        let dogs = (10..20).map(|id| (id, format!("dogs/{id}.png")));
        let files: Vec<_> = cats.chain(dogs).collect();
        let files: Vec<_> = files
            .iter()
            .map(|(id, path)| (*id, path.as_str()))
            .collect();
        self.announce(&files);
        for id in 0..20 {
            self.read(id, features(if id < 10 { 0 } else { 1 }, id));
        }
    }

    pub fn train(&mut self, config: TrainingConfig) -> (Vec<Event>, Evaluation) {
        let mut events = self.say(Command::Train { config });
        events.extend(self.wait());
        let evaluation = events.iter().find_map(|event| match event {
            Event::Trained { evaluation, .. } => Some(Evaluation::clone(evaluation)),
            _ => None,
        });
        (
            events,
            evaluation.expect("training ends with an evaluation"),
        )
    }

    pub fn predict(&mut self, extracted: Extracted) -> Vec<f32> {
        let events = self.say(Command::Predict {
            request: 7,
            extracted,
        });
        match events.as_slice() {
            [
                Event::Prediction {
                    request: 7,
                    probabilities,
                    ..
                },
            ] => probabilities.clone(),
            other => panic!("{other:?}"),
        }
    }
}

/// Features of image number `id` of a class: a direction of its own, and one of the image's own.
pub fn features(class: usize, id: SampleId) -> Extracted {
    let mut row = vec![0.0f32; NUM_FEATURES];
    row[class] = 3.0;
    row[10 + id as usize] = 1.0;
    Extracted::Features {
        bytes: row.iter().flat_map(|x| x.to_le_bytes()).collect(),
    }
}

pub fn dataset(events: &[Event]) -> (Vec<ClassView>, Vec<String>) {
    let last = events.iter().rev().find_map(|event| match event {
        Event::Dataset {
            classes, missing, ..
        } => Some((classes.clone(), missing.clone())),
        _ => None,
    });
    last.expect("the dataset changed")
}

pub fn refusals(events: &[Event]) -> Vec<&str> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::Refused { message } => Some(message.as_str()),
            _ => None,
        })
        .collect()
}
