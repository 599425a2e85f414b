//! In a Worker.

use std::time::Duration;

use worker::js_sys::futures::JsFuture;
use worker::wasm_bindgen::JsCast;
use worker::web_sys::{self, AbortSignal};
use worker::{
    Fetch, Fetcher, Headers, Method, Request, RequestInit, RequestRedirect, Response, worker_sys,
};

use crate::{Call, Credential, Fault, Manage, ServiceKey, Target};

#[derive(Clone, Debug)]
pub(crate) enum Place {
    Url(String),
    Binding(Fetcher),
}

impl Target {
    /// The URL of `deliver`.
    #[must_use]
    pub fn url(url: impl Into<String>, key: ServiceKey) -> Self {
        Self::new(Place::Url(url.into()), key)
    }

    /// A service binding to `deliver`: `env.service("DELIVER")`.
    #[must_use]
    pub fn binding(binding: Fetcher, key: ServiceKey) -> Self {
        Self::new(Place::Binding(binding), key)
    }
}

impl Manage {
    /// The URL of `manage`, without a path.
    #[must_use]
    pub fn url(url: impl Into<String>, credential: Credential) -> Self {
        Self::new(Place::Url(url.into()), credential)
    }

    /// A service binding to `manage`.
    #[must_use]
    pub fn binding(binding: Fetcher, credential: Credential) -> Self {
        Self::new(Place::Binding(binding), credential)
    }
}

impl Place {
    pub(crate) async fn send(
        &self,
        call: Call<'_>,
        timeout: Duration,
    ) -> Result<(u16, String), Fault> {
        let ms = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
        let signal = AbortSignal::timeout_with_u32(ms);
        // What the platform says of a bad header may show it.
        let headers = headers(&call)
            .map_err(|_| Fault::Unreachable("the key does not fit a header".to_owned()))?;
        let exchange = self.exchange(headers, call, &signal);
        exchange.await.map_err(|error| match signal.aborted() {
            true => Fault::Timeout(timeout),
            false => Fault::Unreachable(error.to_string()),
        })
    }

    async fn exchange(
        &self,
        headers: Headers,
        call: Call<'_>,
        signal: &AbortSignal,
    ) -> worker::Result<(u16, String)> {
        let mut init = RequestInit::new();
        init.with_method(Method::from(call.method.to_owned()))
            .with_headers(headers)
            .with_redirect(RequestRedirect::Manual)
            .with_body(call.body.map(Into::into));
        let init = web_sys::RequestInit::from(&init);
        init.set_signal(Some(signal));

        let base = match self {
            Self::Url(url) => url.trim_end_matches('/'),
            Self::Binding(_) => "https://webhooks",
        };
        let url = format!("{base}{}", call.path);
        let request = web_sys::Request::new_with_str_and_init(&url, &init)?;
        let mut response = match self {
            Self::Url(_) => Fetch::Request(Request::from(request)).send().await?,
            Self::Binding(binding) => {
                // Not by `fetch_request`: what that answers depends on a feature of `worker`,
                // which is for the caller to choose.
                let binding: worker_sys::Fetcher = binding.clone().into_rpc();
                let response = JsFuture::from(binding.fetch(&request)?).await?;
                Response::from(response.dyn_into::<web_sys::Response>()?)
            }
        };
        Ok((response.status_code(), response.text().await?))
    }
}

fn headers(call: &Call) -> worker::Result<Headers> {
    let headers = Headers::new();
    for (name, value) in &call.headers {
        headers.set(name, value)?;
    }
    Ok(headers)
}
