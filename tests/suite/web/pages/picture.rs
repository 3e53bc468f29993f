//! Pictures of lists: squares with the terms as sides, or a line of the lengths of the terms.

use std::fmt::Debug;
use std::str::FromStr;

use fibonacci::{Fibonacci, length};
use roxmltree::{Document, Node};

use crate::support::in_process::get;

/// The left, top, right and bottom coordinates.
type Rectangle = [i64; 4];

/// The numbers in an attribute.
fn parse<T: FromStr<Err: Debug>>(element: Node<'_, '_>, name: &str) -> Vec<T> {
    let value = element.attribute(name).expect("an attribute");
    let parts = value.split([' ', ',']).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().expect("a number")).collect()
}

/// The whole numbers in an attribute.
fn numbers(element: Node<'_, '_>, name: &str) -> Vec<i64> {
    parse(element, name)
}

/// The number in an attribute.
fn number(element: Node<'_, '_>, name: &str) -> f64 {
    parse(element, name)[0]
}

/// All elements of this name.
fn elements<'a, 'input>(picture: &'a Document<'input>, name: &str) -> Vec<Node<'a, 'input>> {
    let all = picture.descendants();
    all.filter(|node| node.tag_name().name() == name).collect()
}

fn squares(picture: &Document<'_>) -> Vec<Rectangle> {
    let squares = elements(picture, "rect").into_iter().map(|square| {
        let number = |name| numbers(square, name)[0];
        let (x, y, side) = (number("x"), number("y"), number("width"));
        assert_eq!(side, number("height"));
        [x, y, x + side, y + side]
    });
    squares.collect()
}

fn area([left, top, right, bottom]: Rectangle) -> i64 {
    (right - left) * (bottom - top)
}

