//! Settings, parsed from a lookup by name, so that tests need no platform.
//!
//! | name | worker | |
//! | --- | --- | --- |
//! | `SUPABASE_URL` | both | base URL; PostgREST is at `/rest/v1` under it |
//! | `POSTGREST_URL` | both | instead: where PostgREST itself is |
//! | `SUPABASE_PUBLISHABLE_KEY` | manage | sent as `apikey`; `SUPABASE_ANON_KEY` works too; not needed with `POSTGREST_URL` |
//! | `PORTAL_NAME` | manage | the portal's name, `Webhooks` |
//! | `PORTAL_COLOR` | manage | its colour, as `#7c3aed` |
//! | `PORTAL_LOGO` | manage | its logo, as a `data:image/…` URL |
//! | `PORTAL_ORIGINS` | manage | pages that may embed it: origins, with spaces between |
//! | `PORTAL_URL` | deliver | where the portal is, for links to it: `https://…/portal` |
//! | `SUPABASE_SERVICE_ROLE_KEY` | deliver | what callers must present, and what PostgREST is called with |
//! | `DELIVERY_TIMEOUT_MS` | deliver | how long an endpoint may take, 15000 |
//! | `DELIVERY_CONCURRENCY` | deliver | attempts at a time, 5 |
//! | `DELIVERY_BATCH` | deliver | deliveries claimed at a time, 10 |
//! | `MAX_SUBREQUESTS` | deliver | requests an invocation may make, 20 |
//! | `MAX_SENT_BYTES` | deliver | bytes of payloads an invocation may send, 262144 |
//! | `MAX_BATCHES` | deliver | batches that are under way at a time by way of the queue, 32 |
//! | `TICK_SECONDS` | deliver | how long the cron goes on sending, 50 |
//! | `WAKE_UP_KEY` | deliver | what the database's wake-up presents, none |
//! | `METRICS_KEY` | deliver | what a monitoring system presents for `/metrics`, none |
//! | `ALERT_WEBHOOK_URL` | deliver | is told of endpoints that fail, unset |
//! | `RETENTION_DAYS` | deliver | how long deliveries are kept that have ended, 90 |
//! | `DATABASE_TIMEOUT_MS` | both | how long PostgREST may take, 10000 |
//! | `ALLOW_LOCAL_ENDPOINTS` | both | `true` in development only |

use std::time::Duration;

use serde::Serialize;
use url::Url;

use crate::endpoint::{EndpointUrl, LocalEndpoints};
use crate::error::Error;
use crate::secret::Secret;

/// The longest a claim may hold, in seconds.
const MAX_LEASE_SECONDS: u64 = 13 * 60;

