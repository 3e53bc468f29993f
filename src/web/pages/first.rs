//! A list of terms: `/first`, `/first.txt`, `/first.json`, `/first.csv`, `/first.svg`,
//! `/first.png`.

use std::ops::Range;

use actix_web::http::header::{CONTENT_SECURITY_POLICY, ContentType};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use fibonacci::{
    DecimalFibonacci, Layout as ListLayout, ListText, find_index, length, nth, summary_of_sum,
};

use super::card;
use super::excerpt::{Excerpt, shortened};
use super::picture::{self, Picture};
use super::redirects;
use crate::engine::Engine;
use crate::engine::cost::Cost;
use crate::web::error::RequestError;
use crate::web::format;
use crate::web::layout::Layout;
use crate::web::request::number::parse_u64;
use crate::web::request::parameter::Parameter;
use crate::web::request::query;
use crate::web::request::term_range::{RangeQuery, TermRange};
use crate::web::request::up_to::UpTo;
use crate::web::request_context::RequestContext;
use crate::web::response::body::ResultBody;
use crate::web::response::cache_policy::CachePolicy;
use crate::web::response::conditional::ConditionalResponse;
use crate::web::response::content_type;
use crate::web::site::Site;

/// The maximum number of terms on a page; a longer list has several pages.
const PAGE_TERMS: u64 = 100;

/// The longest term that a row shows in full, in digits. F(999) has 209, so a list of the first thousand has
/// all of them in full, and later rows stay short.
const ROW_DIGITS: usize = 209;

/// The longest term on a page whose terms are right-aligned even on a narrow phone, in digits: that of F(99).
const NARROW_DIGITS: usize = 21;

/// The longest term on a page whose terms are right-aligned on wider screens, in digits: that of F(199).
const MEDIUM_DIGITS: usize = 42;

/// The digits of either end of a longer term in a row.
const ROW_END_DIGITS: usize = 20;

/// The longest value in a heading, in digits.
const VALUE_DIGITS: usize = 20;

/// The digits of either end of a longer one.
const VALUE_END_DIGITS: usize = 8;

/// The longest list in a description, in characters.
const DESCRIPTION_LENGTH: usize = 100;

/// A page of a list.
#[derive(Template)]
#[template(path = "first.html")]
struct FirstPage<'a> {
    layout: Layout<'a>,
    heading: String,
    range: TermRange,
    /// The query of the list, for links.
    query: RangeQuery,
    /// The query of its pages, which keep the value that a list goes up to.
    page_query: String,
    page: u64,
    pages: u64,
    rows: Vec<Row>,
    sum: Excerpt,
    /// The lists of the same length before and after this one.
    before: Option<TermRange>,
    after: Option<TermRange>,
    /// On the first page, if there is something to see: F(0) alone has no size.
    picture: Option<Picture>,
}

/// A term of the list.
struct Row {
    index: u64,
    term: Excerpt,
}

impl<'a> FirstPage<'a> {
    fn new(
        site: &'a Site,
        range: TermRange,
        upto: Option<&UpTo>,
        page: u64,
        rows: Vec<Row>,
    ) -> Self {
        let TermRange { from, count } = range;
        let (heading, description) = describe(range, upto, &rows);
        let title = match pages(range) {
            1 => heading.clone(),
            pages => format!("{heading}, page {page} of {pages}"),
        };
        let mut layout = Layout::new(site, title, description)
            .with_picture(site, format_args!("/first.png?{}", RangeQuery(range)));
        layout = match upto {
            Some(upto) => layout.with_typed(Parameter::UpTo, &upto.value),
            None => layout.with_typed(Parameter::N, &count.to_string()),
        };
        if from > 0 {
            layout = layout.with_typed(Parameter::From, &from.to_string());
        }
        let starting_at = |index: Option<u64>| {
            index.filter(|_| count > 0).and_then(|from| range.starting_at(from, site.limits))
        };
        Self {
            layout,
            heading,
            range,
            query: RangeQuery(range),
            page_query: match upto {
                Some(upto) => upto.to_string(),
                None => RangeQuery(range).to_string(),
            },
            page,
            pages: pages(range),
            rows,
            sum: sum(range),
            before: starting_at(from.checked_sub(count)),
            after: starting_at(from.checked_add(count)),
            picture: Some(range)
                .filter(|range| page == 1 && range.last() > 0)
                .and_then(Picture::of),
        }
    }

    /// The style of the table. Terms are right-aligned where the longest fits a line, so that growth is visible.
    fn class(&self) -> &'static str {
        match self.rows.last().and_then(|row| row.term.full()).map(str::len) {
            Some(..=NARROW_DIGITS) => "terms narrow",
            Some(..=MEDIUM_DIGITS) => "terms medium",
            _ => "terms",
        }
    }
}

