//! The first n terms: `/first`, `/first.txt`, `/first.json`.

use std::ops::Range;

use actix_web::http::header::ContentType;
use actix_web::web::{Data, Html};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::compute::{compute, note_check};
use super::frame::Frame;
use super::list_body::ListBody;
use super::{Error, Limits, Number, Site, query, words};
use crate::fibonacci::{Decimal, DecimalFibonacci};

/// The most terms on a page; a longer list has several.
const PAGE: u64 = 1_000;

/// The longest term that a page shows whole. F(999) has 209 digits, so that the first page of a list
/// shows all its terms whole; the rows after stay short.
const WHOLE_DIGITS: usize = 209;

/// The digits that are shown of each end of a longer term.
const END_DIGITS: usize = 30;

/// The largest index up to which a page is computed on the worker itself: the last page of 10 000 terms
/// takes 1.1 ms with all that is around it.
const INLINE_INDEX: u64 = 10_000;

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

/// The terms of these indices.
fn rows(indices: Range<u64>) -> Vec<Row> {
    let mut terms = DecimalFibonacci::starting_at(indices.start);
    note_check(indices.start, terms.was_recomputed());
    let mut text = Vec::new();
    indices
        .map(|index| {
            let term = Shown::new(terms.term(), &mut text);
            terms.advance();
            Row { index, term }
        })
        .collect()
}

/// `GET /first?n=10`: the first ten terms, at an address to bookmark.
pub async fn html(number: Number, request: HttpRequest, site: Data<Site>) -> Result<Html, Error> {
    let count = Count::new(number, &site.limits)?;
    let page = count.page(&request)?;
    let Count(n) = count;
    let indices = (page - 1) * PAGE..n.min(page * PAGE);
    let rows = compute(indices.end > INLINE_INDEX, || rows(indices)).await?;
    let page = FirstPage {
        frame: Frame::new(&site).with_typed(&n.to_string()),
        n,
        page,
        pages: count.pages(),
        rows,
    };
    Ok(Html::new(page.render()?))
}

/// `GET /first.txt?n=10`: a term a line.
pub async fn text(number: Number, site: Data<Site>) -> Result<HttpResponse, Error> {
    let Count(n) = Count::new(number, &site.limits)?;
    let end = if n > 0 { "\n" } else { "" };
    Ok(HttpResponse::Ok()
        .content_type(ContentType::plaintext())
        .body(ListBody::new("", n, "\n", end)))
}

/// `GET /first.json?n=3`: `{"n":3,"values":["0","1","1"]}`, the terms as strings.
pub async fn json(number: Number, site: Data<Site>) -> Result<HttpResponse, Error> {
    let Count(n) = Count::new(number, &site.limits)?;
    // Digits need no escape: what stands around them is all that there is to JSON.
    let quote = if n > 0 { "\"" } else { "" };
    Ok(HttpResponse::Ok()
        .content_type(ContentType::json())
        .body(ListBody::new(
            format!("{{\"n\":{n},\"values\":[{quote}"),
            n,
            "\",\"",
            format!("{quote}]}}"),
        )))
}
