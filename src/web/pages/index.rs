//! The index of a number: `/index`, `/index.txt`, `/index.json`.

use actix_web::http::Method;
use actix_web::http::header::ContentType;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use fibonacci::{Lookup, find_index, nth};
use serde::Serialize;

use super::excerpt::shortened;
use super::redirects;
use super::term_sum::TermSum;
use crate::engine::Engine;
use crate::engine::cost::Cost;
use crate::web::error::RequestError;
use crate::web::format;
use crate::web::layout::Layout;
use crate::web::request::body::{self, BodyType};
use crate::web::request::digits::{MAX_DIGITS, is_digits};
use crate::web::request::number::parse_digits;
use crate::web::request::number_error::NumberError;
use crate::web::request::parameter::Parameter;
use crate::web::request::{lenient, query};
use crate::web::response::cache_policy::CachePolicy;
use crate::web::response::conditional::ConditionalResponse;
use crate::web::site::Site;

/// The longest number in a sentence of a page, in digits; of a longer one the sentence has both ends.
const SENTENCE_DIGITS: usize = 40;

/// The digits of either end in such a sentence.
const SENTENCE_END_DIGITS: usize = 10;

/// The name of the number on its page.
const YOUR_NUMBER: &str = "Your number";

/// The longest number for which the page links to the other formats, in digits. Each link contains it.
const NAMED_DIGITS: usize = 1_000;

/// The average number of terms with the same number of digits, rounded up: 1/log₁₀ φ = 4.785.
const TERMS_PER_DIGIT: u64 = 5;

/// Whether a number is a Fibonacci number, and which.
#[derive(Template)]
#[template(path = "index.html")]
struct IndexPage<'a> {
    layout: Layout<'a>,
    number: &'a str,
    lookup: Lookup,
    sum: TermSum,
    /// Why the number is a term or is not, if it is not too long.
    reason: Option<String>,
}

