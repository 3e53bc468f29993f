//! Static files: their URLs, caching and byte ranges.

use std::fs;
use std::io::Cursor;

use actix_web::test::TestRequest;
use png::{ColorType, Decoder};

use crate::support::in_process::{get, send, style_sheet};

#[actix_web::test]
async fn static_files_have_content_hashes_in_their_urls_and_are_cached_for_a_year() {
    let home = get("/").await.body;
    let urls: Vec<&str> = home.split('"').filter(|text| text.starts_with("/static/")).collect();
    for (start, end, content_type) in [
        ("/static/style-", ".css", "text/css; charset=utf-8"),
        ("/static/icon-", ".svg", "image/svg+xml"),
        ("/static/icon-", ".png", "image/png"),
        ("/static/apple-touch-icon-", ".png", "image/png"),
    ] {
        let url = urls.iter().find(|url| url.starts_with(start) && url.ends_with(end));
        let url = url.expect("a link to the file");
        let file = get(url).await;
        assert_eq!(file.status, 200, "{url}");
        assert_eq!(file.header("content-type"), content_type);
        assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
        assert!(file.headers.get("content-disposition").is_none());
        let date = file.header("last-modified").to_owned();
        let again = TestRequest::with_uri(url).insert_header(("if-modified-since", date));
        assert_eq!(send(again).await.status, 304);
    }
}

#[actix_web::test]
async fn unknown_static_files_are_not_found_and_not_cached() {
    for path in [
        "/static/style-00000000.css",
        "/static/style.css",
        "/static/",
        "/static/../Cargo.toml",
        "/static/%2e%2e%2fCargo.toml",
    ] {
        let response = get(path).await;
        assert_eq!(response.status, 404, "{path}");
        assert_eq!(response.header("cache-control"), "no-store", "{path}");
    }
}

#[actix_web::test]
async fn a_byte_range_of_a_static_file_is_sent_and_one_past_its_end_is_refused_with_the_length() {
    let home = get("/").await.body;
    let style = style_sheet(&home);
    let length = get(style).await.body.len();
    let get_range =
        |range: &str| send(TestRequest::with_uri(style).insert_header(("range", range)));
    assert_eq!(get_range("bytes=0-4").await.status, 206);
    let refused = get_range("bytes=999999-").await;
    assert_eq!(refused.status, 416);
    assert_eq!(refused.header("content-range"), format!("bytes */{length}"));
    assert_eq!(refused.body, "The requested range is past the end of the file.\n");
}

#[actix_web::test]
async fn the_script_the_style_sheet_and_the_icon_of_a_page_are_found() {
    let page = get("/nth?n=100").await.body;
    let script = page.split("<script src=\"").nth(1).and_then(|rest| rest.split('"').next());
    let script = get(script.expect("a script")).await;
    assert_eq!(script.status, 200);
    assert!(script.header("content-type").starts_with("text/javascript"));
    assert_eq!(get(style_sheet(&page)).await.status, 200);
    for path in ["/favicon.ico", "/apple-touch-icon.png"] {
        let icon = get(path).await;
        assert_eq!(icon.status, 303, "{path}");
        let accept = ("accept-encoding", "gzip");
        let url = icon.header("location");
        let icon = send(TestRequest::with_uri(url).insert_header(accept)).await;
        assert_eq!(icon.header("content-type"), "image/png", "{path}");
        assert!(icon.headers.get("content-encoding").is_none(), "{path}");
    }
}

#[test]
fn the_icons_for_browsers_without_svg_are_png_files_of_the_right_size() {
    for (name, side, colours) in
        [("icon", 32, ColorType::Rgba), ("apple-touch-icon", 180, ColorType::Rgb)]
    {
        let file = fs::read(format!("static/{name}.png")).expect("a file");
        let png = Decoder::new(Cursor::new(file)).read_info().expect("a PNG file");
        assert_eq!((png.info().width, png.info().height), (side, side), "{name}");
        assert_eq!(png.info().color_type, colours, "{name}");
    }
}
