//! Pixels in, what each student's backbone makes of them out, and how long that takes.

use web_time::Instant;

use super::{
    super::{SLICE, Wanted},
    MISSING_BLOCKS, Network, Teaching, Tutor,
    course::{Classroom, Course, Picture},
};
use crate::{
    backbone::{Backbone, Weights},
    error::Result,
    model::Model,
    protocol::{JudgedBy, ModelCost, TeacherKind},
    tune::to_safetensors,
};

/// Samples that the teacher's backbone is timed on where its features are known already.
const NUM_TIMED: usize = 20;

/// Samples being looked at, by one network after the other.
pub(super) struct Looking {
    pub wanted: super::super::Wanted,
    pictures: Vec<Option<Picture>>,
    networks: Vec<Watched>,
    /// The sample in work: its place, its pixels, and which network is next.
    current: Option<(usize, Vec<u8>, usize)>,
    /// The teacher, if it is to be asked about pixels.
    model: Option<Box<Model>>,
    judged_by: JudgedBy,
    teacher: TeacherKind,
    num_members: usize,
    num_teacher_bytes: usize,
}

/// A backbone and how long it took each time; the teacher's first, then the students'.
struct Watched {
    backbone: Backbone,
    millis: Vec<f64>,
}

impl Looking {
    /// # Errors
    ///
    /// When the teacher's own weights are damaged.
    pub fn new(teaching: Teaching, network: &Network, tutor: &Tutor) -> Result<Self> {
        let whole = &network.weights;
        let num_blocks = whole.architecture.blocks.len();
        let (model, file) = match tutor {
            Tutor::Heads => (None, None),
            Tutor::Model { model, .. } => {
                let own = model.backbone.clone();
                (own.is_some().then(|| model.clone()), own)
            }
        };
        let file = file.unwrap_or_else(|| network.file.clone());
        let teacher = match model {
            Some(_) => Backbone::new(&Weights::from_safetensors(&file)?),
            None => Backbone::new(whole),
        };
        let cuts = MISSING_BLOCKS.iter();
        let cuts = cuts.filter_map(|missing| whole.cut(num_blocks.checked_sub(*missing)?));
        let students = cuts.map(|weights| Backbone::new(&weights));
        let networks = [teacher].into_iter().chain(students);
        Ok(Self {
            wanted: Wanted::new(teaching.pictures.iter().map(|it| it.sample).collect()),
            pictures: teaching.pictures.into_iter().map(Some).collect(),
            networks: networks
                .map(|backbone| Watched {
                    backbone,
                    millis: Vec::new(),
                })
                .collect(),
            current: None,
            model,
            judged_by: teaching.division.judged_by,
            teacher: match tutor {
                Tutor::Heads => TeacherKind::Heads,
                Tutor::Model { .. } => TeacherKind::Model,
            },
            num_members: teaching.num_heads,
            num_teacher_bytes: file.len() + size_of::<f32>() * teaching.num_parameters,
        })
    }

    pub fn is_waiting(&self) -> bool {
        self.current.is_none() && self.wanted.is_waiting()
    }

    /// One network a sample at a time; true when all samples have been looked at.
    pub fn advance(&mut self, start: Instant) -> bool {
        while start.elapsed() < SLICE {
            if self.current.is_some() {
                self.look();
                continue;
            }
            if self.wanted.is_over() {
                return true;
            }
            let Some((place, pixels)) = self.wanted.take() else {
                return false;
            };
            let side = self.networks[0].backbone.architecture().input_size;
            // A file that can't be read any more is left out; the page has said so.
            match pixels.filter(|pixels| pixels.len() == 3 * side * side) {
                Some(pixels) => self.current = Some((place, pixels, 0)),
                None => self.pictures[place] = None,
            }
        }
        false
    }

    fn look(&mut self) {
        let Some((place, pixels, at)) = self.current.take() else {
            return;
        };
        let Some(watched) = self.networks.get_mut(at) else {
            return;
        };
        let is_asked = at > 0 || self.model.is_some();
        if let Some(picture) = &mut self.pictures[place]
            && (is_asked || watched.millis.len() < NUM_TIMED)
        {
            let start = Instant::now();
            let features = watched.backbone.forward(&pixels);
            watched.millis.push(start.elapsed().as_secs_f64() * 1e3);
            match (&self.model, at) {
                (Some(model), 0) => {
                    let row = model.normalizer.normalized(features);
                    picture.said.push(model.head.logits(&row));
                }
                (None, 0) => {}
                _ => picture.seen.push(features.into()),
            }
        }
        self.current = Some((place, pixels, at + 1));
    }

    /// # Errors
    ///
    /// When the served weights are damaged.
    pub fn finish(self, network: &Network) -> Result<Course> {
        let num_all = self.pictures.len();
        let pictures: Vec<_> = self.pictures.into_iter().flatten().collect();
        let mut classrooms = Vec::new();
        for student in &self.networks[1..] {
            let architecture = student.backbone.architecture();
            let num_blocks = architecture.blocks.len();
            let cut = network.weights.cut(num_blocks).expect("cut before");
            classrooms.push(Classroom {
                num_blocks,
                file: to_safetensors(&cut, &network.file)?,
                millis: median(&student.millis),
                multiply_adds: architecture.multiply_adds().iter().sum(),
            });
        }
        let teacher = &self.networks[0];
        Ok(Course {
            num_gone: num_all - pictures.len(),
            pictures,
            judged_by: self.judged_by,
            teacher: self.teacher,
            teacher_cost: ModelCost {
                num_bytes: self.num_teacher_bytes,
                millis: median(&teacher.millis),
                multiply_adds: teacher.backbone.architecture().multiply_adds().iter().sum(),
            },
            num_members: self.num_members,
            classrooms,
        })
    }
}

/// 0 of nothing.
fn median(millis: &[f64]) -> f64 {
    let mut sorted = millis.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}