impl<'a> IndexPage<'a> {
    /// The number between its neighbours, with their names.
    fn in_order(
        &self,
        below: &'a (u64, String),
        above: &'a (u64, String),
    ) -> [(String, &'a str); 3] {
        [
            (format::term(below.0), &below.1),
            (YOUR_NUMBER.to_owned(), self.number),
            (format::term(above.0), &above.1),
        ]
    }

    /// Whether a URL with the number would be too long to repeat.
    fn is_long(&self) -> bool {
        self.number.len() > NAMED_DIGITS
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
    /// The indices of the terms that add up to the number, no two of them neighbours.
    zeckendorf: Vec<u64>,
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
async fn requested(
    request: &HttpRequest,
    site: &Site,
    parse: impl Fn(&str) -> Result<String, NumberError>,
) -> Result<String, RequestError> {
    let digits = if *request.method() == Method::POST {
        match body::read(request, &site.engine.budget).await? {
            (BodyType::Form, form) => Parameter::Of.read(&form, parse)?,
            (BodyType::Plain, typed) => Parameter::Of.parse(&typed, parse)?,
        }
    } else {
        Parameter::Of.read(request.query_string(), parse)?
    };
    if digits.len() > MAX_DIGITS {
        return Err(RequestError::NumberTooLong { parameter: Parameter::Of, digits: digits.len() });
    }
    Ok(digits)
}

/// Parses a number of a script, which must be in plain digits.
fn in_plain_digits(typed: &str) -> Result<String, NumberError> {
    parse_digits(typed).map(str::to_owned)
}

/// Parses a number as people write it.
fn as_typed(typed: &str) -> Result<String, NumberError> {
    let plain = lenient::number(typed).ok().filter(|number| is_digits(number));
    plain.map_or_else(|| in_plain_digits(typed), Ok)
}

/// The number as it appears in a sentence.
fn in_sentence(digits: &str) -> String {
    shortened(digits, SENTENCE_DIGITS, SENTENCE_END_DIGITS)
}

/// Finds the index of a number, and the terms that add up to it.
fn find(number: &str, engine: &Engine) -> (Lookup, TermSum) {
    let found = find_index(number);
    engine.report_check(TERMS_PER_DIGIT * number.len() as u64, found.recomputed);
    (found.lookup, TermSum::of(number))
}

/// As [`find`], on an engine thread if the number is long.
async fn find_for_program(number: &str, site: &Site) -> Result<(Lookup, TermSum), RequestError> {
    let (engine, of) = (site.engine.clone(), number.to_owned());
    let work = move || find(&of, &engine);
    Ok(site.engine.run("lookup", Cost::of_sum(number.len()), work).await?)
}

/// Why a number is a Fibonacci number or is not, if it is not too long. A number x is one exactly if 5x² + 4 or
/// 5x² − 4 is a square (I. Gessel, "Fibonacci is a square", The Fibonacci Quarterly 10, 1972).
fn reason(number: &str, lookup: &Lookup) -> Option<String> {
    if number.len() > SENTENCE_DIGITS {
        return None;
    }
    Some(match lookup {
        Lookup::Term(indices) => {
            let index = *indices.end();
            let sign = if index.is_multiple_of(2) { '+' } else { '−' };
            // The square is that of the Lucas number with the same index.
            let root = match index.checked_sub(1) {
                Some(before) => nth(before) + nth(index + 1),
                None => 2_u32.into(),
            };
            format!(
                "5 × {number}² {sign} 4 = {root}²: 5x² + 4 or 5x² − 4 is a square only if x is a Fibonacci number"
            )
        }
        Lookup::Between { .. } => format!(
            "Neither 5 × {number}² + 4 nor 5 × {number}² − 4 is a square; for every Fibonacci number, one of them is"
        ),
    })
}

/// The answer in a few words: `Yes: 144 is F(12)`.
fn answer(number: &str, lookup: &Lookup) -> String {
    let of = in_sentence(number);
    match lookup {
        Lookup::Term(indices) => {
            let names: Vec<String> = indices.clone().map(format::term).collect();
            format!("Yes: {of} is {}", names.join(" and "))
        }
        Lookup::Between { .. } => format!("No: {of} is not a Fibonacci number"),
    }
}

/// The result in a sentence for programs, with all digits.
fn sentence(of: &str, lookup: &Lookup, sum: &TermSum) -> String {
    match lookup {
        Lookup::Term(indices) => {
            let names: Vec<String> = indices.clone().map(|index| format!("F({index})")).collect();
            format!("{of} is {}", names.join(" and "))
        }
        Lookup::Between { below: (before, below), above: (after, above) } => format!(
            "{of} is not a Fibonacci number: it lies between F({before}) = {below} and F({after}) = {above}. \
             {of} = {}",
            sum.in_full()
        ),
    }
}

/// `GET /index?of=144`, or `POST` with the number in the body: which term this is, or between which terms it lies.
pub async fn html(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let number = requested(&request, &site, as_typed).await?;
    if *request.method() != Method::POST {
        let query = query::in_plain_digits(request.query_string());
        if let Some(redirect) = redirects::to_plain_digits(&request, &site, "/index", &query) {
            return Ok(redirect);
        }
    }
    let (shared, of) = (site.clone(), number.clone());
    let render = move || {
        let (lookup, sum) = find(&of, &shared.engine);
        let title = answer(&of, &lookup);
        let description = format!("{title}.");
        let layout = Layout::new(&shared, title, description).with_typed(Parameter::Of, &of);
        let reason = reason(&of, &lookup);
        IndexPage { layout, number: &of, lookup, sum, reason }.render()
    };
    ConditionalResponse::new(&request, &site, &number, CachePolicy::Revalidate)
        .page(Cost::of_sum(number.len()), render)
        .await
}

/// `GET /index.txt?of=144`: the same in a sentence.
pub async fn text(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let number = requested(&request, &site, in_plain_digits).await?;
    let make = async || {
        let (lookup, sum) = find_for_program(&number, &site).await?;
        let mut text = sentence(&number, &lookup, &sum);
        text.push('\n');
        Ok(text)
    };
    ConditionalResponse::new(&request, &site, &number, CachePolicy::Revalidate)
        .text(ContentType::plaintext(), make)
        .await
}

/// `GET /index.json?of=144`:
/// `{"of":"144","fibonacci":true,"indices":[12],"below":null,"above":null,"zeckendorf":[12]}`.
pub async fn json(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let number = requested(&request, &site, in_plain_digits).await?;
    let make = async || {
        let (lookup, sum) = find_for_program(&number, &site).await?;
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
            zeckendorf: sum.indices,
        })?)
    };
    ConditionalResponse::new(&request, &site, &number, CachePolicy::Revalidate)
        .text(ContentType::json(), make)
        .await
}
