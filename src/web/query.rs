//! The part of an address after the question mark.

use actix_web::web::Query;

/// Every value that a query gives the parameter `name`, decoded, in order.
///
/// Bytes that are not UTF-8 come out as U+FFFD, which no parameter accepts.
pub fn values(query: &str, name: &str) -> Vec<String> {
    Query::<Vec<(String, String)>>::from_query(query)
        .map(Query::into_inner)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(key, value)| (key == name).then_some(value))
        .collect()
}
