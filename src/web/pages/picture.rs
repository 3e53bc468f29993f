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

/// The width of a picture of squares, and the size of a plot, in CSS pixels. A page scales them.
const WIDTH: i32 = 640;
const PLOT: (u64, u64) = (640, 340);

/// The margin around the squares, as a divisor of their width, so that the lines at their edges are not cut.
const MARGIN: i32 = 100;

/// The largest and the smallest font of a side, in parts of the picture's width: 30 and 18 pixels in a page on
/// a desktop, 16 and 10 on a phone.
const LARGEST_FONT: f64 = 1.0 / 18.0;
const SMALLEST_FONT: f64 = 1.0 / 30.0;

/// The distance of a side's centre from the centre of the arc, in parts of the side along both axes. It is the
/// centroid of the quarter disc: 4/(3π).
const CENTROID: f64 = 0.4244;

/// The segments of a curve: one for about six pixels of its width.
const SEGMENTS: u64 = 100;

/// The y coordinates of the largest number of digits and of the axis.
const TOP: u64 = 56;
const BOTTOM: u64 = 290;

/// The width of a character at the largest font of a plot, which is that on a phone.
const CHARACTER: u64 = 16;

/// The maximum number of intervals on an axis.
const INTERVALS: u64 = 5;

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
    /// The picture of a range of terms, unless there is nothing to see: F(0) alone has no size.
    pub fn of(range: TermRange) -> Option<Self> {
        match range.last() {
            0 => None,
            last if last < SQUARES_END => Some(Self::Squares(Squares::new(range))),
            _ => Some(Self::Growth(Growth::new(range))),
        }
    }

    /// Its width and height in CSS pixels.
    pub fn size(&self) -> (u64, u64) {
        match self {
            Self::Squares(squares) => squares.size(),
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
        None if range.count == 0 => {
            Empty { reason: "An empty list: there is nothing to draw." }.render()
        }
        None => Empty { reason: "F(0) = 0: there is nothing to draw." }.render(),
        Some(Picture::Squares(squares)) => squares.render(),
        Some(Picture::Growth(growth)) => growth.render(),
    }
}

/// The picture of a list with nothing to see.
#[derive(Template)]
#[template(path = "empty.svg")]
struct Empty {
    reason: &'static str,
}

/// Squares whose sides are the terms, each next to all the previous ones. A quarter circle in each forms
/// the spiral.
#[derive(Template)]
#[template(path = "squares.svg")]
pub struct Squares {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) tiles: Vec<Square>,
}

/// A square: its upper left corner, its side, and its arc.
pub(super) struct Square {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) side: i32,
    /// The corners at the ends of the arc, and the one at its centre.
    start: (i32, i32),
    end: (i32, i32),
    pub(super) centre: (i32, i32),
    /// Its side as text, if there is space.
    label: Option<Label>,
}

/// The side of a square as text: the position of its centre, and its font size.
struct Label {
    x: String,
    y: String,
    size: String,
}

