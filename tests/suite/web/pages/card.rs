//! Pictures for links that are shared.

use std::io::Cursor;

use actix_web::web::Data;
use fibonacci_web::web::site::Site;
use png::Decoder;

use crate::support::in_process::{get, get_from, get_with_headers, site_at, site_under};

const WIDTH: usize = 1_200;
const HEIGHT: usize = 630;

/// The rows of a picture, a colour from 0 to 3 for each pixel.
async fn pixels(path: &str) -> Vec<Vec<u8>> {
    let response = get(path).await;
    assert_eq!(response.status, 200, "{path}");
    assert_eq!(response.header("content-type"), "image/png", "{path}");
    // Social networks reload a picture now and then; it must not be a burden.
    assert!(response.bytes.len() < 16_000, "{path}: {} bytes", response.bytes.len());
    let mut png = Decoder::new(Cursor::new(response.bytes)).read_info().expect("a PNG file");
    let mut packed = vec![0; png.output_buffer_size().expect("a size")];
    png.next_frame(&mut packed).expect("a picture");
    let rows: Vec<Vec<u8>> = packed
        .chunks(WIDTH / 4)
        .map(|row| {
            row.iter().flat_map(|byte| [6, 4, 2, 0].map(|shift| byte >> shift & 3)).collect()
        })
        .collect();
    assert_eq!((rows.len(), rows[0].len()), (HEIGHT, WIDTH), "{path}");
    rows
}

#[actix_web::test]
async fn a_picture_of_a_result_has_a_heading_a_body_and_a_footer_within_its_margins() {
    for path in [
        "/nth.png?n=0",
        "/nth.png?n=-8",
        "/nth.png?n=100",
        "/nth.png?n=950",
        "/nth.png?n=10000000",
        "/nth.png?n=18446744073709551615",
        "/nth.png?n=-18446744073709551614",
        "/first.png?n=2",
        "/first.png?n=3",
        "/first.png?n=10",
        "/first.png?n=20",
        "/first.png?n=1&from=7",
        "/first.png?n=5&from=3",
        "/first.png?n=5&from=140",
        "/first.png?n=10000",
        "/first.png?n=10&from=1000000",
    ] {
        let rows = pixels(path).await;
        let has_ink =
            |from: usize, to: usize| rows[from..to].iter().any(|row| row.iter().any(|it| *it > 0));
        assert!(has_ink(66, 150) && has_ink(186, 530) && has_ink(558, 600), "{path}");
        // Apart from the bar at the top.
        assert!(!has_ink(16, 60) && !has_ink(600, HEIGHT), "{path}");
        for row in &rows[16..] {
            let margins = row[..79].iter().chain(&row[1_120..]);
            assert!(margins.copied().all(|pixel| pixel == 0), "{path}");
        }
    }
}

#[actix_web::test]
async fn equal_digits_look_equal_and_different_digits_look_different() {
    // The body of F(10) = 55 at the largest scale: characters of 60 pixels.
    let rows = pixels("/nth.png?n=10").await;
    let character = |rows: &[Vec<u8>], left: usize| -> Vec<Vec<u8>> {
        rows[186..266].iter().map(|row| row[left..left + 50].to_vec()).collect()
    };
    assert_eq!(character(&rows, 80), character(&rows, 140));
    // F(0) = 0, F(1) = 1, F(3) = 2, F(4) = 3, F(5) = 5, F(6) = 8.
    let mut shapes = Vec::new();
    for n in [0, 1, 3, 4, 5, 6] {
        shapes.push(character(&pixels(&format!("/nth.png?n={n}")).await, 80));
    }
    assert!(shapes.contains(&character(&rows, 80)), "5");
    shapes.sort();
    shapes.dedup();
    assert_eq!(shapes.len(), 6);
}

#[actix_web::test]
async fn an_empty_list_has_a_picture_without_a_body() {
    let rows = pixels("/first.png?n=0").await;
    assert!(rows[186..530].iter().flatten().all(|pixel| *pixel == 0));
}

#[actix_web::test]
async fn the_squares_of_a_list_are_next_to_its_terms() {
    // 34 by 55 squares, 340 pixels high.
    let rows = pixels("/first.png?n=10").await;
    let line = |row: &Vec<u8>| row[80..629].iter().filter(|pixel| **pixel > 0).count();
    assert!(line(&rows[186]) > 500 && line(&rows[525]) > 500);
    assert!(rows[186..526].iter().all(|row| row[80] > 0));
    assert!(rows[186..526].iter().any(|row| row[670..].contains(&3)));
}

#[actix_web::test]
async fn pages_name_their_picture_by_its_whole_address_if_the_service_knows_that() {
    let address = |page: &str| {
        let rest = page.split_once("<meta property=\"og:image\" content=\"")?.1;
        Some(rest.split('"').next()?.replace("&#38;", "&"))
    };
    let pages = [
        ("/", "/first.png?n=10"),
        ("/first?n=7", "/first.png?n=7"),
        ("/first?n=7&from=1000", "/first.png?n=7&from=1000"),
        ("/first?n=2000&page=2", "/first.png?n=2000"),
        ("/nth?n=100", "/nth.png?n=100"),
        ("/nth?n=-8", "/nth.png?n=-8"),
    ];
    let check = async |site: &Data<Site>, start: &str| {
        for (page, picture) in pages {
            let body = get_from(site, page, &[("host", "attacker.example")]).await.body;
            assert_eq!(address(&body), Some(format!("{start}{picture}")), "{page}");
            assert!(!body.contains("attacker"), "{page}");
            let size = "<meta property=\"og:image:width\" content=\"1200\">\n\
                 <meta property=\"og:image:height\" content=\"630\">";
            assert!(body.contains(size), "{page}");
            assert_eq!(get(picture).await.status, 200, "{picture}");
        }
    };
    check(&site_at("https://numbers.example", ""), "https://numbers.example").await;
    check(&site_at("https://numbers.example", "/f"), "https://numbers.example/f").await;
    for (page, _) in pages {
        let body = get_from(&site_under("/f"), page, &[]).await.body;
        assert_eq!(address(&body), None, "{page}");
        assert!(!body.contains("twitter:card"), "{page}");
    }
    // Pages without a result have no picture.
    let site = site_at("https://numbers.example", "");
    for page in ["/api", "/index?of=144", "/nowhere", "/nth?n=x"] {
        assert_eq!(address(&get_from(&site, page, &[]).await.body), None, "{page}");
    }
}

#[actix_web::test]
async fn a_picture_for_a_link_is_revalidated_and_refused_as_text() {
    let picture = get("/nth.png?n=100").await;
    assert_eq!(
        picture.header("cache-control"),
        "public, max-age=300, stale-while-revalidate=86400"
    );
    let tag = picture.header("etag");
    assert_eq!(get_with_headers("/nth.png?n=100", &[("if-none-match", tag)]).await.status, 304);
    for path in ["/nth.png?n=x", "/nth.png", "/first.png?n=20000", "/first.png?n=-1"] {
        let response = get(path).await;
        assert_eq!(response.status, 422, "{path}");
        assert_eq!(response.header("content-type"), "text/plain; charset=utf-8", "{path}");
    }
}
