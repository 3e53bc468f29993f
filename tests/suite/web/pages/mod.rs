mod api;
mod first;
mod html;
mod index;
mod nth;
mod nth_mod;
mod nth_negative;
mod picture;
