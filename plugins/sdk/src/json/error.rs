use std::borrow::Cow;
use std::fmt;

/// Why a document is not what it should be, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    offset: usize,
    message: Cow<'static, str>,
}

// === impl Error ===

impl Error {
    pub fn new(offset: usize, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            offset,
            message: message.into(),
        }
    }

    /// The document ends where it should go on.
    pub(super) fn truncated(offset: usize) -> Self {
        Self::new(offset, "the document ends too early")
    }

    /// In bytes from the start of the document.
    pub fn offset(&self) -> usize {
        self.offset
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.message, self.offset)
    }
}

impl std::error::Error for Error {}

impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        Self::Malformed(error.to_string())
    }
}
