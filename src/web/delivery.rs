//! What HTTP knows of a result before it is computed: its tag, how long it may be kept, its length.
//!
//! So a request that already has it, or only asks about it, is answered without computing, and one
//! that asks for a part is given that part (RFC 9110, sections 8.8, 13 and 14; RFC 9111).

use std::convert::Infallible;
use std::fmt::Display;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, ContentRange, ContentRangeSpec, ContentType,
    ETAG, EntityTag, Header, HeaderValue, IfMatch, IfNoneMatch, IfRange, Range as RangeHeader,
    VARY,
};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

use super::result_body::{BUFFERED, COPIED, LARGE, ResultBody};
use super::sending::Held;
use super::{Error, Site, UntilSent, compress, query};
use crate::metrics::FINGERPRINT;

/// What keeps search engines from results that are not pages, which say it themselves.
const UNLISTED: (&str, &str) = ("x-robots-tag", "noindex");

/// How long a result may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// For a year, the longest that caches heed, without asking: mathematics does not change.
    Forever,
    /// For five minutes, and shown for a day more while a new one is fetched: another version of the
    /// service may word it another way, and link to another style sheet.
    AWhile,
    /// The same by the client alone: what says where the service is depends on what caches do not tell
    /// apart.
    Privately,
}

impl Keep {
    /// The value of `Cache-Control`.
    pub const fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Forever => "public, max-age=31536000, immutable",
            Self::AWhile => "public, max-age=300, stale-while-revalidate=86400",
            Self::Privately => "private, max-age=300",
        })
    }
}

/// A result that is asked for.
pub struct Delivery<'a> {
    request: &'a HttpRequest,
    site: &'a Site,
    /// Its entity tag, in quotes.
    tag: String,
    /// What it is called as a file, where it is to be one.
    file: Option<String>,
    keep: Keep,
}

/// The parameter that asks for a file to keep, with any value or none.
const DOWNLOAD: &str = "download";

/// What a body takes while it is sent, in bytes, besides its buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// A text that is there: all of it, or a copy of a short part.
    Text(u64),
    /// The terms that a list is made from, however short the part.
    Terms(u64),
}

/// Why a page is rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// To be sent.
    Page,
    /// For its length alone: any digits will do, as many as there are.
    Length,
}

impl<'a> Delivery<'a> {
    /// The result of this path that `key` tells from the others there.
    pub fn new(request: &'a HttpRequest, site: &'a Site, key: impl Display, keep: Keep) -> Self {
        let form = request.match_info().as_str().trim_start_matches('/');
        let is_download = !query::values(request.query_string(), DOWNLOAD).is_empty();
        let file = form
            .split_once('.')
            .filter(|_| is_download)
            .map(|(name, ending)| format!("fibonacci-{name}-{key}.{ending}"));
        // What is kept for a while shows the limits and links to the style sheet too.
        let version = match keep {
            Keep::Forever => FINGERPRINT,
            Keep::AWhile | Keep::Privately => &site.fingerprint,
        };
        Self {
            request,
            site,
            tag: format!("\"{form}-{key}-{version}\""),
            file,
            keep,
        }
    }

    /// Answers with `length` bytes, or those of them that are asked for, which `make` makes: it is
    /// not called where none are to be sent.
    pub async fn bytes(
        &self,
        kind: ContentType,
        length: u64,
        memory: Memory,
        make: impl AsyncFnOnce(Range<u64>) -> Result<ResultBody, Error>,
    ) -> Result<HttpResponse, Error> {
        let varies = compress::pays(&kind, length);
        if self.is_unchanged()? {
            return Ok(self.answer(StatusCode::NOT_MODIFIED, varies).finish());
        }
        let part = self.part(length)?;
        let mut answer = match &part {
            None => self.answer(StatusCode::OK, varies),
            Some(part) => {
                let mut answer = self.answer(StatusCode::PARTIAL_CONTENT, varies);
                answer.insert_header(ContentRange(ContentRangeSpec::Bytes {
                    range: Some((part.start, part.end - 1)),
                    instance_length: Some(length),
                }));
                answer
            }
        };
        if kind != ContentType::html() {
            answer.insert_header(UNLISTED);
        }
        answer
            .content_type(kind)
            .insert_header((ACCEPT_RANGES, "bytes"));
        if let Some(file) = &self.file {
            let saved = format!("attachment; filename=\"{file}\"");
            answer.insert_header((CONTENT_DISPOSITION, saved));
        }
        if *self.request.method() == Method::HEAD {
            return Ok(answer.body(Unsent(length)));
        }
        let range = part.unwrap_or(0..length);
        // Before the work, so that none is done in vain.
        let held = self.hold(&range, memory)?;
        // Boxed, so that the request that is moved with it stays small.
        let body = Box::pin(make(range)).await?;
        Ok(answer.body(UntilSent::new(body, held)))
    }