/// Gives the value of a setting as text, if it has one. Fails where it is no text, whole number or boolean.
pub type Lookup<'a> = &'a dyn Fn(&'static str) -> Result<Option<String>, Error>;

/// Where the database is, and the worker's own key to it.
#[derive(Debug)]
pub struct DatabaseConfig {
    /// PostgREST's base URL, without a slash at its end.
    pub url: String,
    /// The key that identifies the worker, if there is one.
    pub key: Option<Secret>,
    /// How long a call may take.
    pub timeout: Duration,
}

/// The settings of `manage`.
#[derive(Debug)]
pub struct ManageConfig {
    /// The database; its key is the publishable one.
    pub database: DatabaseConfig,
    /// Whether local endpoints may be registered.
    pub local_endpoints: LocalEndpoints,
}

/// What the portal looks like, and where it may be embedded.
#[derive(Debug, Serialize)]
pub struct PortalConfig {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its colour: `#` and six hex digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// Its logo: a URL that has the picture in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    /// Origins of pages that may embed it, and give it tokens.
    pub origins: Vec<String>,
}

/// The settings of `deliver`.
#[derive(Debug)]
pub struct DeliverConfig {
    /// The database; its key is the service key.
    pub database: DatabaseConfig,
    /// What callers must present.
    pub service_key: Secret,
    /// Whether local endpoints may be sent to.
    pub local_endpoints: LocalEndpoints,
    /// How long an endpoint may take to answer.
    pub timeout: Duration,
    /// How many attempts run at the same time.
    pub concurrency: usize,
    /// How many deliveries are claimed at a time.
    pub batch: usize,
    /// How many requests of its own an invocation may make.
    pub max_subrequests: u32,
    /// How many bytes of payloads an invocation may send, each as often as it is sent.
    pub max_sent_bytes: u32,
    /// How many batches may be under way at a time by way of the queue.
    pub max_batches: u32,
    /// How long the cron goes on sending.
    pub tick: Duration,
    /// What may be presented instead of the service key to have what is due sent.
    pub wake_up_key: Option<Secret>,
    /// What may be presented instead of the service key to read the metrics.
    pub metrics_key: Option<Secret>,
    /// Who is told of endpoints that fail, besides their owners.
    pub alert_url: Option<EndpointUrl>,
    /// How long deliveries are kept that have ended.
    pub retention_days: u32,
    /// Where the portal is.
    pub portal_url: Option<String>,
}

impl ManageConfig {
    /// Reads the settings.
    ///
    /// # Errors
    /// One is missing or malformed.
    pub fn from_lookup(lookup: Lookup) -> Result<Self, Error> {
        let key = key(lookup, "SUPABASE_PUBLISHABLE_KEY")?.or(key(lookup, "SUPABASE_ANON_KEY")?);
        if key.is_none() && lookup("POSTGREST_URL")?.is_none() {
            return Err(Error::Misconfigured("SUPABASE_PUBLISHABLE_KEY"));
        }
        Ok(Self {
            database: database(lookup, key)?,
            local_endpoints: local_endpoints(lookup)?,
        })
    }
}

impl PortalConfig {
    /// Reads the settings.
    ///
    /// # Errors
    /// One is malformed.
    pub fn from_lookup(lookup: Lookup) -> Result<Self, Error> {
        let text = |name, is_valid: fn(&str) -> bool| match lookup(name)? {
            None => Ok(None),
            Some(text) if text.is_empty() => Ok(None),
            Some(text) if is_valid(&text) => Ok(Some(text)),
            Some(_) => Err(Error::Misconfigured(name)),
        };
        let is_color = |text: &str| {
            let digits = text.strip_prefix('#').unwrap_or_default();
            digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit())
        };
        let is_picture = |text: &str| {
            text.starts_with("data:image/") && text.bytes().all(|b| b.is_ascii_graphic())
        };
        let origins = text("PORTAL_ORIGINS", |text| {
            text.split_whitespace().all(is_origin)
        })?;
        Ok(Self {
            name: text("PORTAL_NAME", |text| text.chars().count() <= 100)?,
            color: text("PORTAL_COLOR", is_color)?,
            logo: text("PORTAL_LOGO", is_picture)?,
            origins: origins
                .iter()
                .flat_map(|text| text.split_whitespace())
                .map(str::to_owned)
                .collect(),
        })
    }
}

/// Whether this is an origin as browsers write it, such as `https://app.example.com`.
fn is_origin(text: &str) -> bool {
    let url = Url::parse(text);
    url.is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
    })
}

impl DeliverConfig {
    /// Reads the settings.
    ///
    /// # Errors
    /// One is missing or malformed.
    pub fn from_lookup(lookup: Lookup) -> Result<Self, Error> {
        let service_key = key(lookup, "SUPABASE_SERVICE_ROLE_KEY")?
            .ok_or(Error::Misconfigured("SUPABASE_SERVICE_ROLE_KEY"))?;
        let local_endpoints = local_endpoints(lookup)?;
        let alert_url = match lookup("ALERT_WEBHOOK_URL")? {
            None => None,
            Some(url) => match EndpointUrl::parse(&url, local_endpoints) {
                Ok(url) => Some(url),
                Err(_) => return Err(Error::Misconfigured("ALERT_WEBHOOK_URL")),
            },
        };
        let portal_url = lookup("PORTAL_URL")?.filter(|url| !url.is_empty());
        if portal_url.as_deref().is_some_and(|url| !is_page(url)) {
            return Err(Error::Misconfigured("PORTAL_URL"));
        }
        let config = Self {
            portal_url,
            database: database(lookup, Some(service_key.clone()))?,
            service_key,
            local_endpoints,
            timeout: Duration::from_millis(number(
                lookup,
                "DELIVERY_TIMEOUT_MS",
                15_000,
                100..=60_000,
            )?),
            // Workers open six connections: five send, and one is kept for the database.
            concurrency: number(lookup, "DELIVERY_CONCURRENCY", 5, 1..=5)? as usize,
            batch: number(lookup, "DELIVERY_BATCH", 10, 1..=500)? as usize,
            max_subrequests: number(lookup, "MAX_SUBREQUESTS", 20, 20..=10_000)? as u32,
            max_sent_bytes: number(lookup, "MAX_SENT_BYTES", 256 << 10, 1..=1 << 30)? as u32,
            max_batches: number(lookup, "MAX_BATCHES", 32, 1..=1000)? as u32,
            tick: Duration::from_secs(number(lookup, "TICK_SECONDS", 50, 1..=100)?),
            wake_up_key: key(lookup, "WAKE_UP_KEY")?,
            metrics_key: key(lookup, "METRICS_KEY")?,
            alert_url,
            retention_days: number(lookup, "RETENTION_DAYS", 90, 1..=3650)? as u32,
        };
        // A cron is ended after 15 minutes, and what it had not recorded is sent again.
        if config.lease_seconds() > MAX_LEASE_SECONDS {
            return Err(Error::Misconfigured("DELIVERY_BATCH"));
        }
        Ok(config)
    }

