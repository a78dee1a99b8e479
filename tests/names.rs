//! A class that has a name and no picture, from the command that brings the reader to predictions.

mod page;
mod t1;

use graft::protocol::{Command, Event, Kept, Origin, TrainingConfig};
use page::{Page, features, refusals};

const READER: &str = "www/public/weights/names.safetensors";

fn by_names() -> TrainingConfig {
    TrainingConfig {
        method: "class_names".to_owned(),
        ..TrainingConfig::default()
    }
}

/// Twenty pictures of two classes, and a third class without any.
fn with_empty_class() -> Page {
    let mut page = Page::with_pets();
    page.say(Command::AddClass {
        name: "road sign".to_owned(),
    });
    page.wait();
    page
}

fn with_reader() -> (Page, Vec<Event>) {
    let mut page = with_empty_class();
    let reader = t1::read(READER);
    let mut events = page.say(Command::ReadNames { reader });
    events.extend(page.wait());
    (page, events)
}

#[test]
fn without_the_reader_names_are_refused_with_the_remedy() {
    let mut page = with_empty_class();
    let events = page.say(Command::Train { config: by_names() });
    let refusals = refusals(&events);
    assert!(refusals[0].contains("Get the reader"), "{refusals:?}");
}

#[test]
fn a_file_that_is_no_reader_is_refused() {
    let reader = b"not a reader".to_vec();
    let events = Page::open().say(Command::ReadNames { reader });
    let refusals = refusals(&events);
    assert!(refusals[0].contains("reader of names"), "{refusals:?}");
}

#[test]
fn each_name_is_told_once() {
    let (mut page, events) = with_reader();
    assert!(events.iter().any(|e| matches!(e, Event::ReadingNames)));
    let told = |events: &[Event]| -> Vec<String> {
        let name = |event: &Event| match event {
            Event::NameRead { name, like, .. } => Some(format!("{name} {}", like.len())),
            _ => None,
        };
        events.iter().filter_map(name).collect()
    };
    assert_eq!(told(&events), ["cats 3", "dogs 3", "road sign 3"]);
    page.say(Command::AddClass {
        name: "bird".to_owned(),
    });
    assert_eq!(told(&page.wait()), ["bird 3"]);
}

#[test]
fn a_class_without_pictures_is_in_the_model_and_says_so() {
    let (mut page, _) = with_reader();
    let (_, evaluation) = page.train(by_names());
    let Origin::HeldOut {
        kept: Kept::Method { method, .. },
        ..
    } = &evaluation.origin
    else {
        panic!("{:?}", evaluation.origin);
    };
    assert_eq!(method, "class_names");
    let classes = evaluation.classes.iter();
    let classes: Vec<_> = classes.map(|c| (c.name.as_str(), c.by_name)).collect();
    assert_eq!(
        classes,
        [("cats", false), ("dogs", false), ("road sign", true)]
    );
    let predict = Command::Predict {
        request: 7,
        extracted: features(0, 30),
    };
    let events = page.say(predict);
    let [Event::Prediction { probabilities, .. }] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert_eq!(probabilities.len(), 3);
}

#[test]
fn other_methods_leave_the_class_out() {
    let (mut page, _) = with_reader();
    let (_, evaluation) = page.train(TrainingConfig::default());
    assert_eq!(evaluation.classes.len(), 2);
}
