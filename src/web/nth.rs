//! The nth term: `/nth`, `/nth.txt`, `/nth.json`.

use actix_web::http::header::ContentType;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Serialize;

use super::delivery::{Delivery, Keep, Wanted};
use super::frame::Frame;
use super::result_body::ResultBody;
use super::{Error, Limits, Number, Site, words};
use crate::fibonacci::{Summary, length, summary};

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
    Whole(String),
    Summary(Summary),
}

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
    let render = async |wanted| {
        let term = match (Index::new(number, &site.limits), wanted) {
            (Index::Whole(index), Wanted::Page) => {
                let digits = site.engine.digits(index).await?;
                Term::Whole(String::from_utf8_lossy(&digits).into_owned())
            }
            (Index::Whole(index), Wanted::Length) => Term::Whole(any_digits(index)),
            (Index::Summary(index), _) => Term::Summary(summary(index)),
        };
        let frame = Frame::new(&site)
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
    };
    Delivery::new(&request, &site, n, Keep::AWhile)
        .page(render)
        .await
}

/// As many digits as F(`index`) has.
fn any_digits(index: u64) -> String {
    "0".repeat(usize::try_from(length::digits(index)).unwrap_or(usize::MAX))
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
            whole(index, &request, &site, ContentType::plaintext(), around).await
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
            whole(n, &request, &site, ContentType::json(), around).await
        }
        Index::Summary(n) => {
            let summary = summary(n);
            let json = serde_json::to_string(&SummaryJson {
                n,
                digits: summary.digits,
                value: None,
                leading: summary.leading,
                trailing: summary.trailing,
            })
            .map_err(|error| Error::Internal(error.into()))?;
            // With another limit there would be the whole term here.
            Delivery::new(&request, &site, n, Keep::AWhile)
                .bytes(ContentType::json(), json.len() as u64, async |range| {
                    Ok(ResultBody::of_text(
                        Bytes::new(),
                        json.into(),
                        Bytes::new(),
                        range,
                    ))
                })
                .await
        }
    }
}

/// The digits of F(`index`) between two other texts.
async fn whole(
    index: u64,
    request: &HttpRequest,
    site: &Site,
    kind: ContentType,
    (before, after): (Bytes, Bytes),
) -> Result<HttpResponse, Error> {
    let length = (before.len() + after.len()) as u64 + length::digits(index);
    Delivery::new(request, site, index, Keep::Forever)
        .bytes(kind, length, async |range| {
            let digits = site.engine.digits(index).await?;
            Ok(ResultBody::of_text(before, digits, after, range))
        })
        .await
}
