//! The `healthcheck` subcommand: what a container's `HEALTHCHECK` runs where there is no shell.

use std::time::Duration;

use ureq::Agent;

use super::Error;
use crate::config::Settings;

/// How long an answer may take. Health is instant; this is shorter than the 5 s that the
/// Containerfile grants, so that the reason is seen and not a kill.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Asks the service that these settings describe for its health.
///
/// # Errors
///
/// [`Error::Unhealthy`] when nothing answers, or the answer is not 200.
pub fn check_health(settings: &Settings) -> Result<(), Error> {
    let url = format!("http://{}/healthz", settings.local_address());
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .proxy(None)
        .max_redirects(0)
        .build()
        .into();
    match agent.get(&url).call() {
        Ok(answer) if answer.status() == 200 => Ok(()),
        Ok(answer) => Err(format!("status {}", answer.status())),
        Err(error) => Err(error.to_string()),
    }
    .map_err(|reason| Error::Unhealthy { url, reason })
}