    /// Answers with a page, which `render` makes.
    pub async fn page(
        &self,
        render: impl AsyncFnOnce(Wanted) -> Result<String, Error>,
    ) -> Result<HttpResponse, Error> {
        if self.is_unchanged()? {
            return Ok(self.answer(StatusCode::NOT_MODIFIED, true).finish());
        }
        if *self.request.method() == Method::HEAD {
            let length = Box::pin(render(Wanted::Length)).await?.len() as u64;
            return Ok(self.answer_with_page(length).body(Unsent(length)));
        }
        // Without what the text has grown to: the cache counts its length.
        let make = async || {
            let page = render(Wanted::Page).await?;
            Ok(Bytes::from(page.into_boxed_str().into_boxed_bytes()))
        };
        let page = self.site.engine.cached("page", &self.tag, make).await?;
        let length = page.len() as u64;
        let held = self.hold(&(0..length), Memory::Text(length))?;
        let body = UntilSent::new(ResultBody::whole(page), held);
        Ok(self.answer_with_page(length).body(body))
    }

    /// Sets memory aside for a large body, which is given back when it is sent.
    fn hold(&self, range: &Range<u64>, memory: Memory) -> Result<Option<Held>, Error> {
        let part = range.end - range.start;
        let memory = match memory {
            Memory::Text(_) if part <= COPIED => part,
            Memory::Text(bytes) | Memory::Terms(bytes) => bytes,
        };
        if memory.max(part) <= LARGE {
            return Ok(None);
        }
        // A short one is in no more than two places besides.
        let buffered = BUFFERED.min(2 * part);
        self.site.sending.hold(memory + buffered).map(Some)
    }

    fn answer_with_page(&self, length: u64) -> HttpResponseBuilder {
        let varies = compress::pays(&ContentType::html(), length);
        let mut answer = self.answer(StatusCode::OK, varies);
        answer.content_type(ContentType::html());
        answer
    }

    fn answer(&self, status: StatusCode, varies: bool) -> HttpResponseBuilder {
        let mut answer = HttpResponse::build(status);
        answer
            .insert_header((ETAG, self.tag.as_str()))
            .insert_header((CACHE_CONTROL, self.keep.header()));
        if varies {
            answer.insert_header((VARY, compress::ACCEPT_ENCODING));
        }
        answer
    }

    /// Whether the client has this very result already.
    fn is_unchanged(&self) -> Result<bool, Error> {
        let headers = self.request.headers();
        if headers.contains_key(IfMatch::name())
            && let Ok(IfMatch::Items(tags)) = IfMatch::parse(self.request)
            && !tags.iter().any(|tag| !tag.weak && self.is_ours(tag))
        {
            return Err(Error::Refused(StatusCode::PRECONDITION_FAILED));
        }
        if !headers.contains_key(IfNoneMatch::name()) {
            return Ok(false);
        }
        Ok(match IfNoneMatch::parse(self.request) {
            Ok(IfNoneMatch::Any) => true,
            Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| self.is_ours(tag)),
            Err(_) => false,
        })
    }

    /// Whether it is the tag of this result, compressed or not.
    fn is_ours(&self, tag: &EntityTag) -> bool {
        self.is_tag(compress::uncompressed(tag.tag()))
    }

    fn is_tag(&self, tag: &str) -> bool {
        self.tag.trim_matches('"') == tag
    }

    /// The part that is asked for: none where it is the whole, or several parts.
    fn part(&self, length: u64) -> Result<Option<Range<u64>>, Error> {
        if *self.request.method() != Method::GET || !self.request.headers().contains_key("range") {
            return Ok(None);
        }
        let Ok(RangeHeader::Bytes(ranges)) = RangeHeader::parse(self.request) else {
            return Ok(None);
        };
        let [range] = ranges.as_slice() else {
            return Ok(None);
        };
        if self.request.headers().contains_key(IfRange::name()) {
            // A date is never ours: results have none.
            let same = matches!(
                IfRange::parse(self.request),
                Ok(IfRange::EntityTag(tag)) if !tag.weak && self.is_tag(tag.tag())
            );
            if !same {
                return Ok(None);
            }
        }
        let (first, last) = range
            .to_satisfiable_range(length)
            .ok_or(Error::NoSuchRange { length })?;
        Ok(Some(first..last + 1))
    }
}

/// The content type of this text.
pub fn content_type(text: &'static str) -> Result<ContentType, Error> {
    let kind = text
        .parse()
        .map_err(|error| Error::Internal(Box::new(error)))?;
    Ok(ContentType(kind))
}

/// A body of which only the length is told.
struct Unsent(u64);

impl MessageBody for Unsent {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.0)
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(None)
    }
}
