//! The pictures of links that are shared, as PNG: a heading, and the digits of a term or the squares of a list.
//!
//! Social networks take no SVG, and a font needs a library to draw it. So the text consists of large pixels.

use std::io;
use std::ops::Range;

use fibonacci::{Fibonacci, Summary, length, nth, summary};
use png::{BitDepth, ColorType, Encoder};

use super::font;
use super::picture::{Picture, Squares};
use crate::web::format;
use crate::web::request::number::Index;
use crate::web::request::term_range::TermRange;

/// The size that social networks recommend, in pixels.
pub const WIDTH: i32 = 1_200;
pub const HEIGHT: i32 = 630;

/// The number of pixels.
const PIXELS: usize = (WIDTH * HEIGHT).unsigned_abs() as usize;

/// The colours of the light pages: the page, lines, the accent and text.
const PALETTE: [[u8; 3]; 4] =
    [[0xFD, 0xFB, 0xF7], [0xB5, 0xAB, 0x9D], [0x74, 0x3D, 0x05], [0x1F, 0x1B, 0x16]];

/// A colour, as an index of the palette.
#[derive(Clone, Copy)]
enum Colour {
    Page,
    Line,
    Accent,
    Text,
}

/// The bits of a pixel in the file, and the pixels of a byte.
const BIT_DEPTH: BitDepth = BitDepth::Two;
const PIXELS_PER_BYTE: usize = 4;

/// The space at the left and the right.
const MARGIN: i32 = 80;

/// The width of the content, and the height of the part below the heading.
const INNER_WIDTH: i32 = WIDTH - 2 * MARGIN;
const BODY_HEIGHT: i32 = 340;

/// The maximum width of the squares.
const SQUARES_WIDTH: i32 = 560;

/// The y coordinates of the parts.
const HEADING_TOP: i32 = 66;
const BODY_TOP: i32 = 186;
const FOOTER_TOP: i32 = 558;

/// The width and height of a character with the space to the next one, in pixels of the font.
const ADVANCE: i32 = 6;
const LINE: i32 = 11;

/// The side of a pixel of the font: at most, at least, and in the footer.
const LARGEST: i32 = 10;
const SMALLEST: i32 = 2;
const FOOTER: i32 = 4;

/// The name in the footer, if there is space.
const NAME: &str = "Fibonacci numbers";

/// Half the width of the spiral.
const HALF_LINE: i32 = 3;

/// The middle of a side, as in the SVG picture: the centroid of the quarter disc, as a fraction.
const CENTROID: (i32, i32) = (424, 1_000);

/// The longest term that a card shows in full, in digits: six lines.
const FULL_DIGITS: u64 = 200;

/// The digits of either end of a longer term, in whole groups of three.
const END_DIGITS: usize = 21;

/// The longest first term of a list whose terms a card shows, in digits.
const LIST_DIGITS: u64 = 30;

/// The length from which a list is cut off, in characters.
const LIST_LENGTH: usize = 100;

/// A picture that is being drawn.
struct Card {
    pixels: Vec<Colour>,
}

/// The picture of a term.
pub fn of_term(index: Index) -> io::Result<Vec<u8>> {
    let sign = if index.has_negative_term() { "−" } else { "" };
    let n = index.magnitude;
    let digits = length::digits(n);
    let body = if digits <= FULL_DIGITS {
        let term = nth(n).to_string();
        format!("{sign}{}", spaced(&term))
    } else {
        let Summary { leading, trailing, .. } = summary(n);
        let trailing = &trailing[trailing.len() - END_DIGITS..];
        format!("{sign}{} … {}", spaced(&leading[..END_DIGITS]), spaced(trailing))
    };
    let mut card = Card::new(&format::term(index), &format::digits(digits));
    card.paragraph(&body, MARGIN);
    card.encode()
}

/// The picture of a list.
pub fn of_list(range: TermRange) -> io::Result<Vec<u8>> {
    let count = range.count;
    let heading = match count {
        0 => format::terms(count),
        _ => range.name(),
    };
    let mut card = Card::new(&heading, &format::terms(count));
    match Picture::of(range) {
        Some(Picture::Squares(squares)) => {
            let left = card.squares(&squares) + MARGIN / 2;
            card.paragraph(&first_terms(range), left);
        }
        _ => card.paragraph(&first_terms(range), MARGIN),
    }
    card.encode()
}

/// As many terms of a list as a card has space for.
fn first_terms(range: TermRange) -> String {
    let TermRange { from, count } = range;
    if count == 0 {
        return String::new();
    }
    if length::digits(from) > LIST_DIGITS {
        let leading = summary(from).leading;
        return format!("{} …", spaced(&leading[..END_DIGITS]));
    }
    let mut text = String::new();
    for (term, last) in Fibonacci::starting_at(from).zip(from..=range.last()).take(LIST_LENGTH) {
        text.push_str(&term.to_string());
        if last == from + count - 1 {
            break;
        }
        text.push_str(", ");
        if text.len() > LIST_LENGTH {
            text.push('…');
            break;
        }
    }
    text
}

/// Digits in groups, so that they can be compared and broken into lines: of three for short numbers, of ten for
/// long ones.
fn spaced(digits: &str) -> String {
    let size = if digits.len() <= 30 { 3 } else { 10 };
    format::in_groups(digits, size, ' ')
}

