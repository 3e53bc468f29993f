//! The nth term: `/nth`, `/nth.txt`, `/nth.json`.

use actix_web::http::header::ContentType;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Serialize;

use super::delivery::{Delivery, Keep, Memory};
use super::frame::Frame;
use super::number::{Index, Parameter};
use super::result_body::ResultBody;
use super::window::{Query, Window};
use super::{Error, Limits, Site, words};
use crate::engine::Cost;
use crate::fibonacci::{END_DIGITS, Scientific, Summary, decimals_of_phi, length, nth, summary};

/// How many digits the title has at most; a longer term is told in scientific notation.
const TITLE: u64 = 40;

/// The longest term that is set in large type: it fits two lines of a phone.
const LARGE: u64 = 30;

/// The longest term that is shown on the page itself, as high as it gets; a longer one scrolls in a box
/// of its own, so that what stands below stays in reach.
const TALL: u64 = 5_000;

/// The significant digits of what is rounded.
const PRECISION: u64 = 10;

/// How many terms the list around a term has on either side of it, where these are not too heavy.
const AROUND: u64 = 5;

/// From this index on the ratio to the term before is φ to ten digits: it is off by less than √5/φ^51,
/// which is 8 × 10^-11, and φ = 1.618 033 988 749… is 2 × 10^-10 from where rounding changes.
const SETTLED: u64 = 27;

/// Whether a term is told whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// Its index is not past `MAX_NTH`.
    Whole,
    /// It is, so that there is a summary.
    Summary,
}

impl Extent {
    const fn of(index: Index, limits: &Limits) -> Self {
        if index.magnitude <= limits.max_nth {
            Self::Whole
        } else {
            Self::Summary
        }
    }
}

/// How a term starts that is negative.
const fn sign(index: Index) -> &'static str {
    if index.has_negative_term() { "-" } else { "" }
}

/// As much of a term as a page tells.
enum Body {
    /// Its digits, in groups.
    Grouped(String),
    /// Its digits as they are, which come where [`HOLE`] stands.
    Plain,
    /// Its two ends.
    Ends,
}

/// What stands on a page where the digits of a long term come: a character that HTML cannot hold, and
/// that is on no page therefore.
const HOLE: char = '\0';

/// F(n), all of it or its two ends, and what one wants to know beside the digits.
#[derive(Template)]
#[template(path = "nth.html")]
struct NthPage<'a> {
    frame: Frame<'a>,
    index: Index,
    sign: &'static str,
    body: Body,
    digits: u64,
    summary: Summary,
    scientific: Scientific,
    ratio: Option<Ratio>,
    /// The terms beside it, where their indices can be read.
    before: Option<Index>,
    after: Option<Index>,
    /// The list around it, where that is not too heavy.
    around: Option<Query>,
    /// The last index whose term is given whole.
    limit: u64,
}

/// What F(n) / F(n-1) is.
struct Ratio {
    /// Rounded to ten digits.
    value: String,
    /// To how many decimals it is φ.
    decimals: Option<u64>,
}

impl Ratio {
    /// Of a term from F(2) on.
    fn of(index: u64) -> Option<Self> {
        if index < 2 {
            return None;
        }
        let small = |index: u64| u64::try_from(nth(index)).unwrap_or(u64::MAX);
        let settled = index.min(SETTLED);
        let (term, before) = (small(settled), small(settled - 1));
        // Rounded to nearest; a tie would need a term that 2^10 divides.
        let scaled = (2_000_000_000 * term + before) / (2 * before);
        let (whole, decimals) = (scaled / 1_000_000_000, scaled % 1_000_000_000);
        Some(Self {
            value: format!("{whole}.{decimals:09}"),
            decimals: decimals_of_phi(index).filter(|decimals| *decimals > 0),
        })
    }
}

impl<'a> NthPage<'a> {
    /// The page of a term of this summary.
    fn new(site: &'a Site, index: Index, body: Body, summary: Summary) -> Self {
        let (digits, scientific, sign) = (summary.digits, summary.scientific(), sign(index));
        let rounded = format!("{sign}{} × 10^{}", scientific.mantissa, scientific.exponent);
        let title = match &body {
            Body::Grouped(value) if digits <= TITLE => format!("F({index}) = {sign}{value}"),
            _ => format!("F({index}) ≈ {rounded}"),
        };
        let description = match &body {
            Body::Grouped(_) | Body::Plain => {
                format!("F({index}), exact: {}.", words::digits(digits))
            }
            Body::Ends => format!(
                "The first {END_DIGITS} and the last {END_DIGITS} of its {}, exact.",
                words::digits(digits)
            ),
        };
        let around = |steps| Window {
            from: index.magnitude.saturating_sub(steps),
            count: 2 * steps + 1,
        };
        Self {
            frame: Frame::new(site, title, description)
                .with_typed(Parameter::N, &index.to_string())
                .with_enter_for_nth(),
            index,
            sign,
            body,
            digits,
            summary,
            scientific,
            ratio: Ratio::of(index.magnitude).filter(|_| !index.negative),
            before: index.checked_add(-1),
            after: index.checked_add(1),
            around: (1..=AROUND)
                .rev()
                .map(around)
                .find(|window| !index.negative && window.fits(site.limits))
                .map(Query),
            limit: site.limits.max_nth,
        }
    }

