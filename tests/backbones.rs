//! Another backbone, asked of a session as the page asks it: weighed, changed to, given up.

mod page;

use graft::{
    backbone::NUM_FEATURES,
    device::Compute,
    protocol::{Candidate, Command, Event, ExportFormat, Extracted, SampleId, TrainingConfig},
    session::Session,
};
use page::{Page, dataset, features, refusals};

const LITE0: &str = "efficientnet-lite0";
const MOBILENET: &str = "mobilenet-v2";

fn weights(name: &str) -> Vec<u8> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join(format!("www/public/weights/{name}.safetensors"));
    std::fs::read(path).expect("./build.sh weights makes it")
}

/// Ten pictures each of cats and dogs, on EfficientNet-Lite0.
fn pets() -> Page {
    let compute = Compute::cpu("a test".to_owned());
    let session = Session::new(compute, NUM_FEATURES, weights(LITE0));
    let mut page = Page { session };
    page.add_pets();
    page.wait();
    page
}

/// Asks for a backbone; which samples are to be read again.
fn ask_for(page: &mut Page, name: &str) -> Vec<SampleId> {
    let backbone = weights(name);
    let events = page.say(Command::UseBackbone { backbone });
    let asked = events.iter().find_map(|event| match event {
        Event::NeedReadings { samples } => Some(samples.clone()),
        _ => None,
    });
    asked.unwrap_or_default()
}

/// Other features than those there are: what is told cats from dogs by is elsewhere.
fn seen_anew(id: SampleId) -> Extracted {
    features(if id < 10 { 4 } else { 5 }, id)
}

fn answer(page: &mut Page, samples: &[SampleId]) -> Vec<Event> {
    let mut events = Vec::new();
    for &sample in samples {
        let extracted = Some(seen_anew(sample));
        events.extend(page.say(Command::Reading { sample, extracted }));
    }
    events.extend(page.wait());
    events
}

/// The backbone that has come into use, and the samples lost by that.
fn in_use(events: &[Event]) -> Option<(String, Vec<SampleId>)> {
    events.iter().find_map(|event| match event {
        Event::BackboneInUse { backbone, lost } => Some((backbone.clone(), lost.clone())),
        _ => None,
    })
}

fn kept(events: &[Event]) -> Option<Option<String>> {
    events.iter().find_map(|event| match event {
        Event::BackboneKept { message } => Some(message.clone()),
        _ => None,
    })
}

#[test]
fn a_backbone_takes_over_when_all_samples_have_been_read_with_it() {
    let mut page = pets();
    page.say(Command::MarkTarget {
        samples: vec![3],
        is_target: true,
    });
    page.train(TrainingConfig::default());
    let asked = ask_for(&mut page, MOBILENET);
    assert_eq!(asked, (0..20).collect::<Vec<_>>());

    // Until the last, the model is as it was.
    let events = answer(&mut page, &asked[..19]);
    assert_eq!(in_use(&events), None);
    let progress = Event::SwitchProgress {
        done: 19,
        total: 20,
    };
    let told = |event: &Event| format!("{event:?}") == format!("{progress:?}");
    assert!(events.iter().any(told));
    assert!(page.predict(features(0, 1))[0] > 0.5);

    let events = answer(&mut page, &asked[19..]);
    assert_eq!(in_use(&events), Some((MOBILENET.to_owned(), Vec::new())));
    let (classes, missing) = dataset(&events);
    let sizes: Vec<_> = classes.iter().map(|class| class.samples.len()).collect();
    assert_eq!((sizes, missing), (vec![10, 10], Vec::new()));
    let marked = |event: &Event| matches!(event, Event::Dataset { target, .. } if *target == [3]);
    assert!(events.iter().any(marked), "marks stay");
    let refused = page.say(Command::Predict {
        request: 7,
        extracted: features(0, 1),
    });
    assert!(refusals(&refused)[0].contains("no trained model"));
    page.train(TrainingConfig::default());
    assert!(page.predict(seen_anew(1))[0] > 0.5);
    assert!(page.predict(seen_anew(11))[0] < 0.5);
}

#[test]
fn the_way_back_needs_no_reading() {
    let mut page = pets();
    let asked = ask_for(&mut page, MOBILENET);
    answer(&mut page, &asked);
    assert!(ask_for(&mut page, LITE0).is_empty());
    assert_eq!(in_use(&page.wait()).unwrap().0, LITE0);
    page.train(TrainingConfig::default());
    assert!(page.predict(features(0, 1))[0] > 0.5);
}

#[test]
fn given_up_it_leaves_all_as_it_was_and_begins_later_where_it_ended() {
    let mut page = pets();
    page.train(TrainingConfig::default());
    let asked = ask_for(&mut page, MOBILENET);
    answer(&mut page, &asked[..8]);
    assert_eq!(kept(&page.say(Command::KeepBackbone)), Some(None));
    assert!(page.predict(features(0, 1))[0] > 0.5);
    assert_eq!(
        kept(&answer(&mut page, &asked[8..])),
        None,
        "nobody asks any more"
    );
    assert_eq!(ask_for(&mut page, MOBILENET), asked[8..]);
}

