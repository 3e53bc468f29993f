//! Reading what a request asks for.

pub mod body;
pub mod digits;
pub mod number;
pub mod number_error;
pub mod origin;
pub mod parameter;
pub mod query;
pub mod representation;
pub mod request_id;
pub mod term_range;
pub mod trace_context;
