//! A page's life, told in commands and checked in events, without a browser.

mod page;

use graft::protocol::{
    Command, DeviceKind, Evaluation, Event, ExportFormat, Extracted, HeadKind, Kept, LeaveOneOut,
    Origin, Problem, TrainingConfig,
};
use page::{Page, dataset, features, refusals};

/// A perceptron that takes little time.
fn perceptron() -> TrainingConfig {
    TrainingConfig {
        head: HeadKind::Mlp,
        hidden_units: 8,
        num_epochs: 5,
        ..TrainingConfig::default()
    }
}

fn kept(evaluation: &Evaluation) -> Kept {
    match &evaluation.origin {
        Origin::HeldOut { kept, .. } => kept.clone(),
        Origin::CrossValidation { .. } => panic!("{:?}", evaluation.origin),
    }
}

fn num_epochs(events: &[Event]) -> usize {
    let is_epoch = |event: &&Event| matches!(event, Event::Epoch { .. });
    events.iter().filter(is_epoch).count()
}

#[test]
fn a_session_introduces_itself_first() {
    let events = Page::open().session.take_events();
    let [
        Event::Ready { device, reason, .. },
        Event::Dataset { classes, .. },
    ] = events.as_slice()
    else {
        panic!("{events:?}");
    };
    assert_eq!((*device, reason.as_str()), (DeviceKind::Cpu, "a test"));
    assert!(classes.is_empty());
}

#[test]
fn an_import_shows_its_classes_at_once_and_its_progress_as_it_goes() {
    let mut page = Page::open();
    let events = page.announce(&[(0, "cats/a.png"), (1, "dogs/b.png")]);
    let (classes, missing) = dataset(&events);
    assert_eq!(classes.len(), 2);
    assert_eq!(missing, ["Still reading the first pictures."]);
    let events = page.read(0, features(0, 0));
    assert!(
        matches!(events[..], [Event::Progress { done: 1, total: 2 }]),
        "{events:?}"
    );
}

#[test]
fn an_unreadable_file_is_reported_and_the_rest_goes_on() {
    let mut page = Page::open();
    page.announce(&[(0, "cats/a.png"), (1, "notes/b.txt")]);
    let problem = Problem {
        file: "notes/b.txt".to_owned(),
        trouble: "this is text, not an image".to_owned(),
        remedy: "Leave it out.".to_owned(),
        needs_browser: false,
    };
    let told = page.say(Command::Unreadable {
        id: 1,
        problem: problem.clone(),
    });
    assert!(
        told.iter()
            .any(|e| matches!(e, Event::Problem { problem: p } if *p == problem))
    );
    let (classes, _) = dataset(&page.read(0, features(0, 0)));
    let names: Vec<_> = classes.iter().map(|class| class.name.as_str()).collect();
    assert_eq!(names, ["cats"], "a class without a single image goes away");
}

#[test]
fn features_that_arrive_damaged_are_a_problem_with_the_files_name() {
    let mut page = Page::open();
    page.announce(&[(0, "cats/a.png")]);
    for extracted in [
        Extracted::Features { bytes: vec![0; 7] },
        Extracted::Pixels { bytes: vec![0; 7] },
    ] {
        let events = page.read(0, extracted);
        let named =
            |e: &Event| matches!(e, Event::Problem { problem } if problem.file == "cats/a.png");
        assert!(events.iter().any(named), "{events:?}");
        page.announce(&[(0, "cats/a.png")]);
    }
}

#[test]
fn canceling_forgets_what_has_not_been_read() {
    let mut page = Page::open();
    page.announce(&[(0, "cats/a.png"), (1, "cats/b.png"), (2, "dogs/c.png")]);
    page.read(0, features(0, 0));
    let events = page.say(Command::CancelImport);
    assert!(
        events
            .iter()
            .any(|e| matches!(e, Event::Progress { done: 3, total: 3 }))
    );
    let (classes, _) = dataset(&events);
    assert_eq!(
        (classes.len(), classes[0].samples.as_slice()),
        (1, &[0][..])
    );
    let late = page.read(1, features(0, 1));
    assert!(late.is_empty(), "{late:?}");
}

#[test]
fn training_ends_with_an_evaluation_on_images_it_has_not_seen() {
    let mut page = Page::with_pets();
    let (events, evaluation) = page.train(TrainingConfig::default());
    let Kept::Optimum {
        num_steps,
        gradient_norm,
    } = kept(&evaluation)
    else {
        panic!("{:?}", evaluation.origin);
    };
    assert!(gradient_norm < 1e-4);
    assert_eq!(num_epochs(&events), num_steps);
    let Origin::HeldOut {
        device, num_train, ..
    } = evaluation.origin
    else {
        panic!("{:?}", evaluation.origin);
    };
    assert_eq!((device, num_train), (DeviceKind::Cpu, 16));
    assert_eq!(evaluation.predictions.len(), 4);
    assert_eq!(evaluation.accuracy.hits, 4);
    assert_eq!(evaluation.confusion, [[2, 0], [0, 2]]);
    let held_out = evaluation
        .predictions
        .iter()
        .map(|p| (p.sample >= 10) as usize);
    assert!(held_out.eq(evaluation.predictions.iter().map(|p| p.truth)));
}

