mod forwarded;
mod number;
mod origin;
