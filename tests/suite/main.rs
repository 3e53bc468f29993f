//! Everything that is promised, tested from outside: the mathematics through its public items, the
//! pages through the application in process, the process through the real binary.

mod admission;
mod answers;
mod bad_input;
mod caching;
mod clients;
mod compression;
mod decimal;
mod drain;
mod failures;
mod headers;
mod mathematics;
mod metrics;
mod numbers;
mod pages;
mod process;
mod ranges;
mod support;