/// The value in a sentence.
fn in_sentence(upto: &UpTo) -> String {
    match upto.value.len() {
        ..=VALUE_DIGITS => format::grouped(&upto.value),
        _ => shortened(&upto.value, 0, VALUE_END_DIGITS),
    }
}

/// The title of a list's page, and a sentence about it.
fn describe(range: TermRange, upto: Option<&UpTo>, rows: &[Row]) -> (String, String) {
    let TermRange { from, count } = range;
    let title = match (upto, from, count) {
        (Some(upto @ UpTo { from: 0, .. }), ..) => {
            format!("Fibonacci numbers up to {}", in_sentence(upto))
        }
        (Some(upto), ..) => format!(
            "Fibonacci numbers from {} up to {}",
            format::term(upto.from),
            in_sentence(upto)
        ),
        (None, _, 0) => "An empty list".to_owned(),
        (None, 0, 1) => "The first Fibonacci number".to_owned(),
        (None, 0, _) => format!("The first {} Fibonacci numbers", format::grouped(count)),
        (None, ..) => range.name(),
    };
    let terms: Option<Vec<&str>> = rows.iter().map(|row| row.term.full()).collect();
    let description = match terms.map(|terms| terms.join(", ")) {
        _ if count == 0 => match upto {
            Some(upto) => format!(
                "There are no terms to list: from {} on, every term is greater than {}.",
                format::term(upto.from),
                in_sentence(upto)
            ),
            None => "There are no terms to list. The first term is F(0) = 0.".to_owned(),
        },
        Some(terms) if terms.len() <= DESCRIPTION_LENGTH && pages(range) == 1 => terms,
        _ => format!(
            "{} from {} to {}, exact to the last digit.",
            format::terms(count),
            format::term(from),
            format::term(range.last())
        ),
    };
    (title, description)
}

/// The number of a list's pages; an empty list has one.
fn pages(range: TermRange) -> u64 {
    range.count.div_ceil(PAGE_TERMS).max(1)
}

/// The requested page, from 1; the first by default.
fn requested_page(query: &str, pages: u64) -> Result<u64, RequestError> {
    match query::values(query, "page").as_slice() {
        [] => Some(1),
        [typed] => parse_u64(typed).ok(),
        _ => None,
    }
    .filter(|page| (1..=pages).contains(page))
    .ok_or(RequestError::NoSuchPage { pages })
}

/// The sum of a range's terms. It telescopes: each term is the difference of two others.
fn sum(range: TermRange) -> Excerpt {
    let TermRange { from, count } = range;
    let sum = summary_of_sum(from, count);
    if sum.digits <= ROW_DIGITS as u64 {
        return Excerpt::Full((nth(from + count + 1) - nth(from + 1)).to_string());
    }
    Excerpt::Ends {
        leading: sum.leading[..ROW_END_DIGITS].to_owned(),
        trailing: sum.trailing[sum.trailing.len() - ROW_END_DIGITS..].to_owned(),
        digits: sum.digits,
    }
}

/// The rows of these indices.
fn rows(indices: Range<u64>, engine: &Engine) -> Vec<Row> {
    let mut terms = DecimalFibonacci::starting_at(indices.start);
    engine.report_check(indices.start, terms.was_recomputed());
    let mut text = Vec::new();
    indices
        .map(|index| {
            text.resize(terms.term().digits(), 0);
            terms.term().write_to(&mut text);
            let term = Excerpt::of(&text, ROW_DIGITS, ROW_END_DIGITS);
            terms.advance();
            Row { index, term }
        })
        .collect()
}

/// Parses the range of terms, and checks the limits.
fn requested(request: &HttpRequest, site: &Site) -> Result<TermRange, RequestError> {
    let (range, _) = parse(request.query_string(), site)?;
    check_limits(range, request, site)?;
    Ok(range)
}

/// Stores the length of the list for the log, and checks the limits.
fn check_limits(range: TermRange, request: &HttpRequest, site: &Site) -> Result<(), RequestError> {
    let limits = site.limits;
    RequestContext::set_n(request, range.count.into());
    if range.fits(limits) { Ok(()) } else { Err(RequestError::ListTooLong { range, limits }) }
}

/// Parses the range of terms, whatever the limits.
fn parse(query: &str, site: &Site) -> Result<(TermRange, Option<UpTo>), RequestError> {
    let Some(upto) = UpTo::parse(query)? else {
        return Ok((TermRange::parse(query)?, None));
    };
    let found = find_index(&upto.value);
    let count = found.lookup.terms_up_to();
    site.engine.report_check(count, found.recomputed);
    Ok((TermRange::up_to(upto.from, count), Some(upto)))
}

