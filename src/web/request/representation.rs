//! The representation of a result or an error.

use actix_web::http::header::{Accept, HeaderValue, Quality, QualityItem, from_comma_delimited};
use mime::Mime;

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
    /// The representation that the extension of a path selects, even if there is nothing at that path.
    pub fn of_extension(path: &str) -> Option<Self> {
        match path.trim_end_matches('/').rsplit_once('.')?.1 {
            "json" => Some(Self::Json),
            "txt" | "csv" | "svg" | "png" => Some(Self::Text),
            _ => None,
        }
    }

    /// The representation of an error at this path: that of its extension, otherwise the one that the client
    /// prefers by its `Accept` header. By default it is a page, or text where programs read.
    pub fn of_error(path: &str, accept: Option<&HeaderValue>) -> Self {
        Self::of_extension(path).or_else(|| accept.and_then(Self::preferred)).unwrap_or(
            if path.starts_with("/static/") || matches!(path, "/healthz" | "/readyz") {
                Self::Text
            } else {
                Self::Html
            },
        )
    }

    /// The first representation in an `Accept` header, by its weights and then its order.
    fn preferred(accept: &HeaderValue) -> Option<Self> {
        let items: Vec<QualityItem<Mime>> = from_comma_delimited([accept].into_iter()).ok()?;
        let accepted = items.into_iter().filter(|item| item.quality > Quality::ZERO).collect();
        Accept(accepted).ranked().iter().find_map(|kind| match kind.essence_str() {
            "text/html" | "application/xhtml+xml" => Some(Self::Html),
            "text/plain" => Some(Self::Text),
            "application/json" | "application/problem+json" => Some(Self::Json),
            _ => None,
        })
    }
}
