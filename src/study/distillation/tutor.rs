//! Who teaches, and the backbone that is to be cut.

use std::rc::Rc;

use super::super::{Division, Lineage, Material};
use crate::{
    backbone::Weights,
    model::Model,
    protocol::{HeadKind, PLAIN, TrainingConfig},
    transfer,
};

/// The backbone as it is served.
#[derive(Clone)]
pub struct Network {
    /// Its weights file.
    pub file: Rc<[u8]>,
    /// The same, read.
    pub weights: Rc<Weights>,
}

/// Who teaches.
pub enum Tutor {
    /// Heads, trained for it.
    Heads,
    /// A model that has been trained before, on samples other than those that judged it.
    Model {
        /// It.
        model: Box<Model>,
        /// Which those were.
        lineage: Lineage,
    },
}

/// Learns from unlabeled samples if that helps.
const SEMI_SUPERVISED: &str = "semi_supervised_automatic";

/// Learns for the target domain.
const ADAPTIVE: &str = "domain_automatic";

/// The heads that teach together: of each kind one, and one that learns from samples without a label
/// where there are some. For a target domain only the method made for it.
pub(super) fn heads(
    material: &Material,
    division: &Division,
    config: &TrainingConfig,
) -> Vec<TrainingConfig> {
    let of_method = |method: &str| TrainingConfig {
        method: method.to_owned(),
        ..config.clone()
    };
    let task = division.partition(material).task(config.seed.into());
    let has_target = !material.target.is_empty();
    let applies = |id: &str| transfer::refusal(&of_method(id), &task, has_target).is_none();
    if has_target && applies(ADAPTIVE) {
        return vec![of_method(ADAPTIVE)];
    }
    let kinds = [HeadKind::Softmax, HeadKind::Ridge, HeadKind::Mlp];
    let plain = kinds.map(|head| TrainingConfig {
        head,
        ..of_method(PLAIN)
    });
    let semi = (!has_target && applies(SEMI_SUPERVISED)).then(|| of_method(SEMI_SUPERVISED));
    plain.into_iter().chain(semi).collect()
}
