//! The `healthcheck` subcommand, for a container's `HEALTHCHECK` without a shell.

use std::time::Duration;

use ureq::Agent;

use super::error::ServerError;
use crate::config::Settings;

/// How long the response may take. This is shorter than the 5 s of the Containerfile, so that the reason is
/// printed before the check is killed.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Checks the health of the service that these settings describe.
///
/// # Errors
///
/// [`ServerError::Unhealthy`] if there is no response, or its status is not 200.
pub fn check_health(settings: &Settings) -> Result<(), ServerError> {
    let url = format!("http://{}/healthz", settings.local_address());
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .proxy(None)
        .max_redirects(0)
        .build()
        .into();
    match agent.get(&url).call() {
        Ok(response) if response.status() == 200 => Ok(()),
        Ok(response) => Err(format!("status {}", response.status())),
        Err(error) => Err(error.to_string()),
    }
    .map_err(|reason| ServerError::Unhealthy { url, reason })
}
