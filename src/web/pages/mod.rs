//! The pages, and the same results as data: one file for each kind of result.

pub mod api;
mod card;
mod digit_window;
mod excerpt;
pub mod first;
mod font;
pub mod home;
pub mod index;
pub mod nth;
pub mod nth_mod;
pub mod picture;
pub mod redirects;
pub mod term_sum;
