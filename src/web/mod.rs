//! Turns a request into a call of the mathematics, and its result into a response.
//!
//! [`routes`] lists every address. A page's handler, query and template struct are in one file of `pages`.

pub(crate) mod base_path;
pub(crate) mod connection;
pub mod error;
pub(crate) mod format;
pub(crate) mod layout;
pub mod limits;
pub(crate) mod middleware;
pub mod ops;
pub(crate) mod pages;
pub mod request;
pub(crate) mod request_context;
pub(crate) mod response;
pub mod routes;
pub mod site;
