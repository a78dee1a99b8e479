//! One variant per thing a user can fix: `Display` tells the trouble, [`Error::remedy`] the cure.

use crate::protocol::Problem;

/// The result of everything here that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong, in words for the person in front of the page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A file without content.
    #[error("the file is empty")]
    EmptyFile,
    /// The GPU went away while in use.
    #[error("the graphics card stopped answering")]
    DeviceLost,
    /// The browser offers WebGPU and then gives no device.
    #[error("the browser gave no WebGPU device: {0}")]
    NoGpu(String),
    /// The GPU's features differ from the CPU's.
    #[error("the graphics card computes wrong features")]
    WrongAnswer,
    /// Features or pixels that got damaged between two workers.
    #[error("the image's features arrived damaged")]
    DamagedFeatures,
    /// Prediction or export before anything was trained.
    #[error("there is no trained model yet")]
    NoModel,
    /// A model zip that is cut short, altered, or of another program.
    #[error("the model can't be used: {0}")]
    DamagedModel(String),
    /// A project's file that is altered, or of another program.
    #[error("the project can't be opened: {0}")]
    DamagedProject(String),
    /// A project's file in a format of tomorrow.
    #[error("the project was saved by a newer Graft")]
    NewerProject,
    /// The browser's storage, or the disk, is full.
    #[error("there is no room left for it in this browser")]
    NoRoom,
    /// A project whose features come from another backbone.
    #[error("the project's pictures were read by another network, {0}")]
    OtherNetwork(String),
    /// A file that was just written and does not say what the model is.
    #[error("the written file doesn't agree with the page: {0}")]
    UnfaithfulExport(String),
    /// A model with something in it that a format has no words for.
    #[error("{format} can't hold this model: it has no {lacks}")]
    NotInFormat {
        /// The format's name.
        format: &'static str,
        /// What it would have to have.
        lacks: &'static str,
    },
    /// A page for the one-file app that isn't ours.
    #[error("the page that the app is made of can't be used: {0}")]
    DamagedPage(&'static str),
    /// A weights file that is cut short, altered, or not a weights file at all.
    #[error("the backbone's weights can't be used: {0}")]
    DamagedWeights(String),
    /// A file for reading names that is cut short, altered, or something else.
    #[error("the reader of names can't be used: {0}")]
    DamagedReader(String),
    /// A sound weights file of a network Graft doesn't have.
    #[error("`{0}` is not a backbone Graft knows")]
    UnknownBackbone(String),
    /// Backbones can't be compared by pictures of one class.
    #[error("there are no two classes with pictures that can be read")]
    NothingToTellApart,
    /// A change of backbone for which no picture could be read again.
    #[error("none of the pictures can be read any more")]
    NothingReadable,
    /// A file that has nothing to do with images.
    #[error("this is {looks_like}, not an image")]
    NotAnImage {
        /// What its first bytes say, with an article.
        looks_like: &'static str,
    },
    /// A file an image can be made from by another program.
    #[error("this is {looks_like}, not an image file")]
    NotPixels {
        /// What its first bytes say, with an article.
        looks_like: &'static str,
    },
    /// An image format that some browsers decode and this crate does not. The page tries
    /// `createImageBitmap` before it shows this.
    #[error("{format} images can't be read here")]
    NeedsBrowser {
        /// The format's name.
        format: &'static str,
    },
    /// A rare variety of a format that is otherwise supported.
    #[error("this variety of {format} can't be read")]
    RareVariety {
        /// The format's name.
        format: &'static str,
    },
    /// An image file whose end is missing.
    #[error("the {format} file is cut off: its end is missing")]
    Truncated {
        /// The format's name.
        format: &'static str,
    },
    /// An image file with damage inside.
    #[error("the {format} data is damaged")]
    Damaged {
        /// The format's name.
        format: &'static str,
    },
    /// More pixels than a browser tab should be asked to hold.
    #[error("the image is too large: {width} × {height} pixels")]
    TooLarge {
        /// As the file says.
        width: u32,
        /// As the file says.
        height: u32,
    },
    /// The browser lost its hold on a file, for instance because it was moved.
    #[error("the file can't be read any more")]
    Unreadable,
    /// Not a zip, or one without its end, or one built to deceive.
    #[error("the zip can't be opened: its table of contents is missing or damaged")]
    BrokenArchive,
    /// An entry of a zip that is not what its checksum says.
    #[error("it is damaged inside the zip")]
    DamagedEntry,
    /// An entry of a zip that needs a password.
    #[error("it is encrypted")]
    EncryptedEntry,
    /// An entry of a zip compressed by another method than Deflate.
    #[error("it is compressed by a method that can't be read here")]
    UnknownCompression,
    /// An entry of a zip named so that it would be unpacked elsewhere.
    #[error("its path leads out of the zip")]
    UnsafePath,
    /// An image for whose pixels there is no room.
    #[error("there is not enough memory for its {width} × {height} pixels")]
    NoMemory {
        /// Columns of pixels.
        width: u32,
        /// Rows of pixels.
        height: u32,
    },
    /// An entry of a zip that claims to unpack to more than an image needs.
    #[error("it would unpack to an unreasonable size")]
    EntryTooLarge,
}

