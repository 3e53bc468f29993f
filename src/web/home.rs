//! The start page.

use actix_web::web::{Data, Html};
use askama::Template;

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
pub async fn html(site: Data<Site>) -> Result<Html, Error> {
    let page = HomePage {
        frame: Frame::new(&site),
        count: site.limits.max_first.min(10),
        index: site.limits.max_nth.min(100),
    };
    Ok(Html::new(page.render()?))
}
