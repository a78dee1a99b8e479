//! Fields, operations and kinds of numbers as TensorFlow Lite's `schema.fbs` and
//! `metadata_schema.fbs` number them: those that Graft needs.
//!
//! Written by hand, so that no build needs flatc; TensorFlow Lite's interpreter reads what comes out
//! (see `tests/e2e/export.test.mjs`).

use flatbuffers::VOffsetT;

/// Where a table's list of fields has the field of this number.
const fn field(number: VOffsetT) -> VOffsetT {
    4 + 2 * number
}

/// The first bytes of a model, after the offset of its root.
pub(super) const MODEL_IDENTIFIER: &str = "TFL3";

/// The version of the schema.
pub(super) const VERSION: u32 = 3;

/// `Model`
pub(super) mod model {
    use super::{VOffsetT, field};

    pub const VERSION: VOffsetT = field(0);
    pub const OPERATOR_CODES: VOffsetT = field(1);
    pub const SUBGRAPHS: VOffsetT = field(2);
    pub const DESCRIPTION: VOffsetT = field(3);
    pub const BUFFERS: VOffsetT = field(4);
    pub const METADATA: VOffsetT = field(6);
    pub const SIGNATURES: VOffsetT = field(7);
}

/// `OperatorCode`
pub(super) mod operator_code {
    use super::{VOffsetT, field};

    /// For programs from before there were more than 127.
    pub const DEPRECATED: VOffsetT = field(0);
    pub const VERSION: VOffsetT = field(2);
    pub const CODE: VOffsetT = field(3);
}

/// `SubGraph`
pub(super) mod subgraph {
    use super::{VOffsetT, field};

    pub const TENSORS: VOffsetT = field(0);
    pub const INPUTS: VOffsetT = field(1);
    pub const OUTPUTS: VOffsetT = field(2);
    pub const OPERATORS: VOffsetT = field(3);
    pub const NAME: VOffsetT = field(4);
}

/// `Tensor`
pub(super) mod tensor {
    use super::{VOffsetT, field};

    pub const SHAPE: VOffsetT = field(0);
    pub const KIND: VOffsetT = field(1);
    pub const BUFFER: VOffsetT = field(2);
    pub const NAME: VOffsetT = field(3);
}

/// `TensorType`
pub(super) mod kind {
    pub const FLOAT32: i8 = 0;
    pub const FLOAT16: i8 = 1;
    pub const INT32: i8 = 2;
}

/// `Operator`
pub(super) mod operator {
    use super::{VOffsetT, field};

    pub const CODE_INDEX: VOffsetT = field(0);
    pub const INPUTS: VOffsetT = field(1);
    pub const OUTPUTS: VOffsetT = field(2);
    pub const OPTIONS_KIND: VOffsetT = field(3);
    pub const OPTIONS: VOffsetT = field(4);
}

/// `Buffer`
pub(super) mod buffer {
    use super::{VOffsetT, field};

    pub const DATA: VOffsetT = field(0);
}

/// `Metadata`
pub(super) mod entry {
    use super::{VOffsetT, field};

    pub const NAME: VOffsetT = field(0);
    pub const BUFFER: VOffsetT = field(1);
}

/// `SignatureDef`
pub(super) mod signature {
    use super::{VOffsetT, field};

    pub const INPUTS: VOffsetT = field(0);
    pub const OUTPUTS: VOffsetT = field(1);
    pub const KEY: VOffsetT = field(2);
}

/// `TensorMap`
pub(super) mod named {
    use super::{VOffsetT, field};

    pub const NAME: VOffsetT = field(0);
    pub const TENSOR: VOffsetT = field(1);
}

/// `Conv2DOptions`; `DepthwiseConv2DOptions` has the first three fields, too.
pub(super) mod convolution {
    use super::{VOffsetT, field};

    pub const PADDING: VOffsetT = field(0);
    pub const STRIDE_X: VOffsetT = field(1);
    pub const STRIDE_Y: VOffsetT = field(2);
    pub const ACTIVATION: VOffsetT = field(3);
    pub const DEPTHWISE_MULTIPLIER: VOffsetT = field(3);
    pub const DEPTHWISE_ACTIVATION: VOffsetT = field(4);
}

/// `Padding`
pub(super) mod padding {
    pub const SAME: i8 = 0;
    pub const VALID: i8 = 1;
}

/// `ActivationFunctionType`
pub(super) mod activation {
    pub const NONE: i8 = 0;
    pub const RELU6: i8 = 3;
}

/// `ReducerOptions`
pub(super) const KEEPS_DIMS: VOffsetT = field(0);

/// `SoftmaxOptions`
pub(super) const BETA: VOffsetT = field(0);

