//! Responses to conditional and range requests (RFC 9110, sections 8.8, 13 and 14).
//!
//! The entity tag of a result is known before the result is computed. So a client that already has the
//! result gets 304 without a computation, and a range request gets only its part.

use std::fmt::Display;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::ops::Range;

use actix_web::body::{self, SizedStream};
use actix_web::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, ContentRange, ContentRangeSpec, ContentType,
    ETAG, EntityTag, Header, IfMatch, IfNoneMatch, IfRange, RANGE, Range as RangeHeader,
};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use futures_util::stream;

use super::body::{LARGE_BODY_BYTES, ResultBody};
use super::cache_policy::CachePolicy;
use super::compression;
use crate::build_info::FINGERPRINT;
use crate::engine::budget::SMALL_TEXT;
use crate::engine::cost::Cost;
use crate::engine::error::EngineError;
use crate::web::error::RequestError;
use crate::web::request::query;
use crate::web::request_context::RequestContext;
use crate::web::site::Site;

/// Keeps search engines from results that are not pages; pages have a `meta` element for that.
const NOT_INDEXED: (&str, &str) = ("x-robots-tag", "noindex");

/// The parameter that asks the browser to save the result as a file; its value does not matter.
const DOWNLOAD: &str = "download";

/// The length from which a key is shortened in a file name, in characters.
const NAME_LENGTH: usize = 65;

/// The length of either end of a shortened key: enough for any modulus.
const NAME_END: usize = 30;

/// Why a page could not be made.
pub enum PageError {
    /// Its template failed.
    Template(askama::Error),
    /// The mathematics did.
    Engine(EngineError),
}

impl From<askama::Error> for PageError {
    fn from(error: askama::Error) -> Self {
        Self::Template(error)
    }
}

impl From<EngineError> for PageError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<PageError> for EngineError {
    fn from(error: PageError) -> Self {
        match error {
            PageError::Template(error) => Self::Failed(error.to_string().into()),
            PageError::Engine(error) => error,
        }
    }
}

/// A result with its entity tag.
pub struct ConditionalResponse<'a> {
    request: &'a HttpRequest,
    site: &'a Site,
    /// Differs for every result of the service; changes with the version.
    cache_key: String,
    /// A hash of the cache key, without quotes.
    tag: String,
    /// The name to save the result under, if it is a download.
    file_name: Option<String>,
    policy: CachePolicy,
}

impl<'a> ConditionalResponse<'a> {
    /// The response for the result that `key` distinguishes from all others at the same path.
    pub fn new(
        request: &'a HttpRequest,
        site: &'a Site,
        key: impl Display,
        policy: CachePolicy,
    ) -> Self {
        let path = request.match_info().as_str().trim_start_matches('/');
        let is_download = query::has(request.query_string(), DOWNLOAD);
        let file_name = if is_download { file_name(path, &key) } else { None };
        let version = match policy {
            CachePolicy::Immutable => FINGERPRINT,
            // These also show the limits and link to the style sheet.
            _ => &site.page_version,
        };
        let cache_key = format!("{path}-{key}-{version}");
        // Short, as it is part of every response. Only versions of one address must differ.
        let mut hasher = DefaultHasher::new();
        cache_key.hash(&mut hasher);
        let tag = format!("{:016x}", hasher.finish());
        let is_post = *request.method() == Method::POST;
        let policy = if is_post { CachePolicy::NoStore } else { policy };
        Self { request, site, cache_key, tag, file_name, policy }
    }

    /// An HTML page, which is cached. HEAD does not render it, so it has no `Content-Length`.
    pub async fn page<E: Into<PageError>>(
        &self,
        cost: Cost,
        render: impl FnOnce() -> Result<String, E> + Send + 'static,
    ) -> Result<HttpResponse, RequestError> {
        let kind = ContentType::html();
        if let Some(response) = self.not_modified(&kind)? {
            return Ok(response);
        }
        let mut response = self.start(StatusCode::OK);
        response.content_type(kind.clone());
        if *self.request.method() == Method::HEAD {
            let response = response.body(body::None::new());
            return Ok(compression::compress(self.request, response, &self.site.encoders));
        }
        let engine = self.site.engine.clone();
        let work = move || {
            let page = render().map_err(|error| EngineError::from(error.into()))?;
            engine.budget.text(page)
        };
        let page = self.site.engine.cached("page", self.cache_key.clone(), cost, work).await?;
        let length = page.len() as u64;
        self.reserve(length, 0)?;
        let response = response.body(ResultBody::whole(page));
        Ok(self.compress(response, &kind, length))
    }

