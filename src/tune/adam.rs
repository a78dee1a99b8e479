//! Gradients in, parameters changed: AdamW (Loshchilov & Hutter, *Decoupled weight decay
//! regularization*, arXiv:1711.05101), with a learning rate for every depth.

use super::parameter::Parameter;

/// How much of the mean gradient and of the mean square stays from step to step; those of the paper.
const BETAS: [f32; 2] = [0.9, 0.999];

/// Keeps a step finite where gradients are zero.
const EPSILON: f32 = 1e-8;

/// The moments of every parameter, in the order they are shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Adam {
    /// Mean and mean square of each parameter's gradient.
    moments: Vec<[Vec<f32>; 2]>,
    num_steps: i32,
}

/// A step that has begun: show it each parameter.
pub(super) struct Step<'a> {
    moments: &'a mut Vec<[Vec<f32>; 2]>,
    next: usize,
    /// 1 over what the means lack, having begun at zero.
    corrections: [f32; 2],
}

impl Adam {
    pub fn step(&mut self) -> Step<'_> {
        self.num_steps = self.num_steps.saturating_add(1);
        Step {
            corrections: BETAS.map(|beta| (1.0 - beta.powi(self.num_steps)).recip()),
            moments: &mut self.moments,
            next: 0,
        }
    }
}

impl Step<'_> {
    /// Changes a parameter and zeroes its gradient. `weight_decay` is the share of the weights
    /// that is lost in a step at a rate of 1.
    pub fn update(&mut self, parameter: Parameter, rate: f32, weight_decay: f32) {
        if self.next == self.moments.len() {
            let zeros = || vec![0.0; parameter.values.len()];
            self.moments.push([zeros(), zeros()]);
        }
        let [means, squares] = &mut self.moments[self.next];
        self.next += 1;
        let decay = if parameter.is_weight {
            weight_decay
        } else {
            0.0
        };
        let kept = 1.0 - rate * decay;
        let [beta, beta_square] = BETAS;
        let rate = rate * self.corrections[0];
        let correction = self.corrections[1];
        let moments = means.iter_mut().zip(squares);
        let values = parameter.values.iter_mut().zip(parameter.gradient);
        for ((value, gradient), (mean, square)) in values.zip(moments) {
            *mean = beta * *mean + (1.0 - beta) * *gradient;
            *square = beta_square * *square + (1.0 - beta_square) * *gradient * *gradient;
            let size = (*square * correction).sqrt() + EPSILON;
            *value = kept * *value - rate * *mean / size;
            *gradient = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_is_the_rate_against_the_gradients_sign() {
        let (mut values, mut gradient) = ([1.0, 1.0, 2.0], [0.5, -3.0, 0.0]);
        let mut adam = Adam::default();
        let parameter = Parameter {
            values: &mut values,
            gradient: &mut gradient,
            depth: 0,
            is_weight: true,
        };
        adam.step().update(parameter, 0.1, 0.5);
        let expected = [0.95 - 0.1, 0.95 + 0.1, 1.9];
        let pairs = values.iter().zip(expected);
        assert!(
            pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-6),
            "{values:?}"
        );
        assert_eq!(gradient, [0.0; 3]);
    }

    #[test]
    fn two_steps_as_worked_out_by_hand() {
        let (mut values, mut gradient) = ([0.0], [1.0]);
        let mut adam = Adam::default();
        for next in [2.0, 0.0] {
            let parameter = Parameter {
                values: &mut values,
                gradient: &mut gradient,
                depth: 0,
                is_weight: false,
            };
            adam.step().update(parameter, 0.1, 0.5);
            gradient[0] = next;
        }
        // Mean 0.29 / 0.19, mean square 0.004999 / 0.001999: a step of 0.0965.
        assert!((values[0] + 0.1965).abs() < 1e-4, "{values:?}");
    }
}
