//! The pump: takes what is stored and due, batch by batch, and has it sent.

use std::time::Duration;

use serde_json::json;
use shared::delivery::{Claim, Left};
use shared::error::Error;
use shared::platform;

use crate::invocation::Invocation;
use crate::send::{Outcome, SLOW_LANES, send};

/// How long a claim waits where another worker holds all that is due.
const BUSY_WAIT: Duration = Duration::from_millis(100);

const EVERYTHING: Left = Left {
    due: true,
    stored: true,
};

/// Sends what is stored and due: has other invocations do it, where there is a queue, or does it
/// batch by batch until nothing is left, the time is up, or no more requests may be made.
///
/// # Errors
/// The database cannot be reached.
pub(crate) async fn run(invocation: &Invocation) -> Result<(), Error> {
    if invocation.queue.is_some() {
        call_for_another(invocation).await;
        return Ok(());
    }
    let mut left = EVERYTHING;
    for round in 0.. {
        if invocation.claim_limit() == 0 || invocation.is_late() {
            break;
        }
        let taken = take(invocation, left, round, None).await?;
        left = taken.left;
        let is_idle = taken.batch.claimed.is_empty() && taken.settled.is_empty();
        left.due |= taken.batch.is_waited_for();
        send(invocation, taken.batch).await;
        if !left.due && !left.stored {
            break;
        }
        if is_idle {
            // Another worker is claiming it at this moment.
            platform::sleep(BUSY_WAIT).await;
        }
    }
    Ok(())
}

/// Takes a batch of what is stored and due, unless `most_leased` deliveries are under way, and sends it.
/// Where there is a queue and something may be left, another batch is called for before the sending,
/// and one after it: their number doubles as long as the database finds room for them, and those under
/// way go on.
///
/// # Errors
/// The database cannot be reached.
pub(crate) async fn batch(
    invocation: &Invocation,
    most_leased: Option<usize>,
) -> Result<Vec<Outcome>, Error> {
    let taken = take(invocation, EVERYTHING, 0, most_leased).await?;
    // Where nothing was claimed, the workers that hold what is due call for others.
    let is_more = (taken.left.due || taken.left.stored) && !taken.batch.claimed.is_empty();
    let is_waited_for = taken.batch.is_waited_for();
    if is_more {
        call_for_another(invocation).await;
    }
    let mut outcomes = send(invocation, taken.batch).await;
    if is_more || is_waited_for {
        call_for_another(invocation).await;
    }
    outcomes.extend(taken.settled.into_iter().map(Outcome::from));
    Ok(outcomes)
}

/// Puts a message in the queue, if there is one. It says that there is work.
async fn call_for_another(invocation: &Invocation) {
    let Some(queue) = &invocation.queue else {
        return;
    };
    invocation.spend(1);
    if let Err(cause) = queue.send(0).await {
        // The cron finds the work without it.
        platform::log_error(&format!("nothing put in the queue: {cause}"));
    }
}

/// Fans out and claims a batch, of what `left` says may be found. Where there is both, each comes
/// first in every other round; where one fails, the other goes on.
///
/// # Errors
/// Nothing that was tried succeeded.
async fn take(
    invocation: &Invocation,
    left: Left,
    round: usize,
    most_leased: Option<usize>,
) -> Result<Claim, Error> {
    let mut taken = Claim::default();
    let mut failed = None;
    let mut is_answered = false;
    for step in [round, round + 1] {
        let is_fan_out = step % 2 == 0;
        let room = invocation
            .config
            .batch
            .saturating_sub(taken.batch.claimed.len());
        let limit = invocation.claim_limit().min(room);
        let is_wanted = if is_fan_out { left.stored } else { left.due };
        if !is_wanted || limit == 0 {
            continue;
        }
        let answer = match is_fan_out {
            true => fan_out(invocation, limit, most_leased).await,
            false => claim(invocation, limit, most_leased).await,
        };
        match answer {
            Ok(claim) => {
                invocation.spend_on(&claim.batch);
                taken.batch.extend(claim.batch);
                taken.settled.extend(claim.settled);
                taken.left = Left {
                    due: claim.left.due,
                    stored: claim.left.stored || taken.left.stored,
                };
                is_answered = true;
            }
            Err(error) => failed = Some(error),
        }
    }
    match failed {
        Some(error) if !is_answered => Err(error),
        Some(error) => {
            platform::log_error(&error.to_string());
            Ok(taken)
        }
        None => Ok(taken),
    }
}

async fn claim(
    invocation: &Invocation,
    limit: usize,
    most_leased: Option<usize>,
) -> Result<Claim, Error> {
    let parameters = json!({
        "claim_limit": limit, "lease_seconds": invocation.config.lease_seconds(),
        "slow_limit": slow_limit(invocation), "max_bytes": invocation.bytes_left(),
        "most_leased": most_leased,
    });
    invocation
        .call("claim_webhook_deliveries", parameters)
        .await
}

async fn fan_out(
    invocation: &Invocation,
    limit: usize,
    most_leased: Option<usize>,
) -> Result<Claim, Error> {
    let parameters = json!({
        "claim_limit": limit, "lease_seconds": invocation.config.lease_seconds(),
        "max_bytes": invocation.bytes_left(), "most_leased": most_leased,
    });
    invocation.call("fan_out_webhook_events", parameters).await
}

/// How many deliveries to slow endpoints can be begun before the deadline, and while the other
/// lanes send a batch, if each takes its whole time: no more are claimed.
fn slow_limit(invocation: &Invocation) -> usize {
    let config = &invocation.config;
    let rounds = invocation.begins_for_ms() / config.timeout.as_millis().max(1) as u64;
    let of_a_batch = config.batch.div_ceil(config.concurrency);
    usize::try_from(rounds).map_or(of_a_batch, |rounds| rounds.clamp(1, of_a_batch)) * SLOW_LANES
}
