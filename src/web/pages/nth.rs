//! One term: `/nth`, `/nth.txt`, `/nth.json`, `/nth.png`.

use std::num::NonZeroU64;

use actix_web::http::header::ContentType;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use fibonacci::{
    DivisorIndices, END_DIGITS, Scientific, Summary, decimals_of_phi, divisor_indices, length, nth,
    nth_digits, summary, term_is_prime,
};
use serde::Serialize;

use super::card;
use super::digit_window::DigitWindow;
use super::redirects;
use crate::engine::Engine;
use crate::engine::cost::Cost;
use crate::web::error::RequestError;
use crate::web::format;
use crate::web::layout::Layout;
use crate::web::limits::Limits;
use crate::web::request::number::{Index, parse_u64};
use crate::web::request::parameter::Parameter;
use crate::web::request::query;
use crate::web::request::term_range::{RangeQuery, TermRange};
use crate::web::request_context::RequestContext;
use crate::web::response::body::ResultBody;
use crate::web::response::cache_policy::CachePolicy;
use crate::web::response::conditional::{ConditionalResponse, PageError};
use crate::web::response::json_integer::JsonInteger;
use crate::web::site::Site;

/// The longest term in a title, in digits; a longer one is rounded.
const TITLE_DIGITS: u64 = 40;

/// The longest term in large type, in digits: two lines on a phone. Longer ones have bands of ten digits.
const LARGE_TYPE_DIGITS: u64 = 30;

/// The longest term that takes its full height on the page, in digits; a longer one scrolls in a box, so
/// that the rest of the page stays in reach.
const UNBOXED_DIGITS: u64 = 5_000;

/// The longest term on a page, in digits; of a longer one it shows the first and the last digits.
const PAGE_DIGITS: u64 = 10_000;

/// The significant digits of rounded numbers.
const PRECISION: usize = 10;

/// How many terms the list around a term has on either side, if they are not too long.
const AROUND: u64 = 5;

/// The most divisors that a page names.
const SHOWN_DIVISORS: usize = 6;

/// From this index on, the ratio to the previous term equals φ in ten digits: the difference is less than
/// √5/φ^51 = 8 × 10^-11, and φ = 1.618 033 988 749… is 2 × 10^-10 from the next rounding boundary.
const RATIO_IS_PHI: u64 = 27;

/// What is shown of a term's digits.
enum Digits {
    /// All of them.
    Full(String),
    /// The first and the last, and a part of them; all are in the text.
    Window(DigitWindow),
    /// The first and the last; the term is past `MAX_NTH`.
    Summary,
}

/// F(n) and facts about it.
#[derive(Template)]
#[template(path = "nth.html")]
struct NthPage<'a> {
    layout: Layout<'a>,
    index: Index,
    sign: &'static str,
    shown: Digits,
    digits: u64,
    summary: Summary,
    scientific: Scientific,
    ratio: Option<Ratio>,
    /// The neighbours, if their indices are in range.
    before: Option<Index>,
    after: Option<Index>,
    /// The list around the term, if it is not too long.
    around: Option<TermRange>,
    /// Whether the term is prime, if that is known.
    is_prime: Option<bool>,
    /// Indices of terms that divide this one, and the number of all of them.
    divisors: DivisorIndices,
    /// The two terms whose sum is this one, if they are short.
    addends: Option<[Addend; 2]>,
    /// The largest index of a term in full.
    limit: u64,
}

/// A term in an addition.
struct Addend {
    index: u64,
    value: String,
}

/// F(n) / F(n-1).
struct Ratio {
    /// Rounded to ten digits.
    value: String,
    /// The number of decimals that it shares with φ.
    decimals: Option<u64>,
}

impl Ratio {
    /// The ratio of F(`index`) to the previous term, from F(2) on.
    fn of(index: u64) -> Option<Self> {
        if index < 2 {
            return None;
        }
        let small = |index: u64| u64::try_from(nth(index)).unwrap_or(u64::MAX);
        let nearby = index.min(RATIO_IS_PHI);
        let (term, before) = (small(nearby), small(nearby - 1));
        // Rounded to nearest. A tie would need a previous term that is divisible by 2^10.
        let scaled = (2_000_000_000 * term + before) / (2 * before);
        let (whole, decimals) = (scaled / 1_000_000_000, scaled % 1_000_000_000);
        Some(Self {
            value: format!("{whole}.{decimals:09}"),
            decimals: decimals_of_phi(index).filter(|decimals| *decimals > 0),
        })
    }
}

