//! Everything that is promised, tested from outside: the mathematics through its public items, the
//! pages through the application in process, the process through the real binary.

mod admission;
mod answers;
mod api;
mod bad_input;
mod caching;
mod clients;
mod compression;
mod decimal;
mod drain;
mod facts;
mod failures;
mod headers;
mod http_2;
mod index;
mod mathematics;
mod metrics;
mod negative;
mod numbers;
mod pages;
mod pictures;
mod process;
mod ranges;
mod support;
mod windows;