fn overlap(a: Rectangle, b: Rectangle) -> bool {
    area(a) > 0 && area(b) > 0 && a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

#[actix_web::test]
async fn the_squares_have_the_terms_as_sides_and_tile_a_rectangle() {
    for (from, count) in (2..=20).map(|count| (0, count)).chain([(3, 5), (7, 1), (10, 10), (1, 2)])
    {
        let response = get(&format!("/first.svg?n={count}&from={from}")).await;
        assert_eq!(response.header("content-type"), "image/svg+xml");
        let picture = Document::parse(&response.body).expect("well-formed XML");
        let squares = squares(&picture);
        let sides: Vec<String> =
            squares.iter().map(|[left, _, right, _]| (right - left).to_string()).collect();
        let terms: Vec<String> =
            Fibonacci::starting_at(from).take(count).map(|term| term.to_string()).collect();
        assert_eq!(sides, terms);
        for (position, &square) in squares.iter().enumerate() {
            assert!(
                !squares[..position].iter().any(|&other| overlap(square, other)),
                "{count} from {from}"
            );
        }
        let drawn: Vec<&Rectangle> = squares.iter().filter(|square| area(**square) > 0).collect();
        let end = |edge: usize| drawn.iter().map(move |square| square[edge]);
        let bounds = [0, 1].map(|edge| end(edge).min().expect("a square"));
        let ends = [2, 3].map(|edge| end(edge).max().expect("a square"));
        let bounds = [bounds[0], bounds[1], ends[0], ends[1]];
        // From F(0) or F(1), the squares leave no gap.
        let covered: i64 = squares.iter().copied().map(area).sum();
        if from <= 1 || count == 1 {
            assert_eq!(covered, area(bounds), "{count} from {from}");
        }
        // The picture has a margin of a 100th of its width, for the lines at the edges.
        let view: Vec<f64> = parse(picture.root_element(), "viewBox");
        let bounds = bounds.map(|edge| f64::from(i32::try_from(edge).expect("a small number")));
        let margin = view[2] / 102.0;
        let inner = [view[0], view[1], view[0] + view[2], view[1] + view[3]];
        for (edge, sign) in [(0, 1.0), (1, 1.0), (2, -1.0), (3, -1.0)] {
            let edge = sign * (bounds[edge] - inner[edge]) - margin;
            assert!(edge.abs() < 0.02, "{count} from {from}: {edge}");
        }
        assert!(view[2] >= view[3], "the picture is higher than wide");
    }
}

/// The centre of each square's arc, which is the corner that it does not touch and turns around.
fn centres(picture: &Document<'_>) -> Vec<(i64, i64)> {
    let path = elements(picture, "path")[0].attribute("d").expect("a path");
    let mut ends = path.split(['M', 'A']).skip(1).map(|command| {
        let mut numbers = command.rsplit(' ').map(|it| it.parse::<i64>().expect("a whole number"));
        let y = numbers.next().expect("a coordinate");
        (numbers.next().expect("a coordinate"), y)
    });
    let mut start = ends.next().expect("a start point");
    let centres = ends.map(|end| {
        let (right, down) = (end.0 - start.0, end.1 - start.1);
        // Counterclockwise on the screen, the centre is to the left of the way.
        let centre = ((start.0 + end.0 + down) / 2, (start.1 + end.1 - right) / 2);
        start = end;
        centre
    });
    centres.collect()
}

#[actix_web::test]
async fn the_sides_are_written_inside_their_squares_where_no_line_runs() {
    for (from, count) in (2..=20).map(|count| (0, count)).chain([(3, 5), (7, 1), (10, 10), (15, 2)])
    {
        let picture = get(&format!("/first.svg?n={count}&from={from}")).await.body;
        let picture = Document::parse(&picture).expect("well-formed XML");
        let view: Vec<f64> = parse(picture.root_element(), "viewBox");
        let (squares, centres) = (squares(&picture), centres(&picture));
        let texts = elements(&picture, "text");
        // Those of the four largest squares at least.
        assert!(texts.len() >= squares.iter().filter(|it| area(**it) > 0).count().min(4));
        for text in texts {
            let side = text.text().expect("a side");
            let (x, y, size) = (number(text, "x"), number(text, "y"), number(text, "font-size"));
            // On a phone, a picture is 290 pixels wide.
            assert!(size / view[2] * 290.0 >= 9.0, "F({from}), {count} terms: {side} is too small");
            // Digits of the widest usual font.
            let characters = f64::from(u32::try_from(side.len()).expect("a small number"));
            let (half_width, half_height) = (0.32 * characters * size, 0.37 * size);
            let inside = |[left, top, right, bottom]: [f64; 4]| {
                let air = 0.03 * (right - left);
                x - half_width > left + air
                    && x + half_width < right - air
                    && y - half_height > top + air
                    && y + half_height < bottom - air
            };
            let coordinate = |it: i64| f64::from(i32::try_from(it).expect("a small number"));
            let square = squares.iter().position(|square| inside(square.map(coordinate)));
            let square = square.expect("a square around its text");
            let [left, _, right, _] = squares[square];
            assert_eq!((right - left).to_string(), side);
            let (centre_x, centre_y) = centres[square];
            let farthest = ((x - coordinate(centre_x)).abs() + half_width)
                .hypot((y - coordinate(centre_y)).abs() + half_height);
            let radius = coordinate(right - left);
            assert!(farthest < 0.97 * radius, "{side} is on its arc: {}", farthest / radius);
        }
    }
}

#[actix_web::test]
async fn the_spiral_continues_from_square_to_square() {
    let picture = get("/first.svg?n=12").await.body;
    let picture = Document::parse(&picture).expect("well-formed XML");
    let path = elements(&picture, "path")[0];
    let commands = path.attribute("d").expect("a path");
    let mut commands = commands.split(['M', 'A']).skip(1).map(|command| {
        let numbers = command.split(' ');
        let numbers = numbers.map(|number| number.parse::<i64>().expect("a whole number"));
        numbers.collect::<Vec<_>>()
    });
    let start = commands.next().expect("a start point");
    let arcs: Vec<_> = commands.collect();
    assert_eq!(arcs.len(), 12);
    let mut position = (start[0], start[1]);
    for (arc, [left, top, right, bottom]) in arcs.iter().zip(squares(&picture)) {
        let (side, end) = (right - left, (arc[5], arc[6]));
        assert_eq!(arc[..2], [side, side]);
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
        assert!(corners.contains(&position) && corners.contains(&end), "{arc:?}");
        let steps = ((end.0 - position.0).abs(), (end.1 - position.1).abs());
        assert_eq!(steps, (side, side), "an arc joins opposite corners");
        position = end;
    }
}

/// The values of an axis, with their coordinates.
fn ticks(picture: &Document<'_>, coordinate: &str, other: &str) -> Vec<(f64, f64)> {
    let texts = elements(picture, "text").into_iter().filter(|text| {
        text.attribute("class") == Some("quiet") && text.attribute("dy") == Some(other)
    });
    let ticks = texts.filter_map(|text| {
        let value = text.text()?.replace(',', "").parse().ok()?;
        Some((value, number(text, coordinate)))
    });
    ticks.collect()
}

#[actix_web::test]
async fn a_long_list_is_drawn_as_a_line_of_the_lengths_of_its_terms() {
    for (from, count) in [
        (0, 21_u64),
        (0, 100),
        (0, 10_000),
        (1_000, 10),
        (1_000_000, 50),
        (9_999_990, 3),
        (5_000, 3),
        (5_000, 1),
    ] {
        let what = format!("{count} from {from}");
        let picture = get(&format!("/first.svg?n={count}&from={from}")).await.body;
        let picture = Document::parse(&picture).expect("well-formed XML");
        let line: Vec<f64> = parse(elements(&picture, "polyline")[0], "points");
        let last = from + count - 1;
        let most = length::digits(last);
        assert_eq!(line.len() % 2, 0);
        assert!(line.len() >= 2 * usize::try_from(count.min(80)).expect("a small number"));
        // Both axes have values to read, and what they say of the line is right.
        let (across, up) = (ticks(&picture, "x", "1.5em"), ticks(&picture, "y", ".35em"));
        assert!((2..=7).contains(&up.len()), "{what}: {up:?}");
        let least = if count == 1 { 1 } else { 2 };
        assert!((least..=7).contains(&across.len()), "{what}: {across:?}");
        let read = |ticks: &[(f64, f64)], position: f64| {
            let (first, last) = (ticks[0], ticks[ticks.len() - 1]);
            let unit = if ticks.len() > 1 { (last.0 - first.0) / (last.1 - first.1) } else { 0.0 };
            (first.0 + unit * (position - first.1), unit.abs())
        };
        for point in line.chunks(2) {
            // The index and the number of digits at this point, to the precision of one unit.
            let ((index, index_unit), (digits, digits_unit)) =
                (read(&across, point[0]), read(&up, point[1]));
            let exact = index * 0.208_987_640_249_978_7 + 0.650_514_997_831_990_6;
            let precision = 1.0 + 2.0 * digits_unit + index_unit;
            assert!((digits - exact).abs() < precision, "{what}: F({index}): {digits}");
        }
        for (axis, position) in [(&across, 0), (&up, 1)] {
            for (value, coordinate) in axis {
                let (expected, unit) = read(axis, *coordinate);
                assert!((value - expected).abs() <= 1.5 * unit, "{what}: {value}");
                assert!(*coordinate <= [640.0, 290.0][position], "{what}: {value}");
            }
        }
        let caption = format!("F({}) has {} digit", grouped(last), grouped(most));
        let texts = elements(&picture, "text");
        let captions = texts.iter().filter(|text| {
            let is_caption = text.text().is_some_and(|text| text.starts_with(&caption));
            // Above all lines.
            is_caption && line.chunks(2).all(|point| number(**text, "y") <= point[1])
        });
        assert_eq!(captions.count(), 1, "{what}: {caption}");
    }
}

/// The number in groups of three digits with commas: `10,000`.
fn grouped(number: u64) -> String {
    let digits = number.to_string().into_bytes();
    let groups = digits.rchunks(3).rev();
    let groups: Vec<&str> =
        groups.map(|group| std::str::from_utf8(group).expect("digits")).collect();
    groups.join(",")
}

#[actix_web::test]
async fn a_page_shows_its_picture_with_an_alternative_text() {
    let page = get("/first?n=5").await.body;
    let description = "Squares with sides 1, 1, 2, 3, each beside the previous ones, and the spiral through them.";
    let image = format!(
        r#"<img class="squares" src="/first.svg?n=5" alt="{description}" width="640" height="389">"#
    );
    assert!(page.contains(&image));
    let picture = get("/first.svg?n=5").await.body;
    let picture = Document::parse(&picture).expect("well-formed XML");
    let view: Vec<f64> = parse(picture.root_element(), "viewBox");
    assert!((view[2] / view[3] - 640.0 / 389.0).abs() < 0.01);
    assert_eq!(elements(&picture, "title")[0].text(), Some(description));
    let page = get("/first?n=2000").await.body;
    let description = "The lengths of the terms: from 1 digit at F(0) to 418 digits at F(1,999), about one digit more every five terms.";
    assert!(page.contains(description));
    // Only on the first page of a list, and not for lists of 0 or 1 terms.
    assert!(!get("/first?n=2000&page=2").await.body.contains("<img"));
    assert!(!get("/first?n=0").await.body.contains("<img"));
    assert!(!get("/first?n=1").await.body.contains("<img"));
}

#[actix_web::test]
async fn the_picture_of_a_list_with_nothing_to_see_says_why() {
    for (path, reason) in [
        ("/first.svg?n=0", "An empty list: there is nothing to draw."),
        ("/first.svg?n=1", "F(0) = 0: there is nothing to draw."),
    ] {
        let picture = get(path).await.body;
        let picture = Document::parse(&picture).expect("well-formed XML");
        for name in ["title", "text"] {
            assert_eq!(elements(&picture, name)[0].text(), Some(reason));
        }
    }
}

#[actix_web::test]
async fn a_picture_that_cannot_be_drawn_is_refused_as_text() {
    for path in ["/first.svg?n=x", "/first.svg?n=20000", "/first.svg"] {
        let response = get(path).await;
        assert_eq!(response.status, 422);
        assert_eq!(response.header("content-type"), "text/plain; charset=utf-8");
    }
}
