mod compression;
mod conditional;
mod range;
