//! End-to-end tests, in one program so that they run side by side.

mod account;
mod answers;
mod bad_input;
mod batch;
mod claims;
mod clients;
mod contract;
mod cron;
mod database;
mod deliver;
mod deploy;
mod emit;
mod erase;
mod event_log;
mod event_schemas;
mod event_store;
mod events;
mod faults;
mod filters;
mod guides;
mod habits;
mod health;
mod idempotency;
mod integrity;
mod isolation;
mod manage;
mod migrations;
mod monitoring;
mod operations;
mod operator;
mod ordering;
mod owners;
mod portal;
mod privileges;
mod queue;
mod receivers;
mod regressions;
mod replays;
mod retention;
mod round_trips;
mod schedule;
mod signatures;
mod tenancy;
mod times;
mod values;
mod watch;

use std::time::Duration;

/// Long enough for anything that should happen at once, on a busy machine.
const SOON: Duration = Duration::from_secs(20);
