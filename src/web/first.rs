//! A list of terms: `/first`, `/first.txt`, `/first.json`, `/first.csv`.

use std::ops::Range;

use actix_web::http::header::ContentType;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::delivery::{Delivery, Keep, Memory, Wanted, content_type};
use super::excerpt::Excerpt;
use super::frame::Frame;
use super::number::{Number, Parameter};
use super::picture::Picture;
use super::result_body::ResultBody;
use super::window::{Query, Window};
use super::{Error, Site, query, words};
use crate::engine::Cost;
use crate::fibonacci::{DecimalFibonacci, Layout, ListText, length, nth, summary_of_sum};

/// The most terms on a page; a longer list has several.
const PAGE: u64 = 1_000;

/// The longest term that a page shows whole. F(999) has 209 digits, so that the first page of a list
/// shows all its terms whole; the rows after stay short.
const WHOLE_DIGITS: usize = 209;

/// The digits that are shown of each end of a longer term.
const END_DIGITS: usize = 30;

/// The longest list, in characters, that is told in a sentence.
const SENTENCE: usize = 100;

/// A list, a thousand terms of it a page.
#[derive(Template)]
#[template(path = "first.html")]
struct FirstPage<'a> {
    frame: Frame<'a>,
    window: Window,
    /// The list's part of an address.
    query: Query,
    page: u64,
    pages: u64,
    rows: Vec<Row>,
    sum: Excerpt,
    /// As many terms before these, and after.
    before: Option<Window>,
    after: Option<Window>,
    /// On the first page, where there is something to see: F(0) alone has no size.
    picture: Option<Picture>,
}

impl<'a> FirstPage<'a> {
    fn new(site: &'a Site, window: Window, page: u64, rows: Vec<Row>) -> Self {
        let Window { from, count } = window;
        let (mut title, description) = named(window, &rows);
        if pages(window) > 1 {
            title = format!("{title}, page {page} of {}", pages(window));
        }
        let mut frame =
            Frame::new(site, title, description).with_typed(Parameter::N, &count.to_string());
        if from > 0 {
            frame = frame.with_typed(Parameter::From, &from.to_string());
        }
        let moved = |index: Option<u64>| {
            index
                .filter(|_| count > 0)
                .and_then(|from| window.starting_at(from, site.limits))
        };
        Self {
            frame,
            window,
            query: Query(window),
            page,
            pages: pages(window),
            rows,
            sum: sum(window),
            before: moved(from.checked_sub(count)),
            after: moved(from.checked_add(count)),
            picture: Some(window)
                .filter(|window| page == 1 && window.last() > 0)
                .and_then(Picture::of),
        }
    }
}

/// The title of a list's page, and a sentence about it, of a length that the terms' lengths give.
fn named(window: Window, rows: &[Row]) -> (String, String) {
    let Window { from, count } = window;
    let last = window.last();
    let title = match (from, count) {
        (_, 0) => "An empty list".to_owned(),
        (0, 1) => "The first Fibonacci number".to_owned(),
        (0, _) => format!("The first {} Fibonacci numbers", words::grouped(count)),
        (_, 1) => format!("F({from})"),
        _ => format!("F({from}) to F({last})"),
    };
    let terms: Option<Vec<&str>> = rows.iter().map(|row| row.term.whole()).collect();
    let sentence = terms.map(|terms| terms.join(", "));
    let description = match sentence {
        _ if count == 0 => "No terms: counting starts at F(0) = 0.".to_owned(),
        Some(terms) if terms.len() <= SENTENCE && pages(window) == 1 => terms,
        _ => format!(
            "{} from F({from}) to F({last}), exact to the last digit.",
            words::terms(count)
        ),
    };
    (title, description)
}

/// How many pages a list has; an empty one has a page that says so.
fn pages(window: Window) -> u64 {
    window.count.div_ceil(PAGE).max(1)
}

/// The page that the address asks for, from 1: the first, where it does not.
fn page(request: &HttpRequest, pages: u64) -> Result<u64, Error> {
    match query::values(request.query_string(), "page").as_slice() {
        [] => Some(1),
        [typed] => Number::parse(typed).ok().map(Number::get),
        _ => None,
    }
    .filter(|page| (1..=pages).contains(page))
    .ok_or(Error::NoSuchPage { pages })
}

/// A term of the list.
struct Row {
    index: u64,
    term: Excerpt,
}

/// As much of a number of these digits as fits a row.
fn excerpt(digits: &[u8]) -> Excerpt {
    Excerpt::of(digits, WHOLE_DIGITS, END_DIGITS)
}

/// As much of the sum of a window's terms as fits; none has the sum 0.
fn sum(window: Window) -> Excerpt {
    let Window { from, count } = window;
    let sum = summary_of_sum(from, count);
    match usize::try_from(sum.digits) {
        Ok(digits) if digits <= WHOLE_DIGITS => {
            // The sum telescopes: each term is the difference of two others.
            Excerpt::Whole((nth(from + count + 1) - nth(from + 1)).to_string())
        }
        _ => Excerpt::Ends {
            leading: sum.leading[..END_DIGITS].to_owned(),
            trailing: sum.trailing[sum.trailing.len() - END_DIGITS..].to_owned(),
            digits: sum.digits,
        },
    }
}

