//! The start page.

use actix_web::web::{Data, Html};
use askama::Template;

use super::frame::Frame;
use super::{Error, Site};

/// The form, and how counting goes.
#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    frame: Frame<'a>,
}

/// `GET /`: the form.
pub async fn html(site: Data<Site>) -> Result<Html, Error> {
    let frame = Frame::new(&site, String::new());
    Ok(Html::new(HomePage { frame }.render()?))
}
