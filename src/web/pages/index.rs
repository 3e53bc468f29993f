//! The index of a number: `/index`, `/index.txt`, `/index.json`.

use actix_web::http::Method;
use actix_web::http::header::ContentType;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use fibonacci::{Lookup, find_index};
use serde::Serialize;

use super::excerpt::Excerpt;
use crate::engine::Engine;
use crate::engine::cost::Cost;
use crate::web::error::RequestError;
use crate::web::format;
use crate::web::layout::Layout;
use crate::web::request::body::{self, BODY_BYTES, BodyType};
use crate::web::request::digits::{MAX_DIGITS, after_sign, without_leading_zeros};
use crate::web::request::number::parse_digits;
use crate::web::request::number_error::{NumberError, NumberErrorKind};
use crate::web::request::parameter::Parameter;
use crate::web::response::cache_policy::CachePolicy;
use crate::web::response::conditional::ConditionalResponse;
use crate::web::site::Site;

/// The longest number in a sentence of a page, in digits; of a longer one the sentence has both ends.
const SENTENCE_DIGITS: usize = 40;

/// The digits of either end in such a sentence.
const SENTENCE_END_DIGITS: usize = 10;

/// The longest number in the name of a download, in digits; of a longer one the name has both ends.
const NAME_DIGITS: usize = 40;

/// The digits of either end in such a name.
const NAME_END_DIGITS: usize = 16;

/// The average number of terms with the same number of digits, rounded up: 1/log₁₀ φ = 4.785.
const TERMS_PER_DIGIT: u64 = 5;

/// Whether a number is a Fibonacci number, and which.
#[derive(Template)]
#[template(path = "index.html")]
struct IndexPage<'a> {
    layout: Layout<'a>,
    number: &'a str,
    lookup: Lookup,
}

impl<'a> IndexPage<'a> {
    /// The number between its neighbours, with their names.
    fn in_order(
        &self,
        below: &'a (u64, String),
        above: &'a (u64, String),
    ) -> [(String, &'a str); 3] {
        [
            (name(below.0), &below.1),
            ("Your number".to_owned(), self.number),
            (name(above.0), &above.1),
        ]
    }
}

/// The index of a number, for programs.
#[derive(Serialize)]
struct IndexJson<'a> {
    of: &'a str,
    fibonacci: bool,
    /// The indices of the terms that equal the number.
    indices: Vec<u64>,
    /// The last smaller term, if no term equals the number.
    below: Option<TermJson<'a>>,
    /// The first larger term, if no term equals the number.
    above: Option<TermJson<'a>>,
}

#[derive(Serialize)]
struct TermJson<'a> {
    n: u64,
    value: &'a str,
}

impl<'a> TermJson<'a> {
    fn of((n, value): &'a (u64, String)) -> Self {
        Self { n: *n, value }
    }
}

/// Parses the number, in the query or in the body of a `POST`: at most [`MAX_DIGITS`] digits, without leading
/// zeros.
async fn requested(request: &HttpRequest, site: &Site) -> Result<String, RequestError> {
    let parse = |typed: &str| match parse_digits(typed) {
        Err(error) if error.kind == NumberErrorKind::Negative => {
            let typed = typed.trim_ascii();
            let meant = Some(after_sign(typed).to_owned());
            Err(NumberError::new(NumberErrorKind::Signed, typed, meant))
        }
        digits => digits.map(without_leading_zeros).map(str::to_owned),
    };
    let digits = if *request.method() == Method::POST {
        let _reserved = site.engine.budget.reserve(BODY_BYTES)?;
        match body::read(request).await? {
            (BodyType::Form, form) => Parameter::Of.read(&form, parse)?,
            (BodyType::Plain, typed) => Parameter::Of.parse(&typed, parse)?,
        }
    } else {
        Parameter::Of.read(request.query_string(), parse)?
    };
    if digits.len() > MAX_DIGITS {
        return Err(RequestError::NumberTooLong { digits: digits.len() });
    }
    Ok(digits)
}

