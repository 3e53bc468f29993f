//! The picture of a list: squares whose sides are the terms, with the spiral through them; for later terms,
//! a curve of their lengths.

use std::sync::LazyLock;

use actix_web::http::header::HeaderValue;
use askama::Template;
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use fibonacci::{length, nth};
use sha2::{Digest, Sha256};

use crate::web::format;
use crate::web::request::term_range::TermRange;

/// The first index that is not drawn as a square. The square of F(1) is 1/4181 as wide as that of F(19),
/// much less than a pixel.
const SQUARES_END: u64 = 20;

/// The segments of a curve: one for about six pixels of its width.
const SEGMENTS: u64 = 100;

/// The size of the plot and the margins around the curve, in its own units.
const PLOT: (u64, u64) = (640, 300);
const MARGIN: (u64, u64) = (90, 60);

/// The labelled points, at both ends and in the middle, divide the curve into this many parts.
const LABELLED_PARTS: u64 = 2;

/// A square of at least 1/24 of the picture's width has space for its number.
const LABEL_SPACE: u64 = 24;

/// The style sheet inside every picture, so that a saved picture is complete.
const STYLE: &str = include_str!("../../../templates/picture.css");

/// The `Content-Security-Policy` of pictures, which allows only that style sheet, by its hash.
pub static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = BASE64.encode(Sha256::digest(STYLE));
    let policy = format!("default-src 'none'; style-src 'sha256-{hash}'; frame-ancestors 'none'");
    HeaderValue::try_from(policy).expect("visible ASCII")
});

/// A list as a picture.
pub enum Picture {
    /// Squares, and the spiral through them.
    Squares(Squares),
    /// A curve of the terms' lengths.
    Growth(Growth),
}

impl Picture {
    /// The picture of a range of terms, unless that is empty.
    pub fn of(range: TermRange) -> Option<Self> {
        match range.last() {
            _ if range.count == 0 => None,
            last if last < SQUARES_END => Some(Self::Squares(Squares::new(range))),
            _ => Some(Self::Growth(Growth::new(range))),
        }
    }

    /// Its width and height; only their ratio matters.
    pub const fn size(&self) -> (u64, u64) {
        match self {
            Self::Squares(squares) => (squares.width, squares.height),
            Self::Growth(_) => PLOT,
        }
    }

    /// Its CSS class on a page.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Squares(_) => "squares",
            Self::Growth(_) => "growth",
        }
    }

    /// A description of the picture.
    pub fn description(&self) -> String {
        match self {
            Self::Squares(squares) => squares.description(),
            Self::Growth(growth) => growth.description(),
        }
    }
}

/// The picture of a range of terms as an SVG document.
pub fn svg(range: TermRange) -> Result<String, askama::Error> {
    match Picture::of(range) {
        None => Empty.render(),
        Some(Picture::Squares(squares)) => squares.render(),
        Some(Picture::Growth(growth)) => growth.render(),
    }
}

/// The picture of an empty list.
#[derive(Template)]
#[template(path = "empty.svg")]
struct Empty;

/// Squares whose sides are the terms, each next to all the previous ones. A quarter circle in each forms
/// the spiral.
#[derive(Template)]
#[template(path = "squares.svg")]
pub struct Squares {
    left: i64,
    top: i64,
    width: u64,
    height: u64,
    tiles: Vec<Square>,
}

/// A square: its upper left corner, its side, and the ends of its arc.
struct Square {
    x: i64,
    y: i64,
    side: i64,
    start: (i64, i64),
    end: (i64, i64),
    /// The font size of its number, if there is space.
    label_size: Option<String>,
}

/// The side of the picture to which the next square is added; they alternate.
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
    fn new(range: TermRange) -> Self {
        let term = |index: u64| i64::try_from(nth(index)).unwrap_or(i64::MAX);
        // The last square is on the left or the right, so that the picture is wider than high.
        let turn = |index: u64| {
            let turn = (index + range.last() + 1) % 4;
            Side::TURNS[usize::try_from(turn).unwrap_or(0)]
        };
        let (mut left, mut top) = (0, 0);
        // The first square is next to a rectangle whose sides are its own term and the previous one.
        let (side, before) = match range.from {
            0 => (0, 1),
            from => (term(from), term(from - 1)),
        };
        let (mut right, mut bottom) = match turn(range.from) {
            Side::Below | Side::Above => (side, before),
            Side::Right | Side::Left => (before, side),
        };
        let mut squares = Vec::new();
        for index in range.from..range.from + range.count {
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
            squares.push(Square { x, y, side, start, end, label_size: None });
        }
        // F(0) alone has no size, but a picture must have one.
        let width = (right - left).unsigned_abs().max(1);
        for square in &mut squares {
            let side = square.side.unsigned_abs();
            if side > 0 && side * LABEL_SPACE >= width {
                square.label_size = Some(format!("{}.{}", side / 5, side % 5 * 2));
            }
        }
        Self { left, top, width, height: (bottom - top).unsigned_abs().max(1), tiles: squares }
    }

    fn description(&self) -> String {
        let sides: Vec<String> = self.tiles.iter().map(|it| it.side.to_string()).collect();
        match sides.as_slice() {
            [side] => format!("A square with side {side}."),
            sides => format!(
                "Squares with sides {}, each next to the previous ones, and the spiral through them.",
                sides.join(", ")
            ),
        }
    }
}

/// The number of digits of each term: a curve over the indices.
#[derive(Template)]
#[template(path = "growth.svg")]
pub struct Growth {
    range: TermRange,
    /// The points of the curve.
    points: Vec<(u64, u64)>,
    labels: Vec<Label>,
    /// The y coordinate of the axis, at zero digits.
    base: u64,
}

/// A labelled point of the curve.
struct Label {
    x: u64,
    y: u64,
    index: String,
    digits: String,
}

impl Growth {
    fn new(range: TermRange) -> Self {
        let TermRange { from, count } = range;
        let most = length::digits(range.last());
        let (width, height) = (PLOT.0 - 2 * MARGIN.0, PLOT.1 - 2 * MARGIN.1);
        let steps = (count - 1).max(1);
        let point = |index: u64| {
            let x = MARGIN.0 + width * (index - from) / steps;
            let y = PLOT.1 - MARGIN.1 - height * length::digits(index) / most;
            (x, y)
        };
        let along = |part: u64, parts: u64| from + (count - 1) * part / parts;
        let mut points: Vec<_> = (0..=SEGMENTS).map(|part| point(along(part, SEGMENTS))).collect();
        points.dedup();
        let mut indices: Vec<u64> =
            (0..=LABELLED_PARTS).map(|part| along(part, LABELLED_PARTS)).collect();
        indices.dedup();
        let labels = indices.into_iter().map(|index| {
            let (x, y) = point(index);
            Label {
                x,
                y,
                index: format::grouped(index),
                digits: format::grouped(length::digits(index)),
            }
        });
        Self { range, points, labels: labels.collect(), base: PLOT.1 - MARGIN.1 }
    }

    fn description(&self) -> String {
        let TermRange { from, .. } = self.range;
        let last = self.range.last();
        let (first, most) = (length::digits(from), length::digits(last));
        if from == last {
            return format!("F({from}) has {}.", format::digits(first));
        }
        format!(
            "The lengths of the terms: from {} at F({from}) to {} at F({last}), about one digit more every \
             five terms.",
            format::digits(first),
            format::digits(most)
        )
    }
}
