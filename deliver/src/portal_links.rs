//! Links to the portal, which the operator's backend makes for owners.

use serde_json::{Map, Value, json};
use shared::error::Error;
use shared::platform::Reply;
use shared::secret;

use crate::invocation::Invocation;
use crate::storable_fields;

/// `POST /portal-links` `{owner, scopes?, expires_in?, endpoint_id?}` → 201, the one answer that holds the link. Its
/// token is made here, and the database is given the hash.
pub(crate) async fn create(invocation: &Invocation, body: &[u8]) -> Result<Reply, Error> {
    let portal = invocation.config.portal_url.as_deref();
    let portal = portal.ok_or(Error::Misconfigured("PORTAL_URL"))?;
    let token = secret::token("wpl_");
    let parameters = json!({
        "link": storable_fields(body)?, "token_hash": secret::token_hash(token.expose()),
    });
    let function = "create_webhook_portal_link";
    let mut data: Map<String, Value> = invocation.call(function, parameters).await?;
    // In the fragment: no server and no log gets it.
    let url = format!("{portal}#token={}", token.expose());
    data.insert("url".to_owned(), url.into());
    Ok(Reply::json(201, &json!({"data": data})))
}