    /// A short text, which takes some milliseconds at most.
    pub async fn text(
        &self,
        kind: ContentType,
        make: impl AsyncFnOnce() -> Result<String, RequestError>,
    ) -> Result<HttpResponse, RequestError> {
        if let Some(response) = self.not_modified(&kind)? {
            return Ok(response);
        }
        let text = make().await?;
        let length = text.len() as u64;
        let make = async |range| Ok(ResultBody::part(text, range));
        self.data(kind, length, length, make).await
    }

    /// A PNG picture, which is cached.
    pub async fn png(
        &self,
        draw: impl FnOnce() -> io::Result<Vec<u8>> + Send + 'static,
    ) -> Result<HttpResponse, RequestError> {
        let kind = ContentType::png();
        if let Some(response) = self.not_modified(&kind)? {
            return Ok(response);
        }
        let engine = self.site.engine.clone();
        let work = move || {
            let picture = draw().map_err(|error| EngineError::Failed(error.to_string().into()))?;
            engine.budget.text(picture)
        };
        let (key, cost) = (self.cache_key.clone(), Cost::PICTURE);
        let picture = self.site.engine.cached("picture", key, cost, work).await?;
        let length = picture.len() as u64;
        let make = async |range| Ok(ResultBody::part(picture, range));
        self.data(kind, length, 0, make).await
    }

    /// Data of `length` bytes. `make` returns the requested range; it is not called for HEAD, for an
    /// unchanged result, or for an invalid range. While it is sent, it takes `retained` bytes of memory that
    /// the engine has not reserved.
    pub async fn data(
        &self,
        kind: ContentType,
        length: u64,
        retained: u64,
        make: impl AsyncFnOnce(Range<u64>) -> Result<ResultBody, RequestError>,
    ) -> Result<HttpResponse, RequestError> {
        if let Some(response) = self.not_modified(&kind)? {
            return Ok(response);
        }
        let range = self.range(length)?;
        let mut response = match &range {
            None => {
                let mut response = self.start(StatusCode::OK);
                response.insert_header((ACCEPT_RANGES, "bytes"));
                if kind != ContentType::html() {
                    response.insert_header(NOT_INDEXED);
                }
                response
            }
            Some(range) => {
                let mut response = self.start(StatusCode::PARTIAL_CONTENT);
                response.insert_header(ContentRange(ContentRangeSpec::Bytes {
                    range: Some((range.start, range.end - 1)),
                    instance_length: Some(length),
                }));
                response
            }
        };
        response.content_type(kind.clone());
        if let Some(name) = &self.file_name {
            let attachment = format!("attachment; filename=\"{name}\"");
            response.insert_header((CONTENT_DISPOSITION, attachment));
        }
        if *self.request.method() == Method::HEAD {
            let none = stream::empty::<Result<Bytes, actix_web::Error>>();
            let response = response.body(SizedStream::new(length, none));
            return Ok(self.compress(response, &kind, length));
        }
        let range = range.unwrap_or(0..length);
        // Before the computation, so that none is wasted.
        self.reserve(range.end - range.start, retained)?;
        // Boxed, so that the future of the request stays small.
        let body = Box::pin(make(range)).await?;
        Ok(self.compress(response.body(body), &kind, length))
    }

    /// The status, the tag and the cache policy.
    fn start(&self, status: StatusCode) -> HttpResponseBuilder {
        let mut response = HttpResponse::build(status);
        response.insert_header((CACHE_CONTROL, self.policy.header()));
        if self.policy != CachePolicy::NoStore {
            response.insert_header((ETAG, format!("\"{}\"", self.tag)));
        }
        response
    }

    fn compress(&self, response: HttpResponse, kind: &ContentType, length: u64) -> HttpResponse {
        if compression::pays(kind, length) {
            compression::compress(self.request, response, &self.site.encoders)
        } else {
            response
        }
    }