#[test]
fn a_perceptron_is_trained_for_as_many_epochs_as_asked_for() {
    let (events, evaluation) = Page::with_pets().train(perceptron());
    let announced = |e: &Event| {
        matches!(
            e,
            Event::TrainingStarted {
                num_epochs: Some(5),
                ..
            }
        )
    };
    assert!(events.iter().any(announced));
    assert_eq!(num_epochs(&events), 5);
    let all_five = |kept| matches!(kept, Kept::BestEpoch { num_epochs: 5, .. });
    assert!(all_five(kept(&evaluation)), "{:?}", evaluation.origin);
}

#[test]
fn the_same_seed_gives_the_same_evaluation() {
    for config in [TrainingConfig::default(), perceptron()] {
        let run = |seed| {
            let config = TrainingConfig {
                seed,
                ..config.clone()
            };
            Page::with_pets().train(config).1
        };
        assert_eq!(run(3), run(3));
        assert_ne!(run(3).predictions, run(4).predictions);
    }
}

/// Starts a run, stops it after a few epochs or steps and returns what was kept.
fn stopped_after(num: usize, config: TrainingConfig) -> Kept {
    let mut page = Page::with_pets();
    page.say(Command::Train { config });
    let mut done = 0;
    while done < num {
        pollster::block_on(page.session.work());
        done += num_epochs(&page.session.take_events());
    }
    page.say(Command::StopTraining);
    let trained = page.wait().into_iter().find_map(|event| match event {
        Event::Trained { evaluation, .. } => Some(kept(&evaluation)),
        _ => None,
    });
    trained.expect("a stopped run leaves a head")
}

#[test]
fn stop_keeps_what_has_been_reached() {
    let kept = stopped_after(2, TrainingConfig::default());
    assert_eq!(kept, Kept::Last { num_steps: 2 });
    let endless = TrainingConfig {
        num_epochs: 10_000,
        ..perceptron()
    };
    let kept = stopped_after(3, endless);
    assert!(
        matches!(kept, Kept::BestEpoch { num_epochs: 3, .. }),
        "{kept:?}"
    );
}

#[test]
fn what_is_missing_is_said_instead_of_a_number() {
    let mut page = Page::open();
    page.announce(&[(0, "cats/a.png"), (1, "cats/b.png"), (2, "dogs/c.png")]);
    page.read(0, features(0, 0));
    page.read(1, features(0, 1));
    let (_, missing) = dataset(&page.read(2, features(1, 2)));
    assert_eq!(missing.len(), 1);
    assert!(missing[0].contains("“dogs” needs two"), "{missing:?}");
    let events = page.say(Command::Train {
        config: TrainingConfig::default(),
    });
    assert_eq!(refusals(&events), [missing[0].as_str()]);
}

#[test]
fn two_copies_of_one_image_are_not_enough() {
    let mut page = Page::open();
    page.announce(&[
        (0, "cats/a.png"),
        (1, "cats/b.png"),
        (2, "dogs/c.png"),
        (3, "dogs/d.png"),
    ]);
    for (id, (class, image)) in [(0, 0), (0, 1), (1, 2), (1, 2)].into_iter().enumerate() {
        page.read(id as u32, features(class, image));
    }
    let events = page.say(Command::Train {
        config: TrainingConfig::default(),
    });
    assert!(refusals(&events)[0].contains("“dogs” needs two different pictures"));
}

#[test]
fn settings_out_of_range_do_no_harm() {
    for head in [HeadKind::Softmax, HeadKind::Mlp] {
        let (events, evaluation) = Page::with_pets().train(TrainingConfig {
            head,
            hidden_units: 0,
            learning_rate: f64::NAN,
            num_epochs: 0,
            batch_size: 0,
            weight_decay: f64::INFINITY,
            validation_fraction: 7.0,
            ..TrainingConfig::default()
        });
        assert!(num_epochs(&events) > 0);
        assert_eq!(evaluation.classes.len(), 2);
    }
}

#[test]
fn a_model_lives_on_in_another_session() {
    let mut page = Page::with_backbone(Page::served());
    page.add_pets();
    let nothing = page.say(Command::Predict {
        request: 0,
        extracted: features(0, 5),
    });
    assert_eq!(refusals(&nothing).len(), 1, "no model, no prediction");
    page.train(TrainingConfig::default());
    let before = page.predict(features(1, 33));
    assert!(before[1] > 0.5 && (before.iter().sum::<f32>() - 1.0).abs() < 1e-6);

    let events = page.say(Command::ExportModel {
        format: ExportFormat::Graft,
        half: false,
        date: String::new(),
        page: None,
    });
    let [Event::Exported { file, bytes, .. }] = events.as_slice() else {
        panic!("{events:?}");
    };
    let mut other = Page::open();
    let load = Command::LoadModel {
        file: file.clone(),
        bytes: bytes.clone(),
    };
    let (classes, _) = dataset(&other.say(load));
    let names: Vec<_> = classes.iter().map(|class| class.name.as_str()).collect();
    assert_eq!(names, ["cats", "dogs"]);
    assert_eq!(other.predict(features(1, 33)), before);
}

