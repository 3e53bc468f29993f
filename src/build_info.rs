//! The identity of this build.

/// The version of the package.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The Git revision, from the variable `REVISION` at build time; `unknown` without it.
pub const REVISION: &str = match option_env!("REVISION") {
    Some(revision) => revision,
    None => "unknown",
};

/// A hash of the sources that responses are made from: it changes when responses may change.
pub const FINGERPRINT: &str = env!("FINGERPRINT");
