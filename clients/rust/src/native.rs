//! By `reqwest`.

use std::error::Error;
use std::time::Duration;

use reqwest::{Client, Method};

use crate::{Call, Credential, Fault, Manage, ServiceKey, Target};

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

impl Manage {
    /// The URL of `manage`, without a path. Otherwise as [`Target::url`].
    #[must_use]
    pub fn url(client: Client, url: impl Into<String>, credential: Credential) -> Self {
        let url = url.into();
        Self::new(Place { client, url }, credential)
    }
}

impl Place {
    pub(crate) async fn send(
        &self,
        call: Call<'_>,
        timeout: Duration,
    ) -> Result<(u16, String), Fault> {
        let method = Method::from_bytes(call.method.as_bytes())
            .map_err(|error| Fault::Unreachable(error.to_string()))?;
        let url = format!("{}{}", self.url.trim_end_matches('/'), call.path);
        let mut request = self.client.request(method, url).timeout(timeout);
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        if let Some(body) = call.body {
            request = request.body(body);
        }
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