#[test]
fn samples_that_can_not_be_read_again_are_told_and_gone() {
    let mut page = pets();
    let asked = ask_for(&mut page, MOBILENET);
    page.say(Command::Reading {
        sample: 12,
        extracted: None,
    });
    // Damaged on the way, which comes to the same.
    page.say(Command::Reading {
        sample: 3,
        extracted: Some(Extracted::Features { bytes: vec![0; 7] }),
    });
    let events = answer(&mut page, &asked);
    assert_eq!(in_use(&events).unwrap().1, [3, 12]);
    let (classes, _) = dataset(&events);
    let sizes: Vec<_> = classes.iter().map(|class| class.samples.len()).collect();
    assert_eq!(sizes, [9, 9]);
}

#[test]
fn if_no_sample_can_be_read_the_backbone_stays() {
    let mut page = pets();
    for sample in ask_for(&mut page, MOBILENET) {
        let extracted = None;
        page.say(Command::Reading { sample, extracted });
    }
    let message = kept(&page.wait()).unwrap().unwrap();
    assert!(message.contains("None of the pictures"), "{message}");
    page.train(TrainingConfig::default());
}

#[test]
fn samples_that_come_meanwhile_are_read_by_both() {
    let mut page = pets();
    let asked = ask_for(&mut page, MOBILENET);
    page.announce(&[(20, "cats/20.png")]);
    let events = answer(&mut page, &asked);
    assert_eq!(in_use(&events), None, "one is still on its way");
    page.read(20, features(0, 20));
    let events = page.wait();
    let wants =
        |event: &Event| matches!(event, Event::NeedReadings { samples } if *samples == [20]);
    assert!(events.iter().any(wants));
    assert!(in_use(&answer(&mut page, &[20])).is_some());
}

#[test]
fn damaged_weights_change_nothing() {
    let mut page = pets();
    let backbone = weights(MOBILENET)[..100_000].to_vec();
    let events = page.say(Command::UseBackbone { backbone });
    assert!(kept(&events).unwrap().unwrap().contains("weights"));
}

#[test]
fn a_model_of_another_backbone_is_not_taken_for_one_of_this() {
    let mut page = pets();
    page.train(TrainingConfig::default());
    let events = page.say(Command::ExportModel {
        format: ExportFormat::Graft,
        half: false,
        date: String::new(),
        page: None,
    });
    let [Event::Exported { bytes, .. }] = events.as_slice() else {
        panic!("{events:?}");
    };
    let load = Command::LoadModel {
        file: "pets.zip".to_owned(),
        bytes: bytes.clone(),
    };
    ask_for(&mut page, MOBILENET);
    answer(&mut page, &(0..20).collect::<Vec<_>>());
    let events = page.say(load.clone());
    let [Event::OtherBackbone { file, backbone }] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert_eq!([file.as_str(), backbone], ["pets.zip", LITE0]);
    ask_for(&mut page, LITE0);
    page.wait();
    let events = page.say(load);
    let is_loaded = |event: &Event| matches!(event, Event::ModelLoaded { .. });
    assert!(events.iter().any(is_loaded));
}

fn candidate(name: &str, samples: &[SampleId], of: impl Fn(SampleId) -> Extracted) -> Candidate {
    let rows = samples.iter().map(|&id| match of(id) {
        Extracted::Features { bytes } => bytes,
        other => panic!("{other:?}"),
    });
    Candidate {
        backbone: name.to_owned(),
        features: rows.collect::<Vec<_>>().concat(),
    }
}

#[test]
fn the_backbone_whose_features_tell_the_classes_apart_is_recommended() {
    let mut page = pets();
    let events = page.say(Command::DrawLabeled { seed: 1 });
    let [Event::Drawn { samples }] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert_eq!(samples.len(), 20, "all, as there are few");
    // The first knows every picture and no class.
    let blind = candidate(MOBILENET, samples, |id| features(0, id));
    let seeing = candidate("efficientnet-lite2", samples, |id| {
        features(usize::from(id >= 10), id)
    });
    page.say(Command::RateBackbones {
        samples: samples.clone(),
        candidates: vec![blind, seeing],
    });
    let events = page.wait();
    let rated = events.iter().find_map(|event| match event {
        Event::BackbonesRated {
            ratings,
            recommended,
            num_samples,
        } => Some((ratings, recommended, num_samples)),
        _ => None,
    });
    let (ratings, recommended, num_samples) = rated.expect("an answer");
    assert_eq!(
        (recommended.as_str(), *num_samples),
        ("efficientnet-lite2", 20)
    );
    assert!(ratings[1].log_me.evidence > ratings[0].log_me.evidence + 0.1);
    assert_eq!(
        (ratings[1].left_out.hits, ratings[1].left_out.total),
        (20, 20)
    );
}

#[test]
fn ratings_of_one_class_or_of_damaged_features_are_refused() {
    let mut page = pets();
    let cats: Vec<SampleId> = (0..10).collect();
    let one_class = page.say(Command::RateBackbones {
        candidates: vec![candidate(MOBILENET, &cats, |id| features(0, id))],
        samples: cats,
    });
    assert!(refusals(&one_class)[0].contains("two classes"));
    let mut damaged = candidate(MOBILENET, &[0, 10], |id| features(0, id));
    damaged.features.pop();
    let damaged = page.say(Command::RateBackbones {
        samples: vec![0, 10],
        candidates: vec![damaged],
    });
    assert_eq!(refusals(&damaged).len(), 1);
    let unknown = page.say(Command::RateBackbones {
        samples: vec![0, 10],
        candidates: vec![candidate("resnet-50", &[0, 10], |id| features(0, id))],
    });
    assert!(refusals(&unknown)[0].contains("resnet-50"));
}
