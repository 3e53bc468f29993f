//! Everything that is promised, tested from outside: the mathematics through its public items, the
//! pages through the application in process, the process through the real binary.

mod answers;
mod bad_input;
mod decimal;
mod failures;
mod headers;
mod mathematics;
mod pages;
mod process;
mod support;