/// What is fused into an `ADD`, `SUB`, `DIV` or `FULLY_CONNECTED`.
pub(super) const FUSED: VOffsetT = field(0);

/// An operation of `BuiltinOperator`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operation {
    /// As the schema calls it.
    pub name: &'static str,
    /// As the schema numbers it: all of ours are below 127.
    pub code: i8,
    /// The first version with what is needed of it.
    pub version: i32,
    /// The number of its table in `BuiltinOptions`; 0 if it has none.
    pub options: u8,
}

const fn operation(name: &'static str, code: i8, options: u8) -> Operation {
    Operation {
        name,
        code,
        version: 1,
        options,
    }
}

pub(super) const ADD: Operation = operation("ADD", 0, 11);
pub(super) const CONV_2D: Operation = operation("CONV_2D", 3, 1);
pub(super) const DEPTHWISE_CONV_2D: Operation = operation("DEPTHWISE_CONV_2D", 4, 2);
pub(super) const FULLY_CONNECTED: Operation = operation("FULLY_CONNECTED", 9, 8);
pub(super) const RELU: Operation = operation("RELU", 19, 0);
pub(super) const SOFTMAX: Operation = operation("SOFTMAX", 25, 9);
pub(super) const PAD: Operation = operation("PAD", 34, 22);
pub(super) const MEAN: Operation = operation("MEAN", 40, 27);
pub(super) const SUB: Operation = operation("SUB", 41, 28);
pub(super) const DIV: Operation = operation("DIV", 42, 29);
pub(super) const EXP: Operation = operation("EXP", 47, 33);
pub(super) const MAXIMUM: Operation = operation("MAXIMUM", 55, 39);
pub(super) const SUM: Operation = operation("SUM", 74, 27);
pub(super) const SQRT: Operation = operation("SQRT", 75, 0);
pub(super) const SQUARE: Operation = operation("SQUARE", 92, 66);
pub(super) const COS: Operation = operation("COS", 108, 84);
/// Of f16.
pub(super) const DEQUANTIZE: Operation = Operation {
    version: 3,
    ..operation("DEQUANTIZE", 6, 38)
};

/// All of them.
pub(super) const OPERATIONS: [Operation; 17] = [
    ADD,
    CONV_2D,
    DEPTHWISE_CONV_2D,
    FULLY_CONNECTED,
    RELU,
    SOFTMAX,
    PAD,
    MEAN,
    SUB,
    DIV,
    EXP,
    MAXIMUM,
    SUM,
    SQRT,
    SQUARE,
    COS,
    DEQUANTIZE,
];

/// The versions of TensorFlow that brought the newest of these operations: without and with
/// `DEQUANTIZE` of f16.
pub(super) const RUNTIMES: [&str; 2] = ["1.14.0", "1.15.0"];

/// Tables of the metadata.
pub(super) mod about {
    use super::{VOffsetT, field};

    /// The first bytes, after the offset of the root.
    pub const IDENTIFIER: &str = "M001";
    /// The version of the metadata's schema that has all of this.
    pub const PARSER: &str = "1.0.0";

    /// `ModelMetadata`
    pub const NAME: VOffsetT = field(0);
    pub const DESCRIPTION: VOffsetT = field(1);
    pub const SUBGRAPHS: VOffsetT = field(3);
    pub const AUTHOR: VOffsetT = field(4);
    pub const LICENSE: VOffsetT = field(5);
    pub const MIN_PARSER: VOffsetT = field(7);

    /// `SubGraphMetadata`
    pub const INPUTS: VOffsetT = field(2);
    pub const OUTPUTS: VOffsetT = field(3);

    /// `TensorMetadata`, which has `NAME` and `DESCRIPTION`, too.
    pub const CONTENT: VOffsetT = field(3);
    pub const PROCESSING: VOffsetT = field(4);
    pub const RANGE: VOffsetT = field(5);
    pub const FILES: VOffsetT = field(6);

    /// `Content` and `ProcessUnit`: the number of a kind of table, and the table.
    pub const KIND: VOffsetT = field(0);
    pub const VALUE: VOffsetT = field(1);
    pub const FEATURE: u8 = 1;
    pub const IMAGE: u8 = 2;
    pub const NORMALIZATION: u8 = 1;

    /// `ImageProperties`
    pub const COLORS: VOffsetT = field(0);
    pub const RGB: i8 = 1;

    /// `NormalizationOptions`
    pub const MEAN: VOffsetT = field(0);
    pub const STD: VOffsetT = field(1);

    /// `Stats`
    pub const MAX: VOffsetT = field(0);
    pub const MIN: VOffsetT = field(1);

    /// `AssociatedFile`, which has `NAME` and `DESCRIPTION`, too.
    pub const FILE_KIND: VOffsetT = field(2);
    pub const AXIS_LABELS: i8 = 2;
}
