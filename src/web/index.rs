//! The way back, from a number to its index: `/index`, `/index.txt`, `/index.json`.

use std::fmt::Write;

use actix_web::http::header::ContentType;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::delivery::{Delivery, Keep, Memory};
use super::excerpt::Excerpt;
use super::frame::Frame;
use super::number::{LONGEST_NUMBER, Parameter, after_sign, digits, significant};
use super::result_body::ResultBody;
use super::{Error, NumberError, Site, words};
use crate::engine::Cost;
use crate::fibonacci::{Place, locate};

/// The longest number that is told whole in a sentence of a page; of a longer one both ends are.
const SENTENCE: usize = 60;

/// The digits that such a sentence has of each end.
const END_DIGITS: usize = 20;

/// The longest number that is part of a tag, or of the name of a file, as it is.
const NAME: usize = 40;

/// About how far apart the terms are of which one has a digit more than the other: 1/log₁₀ φ = 4.785.
const TERMS_A_DIGIT: u64 = 5;

/// A number to look up, of [`LONGEST_NUMBER`] digits at most, without leading zeros.
struct Numeral(String);

impl Numeral {
    fn of(query: &str) -> Result<Self, Error> {
        let digits = Parameter::Of.read(query, |typed| match digits(typed) {
            Err(NumberError::Negative(quote)) => Err(NumberError::Signed {
                typed: quote,
                plain: after_sign(typed).to_owned(),
            }),
            digits => digits.map(significant).map(str::to_owned),
        })?;
        if digits.len() > LONGEST_NUMBER {
            return Err(Error::NumberTooLong {
                digits: digits.len(),
            });
        }
        Ok(Self(digits))
    }

    /// A name of its own, and a short one.
    fn name(&self) -> String {
        let Self(digits) = self;
        if digits.len() <= NAME {
            return digits.clone();
        }
        let mut hash = String::new();
        for byte in Sha256::digest(digits) {
            write!(hash, "{byte:02x}").expect("a String takes all that is written");
        }
        hash
    }
}

/// Whether a number is in the sequence, and where.
#[derive(Template)]
#[template(path = "index.html")]
struct IndexPage<'a> {
    frame: Frame<'a>,
    number: &'a str,
    place: Place,
}

/// A number's place, for programs.
#[derive(Serialize)]
struct IndexJson<'a> {
    of: &'a str,
    fibonacci: bool,
    /// Of the terms that it is.
    indices: Vec<u64>,
    /// The last term before it, where it is none itself.
    below: Option<TermJson<'a>>,
    /// The first term after it, where it is none itself.
    above: Option<TermJson<'a>>,
}

#[derive(Serialize)]
struct TermJson<'a> {
    n: u64,
    value: &'a str,
}

impl<'a> TermJson<'a> {
    fn of((n, value): &'a (u64, String)) -> Self {
        Self { n: *n, value }
    }
}

/// `144`, or the two ends of a number that is too long for a sentence.
fn shortened(digits: &str) -> String {
    match Excerpt::of(digits.as_bytes(), SENTENCE, END_DIGITS) {
        Excerpt::Whole(digits) => digits,
        Excerpt::Ends {
            leading, trailing, ..
        } => format!("{leading}…{trailing}"),
    }
}

/// Where the number stands.
async fn place_of(Numeral(digits): &Numeral, site: &Site) -> Result<Place, Error> {
    // Light, whatever the number, so that it costs nothing to have it at once.
    let about = TERMS_A_DIGIT * digits.len() as u64;
    let wanted = digits.clone();
    let work = move || locate(&wanted);
    let located = site
        .engine
        .run("place", Cost::of_start(about), work)
        .await?;
    site.engine.note_check(about, located.recomputed);
    Ok(located.place)
}

/// The answer in a sentence, with numbers as `told`.
fn sentence(number: &str, place: &Place, told: impl Fn(&str) -> String) -> String {
    let of = told(number);
    match place {
        Place::Term(indices) => {
            let names: Vec<String> = indices.clone().map(|index| format!("F({index})")).collect();
            format!("{of} is {}", names.join(" and "))
        }
        Place::Gap {
            below: (before, below),
            above: (after, above),
        } => format!(
            "{of} is not a Fibonacci number: it lies between F({before}) = {} and F({after}) = {}",
            told(below),
            told(above)
        ),
    }
}

/// `GET /index?of=144`: which term that is, or between which it lies.
pub async fn html(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, Error> {
    let numeral = Numeral::of(request.query_string())?;
    let render = async |_| {
        let Numeral(number) = &numeral;
        let place = place_of(&numeral, &site).await?;
        let title = sentence(number, &place, shortened);
        let description = format!("{title}.");
        let page = IndexPage {
            frame: Frame::new(&site, title, description).with_typed(Parameter::Of, number),
            number,
            place,
        };
        Ok(page.render()?)
    };
    Delivery::new(&request, &site, numeral.name(), Keep::AWhile)
        .page(render)
        .await
}

/// `GET /index.txt?of=144`: the same in a sentence.
pub async fn text(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, Error> {
    let numeral = Numeral::of(request.query_string())?;
    let Numeral(number) = &numeral;
    let mut text = sentence(number, &place_of(&numeral, &site).await?, str::to_owned);
    text.push('\n');
    answer(&numeral, text, ContentType::plaintext(), &request, &site).await
}

/// `GET /index.json?of=144`: `{"of":"144","fibonacci":true,"indices":[12],"below":null,"above":null}`.
pub async fn json(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, Error> {
    let numeral = Numeral::of(request.query_string())?;
    let Numeral(of) = &numeral;
    let place = place_of(&numeral, &site).await?;
    let (indices, below, above) = match &place {
        Place::Term(indices) => (indices.clone().collect(), None, None),
        Place::Gap { below, above } => (
            Vec::new(),
            Some(TermJson::of(below)),
            Some(TermJson::of(above)),
        ),
    };
    let fibonacci = !indices.is_empty();
    let json = IndexJson {
        of,
        fibonacci,
        indices,
        below,
        above,
    };
    let json = serde_json::to_string(&json).map_err(|error| Error::Internal(error.into()))?;
    answer(&numeral, json, ContentType::json(), &request, &site).await
}

async fn answer(
    numeral: &Numeral,
    text: String,
    kind: ContentType,
    request: &HttpRequest,
    site: &Site,
) -> Result<HttpResponse, Error> {
    let length = text.len() as u64;
    let make = async |range| Ok(ResultBody::part(text, range));
    Delivery::new(request, site, numeral.name(), Keep::Forever)
        .bytes(kind, length, Memory::Text(length), make)
        .await
}
