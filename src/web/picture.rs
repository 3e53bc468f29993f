//! A list as a picture, `/first.svg`: squares with the terms for sides and the spiral through them, or,
//! where these would be too many to see, how the terms grow in length.

use std::sync::LazyLock;

use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use sha2::{Digest, Sha256};

use super::delivery::{Delivery, Keep, Memory, content_type};
use super::result_body::ResultBody;
use super::window::Window;
use super::{Error, Site, words};
use crate::fibonacci::{length, nth};

/// The first index that is not drawn as a square: the square of F(1) is a 4 181st as wide as that of
/// F(19), much less than a pixel.
const SQUARES: u64 = 20;

/// The most points of a line: about one for each six pixels of its width.
const POINTS: u64 = 100;

/// The width of the plot and its height, in its own units, and what is left free around the line.
const PLOT: (u64, u64) = (640, 300);
const MARGIN: (u64, u64) = (90, 60);

/// How many parts the terms that are named cut the line into: they stand at both ends and in its middle.
const NAMED: u64 = 2;

/// A square's part of the picture's width from which on there is room for its number.
const ROOM: u64 = 24;

/// The style that all pictures have inside, so that they are whole wherever they are kept.
const STYLE: &str = include_str!("../../templates/picture.css");

/// What a picture needs: that style and no other, which its hash says.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = BASE64.encode(Sha256::digest(STYLE));
    let policy = format!("default-src 'none'; style-src 'sha256-{hash}'; frame-ancestors 'none'");
    HeaderValue::try_from(policy).expect("visible ASCII")
});

/// A list as a picture.
pub enum Picture {
    /// Squares, and the spiral through them.
    Squares(Squares),
    /// How long the terms are.
    Growth(Growth),
}

impl Picture {
    /// The picture of a window's terms, where it has any.
    pub fn of(window: Window) -> Option<Self> {
        match window.last() {
            _ if window.count == 0 => None,
            last if last < SQUARES => Some(Self::Squares(Squares::new(window))),
            _ => Some(Self::Growth(Growth::new(window))),
        }
    }

    /// Its width and its height, of which only the ratio matters.
    pub const fn size(&self) -> (u64, u64) {
        match self {
            Self::Squares(squares) => (squares.width, squares.height),
            Self::Growth(_) => PLOT,
        }
    }

    /// How it is set on a page.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Squares(_) => "squares",
            Self::Growth(_) => "growth",
        }
    }

    /// What it shows, in words.
    pub fn words(&self) -> String {
        match self {
            Self::Squares(squares) => squares.words(),
            Self::Growth(growth) => growth.words(),
        }
    }

    fn render(&self) -> Result<String, askama::Error> {
        match self {
            Self::Squares(squares) => squares.render(),
            Self::Growth(growth) => growth.render(),
        }
    }
}

/// Squares whose sides are the terms, each beside all those before it, and a quarter of a circle in
/// each, which make a spiral.
#[derive(Template)]
#[template(path = "squares.svg")]
pub struct Squares {
    left: i64,
    top: i64,
    width: u64,
    height: u64,
    tiles: Vec<Square>,
}

/// A square: its upper left corner, its side, and where the arc in it starts and ends.
struct Square {
    x: i64,
    y: i64,
    side: i64,
    start: (i64, i64),
    end: (i64, i64),
    /// The size of the type of its number, where there is room for it.
    label_size: Option<String>,
}

/// On which side of what is there the next square is put: they take turns.
#[derive(Clone, Copy)]
enum Side {
    Below,
    Right,
    Above,
    Left,
}

impl Side {
    const TURNS: [Self; 4] = [Self::Below, Self::Right, Self::Above, Self::Left];
}

