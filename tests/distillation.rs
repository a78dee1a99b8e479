//! Smaller models taught by a larger one: asked of a session as the page asks it, on painted
//! pictures; and what the teacher is worth, on photos and drawings.

mod page;
mod stripes;

use graft::{
    dataset::Split,
    features::Row,
    metrics::argmax,
    protocol::{
        Command, Distilled, Evaluation, Event, Finding, Kept, Origin, Study, StudyKind,
        TeacherKind, TrainingConfig,
    },
};
use page::Page;
use stripes::{Stripes, pixels, probabilities};

fn config(teacher: TeacherKind) -> TrainingConfig {
    let mut config = TrainingConfig::default();
    config.distillation.teacher = teacher;
    config
}

fn ask(stripes: &mut Stripes, teacher: TeacherKind) -> Vec<Event> {
    let study = Study::Distillation {
        config: config(teacher),
    };
    let mut events = stripes.page.say(Command::Study { study });
    events.extend(stripes.answer());
    events
}

fn found(events: &[Event]) -> Option<&Distilled> {
    events.iter().find_map(|event| match event {
        Event::Studied {
            finding: Finding::Distillation { distillation },
        } => Some(distillation),
        _ => None,
    })
}

fn refusal(events: &[Event]) -> Option<&str> {
    events.iter().find_map(|event| match event {
        Event::StudyEnded {
            study: StudyKind::Distillation,
            message,
        } => message.as_deref(),
        _ => None,
    })
}

fn keep(stripes: &mut Stripes, num_blocks: usize) -> Evaluation {
    let kept = stripes.page.say(Command::KeepStudent { num_blocks });
    match kept.into_iter().next() {
        Some(Event::Trained {
            evaluation,
            is_tuned: true,
            ..
        }) => *evaluation,
        other => panic!("{other:?}"),
    }
}

#[test]
fn students_are_smaller_the_fewer_blocks_they_have_and_judged_as_their_teacher() {
    let mut stripes = Stripes::open();
    let events = ask(&mut stripes, TeacherKind::Heads);
    let progress = events.iter().filter_map(|event| match event {
        Event::StudyProgress { progress, .. } => Some(*progress),
        _ => None,
    });
    let progress: Vec<_> = progress.collect();
    assert!(progress.is_sorted() && progress.iter().all(|at| (0.0..=1.0).contains(at)));

    let distilled = found(&events).unwrap_or_else(|| panic!("{events:?}"));
    assert_eq!((distilled.num_train, distilled.num_unlabeled), (8, 0));
    assert_eq!((distilled.num_blocks, distilled.num_gone), (16, 0));
    assert_eq!(distilled.teacher.num_members, 3);
    let students = &distilled.students;
    let num_blocks: Vec<_> = students.iter().map(|it| it.num_blocks).collect();
    assert_eq!(num_blocks, [15, 13, 11]);
    let costs = [&distilled.teacher.cost].into_iter();
    let costs: Vec<_> = costs.chain(students.iter().map(|it| &it.cost)).collect();
    for pair in costs.windows(2) {
        assert!(pair[0].num_bytes > pair[1].num_bytes);
        assert!(pair[0].multiply_adds > pair[1].multiply_adds);
        assert!(pair[1].millis > 0.0);
    }
    for student in students {
        let totals = [&student.taught, &student.alone, &student.agreement];
        assert_eq!(totals.map(|it| it.total), [2; 3]);
    }
}

#[test]
fn a_student_that_is_kept_predicts_from_pixels_and_survives_the_zip() {
    let mut stripes = Stripes::open();
    ask(&mut stripes, TeacherKind::Heads);
    let evaluation = keep(&mut stripes, 13);
    let Origin::HeldOut { kept, .. } = &evaluation.origin else {
        panic!("{:?}", evaluation.origin)
    };
    let expected = Kept::Distilled {
        num_blocks: 13,
        teacher: TeacherKind::Heads,
        num_unlabeled: 0,
    };
    assert_eq!(*kept, expected);
    let new = pixels(1, 6);
    let answer = probabilities(&mut stripes.page, new.clone());
    assert!(answer[1] > 0.5, "{answer:?}");

    let (mut other, num_bytes) = stripes.after_download();
    assert!(num_bytes < Page::served().len() * 6 / 10, "{num_bytes}");
    assert_eq!(probabilities(&mut other.page, new.clone()), answer);

    let explained = stripes.page.say(Command::Explain {
        request: 3,
        pixels: new,
        class: None,
        with_voices: true,
    });
    assert!(matches!(explained.first(), Some(Event::Explained { .. })));

    // What a file's model has learned from nobody knows.
    let events = ask(&mut other, TeacherKind::Model);
    assert!(refusal(&events).is_some_and(|why| why.contains("from a file")));
}

