//! Questions that take a while, asked of a session as the page asks them.

mod page;

use graft::metrics::Outlook;
use graft::protocol::{
    Command, Destination, Event, Finding, FlawKind, HeadKind, Import, Origin, SampleId, Study,
    StudyKind, TrainingConfig,
};
use page::{Page, features};

fn ask(page: &mut Page, study: Study) -> Vec<Event> {
    let mut events = page.say(Command::Study { study });
    events.extend(page.wait());
    events
}

fn finding(events: Vec<Event>) -> Finding {
    let found = events.iter().find_map(|event| match event {
        Event::Studied { finding } => Some(finding.clone()),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no answer in {events:?}"))
}

fn why_not(events: &[Event]) -> Option<&str> {
    events.iter().find_map(|event| match event {
        Event::StudyEnded {
            message: Some(message),
            ..
        } => Some(message.as_str()),
        _ => None,
    })
}

/// More pictures of a class, as alike as those of [`Page::with_pets`].
fn add(page: &mut Page, class: &str, direction: usize, ids: std::ops::Range<SampleId>) {
    let paths: Vec<_> = ids
        .clone()
        .map(|id| (id, format!("{class}/{id}.png")))
        .collect();
    let files: Vec<_> = paths
        .iter()
        .map(|(id, path)| (*id, path.as_str()))
        .collect();
    page.announce(&files);
    for id in ids {
        page.read(id, features(direction, id));
    }
}

/// A copy of sample 0, under another id.
fn add_copy(page: &mut Page, id: SampleId, folder: &str) {
    page.announce(&[(id, folder)]);
    page.read(id, features(0, 0));
}

fn cross_validation(num_folds: usize) -> Study {
    Study::CrossValidation {
        config: TrainingConfig::default(),
        num_folds,
    }
}

#[test]
fn cross_validation_judges_every_sample_once() {
    for head in [HeadKind::Softmax, HeadKind::Ridge, HeadKind::Blend] {
        let mut page = Page::with_pets();
        let config = TrainingConfig {
            head,
            ..TrainingConfig::default()
        };
        let study = Study::CrossValidation {
            config,
            num_folds: 5,
        };
        let Finding::CrossValidation { evaluation } = finding(ask(&mut page, study)) else {
            panic!("another answer");
        };
        let mut judged: Vec<_> = evaluation.predictions.iter().map(|p| p.sample).collect();
        judged.sort_unstable();
        assert_eq!(judged, (0..20).collect::<Vec<_>>());
        assert_eq!(
            (evaluation.accuracy.hits, evaluation.accuracy.total),
            (20, 20)
        );
        let Origin::CrossValidation {
            folds,
            mean,
            unguarded,
            groups,
            ..
        } = evaluation.origin
        else {
            panic!("{:?}", evaluation.origin);
        };
        assert_eq!(folds.iter().map(|fold| fold.total).sum::<usize>(), 20);
        assert_eq!((folds.len(), mean), (5, 1.0));
        assert!(unguarded.is_none() && groups.is_empty());
    }
}

#[test]
fn copies_are_kept_together_and_the_leak_is_shown() {
    let mut page = Page::with_pets();
    add_copy(&mut page, 20, "cats/copy.png");
    let Finding::CrossValidation { evaluation } = finding(ask(&mut page, cross_validation(4)))
    else {
        panic!("another answer");
    };
    let Origin::CrossValidation {
        unguarded, groups, ..
    } = evaluation.origin
    else {
        panic!("{:?}", evaluation.origin);
    };
    assert_eq!(groups, [[0, 20]]);
    assert_eq!(unguarded.unwrap().total, 21);
}

#[test]
fn a_study_says_how_far_it_is_and_can_be_stopped() {
    let mut page = Page::with_pets();
    page.say(Command::Study {
        study: cross_validation(5),
    });
    assert!(pollster::block_on(page.session.work()));
    let events = page.session.take_events();
    let is_progress = |event: &Event| matches!(event, Event::StudyProgress { .. });
    assert!(events.iter().any(is_progress), "{events:?}");
    let events = page.say(Command::StopStudy {
        study: StudyKind::CrossValidation,
    });
    let ended = |event: &Event| matches!(event, Event::StudyEnded { message: None, .. });
    assert!(events.iter().any(ended), "{events:?}");
    let is_answer = |event: &Event| matches!(event, Event::Studied { .. });
    assert!(!page.wait().iter().any(is_answer));
}

#[test]
fn studies_wait_for_their_turn_and_a_repeated_one_begins_anew() {
    let mut page = Page::with_pets();
    page.say(Command::Study {
        study: cross_validation(5),
    });
    page.say(Command::Study { study: Study::Map });
    page.say(Command::Study {
        study: cross_validation(4),
    });
    let answers: Vec<_> = page
        .wait()
        .into_iter()
        .filter_map(|event| match event {
            Event::Studied { finding } => Some(finding),
            _ => None,
        })
        .collect();
    let [Finding::Map { .. }, Finding::CrossValidation { evaluation }] = answers.as_slice() else {
        panic!("{} answers", answers.len());
    };
    let Origin::CrossValidation { folds, .. } = &evaluation.origin else {
        panic!("{:?}", evaluation.origin);
    };
    assert_eq!(folds.len(), 4);
}

#[test]
fn what_samples_cannot_answer_is_said_with_the_remedy() {
    let mut page = Page::open();
    let events = ask(&mut page, cross_validation(5));
    assert_eq!(
        why_not(&events),
        Some("Add pictures of at least two classes.")
    );
    let mut page = Page::with_pets();
    let config = TrainingConfig::default();
    let events = ask(&mut page, Study::NoneOfThese { config });
    assert!(why_not(&events).unwrap().contains("three classes"));
}

#[test]
fn a_learning_curve_that_is_flat_advises_against_more() {
    let mut page = Page::with_pets();
    add(&mut page, "cats", 0, 20..40);
    add(&mut page, "dogs", 1, 40..60);
    let config = TrainingConfig::default();
    let Finding::LearningCurve { curve } = finding(ask(&mut page, Study::LearningCurve { config }))
    else {
        panic!("another answer");
    };
    let sizes: Vec<_> = curve.points.iter().map(|point| point.num_images).collect();
    assert_eq!(sizes, [3.0, 6.0, 12.0, 24.0]);
    assert!(curve.points.iter().all(|point| point.accuracy.total == 60));
    assert!(curve.advice.contains("unlikely"), "{}", curve.advice);
    assert_eq!(curve.classes.len(), 2);
    assert_eq!(curve.classes[0].outlook, Outlook::Unlikely);
    assert_eq!(curve.fitted.last().unwrap().num_images.round(), 48.0);
}

#[test]
fn unknown_classes_are_told_apart_by_every_score() {
    let mut page = Page::with_pets();
    add(&mut page, "birds", 2, 20..40);
    let config = TrainingConfig::default();
    let Finding::NoneOfThese {
        scores,
        num_unknown,
    } = finding(ask(&mut page, Study::NoneOfThese { config }))
    else {
        panic!("another answer");
    };
    assert_eq!(num_unknown, 3);
    assert!(scores.iter().all(|score| score.area > 0.9), "{scores:?}");
}

#[test]
fn health_finds_copies_within_and_across_classes() {
    let mut page = Page::with_pets();
    add_copy(&mut page, 20, "dogs/copy.png");
    page.announce(&[(21, "dogs/a.png"), (22, "dogs/b.png")]);
    page.read(21, features(1, 50));
    page.read(22, features(1, 50));
    let study = Study::Health {
        duplicate_threshold: 0.97,
    };
    let Finding::Health { health } = finding(ask(&mut page, study)) else {
        panic!("another answer");
    };
    let flaw = |kind| health.flaws.iter().find(|flaw| flaw.kind == kind);
    let across = flaw(FlawKind::CopiesAcrossClasses).unwrap();
    assert_eq!(across.groups, [[0, 20]]);
    assert_eq!(flaw(FlawKind::Copies).unwrap().groups, [[21, 22]]);
    assert!(flaw(FlawKind::NearDuplicates).is_none());
    assert_eq!(health.num_samples, 23);
    let balance = health.balance.unwrap();
    assert_eq!((balance.smallest, balance.largest), (10, 13));
    let evidence = health.transferability.unwrap();
    assert!(evidence.evidence > evidence.baseline);
}

#[test]
fn a_map_has_a_place_and_neighbors_for_every_sample() {
    let mut page = Page::with_pets();
    let Finding::Map { map } = finding(ask(&mut page, Study::Map)) else {
        panic!("another answer");
    };
    assert_eq!((map.samples.len(), map.positions.len()), (20, 40));
    assert_eq!(map.num_neighbors, 14);
    assert_eq!(map.neighbors.len(), 20 * 14);
    // The two classes are on two sides.
    let x = |at: usize| map.positions[2 * at];
    assert!((0..10).all(|at| x(at).signum() == x(0).signum()));
    assert!((10..20).all(|at| x(at).signum() != x(0).signum()));
    // A cat's nearest is a cat.
    assert!(map.neighbors[..9].iter().all(|&at| at < 10));
}

#[test]
fn no_samples_make_an_empty_map_and_an_empty_report() {
    let mut page = Page::open();
    let Finding::Map { map } = finding(ask(&mut page, Study::Map)) else {
        panic!("another answer");
    };
    assert!(map.samples.is_empty());
    let study = Study::Health {
        duplicate_threshold: f32::NAN,
    };
    let Finding::Health { health } = finding(ask(&mut page, study)) else {
        panic!("another answer");
    };
    assert!(health.flaws.is_empty() && health.balance.is_none());
}

#[test]
fn unsorted_samples_are_not_learned_from_and_are_suggested_with_a_guess() {
    let mut page = Page::with_pets();
    let files = (30..36).map(|id| Import {
        id,
        path: format!("cats/{id}.png"),
    });
    page.import(files.collect(), Destination::Unsorted);
    for id in 30..36 {
        page.read(id, features(usize::from(id >= 33), id));
    }
    let (_, evaluation) = page.train(TrainingConfig::default());
    assert_eq!(evaluation.predictions.len(), 4, "a fifth of twenty");
    let study = Study::NextLabels {
        count: 4,
        skip: vec![30],
    };
    let Finding::NextLabels {
        suggestions,
        representative,
    } = finding(ask(&mut page, study))
    else {
        panic!("another answer");
    };
    assert!(!representative, "ten a class are many");
    assert_eq!(suggestions.len(), 4);
    for suggestion in suggestions {
        assert_ne!(suggestion.sample, 30);
        let class = u32::from(suggestion.sample >= 33);
        assert_eq!(suggestion.guess, Some(class), "{suggestion:?}");
    }
}

#[test]
fn with_no_class_at_all_the_most_typical_is_suggested_without_a_guess() {
    let mut page = Page::open();
    let files = (0..6).map(|id| Import {
        id,
        path: format!("{id}.png"),
    });
    page.import(files.collect(), Destination::Unsorted);
    for id in 0..6 {
        page.read(id, features(usize::from(id == 5), id));
    }
    let study = Study::NextLabels {
        count: 2,
        skip: Vec::new(),
    };
    let Finding::NextLabels {
        suggestions,
        representative,
    } = finding(ask(&mut page, study))
    else {
        panic!("another answer");
    };
    assert!(representative && suggestions.len() == 2);
    assert!(
        suggestions
            .iter()
            .all(|suggestion| suggestion.guess.is_none())
    );
    assert_ne!(
        suggestions[0].sample, 5,
        "the odd one stands for itself only"
    );
}
