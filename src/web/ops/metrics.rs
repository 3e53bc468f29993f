//! The metrics, for Prometheus.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::metrics::Metrics;
use crate::web::error::RequestError;
use crate::web::response::compression;
use crate::web::site::Site;

/// The site whose metrics are returned. The management port has no site of its own.
pub struct Scraped(pub Data<Site>);

/// `GET /metrics`: all metrics in the Prometheus text format, compressed for scrapers that accept that.
pub async fn text(request: HttpRequest) -> Result<HttpResponse, RequestError> {
    let Scraped(site) = request
        .app_data::<Scraped>()
        .ok_or_else(|| RequestError::Internal("no site to scrape".into()))?;
    site.engine.update_metrics();
    let text = site.metrics.to_text().map_err(|error| RequestError::Internal(error.into()))?;
    let response = HttpResponse::Ok().content_type(Metrics::CONTENT_TYPE).body(text);
    Ok(compression::compress(&request, response, &site.encoders))
}
