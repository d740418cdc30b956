use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::config::WorkMode;
use crate::judge::testing::{codescoring, http, question, serve};
use crate::judge::{BlockStatus, Context};

const LONG: Duration = Duration::from_secs(20);

/// What a faulty Judge does with its requests, the last of these again and again.
#[derive(Clone)]
enum Does {
    Judge,
    Status(u16),
    Busy(u64),
    Say(&'static str),
    Half,
    Sleep(Duration),
}

#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<(String, HeaderMap, Value)>>,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Seen {
    fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    fn bodies(&self) -> Vec<Value> {
        self.requests
            .lock()
            .unwrap()
            .iter()
            .map(|(_, _, body)| body.clone())
            .collect()
    }
}

type Faulty = (Arc<Vec<Does>>, Arc<Seen>);

async fn faulty(does: impl Into<Vec<Does>>) -> (Url, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    let state: Faulty = (Arc::new(does.into()), Arc::clone(&seen));
    (serve(Router::new().fallback(handle).with_state(state)).await, seen)
}

async fn handle(
    State((does, seen)): State<Faulty>,
    uri: http::Uri,
    headers: HeaderMap,
    body: bytes::Bytes,
) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap();
    let number = {
        let mut requests = seen.requests.lock().unwrap();
        requests.push((uri.path().to_owned(), headers, body.clone()));
        requests.len() - 1
    };
    let now = seen.now.fetch_add(1, Ordering::SeqCst) + 1;
    seen.most.fetch_max(now, Ordering::SeqCst);
    let does = does.get(number).or(does.last()).cloned().unwrap();
    let results = |step: usize| {
        let purls = body["purls"].as_array().unwrap().iter().step_by(step);
        let all: Vec<Value> = purls
            .map(|purl| json!({"purl": purl, "block_status": "not_blocked", "policies": []}))
            .collect();
        json!({ "results": all }).to_string().into_response()
    };
    let response = match does {
        Does::Judge => {
            tokio::time::sleep(Duration::from_millis(10)).await;
            results(1)
        }
        Does::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Does::Busy(seconds) => (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, seconds.to_string())]).into_response(),
        Does::Say(text) => text.into_response(),
        Does::Half => results(2),
        Does::Sleep(wait) => {
            tokio::time::sleep(wait).await;
            results(1)
        }
    };
    seen.now.fetch_sub(1, Ordering::SeqCst);
    response
}

fn judge(url: &Url) -> Arc<dyn Judge> {
    connect(http(), &codescoring(url), LONG).unwrap()
}

fn errors(answers: &Answers) -> BTreeSet<String> {
    let errors = answers.iter().filter_map(|answer| answer.as_ref().err());
    errors.map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_question_is_what_the_contract_says() {
    let (url, seen) = faulty([Does::Judge]).await;
    let mut settings = codescoring(&url.join("base/").unwrap());
    settings.stage = Some("proxy".into());
    let judge = connect(http(), &settings, LONG).unwrap();
    let full = Question {
        record: true,
        mode: WorkMode::StrictWait,
        context: Some(Arc::new(Context {
            repo_manager_host: "https://manager.example".into(),
            repo_name: "widgets".into(),
        })),
        ..question(1)
    };
    assert!(judge.judge(full).await[0].is_ok());
    let (path, headers, body) = seen.requests.lock().unwrap()[0].clone();
    assert_eq!(path, "/base/api/judge/v2/verdicts");
    assert_eq!(headers["authorization"], "Token t0k");
    assert_eq!(headers["content-type"], "application/json");
    assert!(!headers["x-request-id"].is_empty());
    assert_eq!(
        body,
        json!({
            "stage": "proxy", "work_mode": "strict_wait", "record_request": true, "package_type": "widget",
            "context": {"repo_manager_host": "https://manager.example", "repo_name": "widgets"},
            "purls": ["pkg:widget/a@0"],
        })
    );
}

#[tokio::test]
async fn what_is_not_set_is_left_out() {
    let (url, seen) = faulty([Does::Judge]).await;
    judge(&url).judge(question(1)).await;
    assert_eq!(
        seen.bodies(),
        [
            json!({"work_mode": "strict", "record_request": false, "package_type": "widget", "purls": ["pkg:widget/a@0"]})
        ]
    );
}

#[tokio::test]
async fn long_lists_go_out_in_parts_a_few_at_once() {
    let (url, seen) = faulty([Does::Judge]).await;
    let mut settings = codescoring(&url);
    settings.judge_concurrency = 3;
    let judge = connect(http(), &settings, LONG).unwrap();
    let (one, other) = tokio::join!(judge.judge(question(8200)), judge.judge(question(1)));
    assert!(one.len() == 8200 && one.iter().chain(&other).all(Result::is_ok));
    let mut sizes: Vec<usize> = seen
        .bodies()
        .iter()
        .map(|body| body["purls"].as_array().unwrap().len())
        .collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 100, 900, 900, 900, 900, 900, 900, 900, 900, 900]);
    assert_eq!(seen.most.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn failures_that_pass_are_not_seen() {
    for fault in [Does::Status(500), Does::Status(503), Does::Busy(0)] {
        let (url, seen) = faulty([fault.clone(), fault, Does::Judge]).await;
        assert!(judge(&url).judge(question(1)).await[0].is_ok());
        assert_eq!(seen.count(), 3);
    }
}

#[tokio::test]
async fn failures_that_stay_are_errors_after_all_attempts() {
    for (fault, attempts, error) in [
        (Does::Status(500), 3, JudgeError::Status(500)),
        (Does::Status(429), 3, JudgeError::Status(429)),
        (Does::Busy(3600), 1, JudgeError::Status(429)),
        (Does::Status(404), 1, JudgeError::Status(404)),
        (Does::Status(302), 1, JudgeError::Status(302)),
        (Does::Status(401), 1, JudgeError::WrongToken(401)),
        (Does::Status(403), 1, JudgeError::WrongToken(403)),
    ] {
        let (url, seen) = faulty([fault]).await;
        assert_eq!(judge(&url).judge(question(2)).await, [Err(error.clone()), Err(error)]);
        assert_eq!(seen.count(), attempts);
    }
}

#[tokio::test]
async fn retry_after_is_waited_for() {
    let (url, seen) = faulty([Does::Busy(1), Does::Judge]).await;
    let start = Instant::now();
    assert!(judge(&url).judge(question(1)).await[0].is_ok());
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert_eq!(seen.count(), 2);
}

#[tokio::test]
async fn a_judge_that_is_down_is_unreachable_and_no_secret_shows() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let url: Url = format!("http://bob:s3cret@127.0.0.1:{port}/hidden").parse().unwrap();
    let answers = judge(&url).judge(question(1)).await;
    let error = errors(&answers).pop_first().unwrap();
    assert!(error.starts_with("Judge cannot be reached: "), "{error}");
    for secret in ["s3cret", "t0k", "hidden"] {
        assert!(!error.contains(secret), "{error}");
    }
}

