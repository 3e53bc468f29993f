//! The `healthcheck` subcommand, for a container's `HEALTHCHECK` without a shell.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::error::ServerError;
use crate::config::Settings;

/// How long connecting and each read may take. Twice this is shorter than the 5 s of the Containerfile, so that
/// the reason is printed before the check is killed.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The maximum length of the response in bytes.
const MAX_RESPONSE: u64 = 1 << 16;

/// Checks the health of the service that these settings describe.
///
/// # Errors
///
/// [`ServerError::Unhealthy`] if there is no response, or its status is not 200.
pub fn check_health(settings: &Settings) -> Result<(), ServerError> {
    let address = settings.local_address();
    match status(address) {
        Ok(200) => Ok(()),
        Ok(status) => Err(format!("status {status}")),
        Err(error) => Err(error.to_string()),
    }
    .map_err(|reason| ServerError::Unhealthy { url: format!("http://{address}/healthz"), reason })
}

/// The status of `GET /healthz`.
fn status(address: SocketAddr) -> io::Result<u16> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    write!(stream, "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut response = Vec::new();
    let read = stream.take(MAX_RESPONSE).read_to_end(&mut response);
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Response::new(&mut headers);
    head.parse(&response).map_err(io::Error::other)?;
    // The end of the connection does not matter once the status is there.
    head.code.ok_or_else(|| read.err().unwrap_or_else(|| ErrorKind::UnexpectedEof.into()))
}