impl Squares {
    fn new(window: Window) -> Self {
        let term = |index: u64| i64::try_from(nth(index)).unwrap_or(i64::MAX);
        // The last square goes to the left or to the right, so that the whole is wider than high.
        let turn = |index: u64| {
            let turn = (index + window.last() + 1) % 4;
            Side::TURNS[usize::try_from(turn).unwrap_or(0)]
        };
        let (mut left, mut top) = (0, 0);
        // What the first one is put beside: its side is one of that rectangle's, and the term before
        // it the other.
        let (side, before) = match window.from {
            0 => (0, 1),
            from => (term(from), term(from - 1)),
        };
        let (mut right, mut bottom) = match turn(window.from) {
            Side::Below | Side::Above => (side, before),
            Side::Right | Side::Left => (before, side),
        };
        let mut squares = Vec::new();
        for index in window.from..window.from + window.count {
            let side = term(index);
            let (x, y) = match turn(index) {
                Side::Below => (left, bottom),
                Side::Right => (right, top),
                Side::Above => (left, top - side),
                Side::Left => (left - side, top),
            };
            let corner = |right, below| (x + i64::from(right) * side, y + i64::from(below) * side);
            let (start, end) = match turn(index) {
                Side::Below => (corner(false, false), corner(true, true)),
                Side::Right => (corner(false, true), corner(true, false)),
                Side::Above => (corner(true, true), corner(false, false)),
                Side::Left => (corner(true, false), corner(false, true)),
            };
            (left, top) = (left.min(x), top.min(y));
            (right, bottom) = (right.max(x + side), bottom.max(y + side));
            squares.push(Square {
                x,
                y,
                side,
                start,
                end,
                label_size: None,
            });
        }
        // F(0) alone has no size, and a picture must have one.
        let width = (right - left).unsigned_abs().max(1);
        for square in &mut squares {
            let side = square.side.unsigned_abs();
            if side > 0 && side * ROOM >= width {
                square.label_size = Some(format!("{}.{}", side / 5, side % 5 * 2));
            }
        }
        Self {
            left,
            top,
            width,
            height: (bottom - top).unsigned_abs().max(1),
            tiles: squares,
        }
    }

    fn words(&self) -> String {
        let sides: Vec<String> = self.tiles.iter().map(|it| it.side.to_string()).collect();
        match sides.as_slice() {
            [side] => format!("A square with the side {side}."),
            sides => format!(
                "Squares with the terms {} for sides, each beside those before it, and the spiral through \
                 them.",
                sides.join(", ")
            ),
        }
    }
}

/// How many digits the terms have: a line over their indices.
#[derive(Template)]
#[template(path = "growth.svg")]
pub struct Growth {
    window: Window,
    /// Of the line.
    points: Vec<(u64, u64)>,
    /// Of which the index and the digits are told.
    named: Vec<Named>,
    /// Where no digits would be.
    base: u64,
}

/// A term of the line that is told.
struct Named {
    x: u64,
    y: u64,
    index: String,
    digits: String,
}

impl Growth {
    fn new(window: Window) -> Self {
        let Window { from, count } = window;
        let most = length::digits(window.last());
        let (width, height) = (PLOT.0 - 2 * MARGIN.0, PLOT.1 - 2 * MARGIN.1);
        let steps = (count - 1).max(1);
        let place = |index: u64| {
            let x = MARGIN.0 + width * (index - from) / steps;
            let y = PLOT.1 - MARGIN.1 - height * length::digits(index) / most;
            (x, y)
        };
        let along = |part: u64, parts: u64| from + (count - 1) * part / parts;
        let mut points: Vec<_> = (0..=POINTS)
            .map(|part| place(along(part, POINTS)))
            .collect();
        points.dedup();
        let mut indices: Vec<u64> = (0..=NAMED).map(|part| along(part, NAMED)).collect();
        indices.dedup();
        let named = indices.into_iter().map(|index| {
            let (x, y) = place(index);
            Named {
                x,
                y,
                index: words::grouped(index),
                digits: words::grouped(length::digits(index)),
            }
        });
        Self {
            window,
            points,
            named: named.collect(),
            base: PLOT.1 - MARGIN.1,
        }
    }

    fn words(&self) -> String {
        let Window { from, .. } = self.window;
        let last = self.window.last();
        let (first, most) = (length::digits(from), length::digits(last));
        if from == last {
            return format!("F({from}) has {}.", words::digits(first));
        }
        format!(
            "How the terms grow: from {} at F({from}) to {} at F({last}), about one more with every five \
             terms.",
            words::digits(first),
            words::digits(most)
        )
    }
}

/// The window has no terms.
#[derive(Template)]
#[template(path = "nothing.svg")]
struct Nothing;

/// `GET /first.svg?n=10`: a picture of the first ten terms.
pub async fn svg(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, Error> {
    let window = Window::of(&request, site.limits)?;
    let picture = match Picture::of(window) {
        Some(picture) => picture.render()?,
        None => Nothing.render()?,
    };
    let length = picture.len() as u64;
    let make = async |range| Ok(ResultBody::part(picture, range));
    let mut answer = Delivery::new(&request, &site, window, Keep::Forever)
        .bytes(
            content_type("image/svg+xml")?,
            length,
            Memory::Text(length),
            make,
        )
        .await?;
    answer
        .headers_mut()
        .insert(CONTENT_SECURITY_POLICY, POLICY.clone());
    Ok(answer)
}
