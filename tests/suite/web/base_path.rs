//! A site under a path of its own, behind proxies that remove the path and behind those that do not.

use std::collections::BTreeSet;

use actix_web::http::header::HeaderMap;
use serde_json::json;

use crate::support::in_process::{get_from, site_under};

const BASE: &str = "/tools/fibonacci";

/// The addresses in links, forms, pictures and scripts of a page.
fn links(page: &str) -> BTreeSet<String> {
    let attributes = [" href=\"", " src=\"", " action=\"", " formaction=\""];
    attributes
        .iter()
        .flat_map(|attribute| page.split(attribute).skip(1))
        .map(|rest| rest.split('"').next().expect("a closing quote").replace("&amp;", "&"))
        .collect()
}

#[actix_web::test]
async fn every_link_on_every_page_contains_the_base_path_and_leads_somewhere() {
    let site = site_under(BASE);
    let mut seen = BTreeSet::new();
    for page in [
        "/",
        "/api",
        "/first?n=0",
        "/first?n=10",
        "/first?n=2500&page=2",
        "/first?n=20&from=5000",
        "/first?n=20000",
        "/first?n=abc&from=-1",
        "/nth?n=100",
        "/nth?n=-8",
        "/nth?n=1000000",
        "/nth?n=100000000",
        "/nth?n=1.000",
        "/index?of=144",
        "/index?of=150",
        "/index?of=x",
        "/nowhere/at/all",
    ] {
        let response = get_from(&site, &format!("{BASE}{page}"), &[]).await;
        let links = links(&response.body);
        assert!(links.len() > 5, "{page}: {links:?}");
        seen.extend(links);
    }
    assert!(seen.len() > 100, "{}", seen.len());
    for link in seen.iter().filter(|link| !link.starts_with("https://") && !link.starts_with('#')) {
        assert!(link.starts_with(&format!("{BASE}/")), "{link}");
        let response = get_from(&site, link.split('#').next().expect("a path"), &[]).await;
        // The target of a form has no number yet.
        assert!(matches!(response.status, 200 | 422), "{} {link}", response.status);
        let is_form = !link.contains('?');
        assert!(response.status == 200 || is_form, "{} {link}", response.status);
    }
}

#[actix_web::test]
async fn responses_are_the_same_with_and_without_the_base_path() {
    let site = site_under(BASE);
    for path in [
        "/",
        "/?from=a-mail",
        "/first?n=10",
        "/first.csv?n=10&download",
        "/nth.txt?n=100",
        "/nth.json?n=1e3",
        "/nth?n=abc",
        "/index?of=144",
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/robots.txt",
        "/nth?n=1&show=nth",
        "/nowhere",
        "/nowhere.json",
    ] {
        let (with, without) = (
            get_from(&site, &format!("{BASE}{path}"), &[("x-request-id", "1")]).await,
            get_from(&site, path, &[("x-request-id", "1")]).await,
        );
        assert_eq!((with.status, &with.body), (without.status, &without.body), "{path}");
        let fields = |headers: &HeaderMap| -> BTreeSet<String> {
            headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect()
        };
        assert_eq!(fields(&with.headers), fields(&without.headers), "{path}");
    }
}

#[actix_web::test]
async fn redirects_and_addresses_for_programs_contain_the_base_path() {
    let site = site_under(BASE);
    let host = [("host", "example.org")];
    let button = get_from(&site, "/first?n=5&show=nth", &[]).await;
    assert_eq!(button.header("location"), format!("{BASE}/nth?n=5"));
    for (path, target) in [
        ("/first?n=1,000&from=2,000", "/first?n=1000&from=2000"),
        ("/nth?n=%E2%88%925", "/nth?n=-5"),
        ("/index?of=1,597", "/index?of=1597"),
    ] {
        let plain = get_from(&site, path, &[]).await;
        assert_eq!(plain.header("location"), format!("{BASE}{target}"));
    }
    for (path, start) in [("/favicon.ico", "icon-"), ("/apple-touch-icon.png", "apple-touch-icon-")]
    {
        let icon = get_from(&site, path, &[]).await;
        let icon = icon.header("location");
        assert!(icon.starts_with(&format!("{BASE}/static/{start}")), "{icon}");
        assert_eq!(get_from(&site, icon, &[]).await.status, 200);
    }
    let problem = get_from(&site, &format!("{BASE}/nth.json?n=1e3"), &[]).await.json();
    assert_eq!(problem["type"], format!("{BASE}/api#invalid-number"));
    assert_eq!(problem["instead"], json!([format!("{BASE}/nth.json?n=1000")]));
    let description = get_from(&site, "/openapi.json", &[]).await.json();
    assert_eq!(description["servers"], json!([{ "url": BASE }]));
    let robots = get_from(&site, "/robots.txt", &host).await.body;
    assert!(robots.contains(&format!("Sitemap: http://example.org{BASE}/sitemap.xml")), "{robots}");
    let sitemap = get_from(&site, "/sitemap.xml", &host).await.body;
    assert!(sitemap.contains(&format!("<loc>http://example.org{BASE}/api</loc>")), "{sitemap}");
    let api = get_from(&site, "/api", &host).await.body;
    assert!(api.contains(&format!("curl 'http://example.org{BASE}/nth.txt?n=100'")), "{api}");
}

#[actix_web::test]
async fn the_base_path_alone_is_the_start_page_and_a_longer_name_is_not() {
    let site = site_under(BASE);
    let home = get_from(&site, &format!("{BASE}/"), &[]).await;
    for path in [BASE.to_owned(), format!("{BASE}?utm_source=x")] {
        let response = get_from(&site, &path, &[]).await;
        assert_eq!((response.status, &response.body), (200, &home.body), "{path}");
    }
    for path in [format!("{BASE}s/"), format!("{BASE}.json"), "/tools/".to_owned()] {
        assert_eq!(get_from(&site, &path, &[]).await.status, 404, "{path}");
    }
}
