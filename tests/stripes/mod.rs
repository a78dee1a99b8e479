//! Two classes of painted pictures in a session, with the real backbone and a page that reads pixels
//! again, shared by the tests of what needs them.
#![allow(dead_code)]

use std::collections::HashMap;

use graft::{
    backbone::{Backbone, Weights},
    protocol::{Command, Event, ExportFormat, Extracted, SampleId},
};

use super::page::Page;

pub const SIDE: usize = 224;

/// Stripes, across or along, of a width that the number tells.
pub fn pixels(class: usize, number: usize) -> Vec<u8> {
    let width = 9 + 2 * number;
    let light = |x: usize, y: usize| ([x, y][class] / width).is_multiple_of(2);
    let places = (0..SIDE * SIDE).map(|at| (at % SIDE, at / SIDE));
    places
        .flat_map(|(x, y)| {
            if light(x, y) {
                [230, 200, 40]
            } else {
                [20, 40, 90]
            }
        })
        .collect()
}

pub struct Stripes {
    pub page: Page,
    pub pictures: HashMap<SampleId, Vec<u8>>,
}

impl Stripes {
    /// The model in use, downloaded and taken into use on another page; and the zip's size in bytes.
    pub fn after_download(&mut self) -> (Self, usize) {
        let zip = self.page.say(Command::ExportModel {
            format: ExportFormat::Graft,
            half: false,
            date: String::new(),
            page: None,
        });
        let Some(Event::Exported { bytes, .. }) = zip.into_iter().next() else {
            panic!("no zip")
        };
        let num_bytes = bytes.len();
        let mut other = Self::open();
        let file = "model.zip".to_owned();
        let events = other.page.say(Command::LoadModel { file, bytes });
        assert!(
            events
                .iter()
                .any(|event| matches!(event, Event::ModelLoaded { is_tuned: true, .. }))
        );
        (other, num_bytes)
    }

    /// Five pictures of each class, with features of the backbone.
    pub fn open() -> Self {
        let served = Page::served();
        let mut backbone = Backbone::new(&Weights::from_safetensors(&served).unwrap());
        let mut page = Page::with_backbone(served);
        let mut pictures = HashMap::new();
        for class in 0..2 {
            for number in 0..5 {
                let id = (5 * class + number) as SampleId;
                let pixels = pixels(class, number);
                page.announce(&[(id, &format!("{}/{id}.png", ["across", "along"][class]))]);
                let row = backbone.forward(&pixels);
                let bytes = row.iter().flat_map(|x| x.to_le_bytes()).collect();
                page.read(id, Extracted::Features { bytes });
                pictures.insert(id, pixels);
            }
        }
        page.wait();
        Self { page, pictures }
    }

    /// Works, and answers when pixels are wanted, until nothing is left to do.
    pub fn answer(&mut self) -> Vec<Event> {
        let mut events = self.page.wait();
        let mut heard = 0;
        while heard < events.len() {
            if let Event::NeedPixels { samples } = events[heard].clone() {
                for sample in samples {
                    let pixels = self.pictures.get(&sample).cloned();
                    events.extend(self.page.say(Command::Pixels { sample, pixels }));
                }
                events.extend(self.page.wait());
            }
            heard += 1;
        }
        events
    }
}

pub fn probabilities(page: &mut Page, pixels: Vec<u8>) -> Vec<f32> {
    page.predict(Extracted::Pixels { bytes: pixels })
}