#[tokio::test]
async fn a_slow_judge_is_an_error_in_time() {
    let (url, seen) = faulty([Does::Sleep(LONG)]).await;
    let judge = connect(http(), &codescoring(&url), Duration::from_millis(150)).unwrap();
    let start = Instant::now();
    let answers = judge.judge(question(1)).await;
    assert!(matches!(answers[0], Err(JudgeError::Unreachable(_))));
    assert!(start.elapsed() < Duration::from_secs(2));
    assert_eq!(seen.count(), 1);
}

#[tokio::test]
async fn garbage_and_gaps_are_errors_for_what_they_concern() {
    for garbage in ["", "<html>Sign in</html>", "{}", "{\"results\": 7}"] {
        let (url, _) = faulty([Does::Say(garbage)]).await;
        let answers = judge(&url).judge(question(2)).await;
        assert!(
            answers
                .iter()
                .all(|answer| matches!(answer, Err(JudgeError::Malformed(_))))
        );
    }
    let (url, _) = faulty([Does::Half]).await;
    let usable: Vec<bool> = judge(&url).judge(question(4)).await.iter().map(Result::is_ok).collect();
    assert_eq!(usable, [true, false, true, false]);
}

#[tokio::test]
async fn one_part_that_fails_spoils_no_other() {
    let (url, seen) = faulty([Does::Judge, Does::Status(404), Does::Judge]).await;
    let answers = judge(&url).judge(question(2700)).await;
    assert_eq!(seen.count(), 3);
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1800);
    assert_eq!(
        errors(&answers),
        BTreeSet::from(["Judge answered with status 404".to_owned()])
    );
}

#[tokio::test]
async fn the_breaker_opens_answers_at_once_and_closes_again() {
    let mut does = vec![Does::Status(500); 4];
    does.push(Does::Judge);
    let (url, seen) = faulty(does).await;
    let mut settings = codescoring(&url);
    settings.retry.max_attempts = 1;
    settings.breaker.minimum_number_of_calls = 4;
    settings.breaker.wait_duration_in_open_state = Duration::from_millis(200);
    let judge = connect(http(), &settings, LONG).unwrap();
    for _ in 0..4 {
        assert_eq!(judge.judge(question(1)).await, [Err(JudgeError::Status(500))]);
    }
    for _ in 0..20 {
        assert_eq!(judge.judge(question(1)).await, [Err(JudgeError::BreakerOpen)]);
    }
    assert_eq!(seen.count(), 4);
    tokio::time::sleep(Duration::from_millis(200)).await;
    for _ in 0..6 {
        assert!(judge.judge(question(1)).await[0].is_ok());
    }
}

#[tokio::test]
async fn only_transport_and_5xx_count_for_the_breaker() {
    for fault in [
        Does::Status(401),
        Does::Status(404),
        Does::Status(429),
        Does::Say("garbage"),
        Does::Half,
    ] {
        let (url, seen) = faulty([fault]).await;
        let mut settings = codescoring(&url);
        settings.retry.max_attempts = 1;
        settings.breaker.minimum_number_of_calls = 2;
        let judge = connect(http(), &settings, LONG).unwrap();
        for _ in 0..10 {
            judge.judge(question(2)).await;
        }
        assert_eq!(seen.count(), 10);
    }
}

