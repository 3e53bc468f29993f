mod clients;
mod process;
mod shutdown;
