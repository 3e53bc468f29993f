//! Errors that end the process. Errors of requests are in `web::error`.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Why the service did not start, stopped, or is not healthy.
#[derive(Debug)]
pub enum ServerError {
    /// `STATIC_DIR` lacks a file that pages need. Exit status 2, as for every invalid setting.
    StaticDir {
        /// The folder.
        folder: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The service cannot listen on an address. Exit status 1.
    Listen {
        /// The setting that names the port.
        setting: &'static str,
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// The listener or the signals failed. Exit status 1.
    Serve(io::Error),
    /// The health check failed. Exit status 1.
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

impl fmt::Display for ServerError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StaticDir { folder, source } => write!(
                out,
                "invalid value '{}' for STATIC_DIR: a folder with style.css, icon.svg and copy.js is needed: {source}",
                folder.display()
            ),
            Self::Listen {
                setting,
                address,
                source,
            } => write!(
                out,
                "cannot listen on {address}: {source}; HOST and {setting} set the address"
            ),
            Self::Serve(source) => write!(out, "the listener failed: {source}"),
            Self::Unhealthy { url, reason } => write!(out, "{url} is not healthy: {reason}"),
        }
    }
}

impl std::error::Error for ServerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::StaticDir { source, .. } | Self::Listen { source, .. } | Self::Serve(source) => {
                Some(source)
            }
            Self::Unhealthy { .. } => None,
        }
    }
}
