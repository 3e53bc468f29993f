//! The path under which a proxy serves this service, such as `/fibonacci`.

use actix_web::dev::ServiceRequest;
use actix_web::http::Uri;
use actix_web::http::uri::PathAndQuery;

/// Removes the base path from the path of a request, so that only links, redirects and addresses contain it. A
/// proxy may have removed it already.
pub fn strip(request: &mut ServiceRequest, base: &str) {
    let uri = request.uri();
    let Some(rest) = uri.path_and_query().and_then(|target| target.as_str().strip_prefix(base))
    else {
        return;
    };
    let target = match rest.bytes().next() {
        Some(b'/') => PathAndQuery::try_from(rest),
        None | Some(b'?') => PathAndQuery::try_from(format!("/{rest}")),
        // Another path that begins with the same letters.
        Some(_) => return,
    };
    let mut parts = uri.clone().into_parts();
    // Part of a valid target is a valid target, so neither step fails.
    parts.path_and_query = target.ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
}
