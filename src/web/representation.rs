//! The form in which an answer is asked for.

use std::ffi::OsStr;
use std::path::Path;

use super::is_health;

/// The form in which an answer is asked for: its path says which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Representation {
    /// A page for people.
    Html,
    /// Plain text.
    Text,
    /// JSON.
    Json,
}

impl Representation {
    /// The form that the path of a request asks for, known or not.
    ///
    /// An ending says it, and what is wrong with a table or a picture is said in text; health and static
    /// files, which are asked for by programs, are text; all else is a page.
    pub fn of(path: &str) -> Self {
        let extension = Path::new(path).extension().and_then(OsStr::to_str);
        match extension {
            Some("json") => Self::Json,
            Some("txt" | "csv" | "svg") => Self::Text,
            _ if path.starts_with("/static/") => Self::Text,
            _ if is_health(path) => Self::Text,
            _ => Self::Html,
        }
    }
}