impl Card {
    /// A card with a heading and a fact in its footer.
    fn new(heading: &str, fact: &str) -> Self {
        let mut card = Self { pixels: vec![Colour::Page; PIXELS] };
        card.fill(0..WIDTH, 0..16, Colour::Accent);
        let (scale, _) = fit(heading, INNER_WIDTH, LINE * LARGEST);
        card.text(heading, (MARGIN, HEADING_TOP), scale, Colour::Accent);
        let width = |text| characters(text) * ADVANCE * FOOTER;
        let left = WIDTH - MARGIN - width(fact);
        card.text(fact, (left, FOOTER_TOP), FOOTER, Colour::Text);
        if MARGIN + width(NAME) < left {
            card.text(NAME, (MARGIN, FOOTER_TOP), FOOTER, Colour::Text);
        }
        card
    }

    /// Draws a text in lines from this left edge on, as large as there is space.
    fn paragraph(&mut self, text: &str, left: i32) {
        let (scale, lines) = fit(text, WIDTH - MARGIN - left, BODY_HEIGHT);
        for (line, number) in lines.iter().zip(0..) {
            self.text(line, (left, BODY_TOP + number * LINE * scale), scale, Colour::Text);
        }
    }

    /// Draws a line of text from its upper left corner.
    fn text(&mut self, text: &str, (left, top): (i32, i32), scale: i32, colour: Colour) {
        for (character, position) in text.chars().zip(0..) {
            for (column, x) in font::columns(character).into_iter().zip(0..) {
                for y in (0..8).filter(|row| column >> row & 1 == 1) {
                    let (x, y) = (left + (position * ADVANCE + x) * scale, top + y * scale);
                    self.fill(x..x + scale, y..y + scale, colour);
                }
            }
        }
    }

    /// Draws the squares with the spiral through them; returns their right edge.
    fn squares(&mut self, squares: &Squares) -> i32 {
        // Two squares next to each other are the widest.
        let (pixels, units) =
            (SQUARES_WIDTH.min(BODY_HEIGHT * squares.width / squares.height), squares.width);
        let scaled = |(x, y): (i32, i32)| {
            let x = MARGIN + (x - squares.left) * pixels / units;
            (x, BODY_TOP + (y - squares.top) * pixels / units)
        };
        for square in &squares.tiles {
            let (left, top) = scaled((square.x, square.y));
            let (right, bottom) = scaled((square.x + square.side, square.y + square.side));
            for x in [left, right] {
                self.fill(x - 1..x + 1, top - 1..bottom + 1, Colour::Line);
            }
            for y in [top, bottom] {
                self.fill(left - 1..right + 1, y - 1..y + 1, Colour::Line);
            }
        }
        for square in &squares.tiles {
            let (left, top) = scaled((square.x, square.y));
            let (right, bottom) = scaled((square.x + square.side, square.y + square.side));
            let (centre, side) = (scaled(square.centre), right - left);
            let (inner, outer) = ((side - HALF_LINE).max(0).pow(2), (side + HALF_LINE).pow(2));
            for y in top..bottom {
                for x in left..right {
                    let distance = (x - centre.0).pow(2) + (y - centre.1).pow(2);
                    if (inner..=outer).contains(&distance) {
                        self.fill(x..x + 1, y..y + 1, Colour::Accent);
                    }
                }
            }
            // Within the arc, as in the other picture.
            let text = square.side.to_string();
            let width = characters(&text) * ADVANCE - 1;
            let scale = (side / 20).min(side * 3 / 5 / width).min(6);
            let middle = |centre: i32, low: i32, high: i32| {
                centre + (low + high - 2 * centre) * CENTROID.0 / CENTROID.1
            };
            if scale >= SMALLEST {
                let (x, y) = (middle(centre.0, left, right), middle(centre.1, top, bottom));
                self.text(&text, (x - width * scale / 2, y - 7 * scale / 2), scale, Colour::Text);
            }
        }
        MARGIN + pixels
    }

    /// Fills a rectangle; what is outside of the picture is left out.
    fn fill(&mut self, x: Range<i32>, y: Range<i32>, colour: Colour) {
        for y in y.start.max(0)..y.end.min(HEIGHT) {
            let ends = [x.start, x.end].map(|x| usize::try_from(y * WIDTH + x.clamp(0, WIDTH)));
            if let [Ok(start), Ok(end)] = ends
                && let Some(pixels) = self.pixels.get_mut(start..end)
            {
                pixels.fill(colour);
            }
        }
    }

    /// The picture as a PNG file.
    fn encode(&self) -> io::Result<Vec<u8>> {
        let packed: Vec<u8> = self
            .pixels
            .chunks(PIXELS_PER_BYTE)
            .map(|pixels| {
                pixels.iter().fold(0, |byte, colour| byte << BIT_DEPTH as u8 | *colour as u8)
            })
            .collect();
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, WIDTH.unsigned_abs(), HEIGHT.unsigned_abs());
        encoder.set_color(ColorType::Indexed);
        encoder.set_depth(BIT_DEPTH);
        encoder.set_palette(PALETTE.concat());
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&packed)?;
        writer.finish()?;
        Ok(file)
    }
}

/// The number of characters.
fn characters(text: &str) -> i32 {
    text.chars().map(|_| 1).sum()
}

/// The largest scale at which a text fits into this width and height, and its lines.
fn fit(text: &str, width: i32, height: i32) -> (i32, Vec<String>) {
    let fitting = (SMALLEST..=LARGEST).rev().find_map(|scale| {
        let length = (width + scale) / (ADVANCE * scale);
        let lines = lines(text, length);
        let fits = i32::try_from(lines.len()).is_ok_and(|count| count * LINE * scale <= height)
            && lines.iter().all(|line| characters(line) <= length);
        fits.then_some((scale, lines))
    });
    fitting.unwrap_or((SMALLEST, vec![text.to_owned()]))
}

/// The words of a text in lines of at most this many characters; a longer word has a line of its own.
fn lines(text: &str, length: i32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if characters(line) + 1 + characters(word) <= length => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
