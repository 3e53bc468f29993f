//! Why the process ends otherwise than it should. What a visitor sees is `web::Error`.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Why the service did not start, did not go on, or is not healthy.
#[derive(Debug)]
pub enum Error {
    /// `STATIC_DIR` lacks what the pages need. Exit status 2, as for any setting at fault.
    StaticDir {
        /// The folder that was read.
        folder: PathBuf,
        /// What failed.
        source: io::Error,
    },
    /// An address cannot be listened on. Exit status 1.
    Listen {
        /// The setting that names the port.
        setting: &'static str,
        /// The address that was asked for.
        address: SocketAddr,
        /// What failed.
        source: io::Error,
    },
    /// The listener or the signals failed. Exit status 1.
    Serve(io::Error),
    /// The service asked for its health did not say that it is well. Exit status 1.
    Unhealthy {
        /// What was asked.
        url: String,
        /// What came of it.
        reason: String,
    },
}

impl Error {
    /// The status that the process ends with.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::StaticDir { .. } => ExitCode::from(2),
            Self::Listen { .. } | Self::Serve(_) | Self::Unhealthy { .. } => ExitCode::FAILURE,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StaticDir { folder, source } => write!(
                out,
                "invalid value '{}' for STATIC_DIR: a folder with style.css and icon.svg is needed: {source}",
                folder.display()
            ),
            Self::Listen {
                setting,
                address,
                source,
            } => write!(
                out,
                "cannot listen on {address}: {source}; HOST and {setting} say where to listen"
            ),
            Self::Serve(source) => write!(out, "the listener failed: {source}"),
            Self::Unhealthy { url, reason } => write!(out, "{url} is not healthy: {reason}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::StaticDir { source, .. } | Self::Listen { source, .. } | Self::Serve(source) => {
                Some(source)
            }
            Self::Unhealthy { .. } => None,
        }
    }
}