/// The number in full, or its two ends with an ellipsis.
fn shortened(digits: &str, limit: usize, end: usize) -> String {
    match Excerpt::of(digits.as_bytes(), limit, end) {
        Excerpt::Full(digits) => digits,
        Excerpt::Ends { leading, trailing, .. } => format!("{leading}…{trailing}"),
    }
}

/// The number as it appears in a sentence.
fn in_sentence(digits: &str) -> String {
    shortened(digits, SENTENCE_DIGITS, SENTENCE_END_DIGITS)
}

/// Finds the index of a number. This is light for every allowed number.
fn find(number: &str, engine: &Engine) -> Lookup {
    let found = find_index(number);
    engine.report_check(TERMS_PER_DIGIT * number.len() as u64, found.recomputed);
    found.lookup
}

/// The answer in a few words: `Yes: 144 is F(12)`.
fn answer(number: &str, lookup: &Lookup) -> String {
    let of = in_sentence(number);
    match lookup {
        Lookup::Term(indices) => {
            let names: Vec<String> = indices.clone().map(name).collect();
            format!("Yes: {of} is {}", names.join(" and "))
        }
        Lookup::Between { .. } => format!("No: {of} is not a Fibonacci number"),
    }
}

/// The term in a sentence: `F(10,000)`.
fn name(index: u64) -> String {
    format!("F({})", format::grouped(index))
}

/// The result in a sentence for programs, with all digits.
fn sentence(of: &str, lookup: &Lookup) -> String {
    match lookup {
        Lookup::Term(indices) => {
            let names: Vec<String> = indices.clone().map(|index| format!("F({index})")).collect();
            format!("{of} is {}", names.join(" and "))
        }
        Lookup::Between { below: (before, below), above: (after, above) } => format!(
            "{of} is not a Fibonacci number: it lies between F({before}) = {below} and F({after}) = {above}"
        ),
    }
}

/// `GET /index?of=144`, or `POST` with the number in the body: which term this is, or between which terms it lies.
pub async fn html(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let number = requested(&request, &site).await?;
    let (shared, of) = (site.clone(), number.clone());
    let render = move || {
        let lookup = find(&of, &shared.engine);
        let title = answer(&of, &lookup);
        let description = format!("{title}.");
        let layout = Layout::new(&shared, title, description).with_typed(Parameter::Of, &of);
        IndexPage { layout, number: &of, lookup }.render()
    };
    ConditionalResponse::new(&request, &site, &number, CachePolicy::Revalidate)
        .page(Cost::PAGE, render)
        .await
}

/// `GET /index.txt?of=144`: the same in a sentence.
pub async fn text(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let number = requested(&request, &site).await?;
    let make = async || {
        let mut text = sentence(&number, &find(&number, &site.engine));
        text.push('\n');
        Ok(text)
    };
    response(&number, &request, &site).text(ContentType::plaintext(), make).await
}

/// `GET /index.json?of=144`: `{"of":"144","fibonacci":true,"indices":[12],"below":null,"above":null}`.
pub async fn json(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let number = requested(&request, &site).await?;
    let make = async || {
        let lookup = find(&number, &site.engine);
        let (indices, below, above) = match &lookup {
            Lookup::Term(indices) => (indices.clone().collect(), None, None),
            Lookup::Between { below, above } => {
                (Vec::new(), Some(TermJson::of(below)), Some(TermJson::of(above)))
            }
        };
        Ok(serde_json::to_string(&IndexJson {
            of: &number,
            fibonacci: !indices.is_empty(),
            indices,
            below,
            above,
        })?)
    };
    response(&number, &request, &site).text(ContentType::json(), make).await
}

/// A response whose download has a short name.
fn response<'a>(number: &str, request: &'a HttpRequest, site: &'a Site) -> ConditionalResponse<'a> {
    ConditionalResponse::new(request, site, number, CachePolicy::Revalidate)
        .named(&shortened(number, NAME_DIGITS, NAME_END_DIGITS).replace('…', "-"))
}
