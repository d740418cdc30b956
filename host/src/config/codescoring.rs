//! `codescoring`: the connection to Judge, and what is done with its verdicts.

use http::StatusCode;

use super::model::{Breaker, Codescoring, Retry, WorkMode};
use super::renamed;
use crate::secret::{SafeUrl, Secret};
use crate::yaml::Map;
use crate::yaml::value::{duration, factor, flag, http_url, one_of, timeout, whole};

pub(super) fn read(mut map: Map<'_>) -> Codescoring {
    let default = Codescoring::default();
    map.gone("host", "`codescoring.url`");
    map.gone("proxy-manager-host", "`codescoring.osa-proxy-url`");
    map.gone("override-block-url", renamed::OVERRIDE_BLOCK_URL);

    let url = map.optional("url", "https://codescoring.example.com");
    let token_example = "${CODESCORING_TOKEN}";
    let token = if url.is_some() {
        map.required("token", token_example)
    } else {
        let token = map.optional("token", token_example);
        if let Some(token) = &token {
            token.warn("there is no codescoring.url, so this token is not used: the policy file decides");
        }
        token
    };
    let external = map.optional("osa-proxy-url", "https://osa-proxy.example.com");
    let codescoring = Codescoring {
        url: url.and_then(|url| url.parse_hidden(http_url)).map(SafeUrl::new),
        token: token
            .and_then(|token| token.parse_hidden(header_text))
            .unwrap_or_default(),
        work_mode: map
            .get("work-mode", "strict_wait", work_mode)
            .unwrap_or(default.work_mode),
        osa_proxy_url: external.and_then(|url| {
            url.parse_hidden(|text| match http_url(text)? {
                url if url.username().is_empty() && url.password().is_none() => Ok(url),
                _ => Err("is a URL with user or password: clients are shown it, so give it without".into()),
            })
        }),
        enable_status_line: map
            .get("enable-status-line", "true", flag)
            .unwrap_or(default.enable_status_line),
        block_on_codescoring_errors: map
            .get("block-on-codescoring-errors", "true", flag)
            .unwrap_or(default.block_on_codescoring_errors),
        remove_blocked_versions: map
            .get("remove-blocked-versions", "true", flag)
            .unwrap_or(default.remove_blocked_versions),
        legacy_judge: map.get("legacy-judge", "false", flag).unwrap_or(default.legacy_judge),
        stage: map.optional("stage", "proxy").and_then(|stage| stage.text()),
        block_status_code: map
            .get("block-status-code", "403", error_status)
            .unwrap_or(default.block_status_code),
        judge_concurrency: map
            .get("judge-concurrency", "10", whole(1, 1000))
            .unwrap_or(default.judge_concurrency),
        scan_wait_timeout: map
            .get("scan-wait-timeout", "60s", duration)
            .unwrap_or(default.scan_wait_timeout),
        retry: Retry::default(),
        breaker: Breaker::default(),
    };
    let mut resilience = map.section("resilience", "\n  retry:\n    max-attempts: 3");
    map.finish();
    let retry = retry(resilience.section("retry", "\n  max-attempts: 3"));
    let breaker = breaker(resilience.section("circuit-breaker", "\n  failure-rate-threshold: 50"));
    resilience.finish();
    Codescoring {
        retry,
        breaker,
        ..codescoring
    }
}

fn retry(mut map: Map<'_>) -> Retry {
    let default = Retry::default();
    let retry = Retry {
        max_attempts: map
            .get("max-attempts", "3", whole(1, 100))
            .unwrap_or(default.max_attempts),
        wait_duration: map
            .get("wait-duration", "1s", duration)
            .unwrap_or(default.wait_duration),
        exponential_backoff_multiplier: map
            .get("exponential-backoff-multiplier", "2", factor)
            .unwrap_or(default.exponential_backoff_multiplier),
    };
    map.finish();
    retry
}

fn breaker(mut map: Map<'_>) -> Breaker {
    let default = Breaker::default();
    let breaker = Breaker {
        failure_rate_threshold: map
            .get("failure-rate-threshold", "50", whole(1, 100))
            .unwrap_or(default.failure_rate_threshold),
        minimum_number_of_calls: map
            .get("minimum-number-of-calls", "10", whole(1, 100_000))
            .unwrap_or(default.minimum_number_of_calls),
        sliding_window_size: map
            .get("sliding-window-size", "20", whole(1, 100_000))
            .unwrap_or(default.sliding_window_size),
        wait_duration_in_open_state: map
            .get("wait-duration-in-open-state", "30s", timeout)
            .unwrap_or(default.wait_duration_in_open_state),
        permitted_number_of_calls_in_half_open_state: map
            .get("permitted-number-of-calls-in-half-open-state", "5", whole(1, 100_000))
            .unwrap_or(default.permitted_number_of_calls_in_half_open_state),
    };
    map.finish();
    breaker
}

pub(super) fn work_mode(text: &str) -> Result<WorkMode, String> {
    one_of(&WorkMode::ALL.map(|mode| (mode.as_str(), mode)))(text)
}

/// What can be sent as a header value.
pub(super) fn header_text(text: &str) -> Result<Secret, String> {
    if text.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
        Ok(Secret::new(text))
    } else {
        Err("holds characters that cannot be sent in a header: is it the right one?".into())
    }
}

fn error_status(text: &str) -> Result<StatusCode, String> {
    let code = whole(400_u16, 599)(text)?;
    StatusCode::from_u16(code).map_err(|_| "is not a status code".into())
}
