//! What a visitor can request instead of what was refused, as links.

use fibonacci::length;

use super::RequestError;
use crate::web::format::{grouped, term, terms};
use crate::web::limits::Limits;
use crate::web::request::digits::MAX_DIGITS;
use crate::web::request::lenient;
use crate::web::request::long_index::LongIndex;
use crate::web::request::number::{Index, parse_digits, parse_modulus, parse_u64};
use crate::web::request::number_error::{NumberError, NumberErrorKind, Shortened};
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
            format!("The length of {} and its first and last digits", term(index)),
        )],
        RequestError::NoSuchPage { pages } => {
            let text = match pages {
                1 => "The list".to_owned(),
                _ => format!("The last page, {}", grouped(pages)),
            };
            let query = query::with(query, "page", &pages.to_string(), &NUMBERS);
            vec![Link::new(format!("{path}?{query}"), text)]
        }
        RequestError::NoSuchDigit { index, digits } => {
            let text = format!("The last digit, number {}", grouped(digits));
            vec![Link::new(format!("{path}?n={index}&digit={digits}"), text)]
        }
        RequestError::NotFound => {
            let mut links: Vec<Link> = nearest(path, query)
                .map(|address| {
                    let text = format!("Go to {}", address.trim_start_matches('/'));
                    Link::new(address, text)
                })
                .into_iter()
                .collect();
            links.push(Link::new("/", "Start page"));
            links.push(Link::new("/api", "All addresses"));
            links
        }
        RequestError::Parameter(InvalidParameter { parameter, reason: Reason::Missing }) => {
            for_missing(*parameter, path, query, limits).into_iter().collect()
        }
        // A link sends no body, and so no number of a POST.
        RequestError::Busy { .. } | RequestError::ShuttingDown
            if path.starts_with("/index") && !query::has(query, Parameter::Of.name()) =>
        {
            Vec::new()
        }
        RequestError::Busy { .. } | RequestError::ShuttingDown => {
            let address = format!("{path}?{query}");
            vec![Link::new(address.trim_end_matches('?'), "Try again")]
        }
        RequestError::Parameter(_)
        | RequestError::AddressTooLong { .. }
        | RequestError::NumberTooLong { .. }
        | RequestError::NoSuchRange { .. }
        | RequestError::MethodNotAllowed { .. }
        | RequestError::BodyTooLong
        | RequestError::BodyWithoutLength
        | RequestError::BodyType
        | RequestError::Internal(_)
        | RequestError::Refused(_) => Vec::new(),
    }
}

/// The addresses that visitors may look for. Those of results come first, with their parameter.
const ADDRESSES: [(&str, Option<Parameter>); 15] = [
    ("first", Some(Parameter::N)),
    ("first.txt", Some(Parameter::N)),
    ("first.json", Some(Parameter::N)),
    ("first.csv", Some(Parameter::N)),
    ("first.svg", Some(Parameter::N)),
    ("first.png", Some(Parameter::N)),
    ("nth", Some(Parameter::N)),
    ("nth.txt", Some(Parameter::N)),
    ("nth.json", Some(Parameter::N)),
    ("nth.png", Some(Parameter::N)),
    ("index", Some(Parameter::Of)),
    ("index.txt", Some(Parameter::Of)),
    ("index.json", Some(Parameter::Of)),
    ("api", None),
    ("openapi.json", None),
];

/// The parameters that a link keeps.
const NUMBERS: [&str; 5] = ["n", "from", "of", "mod", "upto"];

/// Names that other services use for a term.
const NAMES_OF_NTH: [&str; 3] = ["fib", "fibonacci", "f"];

/// The address that a visitor may have meant by a path that does not exist: one in another letter case or more
/// slashes, or with the number in the path, as in `/fib/10`.
fn nearest(path: &str, query: &str) -> Option<String> {
    let lower = path.to_ascii_lowercase();
    let segments: Vec<&str> = lower.split('/').filter(|segment| !segment.is_empty()).collect();
    let (name, number) = match segments.as_slice() {
        [number] if Index::parse(number).is_ok() => ("nth", Some(*number)),
        [name] => (*name, None),
        [name, number] => (*name, Some(*number)),
        _ => return None,
    };
    let name = if NAMES_OF_NTH.contains(&name) { "nth" } else { name };
    let (name, parameter) = ADDRESSES.into_iter().find(|(known, _)| *known == name)?;
    match (number, parameter) {
        (None, _) if query.is_empty() => Some(format!("/{name}")),
        (None, _) => Some(format!("/{name}?{query}")),
        (Some(number), Some(parameter)) if is_valid(number, name, parameter) => {
            Some(format!("/{name}?{}={number}", parameter.name()))
        }
        _ => None,
    }
}

/// The same address with a parameter whose name was written in another letter case.
fn for_missing(missing: Parameter, path: &str, query: &str, limits: Limits) -> Option<Link> {
    let parameters: &[Parameter] =
        if path.starts_with("/first") { &[missing, Parameter::UpTo] } else { &[missing] };
    parameters.iter().find_map(|parameter| {
        let name = parameter.name();
        let value = query::value_ignoring_case(query, name)?;
        let query = query::with(query, name, &value, &NUMBERS);
        let link = Link::new(format!("{path}?{query}"), format!("Use {name} = {value}"));
        are_valid(&query, path, limits).then_some(link)
    })
}

