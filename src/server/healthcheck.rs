//! The `healthcheck` subcommand, for a container's `HEALTHCHECK` without a shell.

use super::error::ServerError;
use crate::config::Settings;

/// How long the response may take, in seconds. This is shorter than the 5 s of the Containerfile, so that the
/// reason is printed before the check is killed.
const TIMEOUT: u64 = 3;

/// Checks the health of the service that these settings describe.
///
/// # Errors
///
/// [`ServerError::Unhealthy`] if there is no response, or its status is not 200.
pub fn check_health(settings: &Settings) -> Result<(), ServerError> {
    let url = format!("http://{}/healthz", settings.local_address());
    let request = minreq::get(&url).with_timeout(TIMEOUT).with_max_redirects(0);
    match request.send() {
        Ok(response) if response.status_code == 200 => Ok(()),
        Ok(response) => Err(format!("status {}", response.status_code)),
        Err(error) => Err(error.to_string()),
    }
    .map_err(|reason| ServerError::Unhealthy { url, reason })
}
