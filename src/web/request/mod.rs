//! Reading what a request asks for.

pub(crate) mod body;
pub(crate) mod characters;
pub(crate) mod digits;
pub mod forwarded;
pub mod lenient;
pub(crate) mod long_index;
pub(crate) mod number;
pub(crate) mod number_error;
pub(crate) mod origin;
pub(crate) mod parameter;
pub(crate) mod query;
pub(crate) mod representation;
pub(crate) mod request_id;
pub(crate) mod term_range;
pub(crate) mod trace_context;
pub(crate) mod up_to;
pub(crate) mod user_agent;
