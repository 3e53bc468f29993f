//! The start page.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::delivery::{Delivery, Keep};
use super::frame::Frame;
use super::{Error, Site, words};

/// The form, how counting goes, and two results to begin with.
#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    frame: Frame<'a>,
    /// A length of list that is within the limit.
    count: u64,
    /// An index that is within the limit.
    index: u64,
}

/// `GET /`: the form.
pub async fn html(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, Error> {
    let render = async |_| {
        let page = HomePage {
            frame: Frame::new(&site),
            count: site.limits.max_first.min(10),
            index: site.limits.max_nth.min(100),
        };
        Ok(page.render()?)
    };
    Delivery::new(&request, &site, "home", Keep::AWhile)
        .page(render)
        .await
}
