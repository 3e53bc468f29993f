//! Errors that end the process. Errors of requests are in `web::error`.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Why the service did not start, stopped, or is not healthy.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The static files are in neither of the default folders. Exit status 2.
    #[error(
        "no folder 'static' with style.css, copy.js, icon.svg, icon.png and apple-touch-icon.png in the working \
         directory, nor '{}'; STATIC_DIR or --static-dir sets another folder",
        beside.display()
    )]
    NoStaticDir {
        /// The folder beside the program.
        beside: PathBuf,
    },
    /// `STATIC_DIR` lacks a file that pages need. Exit status 2, as for every invalid setting.
    #[error(
        "invalid value '{}' for STATIC_DIR: a folder with style.css, copy.js, icon.svg, icon.png and \
         apple-touch-icon.png is needed: {source}",
        folder.display()
    )]
    StaticDir {
        /// The folder.
        folder: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The service cannot listen on an address. Exit status 1.
    #[error("cannot listen on {address}: {source}; {}", port.advice(source))]
    Listen {
        /// The port.
        port: Port,
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// A socket that the service manager passed cannot be used. Exit status 1.
    #[error("cannot use a socket from the service manager: {0}")]
    PassedSocket(#[source] io::Error),
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
            Self::NoStaticDir { .. } | Self::StaticDir { .. } => ExitCode::from(2),
            Self::Listen { .. }
            | Self::PassedSocket(_)
            | Self::Serve(_)
            | Self::Unhealthy { .. } => ExitCode::FAILURE,
        }
    }
}

/// A port of the service.
#[derive(Clone, Copy, Debug)]
pub enum Port {
    /// The public port.
    Public,
    /// The management port.
    Management,
}

impl Port {
    /// What to do if the service cannot listen on this port.
    fn advice(self, cause: &io::Error) -> String {
        let (number, host) = match self {
            Self::Public => ("PORT or --port", "HOST or --host"),
            Self::Management => {
                ("MANAGEMENT_PORT or --management-port", "MANAGEMENT_HOST or --management-host")
            }
        };
        match cause.kind() {
            ErrorKind::AddrInUse => format!("{number} sets another port"),
            ErrorKind::PermissionDenied => {
                format!("{number} sets another port; those above 1023 need no privileges")
            }
            _ => format!("{host} sets another address"),
        }
    }
}