    /// Reserves memory for a large body of `length` bytes until it is sent.
    fn reserve(&self, length: u64, retained: u64) -> Result<(), RequestError> {
        if length.max(retained) > SMALL_TEXT {
            let reservation = self.site.engine.budget.reserve(retained + LARGE_BODY_BYTES)?;
            if let Some(context) = RequestContext::of(self.request) {
                context.hold(|held| held.reservation = Some(reservation));
            }
        }
        Ok(())
    }

    /// 304 if the client already has the result.
    ///
    /// # Errors
    ///
    /// 412 if `If-Match` requires another result.
    fn not_modified(&self, kind: &ContentType) -> Result<Option<HttpResponse>, RequestError> {
        let headers = self.request.headers();
        if self.policy == CachePolicy::NoStore {
            return Ok(None);
        }
        if headers.contains_key(IfMatch::name())
            && let Ok(IfMatch::Items(tags)) = IfMatch::parse(self.request)
            && !tags.iter().any(|tag| !tag.weak && self.is_current(tag))
        {
            return Err(RequestError::Refused(StatusCode::PRECONDITION_FAILED));
        }
        if !headers.contains_key(IfNoneMatch::name()) {
            return Ok(None);
        }
        let tag = match IfNoneMatch::parse(self.request) {
            Ok(IfNoneMatch::Any) => self.tag.clone(),
            Ok(IfNoneMatch::Items(tags)) => match tags.iter().find(|tag| self.is_current(tag)) {
                Some(tag) => tag.tag().to_owned(),
                None => return Ok(None),
            },
            Err(_) => return Ok(None),
        };
        let mut response = self.start(StatusCode::NOT_MODIFIED);
        response.insert_header((ETAG, format!("\"{tag}\"")));
        if compression::is_compressible(kind) {
            response.insert_header(compression::VARY_BY_ENCODING);
        }
        Ok(Some(response.finish()))
    }

    /// Whether a tag is that of this result, plain or in the encoding that the client would get now.
    fn is_current(&self, tag: &EntityTag) -> bool {
        match tag.tag().strip_prefix(self.tag.as_str()) {
            Some("") => true,
            Some(suffix) => compression::negotiated(self.request)
                .is_some_and(|encoding| suffix.strip_prefix('.') == Some(encoding)),
            None => false,
        }
    }

    /// The requested range: none for the whole result, or for several ranges.
    fn range(&self, length: u64) -> Result<Option<Range<u64>>, RequestError> {
        let header = match self.request.headers().get(RANGE) {
            Some(header) if *self.request.method() == Method::GET => header,
            _ => return Ok(None),
        };
        // Range units are case-insensitive (RFC 9110, section 14.1).
        let header = header.to_str().unwrap_or_default().to_ascii_lowercase();
        // The parser leaves out those of several ranges that are malformed.
        let is_one = !header.contains(',');
        let Some(RangeHeader::Bytes(ranges)) = header.parse().ok().filter(|_| is_one) else {
            return Ok(None);
        };
        let [range] = ranges.as_slice() else {
            return Ok(None);
        };
        if self.request.headers().contains_key(IfRange::name()) {
            // A date never matches: results have none.
            let is_same = matches!(
                IfRange::parse(self.request),
                Ok(IfRange::EntityTag(tag)) if !tag.weak && tag.tag() == self.tag
            );
            if !is_same {
                return Ok(None);
            }
        }
        let (first, last) =
            range.to_satisfiable_range(length).ok_or(RequestError::NoSuchRange { length })?;
        Ok(Some(first..last + 1))
    }
}

/// `nth.txt` and the key 100 → `fibonacci-nth-100.txt`; none for a page.
fn file_name(path: &str, key: impl Display) -> Option<String> {
    let (name, extension) = path.split_once('.')?;
    let key = key.to_string();
    let key = match (key.get(..NAME_END), key.len()) {
        (Some(start), length @ NAME_LENGTH..) => {
            format!("{start}-{}", key.get(length - NAME_END..)?)
        }
        _ => key,
    };
    Some(format!("fibonacci-{name}-{key}.{extension}"))
}
