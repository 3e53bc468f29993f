//! Benchmarks of the crate `fibonacci` and of compression: see `engine.rs` and `compression.rs`.
