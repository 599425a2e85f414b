//! What the cron does besides sending: the database's upkeep, and the note of its tick.

use serde_json::{Value, json};
use shared::error::Error;
use shared::platform;

use crate::invocation::Invocation;

/// The most further calls for upkeep in a tick.
const MAX_CALLS: usize = 10;

/// Has the database do its upkeep: expired leases, statistics, retention. Says whether there is
/// more to do. A failure is logged: nothing else depends on it.
pub(crate) async fn begin(invocation: &Invocation) -> bool {
    let config = &invocation.config;
    let alert_url = config.alert_url.as_ref().map(|url| url.as_str());
    let parameters = json!({"retention_days": config.retention_days, "alert_url": alert_url});
    let is_more = invocation.call("run_webhook_upkeep", parameters).await;
    is_more.unwrap_or_else(|error: Error| {
        platform::log_error(&error.to_string());
        false
    })
}

/// Goes on with the upkeep while there is something to do, time and requests.
pub(crate) async fn finish(invocation: &Invocation) {
    for _ in 0..MAX_CALLS {
        if invocation.is_late() || invocation.claim_limit() == 0 || !begin(invocation).await {
            break;
        }
    }
}

/// Tells the database how long the tick took.
///
/// # Errors
/// The database cannot be reached.
pub(crate) async fn record_tick(invocation: &Invocation) -> Result<(), Error> {
    let parameters = json!({"duration_ms": invocation.duration_ms()});
    let recorded = invocation.call::<Value>("record_webhook_tick", parameters);
    recorded.await.map(drop)
}