#[test]
fn the_model_in_use_teaches_and_what_judged_it_judges_its_students() {
    let mut stripes = Stripes::open();
    let events = ask(&mut stripes, TeacherKind::Model);
    assert!(refusal(&events).is_some_and(|why| why.contains("Train one")));

    let config = TrainingConfig {
        seed: 5,
        ..TrainingConfig::default()
    };
    stripes.page.say(Command::Train { config });
    let events = stripes.page.wait();
    let judges = events.iter().find_map(|event| match event {
        Event::Trained { evaluation, .. } => Some(samples(evaluation)),
        _ => None,
    });
    let events = ask(&mut stripes, TeacherKind::Model);
    let distilled = found(&events).unwrap_or_else(|| panic!("{events:?}"));
    assert_eq!(distilled.teacher.num_members, 1);
    let kept = samples(&keep(&mut stripes, 15));
    assert_eq!(Some(kept), judges);

    // A student with a backbone of its own can teach in its turn.
    let events = ask(&mut stripes, TeacherKind::Model);
    let again = found(&events).unwrap_or_else(|| panic!("{events:?}"));
    assert!(again.teacher.cost.multiply_adds < distilled.teacher.cost.multiply_adds);
}

fn samples(evaluation: &Evaluation) -> Vec<u32> {
    let mut samples: Vec<_> = evaluation.predictions.iter().map(|it| it.sample).collect();
    samples.sort_unstable();
    samples
}

#[test]
fn a_file_that_is_gone_is_left_out_and_without_any_there_is_no_answer() {
    let mut stripes = Stripes::open();
    stripes.pictures.remove(&3);
    let events = ask(&mut stripes, TeacherKind::Heads);
    let distilled = found(&events).unwrap_or_else(|| panic!("{events:?}"));
    assert_eq!(distilled.num_gone, 1);
    stripes.pictures.clear();
    let events = ask(&mut stripes, TeacherKind::Heads);
    assert!(refusal(&events).is_some_and(|why| why.contains("read any more")));
    // Others are not disturbed.
    assert_eq!(
        found(&ask(&mut Stripes::open(), TeacherKind::Heads)).map(|it| it.num_gone),
        Some(0)
    );
}

#[test]
fn it_can_be_stopped_while_pictures_are_being_read() {
    let mut stripes = Stripes::open();
    let study = Study::Distillation {
        config: config(TeacherKind::Heads),
    };
    stripes.page.say(Command::Study { study });
    let events = stripes.page.wait();
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::NeedPixels { .. }))
    );
    let study = StudyKind::Distillation;
    let events = stripes.page.say(Command::StopStudy { study });
    assert!(matches!(
        events[..],
        [Event::StudyEnded { message: None, .. }]
    ));
    // What arrives late does no harm, and there is no student to keep.
    let pixels = Some(pixels(0, 0));
    assert!(
        stripes
            .page
            .say(Command::Pixels { sample: 0, pixels })
            .is_empty()
    );
    let events = stripes.page.say(Command::KeepStudent { num_blocks: 15 });
    assert!(matches!(events[..], [Event::Refused { .. }]));
}

/// What a teacher is worth, on real pictures.
mod worth {
    use std::{collections::BTreeMap, path::Path};

    use graft::{
        backbone::{Backbone, Weights},
        distill::{DistillConfig, DistillFit, Pupil, Teacher},
        pixels,
        protocol::{HeadKind, PLAIN},
        train::{Advance, Labeled, Partition, Training},
    };
    use rand::seq::SliceRandom;
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

    use super::*;

    /// Blocks of students' backbones.
    const BLOCKS: [usize; 3] = [15, 13, 11];

    /// Ways to divide the pictures.
    const NUM_DIVISIONS: u64 = 5;

    struct Task {
        labels: Vec<usize>,
        num_classes: usize,
        /// The whole backbone's rows, then those of each cut one.
        rows: Vec<Vec<Row>>,
    }

