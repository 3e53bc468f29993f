//! What operators, browsers and crawlers need besides the pages.

pub mod assets;
pub(crate) mod crawlers;
pub mod health;
pub(crate) mod icons;
pub(crate) mod metrics;
pub(crate) mod version;
