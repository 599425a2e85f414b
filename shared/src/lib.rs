//! The domain of the webhook system, shared by the two workers.
//!
//! An event comes in at `deliver`, Postgres turns it into one
//! delivery for each endpoint that wants it, and `deliver` claims deliveries, signs
//! them, sends them and records what came of it. Owners look after their endpoints
//! through `manage`.
//!
//! What holds everywhere:
//!
//! - Postgres decides. No rule about who gets an event, whose turn it is or what
//!   happens next is written in Rust: the SQL functions in `migrations/` hold them.
//! - A payload is text from the database, sent as it is. Nothing here parses it.
//! - What comes from outside is parsed once, at the edge, into the types of
//!   [`endpoint`] and [`event`]; past it no plain string is a URL or an event type.
//! - A [`Secret`](secret::Secret) shows itself only where it is asked to.
//! - Only [`platform`] names the Workers platform, so the rest is compiled and tested natively.
//!
//! Deliberately absent: state between requests, a clock outside [`platform`] (time is a
//! parameter), queries other than function calls.

pub mod delivery;
pub mod endpoint;
pub mod event;
pub mod secret;
pub mod signature;

pub mod config;
pub mod error;
pub mod page;
pub mod parse;
pub mod platform;
pub mod postgrest;