/// Whether all numbers of a query are valid for the page at this path.
fn are_valid(query: &str, path: &str, limits: Limits) -> bool {
    let page = path.trim_start_matches('/');
    let has = |parameter: Parameter| query::has(query, parameter.name());
    let is_too_long = page.starts_with("first")
        && match query::values(query, Parameter::UpTo.name()).first() {
            // All terms up to it have fewer digits than the longest list's last.
            Some(value) => value.len() as u64 >= length::digits(limits.max_first),
            None => TermRange::parse(query).is_ok_and(|range| !range.fits(limits)),
        };
    let is_conflict = has(Parameter::N) && has(Parameter::UpTo);
    !(is_too_long || is_conflict)
        && Parameter::ALL.into_iter().all(|parameter| {
            match query::values(query, parameter.name()).as_slice() {
                [] => true,
                [number] if parameter == Parameter::N && has(Parameter::Mod) => {
                    LongIndex::parse(number).is_ok_and(|index| index.digits.len() <= MAX_DIGITS)
                }
                [number] => is_valid(number, page, parameter),
                _ => false,
            }
        })
}

/// Whether a text is a number for this parameter of a page.
fn is_valid(number: &str, page: &str, parameter: Parameter) -> bool {
    match parameter {
        Parameter::N if page.starts_with("nth") => Index::parse(number).is_ok(),
        Parameter::N | Parameter::From => parse_u64(number).is_ok(),
        Parameter::Mod => parse_modulus(number).is_ok(),
        Parameter::Of | Parameter::UpTo => {
            parse_digits(number).is_ok_and(|digits| digits.len() <= MAX_DIGITS)
        }
    }
}

/// The longest list from the same start, and a single term: F(n) instead of the first n, or the last of a later range.
fn for_list(range: TermRange, path: &str, limits: Limits) -> Vec<Link> {
    let extension = path.rfind('.').map_or("", |dot| &path[dot..]);
    let longest = TermRange { count: range.max_count(limits), ..range };
    let mut links = Vec::new();
    if longest.count > 0 {
        let text = match range.from {
            0 => format!("The first {}", terms(longest.count)),
            from => format!("{} from {}", terms(longest.count), term(from)),
        };
        let address = format!("/first{extension}?{}", RangeQuery(longest));
        links.push(Link::new(address, text));
    }
    let index = if range.from == 0 { range.count } else { range.last() };
    let name = term(index);
    let text = match range.count {
        1 => format!("The length of {name} and its first and last digits"),
        _ => format!("{name} on its own"),
    };
    links.push(Link::new(format!("{}?n={index}", nth_path(path)), text));
    links
}

/// The path of a single term in the representation of `path`. Tables and pictures have no form for a single
/// term, and its text may be too long: these become the page.
fn nth_path(path: &str) -> &'static str {
    match Representation::of_extension(path) {
        Some(Representation::Json) => "/nth.json",
        _ => "/nth",
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
    // A page number belongs to the old list, so it is dropped.
    let with = |number: &str| {
        // A list has a length or a greatest value.
        let kept: Vec<&str> = NUMBERS
            .into_iter()
            .filter(|kept| parameter != Parameter::UpTo || *kept != Parameter::N.name())
            .collect();
        format!("{path}?{}", query::with(query, name, number, &kept))
    };
    let longest_list = || {
        let count = limits.max_first;
        let text = format!("The longest list, the first {}", terms(count));
        Link::new(with(&count.to_string()), text)
    };
    let single_term = |n: Index| {
        Link::new(format!("{}?n={n}", nth_path(path)), format!("{} on its own", term(n)))
    };
    let typed = query::values(query, name).concat();
    let as_index = lenient::index(&typed).ok();
    let is_count = path.starts_with("/first") && parameter == Parameter::N;
    let mut links: Vec<Link> = match error.kind {
        NumberErrorKind::Negative if is_count => {
            let index = as_index.and_then(|index| Index::parse(&index).ok());
            index.map(single_term).into_iter().collect()
        }
        NumberErrorKind::TooLarge(_) if path.starts_with("/nth") && parameter == Parameter::N => {
            let is_negative = as_index.is_some_and(|index| index.starts_with('-'));
            let sign = if is_negative { "-" } else { "" };
            let last = format!("{sign}{}", u64::MAX);
            let text = format!("The last possible term, {}", term(&last));
            vec![Link::new(with(&last), text)]
        }
        NumberErrorKind::TooLarge(_) if parameter == Parameter::N => vec![longest_list()],
        // `F(100)` is a term, not a number to look up.
        NumberErrorKind::NotANumber if parameter == Parameter::Of => {
            let index = as_index.and_then(|index| Index::parse(&index).ok());
            index.map(single_term).into_iter().collect()
        }
        _ => {
            let link = |meant: &String| match parameter {
                Parameter::N if is_count => match meant.parse::<u64>() {
                    Ok(count) if count <= limits.max_first => {
                        Some(Link::new(with(meant), format!("The first {}", terms(count))))
                    }
                    Ok(_) => Some(longest_list()),
                    Err(_) => None,
                },
                _ => Some(Link::new(with(meant), format!("Use {name} = {}", Shortened(meant)))),
            };
            error.meant.iter().filter_map(link).collect()
        }
    };
    // Another number in the query may be wrong, too.
    links.retain(|link| {
        link.address.split_once('?').is_some_and(|(path, query)| are_valid(query, path, limits))
    });
    links
}
