//! Placeholder.

mod demo;
