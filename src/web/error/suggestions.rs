//! What a visitor can request instead of what was refused, as links.

use super::RequestError;
use crate::web::format::{grouped, terms};
use crate::web::limits::Limits;
use crate::web::request::digits::after_sign;
use crate::web::request::number::Index;
use crate::web::request::number_error::{NumberError, NumberErrorKind};
use crate::web::request::parameter::{InvalidParameter, Parameter, Reason};
use crate::web::request::query;
use crate::web::request::representation::Representation;
use crate::web::request::term_range::{RangeQuery, TermRange};

/// A link to what was meant, or to what comes closest. Its address does not contain the base path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub address: String,
    pub text: String,
}

impl Link {
    fn new(address: impl Into<String>, text: impl Into<String>) -> Self {
        Self { address: address.into(), text: text.into() }
    }
}

/// Links for a refused request with this path and query: in the same representation, if there is one.
pub fn suggestions(error: &RequestError, path: &str, query: &str, limits: Limits) -> Vec<Link> {
    match error {
        RequestError::Parameter(InvalidParameter { parameter, reason: Reason::Number(error) }) => {
            for_number(*parameter, error, path, query, limits)
        }
        RequestError::ListTooLong { range, limits } => for_list(*range, path, *limits),
        RequestError::TermTooLong { index, .. } => vec![Link::new(
            format!("/nth.json?n={index}"),
            format!("The length of F({index}) and its first and last digits"),
        )],
        RequestError::NoSuchPage { pages } => {
            let text = match pages {
                1 => "The list".to_owned(),
                _ => format!("The last page, {}", grouped(pages)),
            };
            let query = query::with(query, "page", &pages.to_string(), &["n", "from"]);
            vec![Link::new(format!("{path}?{query}"), text)]
        }
        RequestError::NotFound => {
            vec![Link::new("/", "The start page"), Link::new("/api", "All addresses")]
        }
        RequestError::Busy { .. } | RequestError::ShuttingDown => {
            let address = format!("{path}?{query}");
            vec![Link::new(address.trim_end_matches('?'), "Try again")]
        }
        RequestError::Parameter(_)
        | RequestError::NumberTooLong { .. }
        | RequestError::NoSuchRange { .. }
        | RequestError::MethodNotAllowed
        | RequestError::Internal(_)
        | RequestError::Refused(_) => Vec::new(),
    }
}

/// The longest list from the same start, and the last of the requested terms alone.
fn for_list(range: TermRange, path: &str, limits: Limits) -> Vec<Link> {
    let extension = path.rfind('.').map_or("", |dot| &path[dot..]);
    let longest = TermRange { count: range.max_count(limits), ..range };
    let mut links = Vec::new();
    if longest.count > 0 {
        let text = match range.from {
            0 => format!("The first {}", terms(longest.count)),
            from => format!("{} from F({from})", terms(longest.count)),
        };
        let address = format!("/first{extension}?{}", RangeQuery(longest));
        links.push(Link::new(address, text));
    }
    let last = range.last();
    let text = match range.count {
        1 => format!("The length of F({last}) and its first and last digits"),
        _ => format!("The last of these terms, F({last}), alone"),
    };
    links.push(Link::new(format!("{}?n={last}", nth_path(path)), text));
    links
}

/// The path of a single term in the representation of `path`. Tables and pictures have no form for a single
/// term, and its text may be too long: these become the page.
fn nth_path(path: &str) -> &'static str {
    match Representation::of(path) {
        Representation::Json => "/nth.json",
        Representation::Html | Representation::Text => "/nth",
    }
}

fn for_number(
    parameter: Parameter,
    error: &NumberError,
    path: &str,
    query: &str,
    limits: Limits,
) -> Vec<Link> {
    let name = parameter.name();
    // The next response reports any other error. A page number belongs to the old list, so it is dropped.
    let with = |number: &str| {
        let query = query::with(query, name, number, &["n", "from"]);
        format!("{path}?{query}")
    };
    let longest_list = || {
        let count = limits.max_first;
        let text = format!("The longest list, the first {}", terms(count));
        vec![Link::new(with(&count.to_string()), text)]
    };
    let typed = query::values(query, name).concat();
    let is_count = path.starts_with("/first") && parameter == Parameter::N;
    match error.kind {
        NumberErrorKind::Negative if is_count => {
            let Ok(index) = Index::parse(&format!("-{}", after_sign(typed.trim_ascii()))) else {
                return Vec::new();
            };
            let address = format!("{}?n={index}", nth_path(path));
            vec![Link::new(address, format!("The single term F({index})"))]
        }
        NumberErrorKind::TooLarge(_) if path.starts_with("/nth") => {
            let is_negative = typed.trim_ascii().starts_with('-');
            let sign = if is_negative { "-" } else { "" };
            let last = format!("{sign}{}", u64::MAX);
            let text = format!("The last possible term, F({last})");
            vec![Link::new(with(&last), text)]
        }
        NumberErrorKind::TooLarge(_) if parameter == Parameter::N => longest_list(),
        _ => match error.meant.as_deref() {
            Some(meant) if is_count => match meant.parse::<u64>() {
                Ok(count) if count <= limits.max_first => {
                    vec![Link::new(with(meant), format!("The first {}", terms(count)))]
                }
                _ => longest_list(),
            },
            Some(meant) if parameter == Parameter::Of || Index::parse(meant).is_ok() => {
                vec![Link::new(with(meant), format!("Use {name} = {meant}"))]
            }
            _ => Vec::new(),
        },
    }
}