impl<'a> NthPage<'a> {
    fn new(site: &'a Site, index: Index, shown: Digits, summary: Summary) -> Self {
        let (digits, scientific, sign) = (summary.digits, summary.scientific(), sign(index));
        let (name, minus) = (format::term(index), minus(index));
        let title = match &shown {
            Digits::Full(value) if digits <= TITLE_DIGITS => format!("{name} = {minus}{value}"),
            _ => {
                let exponent = format::grouped(scientific.exponent);
                format!("{name} ≈ {minus}{} × 10^{exponent}", scientific.mantissa)
            }
        };
        let count = format::digits(digits);
        let description = match &shown {
            Digits::Full(_) => format!("{name} in full: {count}."),
            Digits::Window(_) | Digits::Summary => {
                format!("The first {END_DIGITS} and the last {END_DIGITS} of its {count}, exact.")
            }
        };
        let around =
            |steps| TermRange { from: index.magnitude.saturating_sub(steps), count: 2 * steps + 1 };
        Self {
            layout: Layout::new(site, title, description)
                .with_picture(site, format_args!("/nth.png?n={index}"))
                .with_typed(Parameter::N, &index.to_string())
                .with_enter_for_nth(),
            index,
            sign,
            shown,
            digits,
            summary,
            scientific,
            ratio: Ratio::of(index.magnitude).filter(|_| !index.negative),
            before: index.checked_add(-1),
            after: index.checked_add(1),
            around: (1..=AROUND)
                .rev()
                .map(around)
                .find(|range| !index.negative && range.fits(site.limits)),
            is_prime: term_is_prime(index.magnitude).filter(|_| !index.negative),
            divisors: divisors(index, site.limits),
            addends: addends(index, digits),
            limit: site.limits.max_nth,
        }
    }

    /// Whether all digits are on the page.
    const fn is_full(&self) -> bool {
        matches!(self.shown, Digits::Full(_))
    }

    /// Whether all digits can be downloaded.
    const fn has_text(&self) -> bool {
        !matches!(self.shown, Digits::Summary)
    }

    fn name(&self) -> String {
        format::term(self.index)
    }

    const fn minus(&self) -> &'static str {
        minus(self.index)
    }

    fn position(&self) -> String {
        format::position(self.index.magnitude)
    }

    /// Whether the digits take more than two lines on a phone. The buttons are then above them, in reach.
    const fn is_long(&self) -> bool {
        self.digits > LARGE_TYPE_DIGITS
    }

    /// Whether the digits scroll in a box.
    const fn is_boxed(&self) -> bool {
        self.digits > UNBOXED_DIGITS
    }

    /// Whether the digits have bands of ten. A sign would shift them.
    const fn is_banded(&self) -> bool {
        self.is_long() && self.sign.is_empty()
    }

    /// The last ten digits, if there are more.
    fn last_digits(&self) -> Option<&str> {
        let trailing = &self.summary.trailing;
        (self.digits > PRECISION as u64).then(|| &trailing[trailing.len() - PRECISION..])
    }
}

/// The indices of terms that divide F(`index`), if it is positive and short enough that its factors are found at once.
fn divisors(index: Index, limits: Limits) -> DivisorIndices {
    match NonZeroU64::new(index.magnitude) {
        Some(n) if !index.negative && n.get() <= limits.max_nth => {
            divisor_indices(n, SHOWN_DIVISORS)
        }
        _ => DivisorIndices { smallest: Vec::new(), count: 0 },
    }
}

/// The two terms before F(`index`), if it has so few digits that an addition fits a phone.
fn addends(index: Index, digits: u64) -> Option<[Addend; 2]> {
    let is_shown =
        (2..).contains(&index.magnitude) && !index.negative && digits <= LARGE_TYPE_DIGITS;
    let addend = |index: u64| Addend { index, value: nth(index).to_string() };
    is_shown.then(|| [addend(index.magnitude - 2), addend(index.magnitude - 1)])
}

/// A term past `MAX_NTH`, for programs.
#[derive(Serialize)]
struct SummaryJson {
    n: JsonInteger,
    digits: JsonInteger,
    /// Null: the term is too long.
    value: (),
    /// With the sign of a negative term.
    leading: String,
    trailing: String,
}

/// Parses `n` and stores it for the log.
fn requested(request: &HttpRequest, query: &str) -> Result<Index, RequestError> {
    let index = Parameter::N.read(query, Index::parse)?;
    RequestContext::set_n(request, index);
    Ok(index)
}

/// The position of the first digit in the window, from 1; by default the first.
fn requested_digit(query: &str, index: Index, digits: u64) -> Result<u64, RequestError> {
    match query::values(query, "digit").as_slice() {
        [] => Some(1),
        [typed] => parse_u64(typed).ok(),
        _ => None,
    }
    .filter(|digit| (1..=digits).contains(digit))
    .ok_or(RequestError::NoSuchDigit { index, digits })
}

