//! The `fibonacci-web` program: reads the settings, then runs the service or its health check.

use std::io::{self, Write};
use std::process::ExitCode;

use fibonacci_web::config::{Command, Settings};
use fibonacci_web::server;
use fibonacci_web::server::healthcheck::check_health;
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[actix_web::main]
async fn main() -> ExitCode {
    let settings = Settings::from_process();
    let result = match settings.command {
        Some(Command::Healthcheck) => check_health(&settings),
        None => server::run(&settings).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If standard error is closed, the exit status still reports the failure.
            writeln!(io::stderr(), "error: {error}").ok();
            error.exit_code()
        }
    }
}