    impl Task {
        /// Of a list of pictures below a folder.
        fn new(list: &str, folder: &str) -> Self {
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            let list = std::fs::read_to_string(root.join(list)).expect(list);
            let whole = Weights::from_safetensors(&Page::served()).unwrap();
            let cuts = BLOCKS.map(|num_blocks| whole.cut(num_blocks).unwrap());
            let mut networks: Vec<_> = [&whole]
                .into_iter()
                .chain(&cuts)
                .map(Backbone::new)
                .collect();
            let mut names: Vec<&str> = Vec::new();
            let (mut labels, mut rows) = (Vec::new(), vec![Vec::new(); networks.len()]);
            for line in list.lines().skip(1) {
                let (path, name) = line.rsplit_once(',').unwrap();
                let bytes = std::fs::read(format!("{folder}/{path}"));
                let bytes = bytes.expect("apt-get install tuxpaint-stamps-default openclipart-png");
                // Four of the drawings' files are empty.
                let Ok(image) = pixels::extract(&bytes, 224) else {
                    continue;
                };
                if !names.contains(&name) {
                    names.push(name);
                }
                labels.push(names.iter().position(|known| *known == name).unwrap());
                for (network, rows) in networks.iter_mut().zip(&mut rows) {
                    rows.push(Row::from(network.forward(&image.pixels)));
                }
            }
            Self {
                labels,
                num_classes: names.len(),
                rows,
            }
        }

        /// Labeled pictures of each class, those without a label, and a quarter held out.
        fn divide(&self, per_class: usize, seed: u64) -> [Vec<usize>; 3] {
            let mut order: Vec<usize> = (0..self.labels.len()).collect();
            order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
            let mut classes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
            for at in order {
                classes.entry(self.labels[at]).or_default().push(at);
            }
            let [mut labeled, mut unlabeled, mut held_out] = [const { Vec::new() }; 3];
            for places in classes.values() {
                let (judges, others) = places.split_at((places.len() / 4).max(1));
                let (with, without) = others.split_at(per_class.min(others.len()));
                held_out.extend(judges);
                labeled.extend(with);
                unlabeled.extend(without);
            }
            [labeled, unlabeled, held_out]
        }

        /// The heads that the study asks, and what they say of every picture.
        fn teach(&self, labeled: &[usize], unlabeled: &[usize], seed: u64) -> Vec<Teacher> {
            let rows = (0..self.labels.len()).map(|at| Labeled {
                sample: at as u32,
                row: self.rows[0][at].clone(),
                label: self.labels[at],
            });
            let split = Split {
                train: labeled.to_vec(),
                validation: labeled[..1].to_vec(),
            };
            let data = Partition::new(rows.collect(), &split, self.num_classes).with_unlabeled(
                unlabeled
                    .iter()
                    .map(|&at| self.rows[0][at].clone())
                    .collect(),
            );
            let of = |method: &str, head| TrainingConfig {
                method: method.to_owned(),
                head,
                seed: seed as u32,
                ..TrainingConfig::default()
            };
            let kinds = [HeadKind::Softmax, HeadKind::Ridge, HeadKind::Mlp];
            let mut configs: Vec<_> = kinds.map(|head| of(PLAIN, head)).to_vec();
            if !unlabeled.is_empty() {
                configs.push(of("semi_supervised_automatic", HeadKind::Softmax));
            }
            let mut said = vec![Vec::new(); self.labels.len()];
            for config in configs {
                let device = burn::tensor::Device::flex();
                let mut training = Training::new(config, data.clone(), &device);
                while !matches!(
                    pollster::block_on(training.advance()).unwrap(),
                    Advance::Finished
                ) {}
                let outcome = pollster::block_on(training.finish()).unwrap();
                for (row, said) in self.rows[0].iter().zip(&mut said) {
                    said.push(outcome.head.logits(&outcome.normalizer.normalized(row)));
                }
            }
            said.into_iter().map(Teacher).collect()
        }