/// The digits of a term that a page shows in full.
fn compute(n: u64, engine: &Engine) -> String {
    let digits = nth_digits(n);
    engine.report_check(n, digits.recomputed);
    digits.text
}

/// Whether the term is returned in full.
const fn is_in_full(index: Index, limits: &Limits) -> bool {
    index.magnitude <= limits.max_nth
}

/// The minus sign of a negative term in a sentence.
const fn minus(index: Index) -> &'static str {
    if index.has_negative_term() { "−" } else { "" }
}

/// The minus sign of a negative term as programs read it.
const fn sign(index: Index) -> &'static str {
    if index.has_negative_term() { "-" } else { "" }
}

/// `GET /nth?n=100`: F(100), at an address to bookmark. A number that is not in plain digits is redirected.
pub async fn html(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let query = query::in_plain_digits(request.query_string());
    let index = requested(&request, &query)?;
    if let Some(redirect) = redirects::to_plain_digits(&request, &site, "/nth", &query) {
        return Ok(redirect);
    }
    let (length, is_in_full) = (length::digits(index.magnitude), is_in_full(index, &site.limits));
    let has_window = length > PAGE_DIGITS && is_in_full;
    let start = if is_in_full { requested_digit(&query, index, length)? } else { 1 };
    let cost = if has_window { Cost::of_digits(index.magnitude) } else { Cost::PAGE };
    let shared = site.clone();
    let render = move || {
        let n = index.magnitude;
        let (shown, summary) = if !is_in_full {
            (Digits::Summary, summary(n))
        } else if has_window {
            let digits = shared.engine.digits_here(n)?;
            let window = DigitWindow::new(sign(index), &digits, start);
            (Digits::Window(window), summary(n))
        } else {
            let digits = compute(n, &shared.engine);
            let summary = Summary::of_digits(&digits);
            (Digits::Full(digits), summary)
        };
        Ok::<_, PageError>(NthPage::new(&shared, index, shown, summary).render()?)
    };
    let key = format!("{index}.{start}");
    ConditionalResponse::new(&request, &site, key, CachePolicy::Revalidate).page(cost, render).await
}

/// `GET /nth.txt?n=100`: the digits and a line feed.
pub async fn text(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let index = requested(&request, request.query_string())?;
    if !is_in_full(index, &site.limits) {
        return Err(RequestError::TermTooLong { index, limit: site.limits.max_nth });
    }
    let around = (sign(index).into(), Bytes::from_static(b"\n"));
    let response = ConditionalResponse::new(&request, &site, index, CachePolicy::Immutable);
    full(index, &response, &site, ContentType::plaintext(), around).await
}

/// `GET /nth.json?n=100`: the digits as a string, and their number.
pub async fn json(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let index = requested(&request, request.query_string())?;
    let (digits, sign) = (length::digits(index.magnitude), sign(index));
    if is_in_full(index, &site.limits) {
        let before = format!("{{\"n\":{index},\"digits\":{digits},\"value\":\"{sign}");
        let around = (before.into(), Bytes::from_static(b"\"}"));
        let response = ConditionalResponse::new(&request, &site, index, CachePolicy::Revalidate);
        return full(index, &response, &site, ContentType::json(), around).await;
    }
    let make = async || {
        let summary = summary(index.magnitude);
        Ok(serde_json::to_string(&SummaryJson {
            n: index.into(),
            digits: digits.into(),
            value: (),
            leading: format!("{sign}{}", summary.leading),
            trailing: summary.trailing,
        })?)
    };
    // Not immutable: with a higher limit, this address returns the full term.
    ConditionalResponse::new(&request, &site, index, CachePolicy::Revalidate)
        .text(ContentType::json(), make)
        .await
}

/// `GET /nth.png?n=100`: a picture of the term, for links that are shared.
pub async fn png(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let index = requested(&request, request.query_string())?;
    let draw = move || card::of_term(index);
    ConditionalResponse::new(&request, &site, index, CachePolicy::Revalidate).png(draw).await
}

/// The digits of F(`index`), without a sign, between two texts.
async fn full(
    index: Index,
    response: &ConditionalResponse<'_>,
    site: &Site,
    kind: ContentType,
    (before, after): (Bytes, Bytes),
) -> Result<HttpResponse, RequestError> {
    let length = (before.len() + after.len()) as u64 + length::digits(index.magnitude);
    let make = async |range| {
        let digits = site.engine.digits(index.magnitude).await?;
        Ok(ResultBody::of_text(before, digits, after, range))
    };
    response.data(kind, length, 0, make).await
}
