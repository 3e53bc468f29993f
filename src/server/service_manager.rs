//! The service manager, such as systemd: it may pass sockets, and is notified of the state of the service.

use std::env;
use std::future;
use std::io;

use listenfd::ListenFd;
use log::warn;
use sd_notify::NotifyState;
use tokio::time::sleep;

use super::listener::Listener;

/// The name of a passed socket (`FileDescriptorName=`) that is for the management port.
const MANAGEMENT: &str = "management";

/// The sockets that the service manager passed, by their port.
#[derive(Debug, Default)]
pub struct PassedSockets {
    pub public: Vec<Listener>,
    pub management: Vec<Listener>,
}

impl PassedSockets {
    /// Takes the sockets. This changes the environment, so it comes before any thread starts.
    pub fn take() -> io::Result<Self> {
        let names = env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut names = names.split(':');
        let mut files = ListenFd::from_env();
        let mut sockets = Self::default();
        for index in 0..files.len() {
            let listener = match files.take_tcp_listener(index) {
                Ok(listener) => listener.map(Listener::Tcp),
                // It is not a TCP socket.
                Err(_) => files.take_unix_listener(index)?.map(Listener::Unix),
            };
            let is_management = names.next() == Some(MANAGEMENT);
            let port = if is_management { &mut sockets.management } else { &mut sockets.public };
            port.extend(listener);
        }
        Ok(sockets)
    }
}

/// Tells the service manager that the service serves requests.
pub fn notify_ready() {
    notify(NotifyState::Ready);
}

/// Tells the service manager that the service is stopping.
pub fn notify_stopping() {
    notify(NotifyState::Stopping);
}

/// Does nothing if there is no service manager. Returns whether it could be told.
fn notify(state: NotifyState<'_>) -> bool {
    if env::var_os("NOTIFY_SOCKET").is_none_or(|socket| socket.is_empty()) {
        return true;
    }
    let result = sd_notify::notify(&[state]);
    if let Err(error) = &result {
        warn!("cannot notify the service manager: {error}");
    }
    result.is_ok()
}

/// Tells the service manager twice per `WatchdogSec=` that this thread runs.
pub async fn feed_watchdog() {
    let Some(timeout) = sd_notify::watchdog_enabled().filter(|timeout| !timeout.is_zero()) else {
        return future::pending().await;
    };
    while notify(NotifyState::Watchdog) {
        sleep(timeout / 2).await;
    }
    future::pending::<()>().await;
}
