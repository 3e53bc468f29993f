mod activation;
mod clients;
mod healthcheck;
mod log;
mod refusals;
mod settings;
mod shutdown;
mod workers;
