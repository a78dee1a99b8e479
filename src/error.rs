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
    /// A weights file that is cut short, altered, or not a weights file at all.
    #[error("the backbone's weights can't be used: {0}")]
    DamagedWeights(String),
    /// A sound weights file of a network Graft doesn't have.
    #[error("`{0}` is not a backbone Graft knows")]
    UnknownBackbone(String),
}

impl Error {
    /// What the user can do about it, as a full sentence.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::EmptyFile => "Copy it again from where it came.",
            Self::DeviceLost => "Reload the page; if it happens again, add ?device=cpu to its address.",
            Self::DamagedWeights(_) => {
                "Reload the page to download them again; if that doesn't help, the copy on the \
                 server is damaged and has to be built anew."
            }
            Self::UnknownBackbone(_) => {
                "Use weights of efficientnet-lite0 or mobilenet-v2, or a newer Graft."
            }
        }
    }

    /// The error as told to the page, with the name of the file it is about.
    pub fn into_problem(self, file: impl Into<String>) -> Problem {
        Problem {
            file: file.into(),
            trouble: self.to_string(),
            remedy: self.remedy().to_owned(),
        }
    }
}
