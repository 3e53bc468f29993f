//! F(n) modulo m: `/nth?n=…&mod=…`, `/nth.txt`, `/nth.json`.

use std::fmt;
use std::num::NonZeroU64;

use actix_web::guard::GuardContext;
use actix_web::http::header::ContentType;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use fibonacci::{nth_mod, nth_mod_of_negative, pisano_period};
use serde::Serialize;

use super::excerpt::shortened;
use super::redirects;
use crate::engine::cost::Cost;
use crate::web::error::RequestError;
use crate::web::format;
use crate::web::layout::Layout;
use crate::web::request::digits::MAX_DIGITS;
use crate::web::request::long_index::LongIndex;
use crate::web::request::number::parse_modulus;
use crate::web::request::parameter::Parameter;
use crate::web::request::query;
use crate::web::response::cache_policy::CachePolicy;
use crate::web::response::conditional::ConditionalResponse;
use crate::web::response::json_integer::JsonInteger;
use crate::web::site::Site;

/// The longest index in a sentence, in digits.
const SHOWN_DIGITS: usize = 40;

/// The digits of either end of a longer one.
const SHOWN_END_DIGITS: usize = 16;

/// Whether the query asks for a remainder.
pub fn is_requested(context: &GuardContext<'_>) -> bool {
    let query = context.head().uri.query().unwrap_or_default();
    query::has(query, Parameter::Mod.name())
}

/// What is requested: F(n) modulo m.
#[derive(Clone)]
struct Requested {
    index: LongIndex,
    modulus: NonZeroU64,
}

/// Its part of an entity tag or a file name: `100-mod-10`.
impl fmt::Display for Requested {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-mod-{}", self.index, self.modulus)
    }
}

impl Requested {
    fn parse(query: &str) -> Result<Self, RequestError> {
        let index = Parameter::N.read(query, LongIndex::parse)?;
        let digits = index.digits.len();
        if digits > MAX_DIGITS {
            return Err(RequestError::NumberTooLong { parameter: Parameter::N, digits });
        }
        let modulus = Parameter::Mod.read(query, parse_modulus)?;
        Ok(Self { index, modulus })
    }

    fn cost(&self) -> Cost {
        Cost::of_remainder(self.index.digits.len(), self.modulus.get())
    }

    fn compute(self) -> Remainder {
        let Self { index, modulus } = self;
        let of = if index.negative { nth_mod_of_negative } else { nth_mod };
        let value = of(&index.digits, modulus);
        Remainder { value, period: pisano_period(modulus), index, modulus }
    }
}

/// The remainder, and the number of terms after which the remainders repeat.
struct Remainder {
    index: LongIndex,
    modulus: NonZeroU64,
    value: u64,
    period: u128,
}

/// The remainder and its period on a page.
#[derive(Template)]
#[template(path = "nth_mod.html")]
struct RemainderPage<'a> {
    layout: Layout<'a>,
    query: String,
    /// The term without its modulus: `F(100)`.
    term: String,
    remainder: Remainder,
    /// The index within the first period that has the same remainder, if it is another one.
    same: Option<u128>,
}

impl<'a> RemainderPage<'a> {
    fn new(site: &'a Site, remainder: Remainder) -> Self {
        let Remainder { index, modulus, value, period } = &remainder;
        let shown = match index.digits.len() {
            ..=SHOWN_DIGITS => format::grouped(&index.digits),
            _ => shortened(&index.digits, SHOWN_DIGITS, SHOWN_END_DIGITS),
        };
        let term = format!("F({}{shown})", if index.negative { "−" } else { "" });
        let modulus = format::grouped(modulus);
        let title = format!("{term} mod {modulus} = {}", format::grouped(value));
        let description = format!(
            "The remainder of {term} divided by {modulus}. The remainders repeat every {} terms.",
            format::grouped(period)
        );
        let layout = Layout::new(site, title, description)
            .with_typed(Parameter::N, &index.to_string())
            .with_typed(Parameter::Mod, &remainder.modulus.to_string())
            .with_enter_for_nth();
        let same = index.modulo(*period).filter(|same| same.to_string() != index.to_string());
        let query = format!("n={index}&mod={}", remainder.modulus);
        Self { layout, query, term, remainder, same }
    }

    /// Whether each address with the index makes the page much longer.
    const fn is_long(&self) -> bool {
        self.remainder.index.digits.len() > SHOWN_DIGITS
    }
}

/// The remainder, for programs.
#[derive(Serialize)]
struct RemainderJson {
    n: JsonInteger,
    #[serde(rename = "mod")]
    modulus: JsonInteger,
    value: JsonInteger,
    /// The number of terms after which the remainders repeat.
    period: JsonInteger,
}

/// `GET /nth?n=100&mod=10`: F(100) modulo 10, and the period of the remainders.
/// Numbers that are not in plain digits are redirected.
pub async fn html(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let query = query::in_plain_digits(request.query_string());
    let requested = Requested::parse(&query)?;
    if let Some(redirect) = redirects::to_plain_digits(&request, &site, "/nth", &query) {
        return Ok(redirect);
    }
    let response = ConditionalResponse::new(&request, &site, &requested, CachePolicy::Revalidate);
    let (cost, shared) = (requested.cost(), site.clone());
    let render = move || RemainderPage::new(&shared, requested.compute()).render();
    response.page(cost, render).await
}

/// `GET /nth.txt?n=100&mod=10`: the remainder and a line feed.
pub async fn text(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let requested = Requested::parse(request.query_string())?;
    let response = ConditionalResponse::new(&request, &site, &requested, CachePolicy::Revalidate);
    let make = async || Ok(format!("{}\n", compute(&site, requested).await?.value));
    response.text(ContentType::plaintext(), make).await
}

/// `GET /nth.json?n=100&mod=10`: `{"n":100,"mod":10,"value":5,"period":60}`.
pub async fn json(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, RequestError> {
    let requested = Requested::parse(request.query_string())?;
    let response = ConditionalResponse::new(&request, &site, &requested, CachePolicy::Revalidate);
    let make = async || {
        let Remainder { index, modulus, value, period } = compute(&site, requested).await?;
        Ok(serde_json::to_string(&RemainderJson {
            n: index.into(),
            modulus: modulus.into(),
            value: value.into(),
            period: period.into(),
        })?)
    };
    response.text(ContentType::json(), make).await
}

async fn compute(site: &Site, requested: Requested) -> Result<Remainder, RequestError> {
    Ok(site.engine.run("remainder", requested.cost(), || requested.compute()).await?)
}
