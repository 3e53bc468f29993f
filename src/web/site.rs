//! What the handlers share.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::web::Data;
use tokio::sync::Semaphore;

use super::limits::Limits;
use super::ops::assets::Assets;
use super::request::origin::origin;
use super::response::compression::MAX_ENCODERS;
use crate::build_info::FINGERPRINT;
use crate::engine::Engine;
use crate::metrics::Metrics;
use crate::trusted_proxies::TrustedProxies;

/// What the handlers share, in all workers.
pub struct Site {
    /// How much a request may ask for.
    pub limits: Limits,
    /// The files that pages link to.
    pub assets: Data<Assets>,
    /// The mathematics.
    pub engine: Arc<Engine>,
    /// One permit per response that is being compressed.
    pub encoders: Arc<Semaphore>,
    /// The metrics of the service.
    pub metrics: Arc<Metrics>,
    /// Changes with everything that pages are made from: the sources, the limits and the linked files.
    pub page_version: String,
    /// The base path, such as `/fibonacci`; empty if there is none.
    pub base_path: String,
    /// The scheme and host that visitors use, such as `https://fibonacci.example`.
    pub public_origin: Option<String>,
    /// The contact for security reports, as a URI.
    pub security_contact: Option<String>,
    /// The proxies whose forwarding headers are trusted.
    pub trusted_proxies: TrustedProxies,
    /// Whether the log says who sent a request.
    pub log_client: bool,
}

impl Site {
    /// A site with these limits, files and mathematics.
    #[must_use]
    pub fn new(limits: Limits, assets: Assets, engine: Arc<Engine>, metrics: Arc<Metrics>) -> Self {
        let mut hasher = DefaultHasher::new();
        FINGERPRINT.hash(&mut hasher);
        format!("{limits:?}").hash(&mut hasher);
        assets.addresses().hash(&mut hasher);
        Self {
            limits,
            assets: Data::new(assets),
            engine,
            encoders: Arc::new(Semaphore::new(MAX_ENCODERS)),
            metrics,
            page_version: format!("{:016x}", hasher.finish()),
            base_path: String::new(),
            public_origin: None,
            security_contact: None,
            trusted_proxies: TrustedProxies::default(),
            log_client: true,
        }
    }

    /// Serves the site under this path, without a slash at its end.
    #[must_use]
    pub fn with_base_path(mut self, path: String) -> Self {
        // Pages contain it.
        self.page_version = format!("{}{path}", self.page_version);
        self.base_path = path;
        self
    }

    /// The address of the site as the client sees it: `https://example.org/fibonacci`.
    #[must_use]
    pub fn address(&self, request: &HttpRequest) -> String {
        format!("{}{}", origin(request, &self.trusted_proxies), self.base_path)
    }

    /// Sets the scheme and host that visitors use.
    #[must_use]
    pub fn with_public_origin(mut self, origin: Option<String>) -> Self {
        // Pages contain it.
        self.page_version =
            format!("{}{}", self.page_version, origin.as_deref().unwrap_or_default());
        self.public_origin = origin;
        self
    }
}
