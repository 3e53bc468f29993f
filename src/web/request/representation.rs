//! The representation of a result.

/// The representation of a result or an error, which the path of the request selects.
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
    /// The representation that a path selects, even if there is nothing at that path.
    ///
    /// The extension decides. Errors of `.csv` and `.svg`, and everything under `/static/`, `/healthz`
    /// and `/readyz`, which programs read, are text. All else is a page.
    pub fn of(path: &str) -> Self {
        let extension = path.trim_end_matches('/').rsplit_once('.').map(|(_, extension)| extension);
        match (extension, path) {
            (Some("json"), _) => Self::Json,
            (Some("txt" | "csv" | "svg"), _) | (_, "/healthz" | "/readyz") => Self::Text,
            _ if path.starts_with("/static/") => Self::Text,
            _ => Self::Html,
        }
    }
}