/// The terms of these indices, and whether the first of them failed its check.
fn rows(indices: Range<u64>) -> (Vec<Row>, bool) {
    let mut terms = DecimalFibonacci::starting_at(indices.start);
    let mut text = Vec::new();
    let rows = indices
        .map(|index| {
            text.resize(terms.term().digits(), 0);
            terms.term().write_to(&mut text);
            let term = excerpt(&text);
            terms.advance();
            Row { index, term }
        })
        .collect();
    (rows, terms.was_recomputed())
}

/// Rows of the same lengths as those of [`rows`].
fn rows_of_any_digits(indices: Range<u64>) -> Vec<Row> {
    let zeros = |digits| "0".repeat(digits);
    indices
        .map(|index| {
            let digits = length::digits(index);
            let term = match usize::try_from(digits) {
                Ok(digits) if digits <= WHOLE_DIGITS => Excerpt::Whole(zeros(digits)),
                _ => Excerpt::Ends {
                    leading: zeros(END_DIGITS),
                    trailing: zeros(END_DIGITS),
                    digits,
                },
            };
            Row { index, term }
        })
        .collect()
}

/// `GET /first?n=10`: the first ten terms; `&from=1000` ten from F(1000) on, `&page=2` a long list's
/// second thousand.
pub async fn html(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, Error> {
    let window = Window::of(&request, site.limits)?;
    let page = page(&request, pages(window))?;
    let start = window.from + (page - 1) * PAGE;
    let indices = start..(window.from + window.count).min(start + PAGE);
    let shared = site.clone();
    let render = move |rows| Ok(FirstPage::new(&shared, window, page, rows).render()?);
    let make = async |wanted| match wanted {
        Wanted::Length => render(rows_of_any_digits(indices)),
        Wanted::Page if indices.is_empty() => render(Vec::new()),
        Wanted::Page => {
            let cost = Cost::of_rows(start, indices.end - start);
            let work = move || {
                let (rows, recomputed) = rows(indices);
                (render(rows), recomputed)
            };
            let (page, recomputed) = site.engine.run("page", cost, work).await?;
            site.engine.note_check(start, recomputed);
            page
        }
    };
    Delivery::new(
        &request,
        &site,
        format_args!("{window}.{page}"),
        Keep::AWhile,
    )
    .page(make)
    .await
}

/// `GET /first.txt?n=10`: a term a line.
pub async fn text(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, Error> {
    let window = Window::of(&request, site.limits)?;
    let layout = Layout {
        separator: b"\n",
        numbered: false,
    };
    let end: &[u8] = if window.count > 0 { b"\n" } else { b"" };
    let around = (Bytes::new(), Bytes::from_static(end));
    list(
        window,
        &request,
        &site,
        ContentType::plaintext(),
        layout,
        around,
    )
    .await
}

/// `GET /first.json?n=3`: `{"n":3,"values":["0","1","1"]}`, the terms as strings; with the index of the
/// first after `n`, where that is not 0.
pub async fn json(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, Error> {
    let window = Window::of(&request, site.limits)?;
    let Window { from, count } = window;
    let layout = Layout {
        separator: b"\",\"",
        numbered: false,
    };
    // Digits need no escape: what stands around them is all that there is to JSON.
    let quote = if count > 0 { "\"" } else { "" };
    let from = match from {
        0 => String::new(),
        from => format!("\"from\":{from},"),
    };
    let before = format!("{{\"n\":{count},{from}\"values\":[{quote}");
    let after = format!("{quote}]}}");
    let around = (before.into(), after.into());
    list(window, &request, &site, ContentType::json(), layout, around).await
}

/// `GET /first.csv?n=10`: a table of index and term, as RFC 4180 has it.
pub async fn csv(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, Error> {
    let window = Window::of(&request, site.limits)?;
    let layout = Layout {
        separator: b"\r\n",
        numbered: true,
    };
    let end: &[u8] = if window.count > 0 { b"\r\n" } else { b"" };
    let around = (Bytes::from_static(b"n,value\r\n"), Bytes::from_static(end));
    list(
        window,
        &request,
        &site,
        content_type("text/csv; charset=utf-8")?,
        layout,
        around,
    )
    .await
}

/// A window's terms in a layout, between two other texts.
async fn list(
    window: Window,
    request: &HttpRequest,
    site: &Site,
    kind: ContentType,
    layout: Layout,
    (before, after): (Bytes, Bytes),
) -> Result<HttpResponse, Error> {
    let Window { from, count } = window;
    let list_length = ListText::length(from, count, layout);
    let length = list_length + (before.len() + after.len()) as u64;
    let make = async |range: Range<u64>| {
        let offset = range.start.saturating_sub(before.len() as u64);
        let (terms, bytes) = ListText::locate(from, count, layout, offset);
        // Past the last term there is none to start with.
        let start = if terms < count { from + terms } else { 0 };
        let work = move || ListText::new(start, count - terms, layout).skipping(bytes);
        let list = site.engine.run("list", Cost::of_start(start), work).await?;
        site.engine.note_check(start, list.was_recomputed());
        let list = (list, list_length);
        Ok(ResultBody::of_list(before, list, after, range))
    };
    // Besides what is buffered, it takes four terms: two, their sum, and one that did not fit.
    let memory = Memory::Terms(4 * length::digits(from + count));
    Delivery::new(request, site, window, Keep::Forever)
        .bytes(kind, length, memory, make)
        .await
}
