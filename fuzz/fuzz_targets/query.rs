//! Any address of the public port: it never makes the service fail.
//!
//! The input is the target of a request line, such as `/first?n=10&from=1000`.

#![no_main]

use actix_web::http::{Method, Uri};
use actix_web::test::TestRequest;
use fibonacci_web_fuzz::{BASE_PATH, get, send};
use libfuzzer_sys::{Corpus, fuzz_target};
use serde_json::Value;

fuzz_target!(|target: &str| -> Corpus {
    // The server refuses these before they are requests.
    let Ok(uri) = target.parse::<Uri>() else {
        return Corpus::Reject;
    };
    let response = get(target);
    let kind = response.header("content-type").unwrap_or_default();
    if uri.path().rsplit_once('.').is_some_and(|(_, extension)| extension == "json") {
        assert!(kind.ends_with("json"), "{kind}");
    }
    if kind.ends_with("json") {
        serde_json::from_slice::<Value>(&response.body).expect("a JSON body");
    } else if kind.starts_with("text/") {
        str::from_utf8(&response.body).expect("text");
    }
    if let Some(location) = response.header("location") {
        location.parse::<Uri>().expect("an address");
        assert!(location.starts_with(&format!("{BASE_PATH}/")), "{location}");
    }
    if target.starts_with('/') && !target.starts_with(BASE_PATH) {
        let under_path = get(&format!("{BASE_PATH}{target}"));
        assert_eq!((under_path.status, &under_path.body), (response.status, &response.body));
    }
    let head = send(TestRequest::with_uri(target).method(Method::HEAD));
    assert_eq!(head.status, response.status);
    assert_eq!(head.header("content-type"), response.header("content-type"));
    Corpus::Keep
});
