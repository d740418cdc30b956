//! What is wrong with a file, and where.

use std::fmt;
use std::path::PathBuf;

/// A place in a file; both count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    pub line: usize,
    pub column: usize,
}

/// One error of an operator's file. Prints as `FILE:LINE:COLUMN: KEY: MESSAGE`, then the example on a line of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub file: PathBuf,
    /// None: the file as a whole.
    pub mark: Option<Mark>,
    /// As in `http.server.address` or `widget.repository[0].name`; empty at the top level.
    pub key: String,
    pub message: String,
    /// What a right value looks like.
    pub example: Option<String>,
}

/// All errors that were found in one go; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problem {
    /// A problem of the file as a whole.
    pub fn file(file: impl Into<PathBuf>, message: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            mark: None,
            key: String::new(),
            message: message.into(),
            example: None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(mark) = self.mark {
            write!(f, "{}:{}:", mark.line, mark.column)?;
        }
        if !self.key.is_empty() {
            write!(f, " {}:", self.key)?;
        }
        write!(f, " {}", self.message)?;
        if let Some(example) = &self.example {
            write!(f, "\n    for example: {}", example.replace('\n', "\n        "))?;
        }
        Ok(())
    }
}

// === impl Problems ===

impl Problems {
    /// In the order of the file. None when there are no problems.
    pub fn collect(mut problems: Vec<Problem>) -> Option<Self> {
        problems.sort_by_key(|problem| problem.mark);
        (!problems.is_empty()).then_some(Self(problems))
    }

    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.0.iter().enumerate() {
            if position > 0 {
                writeln!(f)?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
