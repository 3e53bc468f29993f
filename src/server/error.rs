//! Errors that end the process. Errors of requests are in `web::error`.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Why the service did not start, stopped, or is not healthy.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// `STATIC_DIR` lacks a file that pages need. Exit status 2, as for every invalid setting.
    #[error(
        "invalid value '{}' for STATIC_DIR: a folder with style.css, icon.svg and copy.js is needed: {source}",
        folder.display()
    )]
    StaticDir {
        /// The folder.
        folder: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The service cannot listen on an address. Exit status 1.
    #[error("cannot listen on {address}: {source}; {settings} set the address")]
    Listen {
        /// The settings of the address.
        settings: &'static str,
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// The listener or the signals failed. Exit status 1.
    #[error("the listener failed: {0}")]
    Serve(#[source] io::Error),
    /// The health check failed. Exit status 1.
    #[error("{url} is not healthy: {reason}")]
    Unhealthy {
        /// The address that was checked.
        url: String,
        /// The response, or why there was none.
        reason: String,
    },
}

impl ServerError {
    /// The exit status of the process.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::StaticDir { .. } => ExitCode::from(2),
            Self::Listen { .. } | Self::Serve(_) | Self::Unhealthy { .. } => ExitCode::FAILURE,
        }
    }
}
