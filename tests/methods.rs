//! Learning from more than labeled pictures, asked of a session as the page asks it.

mod page;

use graft::{
    protocol::{
        Command, Destination, Event, Finding, HeadKind, Import, JudgedBy, Kept, MethodComparison,
        Origin, SampleId, SampleWeight, Study, TrainingConfig, Weighting,
    },
    transfer::{Family, METHODS},
};
use page::{Page, features, refusals};

/// Pets, and unlabeled pictures of them from 20 on.
fn with_unsorted(num: SampleId) -> Page {
    let mut page = Page::with_pets();
    let ids = 20..20 + num;
    let file = |id: SampleId| Import {
        id,
        path: format!("{id}.png"),
    };
    page.import(ids.clone().map(file).collect(), Destination::Unsorted);
    for id in ids {
        page.read(id, features(id as usize % 2, id));
    }
    page.wait();
    page
}

fn mark(page: &mut Page, samples: impl IntoIterator<Item = SampleId>) -> Vec<Event> {
    page.say(Command::MarkTarget {
        samples: samples.into_iter().collect(),
        is_target: true,
    })
}

fn with_method(method: &str) -> TrainingConfig {
    TrainingConfig {
        method: method.to_owned(),
        ..TrainingConfig::default()
    }
}

fn of(family: Family) -> impl Iterator<Item = &'static str> {
    let members = METHODS.iter().filter(move |method| method.family == family);
    members.map(|method| method.id)
}

#[test]
fn every_method_for_unlabeled_pictures_learns_the_pets_and_says_so() {
    let mut page = with_unsorted(14);
    for method in of(Family::SemiSupervised) {
        let (events, evaluation) = page.train(with_method(method));
        let told = events.iter().filter_map(|event| match event {
            Event::TrainingProgress { progress } => Some(*progress),
            _ => None,
        });
        assert!(told.clone().all(|progress| (0.0..=1.0).contains(&progress)));
        assert_eq!(evaluation.accuracy.hits, 4, "{method}");
        let Origin::HeldOut { kept, .. } = evaluation.origin else {
            panic!("{:?}", evaluation.origin)
        };
        let expected = Kept::Method {
            method: method.to_owned(),
            num_unlabeled: 14,
        };
        assert_eq!(kept, expected);
    }
}

#[test]
fn what_does_not_apply_is_refused_with_the_remedy() {
    let mut page = with_unsorted(3);
    let mut refusal = |method: &str| {
        let config = with_method(method);
        let events = page.say(Command::Train { config });
        refusals(&events).concat()
    };
    for method in of(Family::SemiSupervised) {
        assert!(refusal(method).contains("3 of them"), "{method}");
    }
    for method in of(Family::DomainAdaptation) {
        assert!(refusal(method).contains("mark them as target"), "{method}");
    }
    assert!(refusal("telepathy").contains("telepathy"));
}

#[test]
fn labeled_pictures_of_the_target_judge_and_are_not_learned_from() {
    let mut page = with_unsorted(12);
    let events = mark(&mut page, (8..12).chain(20..32));
    let shown = events.iter().find_map(|event| match event {
        Event::Dataset { target, .. } => Some(target.len()),
        _ => None,
    });
    assert_eq!(shown, Some(16));
    for method in of(Family::DomainAdaptation) {
        let (_, evaluation) = page.train(with_method(method));
        assert_eq!(
            (evaluation.accuracy.hits, evaluation.accuracy.total),
            (4, 4),
            "{method}"
        );
        let Origin::HeldOut {
            judged_by,
            num_train,
            ..
        } = evaluation.origin
        else {
            panic!("{:?}", evaluation.origin)
        };
        assert_eq!((judged_by, num_train), (JudgedBy::Target, 16));
    }
}

#[test]
fn without_labels_of_the_target_the_source_judges_and_nothing_is_said_of_the_unknown() {
    let mut page = with_unsorted(12);
    mark(&mut page, 20..32);
    let method = of(Family::DomainAdaptation).next().unwrap();
    let (_, evaluation) = page.train(with_method(method));
    let Origin::HeldOut {
        judged_by,
        familiar_share,
        ..
    } = evaluation.origin
    else {
        panic!("{:?}", evaluation.origin)
    };
    assert_eq!((judged_by, familiar_share), (JudgedBy::Source, None));
}

