//! By `reqwest`.

use std::error::Error;
use std::time::Duration;

use reqwest::Client;
use reqwest::header::CONTENT_TYPE;

use crate::{Fault, ServiceKey, Target};

#[derive(Clone, Debug)]
pub(crate) struct Place {
    client: Client,
    url: String,
}

impl Target {
    /// The URL of `deliver`. A call needs a Tokio runtime, like everything `client` does, and
    /// `client` needs TLS where the URL is https (features of `reqwest`, which the caller
    /// chooses).
    #[must_use]
    pub fn url(client: Client, url: impl Into<String>, key: ServiceKey) -> Self {
        let url = url.into();
        Self::new(Place { client, url }, key)
    }
}

impl Place {
    pub(crate) async fn post(
        &self,
        key: &ServiceKey,
        body: String,
        timeout: Duration,
    ) -> Result<(u16, String), Fault> {
        let request = self
            .client
            .post(&self.url)
            .bearer_auth(&key.0)
            .header(CONTENT_TYPE, "application/json")
            .timeout(timeout)
            .body(body);
        let exchange = async {
            let response = request.send().await?;
            Ok((response.status().as_u16(), response.text().await?))
        };
        exchange.await.map_err(|error: reqwest::Error| {
            if error.is_timeout() {
                Fault::Timeout(timeout)
            } else {
                Fault::Unreachable(innermost(&error.without_url()))
            }
        })
    }
}

/// What an error comes down to.
fn innermost(error: &dyn Error) -> String {
    match error.source() {
        Some(source) => innermost(source),
        None => error.to_string(),
    }
}