    /// How long a claim holds, in seconds: until after the worst case, in which every
    /// attempt of a batch takes its whole time and so do the answer to the claim, one
    /// recording under way and three tries at the end, with a second to spare for each.
    #[must_use]
    pub fn lease_seconds(&self) -> u64 {
        let rounds = self.batch.div_ceil(self.concurrency) as u32;
        let sending = self.timeout * rounds;
        let database = (self.database.timeout + Duration::from_secs(1)) * 5;
        (sending + database).as_millis().div_ceil(1000) as u64
    }
}

fn database(lookup: Lookup, key: Option<Secret>) -> Result<DatabaseConfig, Error> {
    let (name, suffix) = match lookup("POSTGREST_URL")? {
        Some(_) => ("POSTGREST_URL", ""),
        None => ("SUPABASE_URL", "/rest/v1"),
    };
    let base = lookup(name)?.ok_or(Error::Misconfigured(name))?;
    let base = base.trim_end_matches('/');
    // International names are left to punycode: not every parser here knows them.
    let is_plain = base
        .bytes()
        .all(|b| b.is_ascii_graphic() && !b"%?#".contains(&b));
    let is_http = |url: Url| matches!(url.scheme(), "http" | "https");
    if !is_plain || !Url::parse(base).is_ok_and(is_http) {
        return Err(Error::Misconfigured(name));
    }
    Ok(DatabaseConfig {
        url: format!("{base}{suffix}"),
        key,
        timeout: Duration::from_millis(number(
            lookup,
            "DATABASE_TIMEOUT_MS",
            10_000,
            100..=60_000,
        )?),
    })
}

/// Whether this is the URL of a page, to which a fragment can be added.
fn is_page(text: &str) -> bool {
    let url = Url::parse(text);
    url.is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.fragment().is_none())
}

/// A key is sent as a header, so it must be visible ASCII.
fn key(lookup: Lookup, name: &'static str) -> Result<Option<Secret>, Error> {
    match lookup(name)? {
        None => Ok(None),
        Some(text) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic()) => {
            Ok(Some(Secret::new(text)))
        }
        Some(_) => Err(Error::Misconfigured(name)),
    }
}

fn local_endpoints(lookup: Lookup) -> Result<LocalEndpoints, Error> {
    match lookup("ALLOW_LOCAL_ENDPOINTS")?.as_deref() {
        None | Some("" | "false") => Ok(LocalEndpoints::Refused),
        Some("true") => Ok(LocalEndpoints::Allowed),
        Some(_) => Err(Error::Misconfigured("ALLOW_LOCAL_ENDPOINTS")),
    }
}

