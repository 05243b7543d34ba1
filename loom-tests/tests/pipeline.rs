//! The model that shows users how to have a pool inside their own, on the crate as it is
//! compiled here.

extern crate framewell_loom as framewell;

#[path = "../../tests/loom_pipeline.rs"]
mod model;
