//! What there is instead of what was refused, as links.

use super::number::{Index, Parameter, after_sign};
use super::representation::Representation;
use super::window::{Query, Window};
use super::words::{grouped, terms};
use super::{Error, Limits, NumberError, query};

/// An address where there is what was wanted, or what comes nearest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub address: String,
    pub words: String,
}

impl Link {
    fn new(address: impl Into<String>, words: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            words: words.into(),
        }
    }
}

/// What there is instead of what was asked for with this path and query: in the same form, where there
/// is one.
pub fn instead(error: &Error, path: &str, query: &str, limits: Limits) -> Vec<Link> {
    let form = path.rfind('.').map_or("", |dot| &path[dot..]);
    match error {
        Error::Number(parameter, error) => number(*parameter, error, path, query, limits),
        Error::ListTooLong { window, limits } => {
            let longest = Window {
                count: window.longest(*limits),
                ..*window
            };
            let mut links = Vec::new();
            if longest.count > 0 {
                let words = match window.from {
                    0 => format!("The first {}", terms(longest.count)),
                    from => format!("{} from F({from}) on", terms(longest.count)),
                };
                links.push(Link::new(format!("/first{form}?{}", Query(longest)), words));
            }
            let last = window.last();
            let words = match window.count {
                1 => format!("How long F({last}) is, and its two ends"),
                _ => format!("The last of them, F({last}), alone"),
            };
            links.push(Link::new(
                format!("{}?n={last}", term_in_form_of(path)),
                words,
            ));
            links
        }
        Error::TermTooLong { index, .. } => vec![Link::new(
            format!("/nth.json?n={index}"),
            format!("How long F({index}) is, and its two ends"),
        )],
        Error::NoSuchPage { pages } => {
            let words = match pages {
                1 => "The list".to_owned(),
                _ => format!("The last page, {}", grouped(pages)),
            };
            let query = query::with(query, "page", &pages.to_string(), &["n", "from"]);
            vec![Link::new(format!("{path}?{query}"), words)]
        }
        Error::NotFound => vec![
            Link::new("/", "The start page"),
            Link::new("/api", "All addresses"),
        ],
        Error::Busy { .. } | Error::Draining => {
            let address = format!("{path}?{query}");
            vec![Link::new(address.trim_end_matches('?'), "Ask again")]
        }
        Error::NumberTooLong { .. }
        | Error::NoSuchRange { .. }
        | Error::MethodNotAllowed
        | Error::Internal(_)
        | Error::Refused(_) => Vec::new(),
    }
}

/// The path of a single term in the same form: of its page, where there is no table of it, nor a
/// picture, and its text may be too long.
fn term_in_form_of(path: &str) -> &'static str {
    match Representation::of(path) {
        Representation::Json => "/nth.json",
        Representation::Html | Representation::Text => "/nth",
    }
}

/// What there is instead of a number that cannot be used.
fn number(
    parameter: Parameter,
    error: &NumberError,
    path: &str,
    query: &str,
    limits: Limits,
) -> Vec<Link> {
    let name = parameter.name();
    // What else is wrong is told next; a page is one of another list.
    let with = |number: &str| {
        format!(
            "{path}?{}",
            query::with(query, name, number, &["n", "from"])
        )
    };
    let typed = query::values(query, name).concat();
    let is_list = path.starts_with("/first");
    match error {
        NumberError::Negative(_) if is_list && parameter == Parameter::N => {
            let Ok(index) = Index::parse(&format!("-{}", after_sign(typed.trim_ascii()))) else {
                return Vec::new();
            };
            let words = format!("The one term F({index})");
            vec![Link::new(
                format!("{}?n={index}", term_in_form_of(path)),
                words,
            )]
        }
        NumberError::TooLarge { .. } if path.starts_with("/nth") => {
            let sign = if typed.trim_ascii().starts_with('-') {
                "-"
            } else {
                ""
            };
            let last = format!("{sign}{}", u64::MAX);
            vec![Link::new(
                with(&last),
                format!("The last that can be read, F({last})"),
            )]
        }
        NumberError::TooLarge { .. } if parameter == Parameter::N => longest_list(limits, with),
        error => match error.meant() {
            Some(meant) if is_list && parameter == Parameter::N => match meant.parse::<u64>() {
                Ok(count) if count <= limits.max_first => vec![Link::new(
                    with(meant),
                    format!("The first {}", terms(count)),
                )],
                _ => longest_list(limits, with),
            },
            Some(meant) if parameter == Parameter::Of || Index::parse(meant).is_ok() => {
                vec![Link::new(
                    with(meant),
                    format!("Go on with {name} = {meant}"),
                )]
            }
            _ => Vec::new(),
        },
    }
}

fn longest_list(limits: Limits, with: impl Fn(&str) -> String) -> Vec<Link> {
    let longest = limits.max_first;
    let words = format!("The longest list, the first {}", terms(longest));
    vec![Link::new(with(&longest.to_string()), words)]
}
