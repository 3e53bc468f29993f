mod forwarded;
mod lenient;
mod number;
mod origin;
