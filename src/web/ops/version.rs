//! The identity of the running build.

use actix_web::HttpResponse;
use serde::Serialize;

use crate::build_info::{FINGERPRINT, REVISION, VERSION};

#[derive(Serialize)]
struct Build {
    version: &'static str,
    revision: &'static str,
    fingerprint: &'static str,
}

/// `GET /version`: `{"version":"0.1.0","revision":"…","fingerprint":"…"}`.
pub async fn json() -> HttpResponse {
    HttpResponse::Ok().json(Build {
        version: VERSION,
        revision: REVISION,
        fingerprint: FINGERPRINT,
    })
}
