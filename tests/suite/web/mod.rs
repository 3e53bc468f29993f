mod error;
mod middleware;
mod ops;
mod pages;
mod request;
mod response;
mod results;
mod routes;
