mod compression;
mod conditional;
mod head;
mod range;
