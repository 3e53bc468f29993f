//! The trace that a request belongs to (W3C Trace Context, section 3.2).

use actix_web::http::header::HeaderMap;

/// A trace, and the caller's span in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// 16 hexadecimal digits.
    pub span_id: String,
}

impl TraceContext {
    /// The trace in `traceparent`, if that header occurs once and is well-formed.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all("traceparent");
        match (values.next(), values.next()) {
            (Some(only), None) => Self::parse(only.to_str().ok()?),
            _ => None,
        }
    }

    /// `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`: version, trace, span, flags. Later
    /// versions may append more fields.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let version = hex(parts.next()?, 2)?;
        let trace_id = hex(parts.next()?, 32)?;
        let span_id = hex(parts.next()?, 16)?;
        hex(parts.next()?, 2)?;
        let known = match version {
            "ff" => false,
            "00" => parts.next().is_none(),
            _ => true,
        };
        let is_zero = |id: &str| id.bytes().all(|byte| byte == b'0');
        (known && !is_zero(trace_id) && !is_zero(span_id))
            .then(|| Self { trace_id: trace_id.to_owned(), span_id: span_id.to_owned() })
    }
}

/// The text, if it is exactly `digits` lower-case hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<&str> {
    let is_hex = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (text.len() == digits && text.bytes().all(is_hex)).then_some(text)
}