impl Error {
    /// What the user can do about it, as a full sentence.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::EmptyFile => "Copy it again from where it came.",
            Self::DeviceLost => {
                "Reload the page; if it happens again, add ?device=cpu to its address."
            }
            Self::NoGpu(_) | Self::WrongAnswer => "Add ?device=cpu to the page's address.",
            Self::DamagedFeatures => "Drop the image again.",
            Self::NoModel => "Train one first, or drop a model's zip on the page.",
            Self::DamagedModel(_) => "Download the model again from the page that trained it.",
            Self::DamagedProject(_) => {
                "Open another copy of it; what is saved in this browser has not been changed."
            }
            Self::NewerProject => "Reload the page to get the newest Graft.",
            Self::NoRoom => "Delete projects you don't need any more, or free some disk space.",
            Self::OtherNetwork(_) => "Choose that network, or begin a new project.",
            Self::UnfaithfulExport(_) => {
                "Choose another format; this one is not handed out, as it would give other answers."
            }
            Self::NotInFormat { .. } => "Choose ONNX, or learn with another method.",
            Self::DamagedPage(_) => {
                "Reload the page to download it again; if that doesn't help, the copy on the server \
                 is damaged and has to be built anew."
            }
            Self::DamagedWeights(_) => {
                "Reload the page to download them again; if that doesn't help, the copy on the \
                 server is damaged and has to be built anew."
            }
            Self::DamagedReader(_) => {
                "Get it again; if that doesn't help, the copy on the server is damaged and has to be \
                 built anew."
            }
            Self::UnknownBackbone(_) => {
                "Use weights of efficientnet-lite0, efficientnet-lite2 or mobilenet-v2, or a newer \
                 Graft."
            }
            Self::NothingToTellApart => "Add pictures of at least two classes.",
            Self::NothingReadable => "Add them again; until then the network stays as it is.",
            Self::NotAnImage { .. } => "Leave it out; JPEG, PNG, WebP, GIF, BMP and TIFF work.",
            Self::NotPixels { .. } => "Export it as JPEG or PNG.",
            Self::NeedsBrowser { .. } | Self::RareVariety { .. } => "Save it as JPEG or PNG.",
            Self::Truncated { .. } => "Copy or download it again.",
            Self::Damaged { .. } => {
                "Open it in an image editor and save it again, or leave it out."
            }
            Self::TooLarge { .. } => {
                "Shrink it; at most 100 megapixels and 32,767 pixels a side can be read."
            }
            Self::Unreadable => "It may have been moved or changed; add it again.",
            Self::BrokenArchive => "Copy or download it again, or unpack it and add the folder.",
            Self::DamagedEntry => "Copy or download the zip again.",
            Self::EncryptedEntry => "Unpack the zip with its password and add the folder.",
            Self::UnknownCompression => "Unpack the zip and add the folder.",
            Self::UnsafePath => "Leave it out, or rename it and make the zip again.",
            Self::NoMemory { .. } => "Shrink it, or close other tabs and drop it again.",
            Self::EntryTooLarge => "Leave it out, or shrink the image and make the zip again.",
        }
    }

    /// The error as told to the page, with the name of the file it is about.
    pub fn into_problem(self, file: impl Into<String>) -> Problem {
        Problem {
            file: file.into(),
            needs_browser: matches!(self, Self::NeedsBrowser { .. }),
            trouble: self.to_string(),
            remedy: self.remedy().to_owned(),
        }
    }
}
