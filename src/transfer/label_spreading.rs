//! A few labeled rows and many without labels in; a head that learns from labels handed on from
//! neighbor to neighbor out.
//!
//! Zhou et al. 2004, *Learning with local and global consistency*: `spread.rs`. Spreading labels
//! only the rows it is given; softmax regression on what it found (as in Iscen et al. 2019, *Label
//! propagation for deep semi-supervised learning*, arXiv:1904.04717) is a head for new images too.

use super::{Family, Method, domain_spreading::DomainSpreading, pooled};

pub(super) const METHOD: Method = Method {
    id: "label_spreading",
    name: "Spread labels",
    sentence: "Hands labels on from picture to similar picture and learns from all of them.",
    family: Family::SemiSupervised,
    refusal: pooled::refusal,
    init: |task| Box::new(DomainSpreading::new(pooled::pooled(&task))),
};
