//! Fine-tuning, asked of a session as the page asks it, with the real backbone on painted pictures.

mod page;
mod stripes;

use graft::protocol::{Command, Event, FINE_TUNING, Kept, Origin, TrainingConfig, TuningConfig};
use stripes::{SIDE, Stripes, pixels, probabilities};

fn tune(stripes: &mut Stripes) -> Vec<Event> {
    let config = config();
    let mut events = stripes.page.say(Command::Train { config });
    events.extend(stripes.answer());
    events
}

fn config() -> TrainingConfig {
    TrainingConfig {
        method: FINE_TUNING.to_owned(),
        tuning: TuningConfig {
            num_blocks: 1,
            num_epochs: 2,
            num_views: 2,
            ..TuningConfig::default()
        },
        ..TrainingConfig::default()
    }
}

#[test]
fn a_tuned_model_is_judged_by_unseen_pictures_predicts_from_pixels_and_survives_the_zip() {
    let mut stripes = Stripes::open();
    let events = tune(&mut stripes);
    let mut progress = events.iter().filter_map(|event| match event {
        Event::TrainingProgress { progress } => Some(*progress),
        _ => None,
    });
    assert!(progress.all(|progress| (0.0..=1.0).contains(&progress)));
    let trained = events.iter().find_map(|event| match event {
        Event::Trained {
            evaluation,
            is_tuned: true,
            ..
        } => Some(evaluation),
        _ => None,
    });
    let evaluation = trained.unwrap_or_else(|| panic!("{events:?}"));
    assert_eq!(evaluation.accuracy.total, 2);
    assert_eq!(evaluation.predictions.len(), 2);
    let Origin::HeldOut {
        kept, num_train, ..
    } = &evaluation.origin
    else {
        panic!("{:?}", evaluation.origin)
    };
    assert_eq!(*num_train, 8);
    assert!(
        matches!(
            kept,
            Kept::Tuned {
                num_epochs: 2,
                num_blocks: 1,
                ..
            }
        ),
        "{kept:?}"
    );

    let new = pixels(1, 6);
    let answer = probabilities(&mut stripes.page, new.clone());
    assert!(answer[1] > 0.5, "{answer:?}");
    // Features of the served backbone are no answer any more.
    let refused = stripes.page.say(Command::Predict {
        request: 1,
        extracted: page::features(0, 1),
    });
    assert!(matches!(refused.as_slice(), [Event::Refused { .. }]));

    let (mut other, _) = stripes.after_download();
    // Weights are f16 in the zip, as they are in use.
    assert_eq!(probabilities(&mut other.page, new.clone()), answer);

    let explained = stripes.page.say(Command::Explain {
        request: 3,
        pixels: new,
        class: None,
        with_voices: true,
    });
    let Some(Event::Explained { explanation, .. }) = explained.into_iter().next() else {
        panic!("no explanation")
    };
    let pairs = explanation.probabilities.iter().zip(&answer);
    assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-4));
    assert!(explanation.voices.is_some());
}

#[test]
fn the_same_seed_gives_the_same_network() {
    let outcome = || {
        let mut stripes = Stripes::open();
        tune(&mut stripes);
        probabilities(&mut stripes.page, pixels(0, 7))
    };
    assert_eq!(outcome(), outcome());
}

#[test]
fn a_file_that_is_gone_is_left_out() {
    let mut stripes = Stripes::open();
    stripes.pictures.remove(&3);
    let events = tune(&mut stripes);
    let num_used = events.iter().find_map(|event| match event {
        Event::Trained { evaluation, .. } => match evaluation.origin {
            Origin::HeldOut { num_train, .. } => Some(num_train + evaluation.accuracy.total),
            Origin::CrossValidation { .. } => None,
        },
        _ => None,
    });
    assert_eq!(num_used, Some(9));
}

#[test]
fn it_can_be_stopped_while_pictures_are_being_read() {
    let mut stripes = Stripes::open();
    let config = config();
    stripes.page.say(Command::Train { config });
    let events = stripes.page.wait();
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::NeedPixels { .. }))
    );
    stripes.page.say(Command::StopTraining);
    let events = stripes.page.wait();
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::TrainingFailed { .. }))
    );
    // What arrives late does no harm.
    let pixels = Some(pixels(0, 0));
    assert!(
        stripes
            .page
            .say(Command::Pixels { sample: 0, pixels })
            .is_empty()
    );
}

#[test]
fn the_time_and_the_memory_are_told_before() {
    let mut stripes = Stripes::open();
    let config = config();
    let events = stripes.page.say(Command::EstimateTuning { config });
    let Some(Event::TuningEstimate { seconds, bytes }) = events.first() else {
        panic!("{events:?}")
    };
    assert!(*seconds > 0.0 && seconds.is_finite());
    // 18 views of 7 × 7 × 192 halves: two of each image to learn from, one of each held out.
    assert_eq!(*bytes, 18 * 7 * 7 * 192 * 2);
}

#[test]
fn variants_are_shown_as_many_as_asked_for() {
    let mut stripes = Stripes::open();
    let augment = |pixels| Command::Augment {
        pixels,
        tuning: TuningConfig::default(),
        count: 3,
    };
    let events = stripes.page.say(augment(pixels(0, 0)));
    assert!(
        matches!(&events[..], [Event::Augmented { pixels }] if pixels.len() == 3 * SIDE * SIDE * 3)
    );
    let events = stripes.page.say(augment(vec![1; 7]));
    assert!(matches!(&events[..], [Event::Refused { .. }]));
}
