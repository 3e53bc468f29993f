//! Pictures of lists: squares with the terms as sides, or a line of the lengths of the terms.

use fibonacci::{Fibonacci, length};
use roxmltree::{Document, Node};

use crate::support::in_process::get;

/// The left, top, right and bottom coordinates.
type Rectangle = [i64; 4];

/// The whole numbers in an attribute.
fn numbers(element: Node<'_, '_>, name: &str) -> Vec<i64> {
    let value = element.attribute(name).expect("an attribute");
    let parts = value.split([' ', ',']).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().expect("a whole number")).collect()
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
    for (from, count) in (1..=20).map(|count| (0, count)).chain([(3, 5), (7, 1), (10, 10), (1, 2)])
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
        let view = numbers(picture.root_element(), "viewBox");
        let bounds = [view[0], view[1], view[0] + view[2], view[1] + view[3]];
        for square in squares.iter().filter(|&&square| area(square) > 0) {
            assert!(square[0] >= bounds[0] && square[1] >= bounds[1]);
            assert!(square[2] <= bounds[2] && square[3] <= bounds[3]);
        }
        // From F(0) or F(1), the squares leave no gap.
        let covered: i64 = squares.iter().copied().map(area).sum();
        if from <= 1 && count > 1 {
            assert_eq!(covered, area(bounds), "{count} from {from}");
        }
        assert!(view[2] >= view[3], "the picture is higher than wide");
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

#[actix_web::test]
async fn a_long_list_is_drawn_as_a_line_of_the_lengths_of_its_terms() {
    // The area of the line: its left edge, width, base line and height.
    let (left, width, base, height) = (90.0, 460.0, 240.0, 180.0);
    for (from, count) in [(0, 21_u64), (0, 10_000), (1_000, 10), (1_000_000, 50), (5_000, 1)] {
        let picture = get(&format!("/first.svg?n={count}&from={from}")).await.body;
        let picture = Document::parse(&picture).expect("well-formed XML");
        let line = numbers(elements(&picture, "polyline")[0], "points");
        let last = from + count - 1;
        let most = length::digits(last);
        assert_eq!(line.len() % 2, 0);
        assert!(line.len() >= 2 * usize::try_from(count.min(80)).expect("a small number"));
        for point in line.chunks(2) {
            #[expect(clippy::cast_precision_loss, reason = "the numbers are small")]
            let (x, y, start, steps, most) =
                (point[0] as f64, point[1] as f64, from as f64, count as f64 - 1.0, most as f64);
            // The index and the number of digits at this point, to the precision of one unit.
            let index = start + steps * (x - left) / width;
            let digits = most * (base - y) / height;
            let exact = index * 0.208_987_640_249_978_7 + 0.650_514_997_831_990_6;
            let unit = most / height + steps / width;
            assert!((digits - exact).abs() < 1.0 + unit, "F({index}): {digits}");
        }
        let texts: Vec<&str> =
            elements(&picture, "text").into_iter().filter_map(|text| text.text()).collect();
        for index in [from, last] {
            assert!(texts.contains(&format!("F({})", grouped(index)).as_str()));
            assert!(texts.contains(&grouped(length::digits(index)).as_str()));
        }
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
    let description = "Squares with sides 0, 1, 1, 2, 3, each next to the previous ones, and the spiral through them.";
    let image = format!(
        r#"<img class="squares" src="/first.svg?n=5" alt="{description}" width="5" height="3">"#
    );
    assert!(page.contains(&image));
    let picture = get("/first.svg?n=5").await.body;
    let picture = Document::parse(&picture).expect("well-formed XML");
    assert_eq!(numbers(picture.root_element(), "viewBox")[2..], [5, 3]);
    assert_eq!(elements(&picture, "title")[0].text(), Some(description));
    let page = get("/first?n=2000").await.body;
    let description = "The lengths of the terms: from 1 digit at F(0) to 418 digits at F(1999), about one digit more every five terms.";
    assert!(page.contains(description));
    // Only on the first page of a list, and not for lists of 0 or 1 terms.
    assert!(!get("/first?n=2000&page=2").await.body.contains("<img"));
    assert!(!get("/first?n=0").await.body.contains("<img"));
    assert!(!get("/first?n=1").await.body.contains("<img"));
    let empty = get("/first.svg?n=0").await;
    assert!(empty.body.contains("An empty list: there is nothing to draw."));
}

#[actix_web::test]
async fn a_picture_that_cannot_be_drawn_is_refused_as_text() {
    for path in ["/first.svg?n=x", "/first.svg?n=20000", "/first.svg"] {
        let response = get(path).await;
        assert_eq!(response.status, 422);
        assert_eq!(response.header("content-type"), "text/plain; charset=utf-8");
    }
}
