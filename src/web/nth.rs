//! The nth term: `/nth`, `/nth.txt`, `/nth.json`.

use actix_web::http::header::ContentType;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Serialize;

use super::delivery::{Delivery, Keep};
use super::frame::Frame;
use super::result_body::ResultBody;
use super::{Error, Limits, Number, Site, words};
use crate::engine::Cost;
use crate::fibonacci::{END_DIGITS, Summary, length, summary};

/// An index that is not past `MAX_NTH`, or one that is, of whose term there is a summary.
#[derive(Clone, Copy, Debug)]
enum Index {
    Whole(u64),
    Summary(u64),
}

impl Index {
    fn new(number: Number, limits: &Limits) -> Self {
        let index = number.get();
        if index <= limits.max_nth {
            Self::Whole(index)
        } else {
            Self::Summary(index)
        }
    }
}

/// As much of a term as is told.
enum Term {
    Whole {
        /// Its digits, or [`HOLE`].
        value: String,
        digits: u64,
    },
    Summary(Summary),
}

/// What stands on a page where the digits of a long term come: a character that HTML cannot hold, and
/// that is on no page therefore.
const HOLE: char = '\0';

/// F(n), how many digits it has, and all of them or the first and the last.
#[derive(Template)]
#[template(path = "nth.html")]
struct NthPage<'a> {
    frame: Frame<'a>,
    n: u64,
    /// Which term it is to those who count from one.
    position: u128,
    term: Term,
    /// The last index whose term is given whole.
    limit: u64,
}

/// The two ends of a term past `MAX_NTH`, for programs.
#[derive(Serialize)]
struct SummaryJson {
    n: u64,
    digits: u64,
    /// Always null: it is too long.
    value: Option<String>,
    leading: String,
    trailing: String,
}

/// `GET /nth?n=100`: F(100), at an address to bookmark.
pub async fn html(
    number: Number,
    request: HttpRequest,
    site: Data<Site>,
) -> Result<HttpResponse, Error> {
    let n = number.get();
    let digits = length::digits(n);
    let delivery = Delivery::new(&request, &site, n, Keep::AWhile);
    match Index::new(number, &site.limits) {
        Index::Whole(_) if !Cost::of_term(n).is_light() => {
            // Two megabytes need not be rendered, nor kept once more, to be sent.
            let value = HOLE.to_string();
            let page = render(&site, n, Term::Whole { value, digits })?;
            let (before, after) = page.split_once(HOLE).unwrap_or((&page, ""));
            let around = (before.to_owned().into(), after.to_owned().into());
            whole(n, &delivery, &site, ContentType::html(), around).await
        }
        Index::Whole(_) => {
            let page = async |_| {
                let value = site.engine.digits(n).await?;
                let value = String::from_utf8_lossy(&value).into_owned();
                render(&site, n, Term::Whole { value, digits })
            };
            delivery.page(page).await
        }
        Index::Summary(_) => {
            let page = async |_| render(&site, n, Term::Summary(summary(n)));
            delivery.page(page).await
        }
    }
}

fn render(site: &Site, n: u64, term: Term) -> Result<String, Error> {
    let frame = Frame::new(site)
        .with_typed(&n.to_string())
        .with_enter_for_nth();
    let page = NthPage {
        frame,
        n,
        position: u128::from(n) + 1,
        term,
        limit: site.limits.max_nth,
    };
    Ok(page.render()?)
}

/// `GET /nth.txt?n=100`: the digits and a line feed.
pub async fn text(
    number: Number,
    request: HttpRequest,
    site: Data<Site>,
) -> Result<HttpResponse, Error> {
    match Index::new(number, &site.limits) {
        Index::Whole(index) => {
            let around = (Bytes::new(), Bytes::from_static(b"\n"));
            let delivery = Delivery::new(&request, &site, index, Keep::Forever);
            whole(index, &delivery, &site, ContentType::plaintext(), around).await
        }
        Index::Summary(index) => Err(Error::TermTooLong {
            index,
            limit: site.limits.max_nth,
        }),
    }
}

/// `GET /nth.json?n=100`: the digits as a string, and how many they are.
pub async fn json(
    number: Number,
    request: HttpRequest,
    site: Data<Site>,
) -> Result<HttpResponse, Error> {
    match Index::new(number, &site.limits) {
        Index::Whole(n) => {
            let digits = length::digits(n);
            let before = format!("{{\"n\":{n},\"digits\":{digits},\"value\":\"");
            let around = (before.into(), Bytes::from_static(b"\"}"));
            let delivery = Delivery::new(&request, &site, n, Keep::Forever);
            whole(n, &delivery, &site, ContentType::json(), around).await
        }
        Index::Summary(n) => {
            // As long as this: the ends of a term have as many digits whatever they are.
            let digits = length::digits(n);
            let end = "0"
                .repeat(usize::from(END_DIGITS).min(usize::try_from(digits).unwrap_or(usize::MAX)));
            let length = summary_json(n, digits, end.clone(), end)?.len() as u64;
            let make = async |range| {
                let Summary {
                    leading, trailing, ..
                } = summary(n);
                let json = summary_json(n, digits, leading, trailing)?;
                Ok(ResultBody::of_text(
                    Bytes::new(),
                    json.into(),
                    Bytes::new(),
                    range,
                ))
            };
            // With another limit there would be the whole term here.
            Delivery::new(&request, &site, n, Keep::AWhile)
                .bytes(ContentType::json(), length, length, make)
                .await
        }
    }
}

fn summary_json(n: u64, digits: u64, leading: String, trailing: String) -> Result<String, Error> {
    serde_json::to_string(&SummaryJson {
        n,
        digits,
        value: None,
        leading,
        trailing,
    })
    .map_err(|error| Error::Internal(error.into()))
}

/// The digits of F(`index`) between two other texts.
async fn whole(
    index: u64,
    delivery: &Delivery<'_>,
    site: &Site,
    kind: ContentType,
    (before, after): (Bytes, Bytes),
) -> Result<HttpResponse, Error> {
    let length = (before.len() + after.len()) as u64 + length::digits(index);
    let make = async |range| {
        let digits = site.engine.digits(index).await?;
        Ok(ResultBody::of_text(before, digits, after, range))
    };
    delivery.bytes(kind, length, length, make).await
}