impl Square {
    /// A label within the quarter disc of the arc, in a picture of this width.
    fn label(&self, width: i32) -> Option<Label> {
        // The longer the number, the smaller, so that its corners stay a twelfth of the side away from the arc.
        let largest = match self.side {
            0..10 => 0.5,
            10..100 => 0.4,
            100..1_000 => 0.33,
            _ => 0.27,
        };
        let (side, width) = (f64::from(self.side), f64::from(width));
        let font = (largest * side).min(LARGEST_FONT * width);
        // From the centre of the arc to the opposite corner.
        let towards = |centre: i32, start: i32, end: i32| {
            format!("{:.3}", f64::from(centre) + CENTROID * f64::from(start + end - 2 * centre))
        };
        (font >= SMALLEST_FONT * width).then(|| Label {
            x: towards(self.centre.0, self.start.0, self.end.0),
            y: towards(self.centre.1, self.start.1, self.end.1),
            size: format!("{font:.3}"),
        })
    }
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
        let term = |index: u64| i32::try_from(nth(index)).unwrap_or(i32::MAX);
        // The last square is on the left or the right, so that the picture is wider than high.
        let turn = |index: u64| {
            let turn = (index + range.last() + 1) % 4;
            Side::TURNS[usize::try_from(turn).unwrap_or(0)]
        };
        let (mut left, mut top) = (0, 0);
        // The first square is next to a rectangle whose sides are its own term and the previous one. A single
        // square is drawn without it.
        let (side, before) = match range {
            TermRange { from, count: 1 } => (term(from), 0),
            TermRange { from: 0, .. } => (0, 1),
            TermRange { from, .. } => (term(from), term(from - 1)),
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
            let corner = |right, below| (x + i32::from(right) * side, y + i32::from(below) * side);
            let (upper, lower) = (
                (corner(false, false), corner(true, false)),
                (corner(false, true), corner(true, true)),
            );
            let (start, end, centre) = match turn(index) {
                Side::Below => (upper.0, lower.1, upper.1),
                Side::Right => (lower.0, upper.1, upper.0),
                Side::Above => (lower.1, upper.0, lower.0),
                Side::Left => (upper.1, lower.0, lower.1),
            };
            (left, top) = (left.min(x), top.min(y));
            (right, bottom) = (right.max(x + side), bottom.max(y + side));
            squares.push(Square { x, y, side, start, end, centre, label: None });
        }
        let (width, height) = (right - left, bottom - top);
        for square in &mut squares {
            square.label = square.label(width);
        }
        Self { left, top, width, height, tiles: squares }
    }

    /// The left, top, width and height of the picture, with its margin.
    fn view(&self) -> String {
        let [left, top, width, height] =
            [self.left, self.top, self.width, self.height].map(f64::from);
        let margin = width / f64::from(MARGIN);
        format!(
            "{:.2} {:.2} {:.2} {:.2}",
            left - margin,
            top - margin,
            width + 2.0 * margin,
            height + 2.0 * margin
        )
    }

    /// The width and height in CSS pixels.
    fn size(&self) -> (u64, u64) {
        let (width, height) = (self.width * (MARGIN + 2), self.height * MARGIN + self.width * 2);
        let height = (WIDTH * height + width / 2) / width;
        (WIDTH.unsigned_abs().into(), height.unsigned_abs().into())
    }

    fn description(&self) -> String {
        let sides = self.tiles.iter().map(|tile| tile.side).filter(|side| *side > 0);
        let sides: Vec<String> = sides.map(|side| side.to_string()).collect();
        match sides.as_slice() {
            [side] => format!("A square with side {side}."),
            sides => format!(
                "Squares with sides {}, each beside the previous ones, and the spiral through them.",
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
    /// The x coordinates of the axes' ends.
    left: u64,
    right: u64,
    /// The points of the curve.
    points: Vec<(u64, u64)>,
    index_ticks: Vec<Tick>,
    digits_ticks: Vec<Tick>,
    /// The text at the last point.
    caption: String,
}

/// A labelled value on an axis.
struct Tick {
    position: u64,
    label: String,
}

impl Tick {
    fn new(position: u64, value: u64) -> Self {
        Self { position, label: format::grouped(value) }
    }
}

impl Growth {
    fn new(range: TermRange) -> Self {
        let (from, last) = (range.from, range.last());
        let (first, most) = (length::digits(from), length::digits(last));
        // The axis starts at zero digits, unless that would leave the lower half of the plot empty.
        let lowest = if from == last || 2 * first <= most { 0 } else { first };
        let digits_step = step(most - lowest, INTERVALS);
        // Below the last point, even if all terms have the same length.
        let lowest = (lowest / digits_step * digits_step).min(most - 1);
        let longest = |number| format::grouped(number).chars().count() as u64;
        let left = CHARACTER * (longest(most) + 1);
        let right = PLOT.0 - CHARACTER * longest(last) / 2 - CHARACTER * 3 / 2;
        let index_intervals = (right - left) / (CHARACTER * longest(last));
        let index_step = step(last - from, index_intervals.clamp(1, INTERVALS));
        let x = |index: u64| match last - from {
            0 => left.midpoint(right),
            steps => left + (right - left) * (index - from) / steps,
        };
        let y = |digits: u64| BOTTOM - (BOTTOM - TOP) * (digits - lowest) / (most - lowest);
        let mut points: Vec<_> = (0..=SEGMENTS)
            .map(|part| from + (last - from) * part / SEGMENTS)
            .map(|index| (x(index), y(length::digits(index))))
            .collect();
        points.dedup();
        let multiples = |start: u64, end: u64, step: u64| -> Vec<u64> {
            let step_by = usize::try_from(step).unwrap_or(usize::MAX);
            (start.next_multiple_of(step)..=end).step_by(step_by).collect()
        };
        let mut indices = multiples(from, last, index_step);
        if indices.len() < 2 {
            indices = vec![from, last];
            indices.dedup();
        }
        let index_ticks = indices.into_iter().map(|index| Tick::new(x(index), index)).collect();
        let digits = multiples(lowest, most, digits_step);
        let digits_ticks = digits.into_iter().map(|digits| Tick::new(y(digits), digits)).collect();
        Self {
            range,
            left,
            right,
            points,
            index_ticks,
            digits_ticks,
            caption: format!("{} has {}", format::term(last), format::digits(most)),
        }
    }

    fn description(&self) -> String {
        let TermRange { from, .. } = self.range;
        let last = self.range.last();
        let (first, most) = (length::digits(from), length::digits(last));
        if from == last {
            return format!("{} has {}.", format::term(from), format::digits(first));
        }
        format!(
            "The lengths of the terms: from {} at {} to {} at {}, about one digit more every \
             five terms.",
            format::digits(first),
            format::term(from),
            format::digits(most),
            format::term(last)
        )
    }
}

/// The smallest of 1, 2, 5, 10, 20, 50, … that divides a span into at most this many parts.
fn step(span: u64, parts: u64) -> u64 {
    let least = span.div_ceil(parts).max(1);
    let power = 10_u64.pow(least.ilog10());
    [1, 2, 5]
        .map(|factor| factor * power)
        .into_iter()
        .find(|step| *step >= least)
        .unwrap_or(10 * power)
}
