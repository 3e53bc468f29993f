//! The nth term: `/nth`, `/nth.txt`, `/nth.json`.

use actix_web::Responder;
use actix_web::web::{Data, Html, Json};
use askama::Template;
use serde::Serialize;

use super::compute::compute;
use super::frame::Frame;
use super::{Error, Limits, Number, Site, words};
use crate::fibonacci;

/// The largest index whose term is computed on the worker itself: 0.09 ms (median of nine, release
/// build, one core of a 2-core virtual machine), where F(100 000) takes 1.1 ms.
const INLINE_INDEX: u64 = 20_000;

/// An index that is not past `MAX_NTH`.
#[derive(Clone, Copy, Debug)]
struct Index(u64);

impl Index {
    fn new(number: Number, limits: &Limits) -> Result<Self, Error> {
        let index = number.get();
        if index > limits.max_nth {
            return Err(Error::TermTooLong {
                index,
                limit: limits.max_nth,
            });
        }
        Ok(Self(index))
    }

    /// The digits of its term.
    async fn term(self) -> Result<String, Error> {
        let Self(index) = self;
        compute(index > INLINE_INDEX, move || {
            fibonacci::nth(index).to_string()
        })
        .await
    }
}

/// F(n), all its digits, and how many they are.
#[derive(Template)]
#[template(path = "nth.html")]
struct NthPage<'a> {
    frame: Frame<'a>,
    n: u64,
    value: String,
}

/// F(n) for programs.
#[derive(Serialize)]
struct NthJson {
    n: u64,
    digits: usize,
    value: String,
}

/// `GET /nth?n=100`: F(100), at an address to bookmark.
pub async fn html(number: Number, site: Data<Site>) -> Result<Html, Error> {
    let index = Index::new(number, &site.limits)?;
    let value = index.term().await?;
    let Index(n) = index;
    let frame = Frame::new(&site)
        .with_typed(&n.to_string())
        .with_enter_for_nth();
    Ok(Html::new(NthPage { frame, n, value }.render()?))
}

/// `GET /nth.txt?n=100`: the digits and a line feed.
pub async fn text(number: Number, site: Data<Site>) -> Result<String, Error> {
    let value = Index::new(number, &site.limits)?.term().await?;
    Ok(value + "\n")
}

/// `GET /nth.json?n=100`: the digits as a string, and how many they are.
pub async fn json(number: Number, site: Data<Site>) -> Result<impl Responder, Error> {
    let index = Index::new(number, &site.limits)?;
    let value = index.term().await?;
    Ok(Json(NthJson {
        n: index.0,
        digits: value.len(),
        value,
    }))
}