    /// Whether all of its digits are told.
    const fn is_whole(&self) -> bool {
        !matches!(self.body, Body::Ends)
    }

    /// Which term it is to those who count from one.
    fn position(&self) -> String {
        words::grouped(u128::from(self.index.magnitude) + 1)
    }

    /// How its digits are set.
    fn class(&self) -> &'static str {
        match self.digits {
            digits if digits <= LARGE => "value large",
            _ if self.is_long() => "value long",
            _ => "value",
        }
    }

    /// Whether its digits scroll in a box of their own.
    const fn is_long(&self) -> bool {
        self.digits > TALL
    }

    /// Its last ten digits, where there are more.
    fn last_digits(&self) -> Option<&str> {
        let last = usize::try_from(PRECISION).ok()?;
        (self.digits > PRECISION)
            .then(|| &self.summary.trailing[self.summary.trailing.len() - last..])
    }
}

/// The two ends of a term past `MAX_NTH`, for programs.
#[derive(Serialize)]
struct SummaryJson {
    n: i128,
    digits: u64,
    /// Always null: it is too long.
    value: Option<String>,
    /// With the sign of a negative term.
    leading: String,
    trailing: String,
}

/// `GET /nth?n=100`: F(100), at an address to bookmark.
pub async fn html(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, Error> {
    let index = Index::of(&request)?;
    let n = index.magnitude;
    let delivery = Delivery::new(&request, &site, index, Keep::AWhile);
    match Extent::of(index, &site.limits) {
        Extent::Whole if !Cost::of_term(n).is_light() => {
            // Two megabytes need not be rendered, nor kept once more, to be sent.
            let page = NthPage::new(&site, index, Body::Plain, summary(n)).render()?;
            let (before, after) = page.split_once(HOLE).unwrap_or((&page, ""));
            let around = (before.to_owned().into(), after.to_owned().into());
            whole(index, &delivery, &site, ContentType::html(), around).await
        }
        Extent::Whole => {
            let page = async |_| {
                let digits = site.engine.digits(n).await?;
                let digits = String::from_utf8_lossy(&digits).into_owned();
                let summary = Summary::of_digits(&digits);
                Ok(NthPage::new(&site, index, Body::Grouped(digits), summary).render()?)
            };
            delivery.page(page).await
        }
        Extent::Summary => {
            let page = async |_| Ok(NthPage::new(&site, index, Body::Ends, summary(n)).render()?);
            delivery.page(page).await
        }
    }
}

/// `GET /nth.txt?n=100`: the digits and a line feed.
pub async fn text(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, Error> {
    let index = Index::of(&request)?;
    match Extent::of(index, &site.limits) {
        Extent::Whole => {
            let around = (sign(index).into(), Bytes::from_static(b"\n"));
            let delivery = Delivery::new(&request, &site, index, Keep::Forever);
            whole(index, &delivery, &site, ContentType::plaintext(), around).await
        }
        Extent::Summary => Err(Error::TermTooLong {
            index,
            limit: site.limits.max_nth,
        }),
    }
}

/// `GET /nth.json?n=100`: the digits as a string, and how many they are.
pub async fn json(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, Error> {
    let index = Index::of(&request)?;
    let digits = length::digits(index.magnitude);
    match Extent::of(index, &site.limits) {
        Extent::Whole => {
            let sign = sign(index);
            let before = format!("{{\"n\":{index},\"digits\":{digits},\"value\":\"{sign}");
            let around = (before.into(), Bytes::from_static(b"\"}"));
            let delivery = Delivery::new(&request, &site, index, Keep::Forever);
            whole(index, &delivery, &site, ContentType::json(), around).await
        }
        Extent::Summary => {
            // As long as this: the ends of a term have as many digits whatever they are.
            let end = digits.min(END_DIGITS.into());
            let end = "0".repeat(usize::try_from(end).unwrap_or(usize::MAX));
            let length = summary_json(index, digits, &end, end.clone())?.len() as u64;
            let make = async |range| {
                let summary = summary(index.magnitude);
                let json = summary_json(index, digits, &summary.leading, summary.trailing)?;
                Ok(ResultBody::part(json, range))
            };
            // With another limit there would be the whole term here.
            Delivery::new(&request, &site, index, Keep::AWhile)
                .bytes(ContentType::json(), length, Memory::Text(length), make)
                .await
        }
    }
}

fn summary_json(
    index: Index,
    digits: u64,
    leading: &str,
    trailing: String,
) -> Result<String, Error> {
    serde_json::to_string(&SummaryJson {
        n: index.into(),
        digits,
        value: None,
        leading: format!("{}{leading}", sign(index)),
        trailing,
    })
    .map_err(|error| Error::Internal(error.into()))
}

/// The digits of F(`index`), without a sign, between two other texts.
async fn whole(
    index: Index,
    delivery: &Delivery<'_>,
    site: &Site,
    kind: ContentType,
    (before, after): (Bytes, Bytes),
) -> Result<HttpResponse, Error> {
    let length = (before.len() + after.len()) as u64 + length::digits(index.magnitude);
    let make = async |range| {
        let digits = site.engine.digits(index.magnitude).await?;
        Ok(ResultBody::of_text(before, digits, after, range))
    };
    delivery
        .bytes(kind, length, Memory::Text(length), make)
        .await
}