#[test]
fn every_way_out_is_offered_and_agrees_with_the_page() {
    let mut page = Page::with_backbone(Page::served());
    let export = |format, half| Command::ExportModel {
        format,
        half,
        date: "2026-01-31T12:00:00.000Z".to_owned(),
        page: (format == ExportFormat::OneFile).then(empty_page),
    };
    let refused = page.say(export(ExportFormat::Onnx, false));
    assert_eq!(refusals(&refused).len(), 1, "no model, no export");
    page.add_pets();
    page.train(TrainingConfig::default());
    let events = page.say(Command::ListFormats);
    let [Event::Formats { formats }] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert_eq!(formats.len(), graft::export::FORMATS.len());
    for view in formats {
        assert_eq!(view.refusal, None);
        for half in [false, true] {
            let promised = match view.half_bytes {
                Some(bytes) if half => bytes,
                _ => view.bytes,
            };
            let events = page.say(export(view.id, half));
            let [
                Event::Exported {
                    bytes, difference, ..
                },
            ] = events.as_slice()
            else {
                panic!("{events:?}");
            };
            assert!(*difference < 1e-5, "{}: {difference}", view.name);
            let excess = bytes.len() as f64 / promised as f64;
            assert!((1.0..1.05).contains(&excess), "{}: {excess}", view.name);
        }
    }
}

/// The one-file app's page as far as Rust knows it, in about its size.
fn empty_page() -> Vec<u8> {
    let facts = "<script id=\"facts\" type=\"application/json\">{graft-facts}</script>";
    let model = "<script id=\"model\" type=\"application/octet-stream\">{graft-model}</script>";
    format!("{facts}{}{model}", " ".repeat(1_380_000)).into_bytes()
}

#[test]
fn a_zip_that_is_no_model_is_a_problem_not_a_crash() {
    let load = Command::LoadModel {
        file: "x.zip".to_owned(),
        bytes: b"not a zip".to_vec(),
    };
    let events = Page::open().say(load);
    let named = |e: &Event| matches!(e, Event::Problem { problem } if problem.file == "x.zip");
    assert!(events.iter().any(named));
}

#[test]
fn edits_with_ids_from_nowhere_do_no_harm() {
    let mut page = Page::with_pets();
    for command in [
        Command::RenameClass {
            class: 99,
            name: "x".to_owned(),
        },
        Command::MergeClasses { from: 0, into: 99 },
        Command::MergeClasses { from: 0, into: 0 },
        Command::DeleteClass { class: 99 },
        Command::MoveSamples {
            samples: vec![u32::MAX],
            class: Some(0),
        },
        Command::DeleteSamples {
            samples: vec![u32::MAX],
        },
        Command::Redo,
    ] {
        page.say(command);
    }
    let (classes, _) = dataset(&page.say(Command::AddClass {
        name: "birds".to_owned(),
    }));
    let sizes: Vec<_> = classes.iter().map(|class| class.samples.len()).collect();
    assert_eq!(sizes, [10, 10, 0]);
}

#[test]
fn deleting_and_undoing_needs_no_second_reading() {
    let mut page = Page::with_pets();
    let (classes, _) = dataset(&page.say(Command::DeleteSamples {
        samples: vec![0, 11],
    }));
    assert_eq!((classes[0].samples.len(), classes[1].samples.len()), (9, 9));
    let (classes, missing) = dataset(&page.say(Command::Undo));
    assert_eq!(
        (classes[0].samples.len(), classes[1].samples.len()),
        (10, 10)
    );
    assert!(missing.is_empty());
    page.train(TrainingConfig::default());
}

/// The last estimate among events, if one came.
fn live(events: &[Event]) -> Option<&Option<LeaveOneOut>> {
    events.iter().rev().find_map(|event| match event {
        Event::Live { estimate } => Some(estimate),
        _ => None,
    })
}

#[test]
fn accuracy_and_doubts_come_without_training_and_follow_the_labels() {
    let mut page = Page::with_pets();
    let events = page.wait();
    let estimate = live(&events).unwrap().as_ref().unwrap();
    assert_eq!((estimate.accuracy.hits, estimate.accuracy.total), (20, 20));
    assert!(estimate.doubts.is_empty());

    // A cat among the dogs is doubted, and says what it looks like.
    let [cats, dogs] = [0, 1];
    page.say(Command::MoveSamples {
        samples: vec![3],
        class: Some(dogs),
    });
    let events = page.wait();
    let estimate = live(&events).unwrap().as_ref().unwrap();
    let doubt = estimate.doubts.first().unwrap();
    assert_eq!((doubt.sample, doubt.suggestion), (3, cats));

    // Nothing to say of a single class, and nothing new is not said again.
    page.say(Command::DeleteClass { class: dogs });
    assert_eq!(live(&page.wait()), Some(&None));
    assert_eq!(live(&page.wait()), None);
}
