//! What a teacher says of rows in, the head of a smaller student that has learned from it out.
//!
//! Knowledge distillation: Hinton, Vinyals & Dean 2015, *Distilling the knowledge in a neural
//! network*, arXiv:1503.02531. A teacher's probabilities say more of a picture than its label does:
//! what else it might have been. A temperature above 1 lets more of that be heard. And a teacher has
//! something to say of pictures without a label, too.
//!
//! [`Teacher`] is one model or several that are asked together. The student's backbone is the
//! teacher's, cut ([`crate::backbone::Weights::cut`]), so it sees less in a picture; [`DistillFit`]
//! gives it a head. What that gains is in docs/methods.md.

mod fit;
mod lesson;
mod teacher;

pub use fit::{DistillFit, Pupil};
pub use lesson::{DistillConfig, Lesson};
pub use teacher::{Teacher, soften};
