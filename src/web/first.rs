//! The first n terms: `/first`, `/first.txt`, `/first.json`.

use std::ops::Range;

use actix_web::http::header::ContentType;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::delivery::{Delivery, Keep, Wanted};
use super::frame::Frame;
use super::result_body::ResultBody;
use super::{Error, Limits, Number, Site, query, words};
use crate::engine::Cost;
use crate::fibonacci::{Decimal, DecimalFibonacci, Layout, ListText, length};

/// The most terms on a page; a longer list has several.
const PAGE: u64 = 1_000;

/// The longest term that a page shows whole. F(999) has 209 digits, so that the first page of a list
/// shows all its terms whole; the rows after stay short.
const WHOLE_DIGITS: usize = 209;

/// The digits that are shown of each end of a longer term.
const END_DIGITS: usize = 30;

/// A number of terms that is not past `MAX_FIRST`.
#[derive(Clone, Copy, Debug)]
struct Count(u64);

impl Count {
    fn new(number: Number, limits: &Limits) -> Result<Self, Error> {
        let count = number.get();
        if count > limits.max_first {
            return Err(Error::ListTooLong {
                count,
                limit: limits.max_first,
            });
        }
        Ok(Self(count))
    }

    /// How many pages the list has; an empty one has a page that says so.
    fn pages(self) -> u64 {
        self.0.div_ceil(PAGE).max(1)
    }

    /// The page that the address asks for, from 1: the first, where it does not.
    fn page(self, request: &HttpRequest) -> Result<u64, Error> {
        let pages = self.pages();
        match query::values(request.query_string(), "page").as_slice() {
            [] => Some(1),
            [typed] => Number::parse(typed).ok().map(Number::get),
            _ => None,
        }
        .filter(|page| (1..=pages).contains(page))
        .ok_or(Error::NoSuchPage { pages })
    }
}

/// The first n terms, a thousand of them a page.
#[derive(Template)]
#[template(path = "first.html")]
struct FirstPage<'a> {
    frame: Frame<'a>,
    n: u64,
    page: u64,
    pages: u64,
    rows: Vec<Row>,
}

/// A term of the list.
struct Row {
    index: u64,
    term: Shown,
}

/// As much of a term as fits a row.
enum Shown {
    Whole(String),
    Ends {
        leading: String,
        trailing: String,
        digits: usize,
    },
}

impl Shown {
    /// What is shown of `term`; `text` is room for its digits, which one row leaves to the next.
    fn new(term: &Decimal, text: &mut Vec<u8>) -> Self {
        text.resize(term.digits(), 0);
        term.write_to(text);
        Self::of_digits(text)
    }

    fn of_digits(text: &[u8]) -> Self {
        let digits = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
        if text.len() <= WHOLE_DIGITS {
            return Self::Whole(digits(text));
        }
        Self::Ends {
            leading: digits(&text[..END_DIGITS]),
            trailing: digits(&text[text.len() - END_DIGITS..]),
            digits: text.len(),
        }
    }
}

/// The terms of these indices, and whether the first of them failed its check.
fn rows(indices: Range<u64>) -> (Vec<Row>, bool) {
    let mut terms = DecimalFibonacci::starting_at(indices.start);
    let mut text = Vec::new();
    let rows = indices
        .map(|index| {
            let term = Shown::new(terms.term(), &mut text);
            terms.advance();
            Row { index, term }
        })
        .collect();
    (rows, terms.was_recomputed())
}

/// Rows of the same lengths as those of [`rows`].
fn rows_of_any_digits(indices: Range<u64>) -> Vec<Row> {
    let longest = usize::try_from(length::digits(indices.end)).unwrap_or(usize::MAX);
    let zeros = vec![b'0'; longest];
    indices
        .map(|index| {
            let digits = usize::try_from(length::digits(index)).unwrap_or(longest);
            let term = Shown::of_digits(&zeros[..digits]);
            Row { index, term }
        })
        .collect()
}

/// `GET /first?n=10`: the first ten terms, at an address to bookmark.
pub async fn html(
    number: Number,
    request: HttpRequest,
    site: Data<Site>,
) -> Result<HttpResponse, Error> {
    let count = Count::new(number, &site.limits)?;
    let page = count.page(&request)?;
    let Count(n) = count;
    let indices = (page - 1) * PAGE..n.min(page * PAGE);
    let shared = site.clone();
    let render = move |rows| {
        let page = FirstPage {
            frame: Frame::new(&shared).with_typed(&n.to_string()),
            n,
            page,
            pages: count.pages(),
            rows,
        };
        Ok(page.render()?)
    };
    let make = async |wanted| match wanted {
        Wanted::Length => render(rows_of_any_digits(indices)),
        Wanted::Page => {
            let start = indices.start;
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
    Delivery::new(&request, &site, format_args!("{n}.{page}"), Keep::AWhile)
        .page(make)
        .await
}

/// `GET /first.txt?n=10`: a term a line.
pub async fn text(
    number: Number,
    request: HttpRequest,
    site: Data<Site>,
) -> Result<HttpResponse, Error> {
    let Count(n) = Count::new(number, &site.limits)?;
    let end: &[u8] = if n > 0 { b"\n" } else { b"" };
    let around = (Bytes::new(), Bytes::from_static(end));
    list(n, &request, &site, ContentType::plaintext(), "\n", around).await
}

/// `GET /first.json?n=3`: `{"n":3,"values":["0","1","1"]}`, the terms as strings.
pub async fn json(
    number: Number,
    request: HttpRequest,
    site: Data<Site>,
) -> Result<HttpResponse, Error> {
    let Count(n) = Count::new(number, &site.limits)?;
    // Digits need no escape: what stands around them is all that there is to JSON.
    let quote = if n > 0 { "\"" } else { "" };
    let before = format!("{{\"n\":{n},\"values\":[{quote}");
    let after = format!("{quote}]}}");
    let around = (before.into(), after.into());
    list(n, &request, &site, ContentType::json(), "\",\"", around).await
}

/// The first n terms with `separator` between each two, between two other texts.
async fn list(
    n: u64,
    request: &HttpRequest,
    site: &Site,
    kind: ContentType,
    separator: &'static str,
    (before, after): (Bytes, Bytes),
) -> Result<HttpResponse, Error> {
    let layout = Layout {
        separator: separator.as_bytes(),
        numbered: false,
    };
    let list_length = ListText::length(0, n, layout);
    let length = list_length + (before.len() + after.len()) as u64;
    let make = async |range: Range<u64>| {
        let offset = range.start.saturating_sub(before.len() as u64);
        let (start, bytes) = ListText::place_of(0, n, layout, offset);
        let work = move || ListText::new(start, n - start, layout).skipping(bytes);
        let list = site.engine.run("list", Cost::of_start(start), work).await?;
        site.engine.note_check(start, list.was_recomputed());
        let list = (list, list_length);
        Ok(ResultBody::of_list(before, list, after, range))
    };
    // Besides what is buffered, it takes four terms: two, their sum, and one that did not fit.
    let memory = 4 * length::digits(n);
    Delivery::new(request, site, n, Keep::Forever)
        .bytes(kind, length, memory, make)
        .await
}
