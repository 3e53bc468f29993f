//! Tests from the outside: the application in process, and the real binary. The folders are those of `src/`;
//! the mathematics is tested in its own crate.

mod architecture;
mod engine;
mod server;
mod support;
mod web;
