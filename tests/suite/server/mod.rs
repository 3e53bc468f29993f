mod activation;
mod clients;
mod healthcheck;
mod log;
mod settings;
mod shutdown;
mod workers;