        /// A student's answers to all pictures.
        fn study(
            &self,
            network: usize,
            learned: &[(usize, bool)],
            teachers: &[Teacher],
            config: DistillConfig,
        ) -> Vec<usize> {
            let pupils = learned.iter().map(|&(at, is_labeled)| Pupil {
                row: self.rows[network][at].clone(),
                soft: teachers[at].soft(config.temperature),
                label: is_labeled.then_some(self.labels[at]),
            });
            let mut fit = DistillFit::new(pupils.collect(), config);
            while !fit.step() {}
            let (normalizer, head) = fit.finish();
            let rows = self.rows[network].iter();
            rows.map(|row| argmax(&head.logits(&normalizer.normalized(row))))
                .collect()
        }
    }

    /// Percent.
    fn share(says: &[usize], expected: &[usize], places: &[usize]) -> f64 {
        let hits = places.iter().filter(|&&at| says[at] == expected[at]);
        100.0 * hits.count() as f64 / places.len() as f64
    }

    /// Means over the divisions, in percent of the held-out pictures: the teacher's accuracy, and of
    /// each student its accuracy alone and with each of the settings, with the agreement.
    fn measure(task: &Task, per_class: usize, settings: &[(f64, f64)]) -> Vec<Vec<[f64; 2]>> {
        let config = |&(temperature, label_share): &(f64, f64)| DistillConfig {
            temperature,
            label_share,
            weight_decay: TrainingConfig::default().weight_decay,
        };
        let mut sums = vec![vec![[0.0; 2]; settings.len() + 1]; BLOCKS.len()];
        let mut teacher = 0.0;
        for seed in 0..NUM_DIVISIONS {
            let [labeled, unlabeled, held_out] = task.divide(per_class, seed);
            let teachers = task.teach(&labeled, &unlabeled, seed);
            let says: Vec<_> = teachers.iter().map(|it| argmax(&it.soft(1.0))).collect();
            teacher += share(&says, &task.labels, &held_out);
            let alone: Vec<_> = labeled.iter().map(|&at| (at, true)).collect();
            let all: Vec<_> = alone
                .iter()
                .copied()
                .chain(unlabeled.iter().map(|&at| (at, false)))
                .collect();
            for (student, sums) in sums.iter_mut().enumerate() {
                let of_labels = task.study(student + 1, &alone, &teachers, config(&(1.0, 1.0)));
                let taught = settings
                    .iter()
                    .map(|it| task.study(student + 1, &all, &teachers, config(it)));
                for (sum, answers) in sums.iter_mut().zip([of_labels].into_iter().chain(taught)) {
                    sum[0] += share(&answers, &task.labels, &held_out);
                    sum[1] += share(&answers, &says, &held_out);
                }
            }
        }
        let num = NUM_DIVISIONS as f64;
        println!("{per_class} a class: teacher {:.1}", teacher / num);
        for (sums, num_blocks) in sums.iter_mut().zip(BLOCKS) {
            sums.iter_mut().flatten().for_each(|sum| *sum /= num);
            let cell = |[right, agreeing]: &[f64; 2]| format!("{right:.1} ({agreeing:.1})");
            let cells: Vec<_> = sums.iter().map(cell).collect();
            println!("  {num_blocks} blocks: {}", cells.join(" | "));
        }
        sums
    }

    const ALL: usize = usize::MAX;

    /// Temperature and share of the labels: the default first.
    const SETTINGS: [(f64, f64); 6] = [
        (4.0, 0.1),
        (1.0, 0.1),
        (2.0, 0.1),
        (2.0, 0.5),
        (4.0, 0.5),
        (4.0, 0.0),
    ];

    #[test]
    #[ignore = "minutes, and openclipart-png"]
    fn a_teacher_helps_students_of_photos_and_drawings() {
        let photos = Task::new("tests/golden/t1/photos.csv", "/usr/share/tuxpaint/stamps");
        let drawings = Task::new(
            "tests/golden/tune/clipart.csv",
            "/usr/share/openclipart/png",
        );
        for (task, name) in [(&photos, "photos"), (&drawings, "drawings")] {
            println!("{name}; labels alone | {SETTINGS:?}");
            for per_class in [5, 20, ALL] {
                let measured = measure(task, per_class, &SETTINGS);
                for student in measured {
                    let [alone, taught] = [student[0], student[1]];
                    assert!(taught[1] > alone[1], "agreement {taught:?} {alone:?}");
                    assert!(taught[0] > alone[0] - 1.0, "accuracy {taught:?} {alone:?}");
                }
            }
        }
    }
}
