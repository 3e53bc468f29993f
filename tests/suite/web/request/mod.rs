mod number;
mod origin;