fn number(
    lookup: Lookup,
    name: &'static str,
    default: u64,
    range: std::ops::RangeInclusive<u64>,
) -> Result<u64, Error> {
    match lookup(name)? {
        None => Ok(default),
        Some(text) => text
            .parse()
            .ok()
            .filter(|n| range.contains(n))
            .ok_or(Error::Misconfigured(name)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn settings_of_any_text_never_panic_and_leases_outlast_batches(
            url in "(https?://)?\\PC{0,20}",
            key in "\\PC{0,10}",
            numbers in proptest::array::uniform4("[0-9]{0,6}|\\PC{0,3}"),
        ) {
            let [timeout, concurrency, batch, database] = numbers;
            let config = DeliverConfig::from_lookup(&|name| Ok(Some(match name {
                "SUPABASE_URL" => url.clone(),
                "SUPABASE_SERVICE_ROLE_KEY" => key.clone(),
                "DELIVERY_TIMEOUT_MS" => timeout.clone(),
                "DELIVERY_CONCURRENCY" => concurrency.clone(),
                "DELIVERY_BATCH" => batch.clone(),
                "DATABASE_TIMEOUT_MS" => database.clone(),
                _ => return Ok(None),
            })));
            if let Ok(config) = config {
                let rounds = config.batch.div_ceil(config.concurrency) as u32;
                let worst = config.timeout * rounds + config.database.timeout * 5;
                prop_assert!(Duration::from_secs(config.lease_seconds()) > worst);
                prop_assert!(config.lease_seconds() <= MAX_LEASE_SECONDS);
            }
        }
    }

    fn deliver(settings: &[(&str, &str)]) -> Result<DeliverConfig, Error> {
        let complete = [
            ("SUPABASE_URL", "https://x.supabase.co/"),
            ("SUPABASE_SERVICE_ROLE_KEY", "sb_secret_x"),
        ];
        DeliverConfig::from_lookup(&|name| {
            let mut all = settings.iter().chain(&complete);
            let found = all.find(|(n, _)| *n == name);
            Ok(found.map(|(_, value)| (*value).to_owned()))
        })
    }

    #[test]
    fn defaults_are_those_of_the_table() {
        let config = deliver(&[]).unwrap();
        assert_eq!(config.database.url, "https://x.supabase.co/rest/v1");
        assert_eq!(config.timeout, Duration::from_secs(15));
        assert_eq!((config.concurrency, config.batch), (5, 10));
        assert_eq!(config.max_subrequests, 20);
        assert_eq!((config.max_sent_bytes, config.max_batches), (262_144, 32));
        assert_eq!(config.tick, Duration::from_secs(50));
        assert!(config.wake_up_key.is_none() && config.metrics_key.is_none());
        assert!(config.alert_url.is_none());
        assert_eq!(config.retention_days, 90);
        assert_eq!(config.local_endpoints, LocalEndpoints::Refused);
    }

    #[test]
    fn a_lease_outlasts_the_worst_case_of_a_batch() {
        // 2 rounds of 15 s, and 5 calls of up to 11 s.
        assert_eq!(deliver(&[]).unwrap().lease_seconds(), 30 + 55);
        let odd = [
            ("DELIVERY_TIMEOUT_MS", "1001"),
            ("DATABASE_TIMEOUT_MS", "2999"),
        ];
        assert_eq!(deliver(&odd).unwrap().lease_seconds(), 22);
    }

    #[test]
    fn a_plain_postgrest_needs_no_supabase_settings() {
        let config = ManageConfig::from_lookup(&|name| {
            Ok((name == "POSTGREST_URL").then(|| "http://127.0.0.1:3000".to_owned()))
        })
        .unwrap();
        assert_eq!(config.database.url, "http://127.0.0.1:3000");
        assert!(config.database.key.is_none());
    }

    #[test]
    fn the_portals_settings_are_checked() {
        let read = |name: &'static str, value: &'static str| {
            PortalConfig::from_lookup(&|known| Ok((known == name).then(|| value.to_owned())))
        };
        let origins = read(
            "PORTAL_ORIGINS",
            "https://app.example.com http://localhost:3000",
        );
        assert_eq!(
            origins.unwrap().origins,
            ["https://app.example.com", "http://localhost:3000"]
        );
        assert!(read("PORTAL_NAME", "").unwrap().name.is_none());
        assert!(read("PORTAL_COLOR", "#7c3aed").is_ok());
        for (name, value) in [
            ("PORTAL_COLOR", "red"),
            ("PORTAL_COLOR", "#7c3aeg"),
            ("PORTAL_LOGO", "https://example.com/logo.png"),
            ("PORTAL_ORIGINS", "https://app.example.com/"),
            ("PORTAL_ORIGINS", "https://app.example.com; script-src *"),
            ("PORTAL_ORIGINS", "*"),
        ] {
            assert_eq!(
                read(name, value).unwrap_err(),
                Error::Misconfigured(name),
                "{value}"
            );
        }
    }

    #[test]
    fn a_wrong_setting_is_named_and_its_value_is_not_shown() {
        for (name, value) in [
            ("SUPABASE_URL", "not a url"),
            ("SUPABASE_SERVICE_ROLE_KEY", "two words"),
            ("DELIVERY_TIMEOUT_MS", "fast"),
            ("DELIVERY_CONCURRENCY", "0"),
            ("DELIVERY_CONCURRENCY", "6"),
            ("DELIVERY_BATCH", "501"),
            // Each within its range, together longer than a cron may last.
            ("DELIVERY_BATCH", "499"),
            ("MAX_SUBREQUESTS", "19"),
            ("MAX_SENT_BYTES", "0"),
            ("MAX_BATCHES", "1001"),
            ("TICK_SECONDS", "101"),
            ("WAKE_UP_KEY", "two words"),
            ("METRICS_KEY", "two words"),
            ("ALERT_WEBHOOK_URL", "http://10.0.0.1/"),
            ("RETENTION_DAYS", "0"),
            ("PORTAL_URL", "https://example.com/portal#x"),
            ("ALLOW_LOCAL_ENDPOINTS", "yes"),
        ] {
            let error = deliver(&[(name, value)]).unwrap_err();
            let answer = serde_json::json!(error.body()).to_string();
            assert!(answer.contains(name) && !answer.contains(value), "{answer}");
            assert!(!error.log_line().unwrap().contains(value));
        }
        let missing = ManageConfig::from_lookup(&|_| Ok(None)).unwrap_err();
        assert_eq!(missing, Error::Misconfigured("SUPABASE_PUBLISHABLE_KEY"));
    }
}
