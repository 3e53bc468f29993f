//! Tests of the service through its public interface: the application in process, and the real binary. The
//! folders match those of `src/`. The crate `fibonacci` has its own tests.

mod architecture;
mod engine;
mod server;
mod support;
mod web;
