//! The nth term: `/nth`, `/nth.txt`, `/nth.json`.

use actix_web::Responder;
use actix_web::web::{Data, Html, Json};
use askama::Template;
use serde::Serialize;

use super::compute::{compute, note_check};
use super::frame::Frame;
use super::{Error, Limits, Number, Site, words};
use crate::fibonacci::{Summary, nth_digits, summary};

/// The largest index whose term is computed on the worker itself: 0.1 ms (median of nine, release
/// build, one core of a 2-core virtual machine), where F(1 000 000) takes 1.5 to 2 ms.
const INLINE_INDEX: u64 = 50_000;

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

    async fn term(self) -> Result<Term, Error> {
        match self {
            Self::Whole(index) => Ok(Term::Whole(digits(index).await?)),
            Self::Summary(index) => Ok(Term::Summary(summary(index))),
        }
    }
}

/// As much of a term as is told.
enum Term {
    Whole(String),
    Summary(Summary),
}

/// The digits of F(`index`).
async fn digits(index: u64) -> Result<String, Error> {
    let digits = compute(index > INLINE_INDEX, move || nth_digits(index)).await?;
    note_check(index, digits.recomputed);
    Ok(digits.text)
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

/// F(n) for programs.
#[derive(Serialize)]
struct NthJson {
    n: u64,
    digits: u64,
    /// Null where there is a summary.
    value: Option<String>,
    #[serde(flatten)]
    ends: Option<Ends>,
}

/// The two ends of a term past `MAX_NTH`.
#[derive(Serialize)]
struct Ends {
    leading: String,
    trailing: String,
}

/// `GET /nth?n=100`: F(100), at an address to bookmark.
pub async fn html(number: Number, site: Data<Site>) -> Result<Html, Error> {
    let n = number.get();
    let term = Index::new(number, &site.limits).term().await?;
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
    Ok(Html::new(page.render()?))
}

/// `GET /nth.txt?n=100`: the digits and a line feed.
pub async fn text(number: Number, site: Data<Site>) -> Result<String, Error> {
    match Index::new(number, &site.limits) {
        Index::Whole(index) => Ok(digits(index).await? + "\n"),
        Index::Summary(index) => Err(Error::TermTooLong {
            index,
            limit: site.limits.max_nth,
        }),
    }
}

/// `GET /nth.json?n=100`: the digits as a string, and how many they are.
pub async fn json(number: Number, site: Data<Site>) -> Result<impl Responder, Error> {
    let n = number.get();
    Ok(Json(
        match Index::new(number, &site.limits).term().await? {
            Term::Whole(value) => NthJson {
                n,
                digits: value.len() as u64,
                value: Some(value),
                ends: None,
            },
            Term::Summary(summary) => NthJson {
                n,
                digits: summary.digits,
                value: None,
                ends: Some(Ends {
                    leading: summary.leading,
                    trailing: summary.trailing,
                }),
            },
        },
    ))
}