/// `GET /first?n=10`: the first ten terms; `&from=1000` ten from F(1000) on; `&page=2` the second page.
/// `GET /first?upto=1000`: all terms up to 1000. A number that is not in plain digits is redirected.
pub async fn html(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let query = query::in_plain_digits(request.query_string());
    let (range, upto) = parse(&query, &site)?;
    if let Some(redirect) = redirects::to_plain_digits(&request, &site, "/first", &query) {
        return Ok(redirect);
    }
    check_limits(range, &request, &site)?;
    let page = requested_page(&query, pages(range))?;
    let key = match &upto {
        Some(upto) => format!("{range}.{page}.{upto}"),
        None => format!("{range}.{page}"),
    };
    let start = range.from + (page - 1) * PAGE_TERMS;
    let indices = start..(range.from + range.count).min(start + PAGE_TERMS);
    let cost = Cost::of_rows(start, indices.end - start);
    let shared = site.clone();
    let render = move || {
        let rows = if indices.is_empty() { Vec::new() } else { rows(indices, &shared.engine) };
        FirstPage::new(&shared, range, upto.as_ref(), page, rows).render()
    };
    ConditionalResponse::new(&request, &site, key, CachePolicy::Revalidate).page(cost, render).await
}

/// `GET /first.txt?n=10`: one term per line.
pub async fn text(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let range = requested(&request, &site)?;
    let layout = ListLayout { separator: b"\n", numbered: false };
    let end: &[u8] = if range.count > 0 { b"\n" } else { b"" };
    let around = (Bytes::new(), Bytes::from_static(end));
    let response = ConditionalResponse::new(&request, &site, range, CachePolicy::Immutable);
    list(range, &site, &response, ContentType::plaintext(), layout, around).await
}

/// `GET /first.json?n=3`: `{"n":3,"values":["0","1","1"]}`. The terms are strings. The index of the first
/// term comes after `n`, unless it is 0.
pub async fn json(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let range = requested(&request, &site)?;
    let TermRange { from, count } = range;
    let layout = ListLayout { separator: b"\",\"", numbered: false };
    // Digits need no escaping, so JSON is a matter of separators.
    let quote = if count > 0 { "\"" } else { "" };
    let from = match from {
        0 => String::new(),
        from => format!("\"from\":{from},"),
    };
    let before = format!("{{\"n\":{count},{from}\"values\":[{quote}");
    let after = format!("{quote}]}}");
    let around = (before.into(), after.into());
    let response = ConditionalResponse::new(&request, &site, range, CachePolicy::Revalidate);
    list(range, &site, &response, ContentType::json(), layout, around).await
}

/// `GET /first.csv?n=10`: a table of indices and terms (RFC 4180).
pub async fn csv(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let range = requested(&request, &site)?;
    let layout = ListLayout { separator: b"\r\n", numbered: true };
    let end: &[u8] = if range.count > 0 { b"\r\n" } else { b"" };
    let around = (Bytes::from_static(b"n,value\r\n"), Bytes::from_static(end));
    let kind = content_type("text/csv; charset=utf-8")?;
    let response = ConditionalResponse::new(&request, &site, range, CachePolicy::Immutable);
    list(range, &site, &response, kind, layout, around).await
}

/// `GET /first.svg?n=10`: a picture of the first ten terms.
pub async fn svg(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let range = requested(&request, &site)?;
    let render = async || Ok(picture::svg(range)?);
    let mut response = ConditionalResponse::new(&request, &site, range, CachePolicy::Revalidate)
        .text(content_type("image/svg+xml")?, render)
        .await?;
    let policy = picture::POLICY.clone();
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

/// `GET /first.png?n=10`: a picture of the first ten terms, for links that are shared.
pub async fn png(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let range = requested(&request, &site)?;
    let draw = move || card::of_list(range);
    ConditionalResponse::new(&request, &site, range, CachePolicy::Revalidate).png(draw).await
}

/// The terms of a range in a layout, between two texts.
async fn list(
    range: TermRange,
    site: &Site,
    response: &ConditionalResponse<'_>,
    kind: ContentType,
    layout: ListLayout,
    (before, after): (Bytes, Bytes),
) -> Result<HttpResponse, RequestError> {
    let TermRange { from, count } = range;
    let list_length = ListText::length(from, count, layout);
    let length = list_length + (before.len() + after.len()) as u64;
    let make = async |bytes: Range<u64>| {
        let offset = bytes.start.saturating_sub(before.len() as u64);
        let (skipped, offset) = ListText::position(from, count, layout, offset);
        // Past the last term, there is none to start with.
        let start = if skipped < count { from + skipped } else { 0 };
        let work = move || ListText::new(start, count - skipped, layout).skipping(offset);
        let list = site.engine.run("list", Cost::of_start(start), work).await?;
        site.engine.report_check(start, list.was_recomputed());
        Ok(ResultBody::of_list(before, (list, list_length), after, bytes))
    };
    // A list keeps four terms: the current two, their sum, and one that did not fit a piece.
    let retained = 4 * length::digits(from + count);
    response.data(kind, length, retained, make).await
}
