//! The form's second button, `nth`.
//!
//! The form leads to `/first`, and the button's `formaction` to `/nth`. Text browsers do not support
//! `formaction`, so the button also has a name. A request with that name is redirected to the address to
//! bookmark.

use actix_web::HttpRequest;
use actix_web::guard::GuardContext;
use actix_web::web::Redirect;

/// The button's name and value, as the form sends them.
const PRESSED: &str = "show=nth";

/// Whether the query contains the button's name.
pub fn is_pressed(context: &GuardContext<'_>) -> bool {
    let query = context.head().uri.query().unwrap_or_default();
    query.split('&').any(|pair| pair == PRESSED)
}

/// `GET /first?n=100&show=nth` and `GET /nth?n=100&show=nth`: redirects to `/nth?n=100`.
pub async fn redirect(request: HttpRequest) -> Redirect {
    let rest: Vec<&str> =
        request.query_string().split('&').filter(|pair| *pair != PRESSED).collect();
    Redirect::to(format!("/nth?{}", rest.join("&"))).see_other()
}