/// What each training sample counted in a run.
fn teachers(page: &mut Page, config: TrainingConfig) -> Vec<SampleWeight> {
    let (events, _) = page.train(config);
    let told = events.into_iter().find_map(|event| match event {
        Event::Trained { teachers, .. } => Some(teachers),
        _ => None,
    });
    told.expect("a model")
}

#[test]
fn a_choice_of_pictures_teaches_any_head_and_is_told() {
    let mut page = with_unsorted(14);
    for method in of(Family::Selection) {
        for head in [HeadKind::Softmax, HeadKind::Ridge, HeadKind::Blend] {
            let config = TrainingConfig {
                head,
                ..with_method(method)
            };
            let teachers = teachers(&mut page, config);
            let num_chosen = teachers.iter().filter(|each| each.weight == 1.0).count();
            assert_eq!((num_chosen, teachers.len()), (8, 16), "{method}");
            assert_eq!(teachers[8].weight, 0.0);
        }
    }
    assert!(teachers(&mut page, TrainingConfig::default()).is_empty());
}

#[test]
fn weights_are_told_and_refused_where_nothing_says_what_the_model_is_for() {
    let weighed = |weighting| TrainingConfig {
        weighting,
        ..TrainingConfig::default()
    };
    let mut page = with_unsorted(24);
    let config = weighed(Weighting::MeanMatching);
    let refused = refusals(&page.say(Command::Train { config })).concat();
    assert!(refused.contains("mark them as target"), "{refused}");
    // Those of the target are all of one class.
    mark(&mut page, (20..44).step_by(2));
    for weighting in [Weighting::MeanMatching, Weighting::DensityRatio] {
        let teachers = teachers(&mut page, weighed(weighting));
        let mean = teachers.iter().map(|each| each.weight).sum::<f32>() / 16.0;
        assert!((mean - 1.0).abs() < 1e-3, "{mean}");
        assert!(teachers[0].weight > teachers[15].weight);
    }
}

#[test]
fn stopping_a_method_leaves_the_model_there_was() {
    let mut page = with_unsorted(14);
    page.train(TrainingConfig::default());
    let before = page.predict(features(0, 50));
    let method = of(Family::SemiSupervised).next().unwrap();
    let config = with_method(method);
    page.say(Command::Train { config });
    let events = page.say(Command::StopTraining);
    assert!(events.is_empty());
    let events = page.wait();
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::TrainingFailed { .. }))
    );
    assert_eq!(page.predict(features(0, 50)), before);
}

fn compare(page: &mut Page) -> MethodComparison {
    let study = Study::Methods {
        config: TrainingConfig::default(),
        num_folds: 3,
    };
    page.say(Command::Study { study });
    let found = page.wait().into_iter().find_map(|event| match event {
        Event::Studied {
            finding: Finding::Methods { comparison },
        } => Some(comparison),
        _ => None,
    });
    found.expect("a comparison")
}

#[test]
fn a_comparison_covers_all_methods_and_those_that_apply_know_the_pets() {
    let mut page = with_unsorted(14);
    let comparison = compare(&mut page);
    assert_eq!(comparison.num_unlabeled, 14);
    assert_eq!(
        comparison.scores.len(),
        METHODS.len() - 1 + 3 + 4,
        "heads take the place of the plain method, two of them with weights, too"
    );
    for score in &comparison.scores {
        assert_ne!(
            score.accuracy.is_some(),
            score.refusal.is_some(),
            "{}",
            score.method
        );
        assert!(
            score.accuracy.is_none_or(|right| right.hits == 20),
            "{}",
            score.method
        );
    }
}

#[test]
fn questions_about_held_out_pictures_are_refused_where_the_target_is_meant() {
    let mut page = with_unsorted(14);
    let config = with_method(of(Family::DomainAdaptation).next().unwrap());
    let num_folds = 3;
    let study = Study::CrossValidation { config, num_folds };
    page.say(Command::Study { study });
    let events = page.wait();
    let refused = events.iter().any(|event| {
        matches!(event, Event::StudyEnded { message: Some(message), .. } if message.contains("Compare methods"))
    });
    assert!(refused, "{events:?}");
}
