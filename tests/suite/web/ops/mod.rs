mod assets;
mod health;
mod metrics;
