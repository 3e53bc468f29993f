//! The metrics, for Prometheus.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::web::Data;

use super::{Error, Site};
use crate::metrics::Metrics;

/// The site whose metrics are asked for: on the management port it is not the one that answers.
pub struct Scraped(pub Data<Site>);

/// `GET /metrics`: all of them in Prometheus' text format.
pub async fn text(request: HttpRequest) -> Result<HttpResponse, Error> {
    let Scraped(site) = request
        .app_data::<Scraped>()
        .ok_or_else(|| Error::Internal("no site to measure".into()))?;
    site.engine.measure().await;
    let text = site
        .metrics
        .to_text()
        .map_err(|error| Error::Internal(error.into()))?;
    Ok(HttpResponse::Ok()
        .content_type(Metrics::CONTENT_TYPE)
        .body(text))
}
