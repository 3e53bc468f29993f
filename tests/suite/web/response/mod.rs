mod body;
mod compression;
mod conditional;
mod head;
mod range;
