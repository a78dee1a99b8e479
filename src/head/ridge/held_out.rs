//! What a head would have said of a group of samples without having seen any of them.
//!
//! Let e be the residuals of a fit and P the matrix that makes residuals of targets, e = P y.
//! Left out, the samples S have the residuals P_SS⁻¹ e_S: exactly those of a fit to the others
//! (for one sample, Allen's PRESS, 1974; for several, Cook & Weisberg 1982; for kernels with a
//! bias, Cawley & Talbot 2004, "Fast exact leave-one-out cross-validation of sparse least-squares
//! support vector machines").

use super::elimination::{cholesky, invert_lower};

/// Below this a sample had the fit to itself, so that nothing is known of it without it.
const LEAST_DIAGONAL: f64 = 1e-9;

/// Samples that are left out together: indices, first one first.
pub(super) type Groups = Vec<Vec<usize>>;

/// Samples with equal `groups` values, in the order of their first ones.
pub(super) fn members(groups: &[usize]) -> Groups {
    let mut members = Groups::new();
    let mut places = std::collections::HashMap::new();
    for (at, group) in groups.iter().enumerate() {
        let place = *places.entry(group).or_insert(members.len());
        if place == members.len() {
            members.push(Vec::new());
        }
        members[place].push(at);
    }
    members
}

/// Residuals of one sample that is left out alone, in place: `[num_classes]`.
pub(super) fn leave_one_out(diagonal: f64, residuals: &mut [f64]) {
    let factor = match diagonal > LEAST_DIAGONAL {
        true => diagonal.recip(),
        false => 0.0,
    };
    residuals.iter_mut().for_each(|x| *x *= factor);
}

/// Residuals of a group that is left out as a whole.
///
/// # Shapes
///
/// - lower: the lower triangle of P_SS, row by row
/// - residuals, output: `[S, num_classes]`
pub(super) fn leave_group_out(mut lower: Vec<Vec<f64>>, residuals: &[f64]) -> Vec<f64> {
    let size = lower.len();
    let num_classes = residuals.len() / size;
    cholesky(&mut lower);
    invert_lower(&mut lower);
    let mut solution = vec![0.0; residuals.len()];
    for row in &lower {
        for class in 0..num_classes {
            let terms = row.iter().enumerate();
            let half: f64 = terms
                .map(|(at, x)| x * residuals[at * num_classes + class])
                .sum();
            for (at, x) in row.iter().enumerate() {
                solution[at * num_classes + class] += x * half;
            }
        }
    }
    solution
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_keep_their_order() {
        assert_eq!(members(&[7, 3, 7, 9]), [vec![0, 2], vec![1], vec![3]]);
    }

    #[test]
    fn a_group_solves_its_own_system() {
        // [4 2; 2 10]⁻¹ [8, 13] = [1.5, 1]
        let lower = vec![vec![4.0], vec![2.0, 10.0]];
        let solution = leave_group_out(lower, &[8.0, 13.0]);
        assert!((solution[0] - 1.5).abs() < 1e-12 && (solution[1] - 1.0).abs() < 1e-12);
    }
}
