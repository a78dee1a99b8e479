//! One tensor that learns, as an optimizer sees it.

/// Values and their gradient, in whatever order the kernels keep them.
pub(crate) struct Parameter<'a> {
    /// What is learned.
    pub values: &'a mut [f32],
    /// As long as `values`. Whoever uses it zeroes it.
    pub gradient: &'a mut [f32],
    /// Layers between this one and the output: 0 the head, 1 the last convolution, 2 the last
    /// block and so on.
    pub depth: usize,
    /// Weights decay, biases don't.
    pub is_weight: bool,
}