/// Answers each connection's first request and closes it when the second one comes, as servers do whose idle timeout ends
/// at the wrong moment.
async fn hangs_up_on_reuse() -> (Url, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let hung_up = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&hung_up);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let count = Arc::clone(&count);
            tokio::spawn(async move {
                let mut buffer = vec![0; 65536];
                let mut request = Vec::new();
                while !request.ends_with(b"]}") {
                    let read = stream.read(&mut buffer).await.unwrap();
                    request.extend_from_slice(&buffer[..read]);
                }
                let body = r#"{"results": [{"purl": "pkg:widget/a@0", "block_status": "not_blocked"}]}"#;
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
                stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
                let _ = stream.read(&mut buffer).await;
                count.fetch_add(1, Ordering::SeqCst);
            });
        }
    });
    (url.parse().unwrap(), hung_up)
}

#[tokio::test]
async fn a_pooled_connection_that_was_closed_is_nobodys_fault() {
    let (url, hung_up) = hangs_up_on_reuse().await;
    let mut settings = codescoring(&url);
    settings.retry.max_attempts = 1;
    settings.breaker.minimum_number_of_calls = 1;
    settings.breaker.failure_rate_threshold = 1;
    let judge = connect(http(), &settings, LONG).unwrap();
    for _ in 0..5 {
        assert!(judge.judge(question(1)).await[0].is_ok());
    }
    assert!(hung_up.load(Ordering::SeqCst) >= 4);
}

#[tokio::test]
async fn an_answer_cut_short_is_a_transport_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url: Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut vec![0; 65536]).await;
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"resul")
                .await;
        }
    });
    let answers = judge(&url).judge(question(1)).await;
    assert!(matches!(answers[0], Err(JudgeError::Unreachable(_))), "{answers:?}");
    assert_eq!(connections.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn the_legacy_form_asks_its_own_way() {
    let answer = r#"{"pkg:widget/a@0": {"blocked": true, "scanned": true, "reason": "No a"}}"#;
    let (url, seen) = faulty([Does::Say(answer)]).await;
    let mut settings = codescoring(&url);
    settings.legacy_judge = true;
    let judge = connect(http(), &settings, LONG).unwrap();
    let asked = Question {
        context: Some(Arc::new(Context {
            repo_manager_host: "https://manager.example".into(),
            repo_name: "widgets".into(),
        })),
        ..question(1)
    };
    let answers = judge.judge(asked).await;
    assert_eq!(answers[0].as_ref().unwrap().status, BlockStatus::BlockedByPolicies);
    let (path, headers, body) = seen.requests.lock().unwrap()[0].clone();
    assert_eq!(path, "/api/judge/check");
    assert_eq!(headers["authorization"], "Token t0k");
    assert_eq!(
        body,
        json!({"purls": ["pkg:widget/a@0"], "repository": {"host": "https://manager.example", "name": "widgets"}})
    );
}

#[test]
fn settings_that_cannot_work_are_told_at_once() {
    let url: Url = "https://codescoring.example.com".parse().unwrap();
    let error = |settings: &Codescoring| connect(http(), settings, LONG).err();
    let mut settings = codescoring(&url);
    assert_eq!(error(&settings), None);
    settings.token = crate::secret::Secret::new("line\nbreak");
    assert_eq!(error(&settings), Some(ConnectError::BadToken));
    assert_eq!(
        error(&codescoring(&"ftp://codescoring.example.com".parse().unwrap())),
        Some(ConnectError::BadUrl)
    );
    assert_eq!(error(&Codescoring::default()), Some(ConnectError::NoUrl));
}

/// What the log says, for as long as the guard lives, of what runs on this thread.
fn logged() -> (tracing::subscriber::DefaultGuard, Arc<Mutex<Vec<u8>>>) {
    #[derive(Clone)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let log = Arc::new(Mutex::new(Vec::new()));
    let lines = Lines(Arc::clone(&log));
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || lines.clone())
        .finish();
    (tracing::subscriber::set_default(subscriber), log)
}

#[tokio::test]
async fn a_wrong_token_is_said_plainly_once_and_never_shown() {
    let (_guard, log) = logged();
    let (mut url, _) = faulty([Does::Status(401)]).await;
    url.set_username("bob").unwrap();
    url.set_password(Some("s3cret")).unwrap();
    let mut settings = codescoring(&url);
    settings.token = crate::secret::Secret::new("t0k-do-not-print");
    let judge = connect(http(), &settings, LONG).unwrap();
    for _ in 0..5 {
        judge.judge(question(1)).await;
    }
    let log = String::from_utf8(log.lock().unwrap().clone()).unwrap();
    assert_eq!(log.matches("check `codescoring.token`").count(), 1, "{log}");
    assert!(!log.contains("t0k-do-not-print") && !log.contains("s3cret"), "{log}");
}
