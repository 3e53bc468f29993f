//! The start page.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::delivery::{Delivery, Keep};
use super::frame::Frame;
use super::number::LONGEST_NUMBER;
use super::picture::Picture;
use super::window::Window;
use super::{Error, Site, words};

const TITLE: &str = "Fibonacci numbers, exact at any size";

const DESCRIPTION: &str = "The first n Fibonacci numbers or the nth, exact to the last digit, and the \
     index of any of them. Every result has an address of its own.";

/// The forms, how counting goes, and two results to begin with.
#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    frame: Frame<'a>,
    /// A length of list that is within the limit.
    count: u64,
    /// An index that is within the limit.
    index: u64,
    /// Of the list.
    picture: Option<Picture>,
}

/// `GET /`: the forms.
pub async fn html(request: HttpRequest, site: Data<Site>) -> Result<HttpResponse, Error> {
    let render = async |_| {
        let count = site.limits.max_first.min(10);
        let page = HomePage {
            frame: Frame::new(&site, TITLE, DESCRIPTION).indexed(),
            count,
            index: site.limits.max_nth.min(100),
            picture: Picture::of(Window::first(count)),
        };
        Ok(page.render()?)
    };
    Delivery::new(&request, &site, "home", Keep::AWhile)
        .page(render)
        .await
}
