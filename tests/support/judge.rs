//! A Judge over HTTP that a test can bring into trouble.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::upstream::{Fault, Received, Reply, Upstream};

pub const TOKEN: &str = "hush-hush";

const VERDICTS: &str = "/api/judge/v2/verdicts";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    None,
    /// No connection.
    Down,
    /// Connections, but no answer.
    Slow,
    ServerError,
    /// 429, to come back in a second.
    Busy,
    /// An answer that ends in the middle of a sentence that allows everything.
    Garbage,
    /// Whatever the rule given to [`Judge::start`] says is left out of the answers.
    Half,
    /// It has another token now.
    WrongToken,
}

/// What it says about a package URL: the block status, and whether [`Trouble::Half`] concerns it.
pub type Rule = fn(&str) -> (&'static str, bool);

pub struct Judge {
    server: Upstream,
    trouble: Arc<Mutex<Trouble>>,
}

impl Judge {
    pub async fn start(rule: Rule) -> Self {
        let server = Upstream::start().await;
        let trouble = Arc::new(Mutex::new(Trouble::None));
        let now = trouble.clone();
        server.put(VERDICTS, move |request: &Received| {
            answer(*now.lock().unwrap(), rule, request)
        });
        Self { server, trouble }
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    /// In the place of the trouble it was in.
    pub async fn get_into(&mut self, trouble: Trouble) {
        let before = std::mem::replace(&mut *self.trouble.lock().unwrap(), trouble);
        if before == Trouble::Down {
            self.server.reopen();
        }
        if trouble == Trouble::Down {
            self.server.close().await;
        }
    }

    /// All package URLs that it was asked about, one entry each time.
    pub fn asked(&self) -> Vec<String> {
        let asked = self.server.received_at(VERDICTS);
        asked.iter().flat_map(purls).collect()
    }

    /// All questions, as they were asked.
    pub fn questions(&self) -> Vec<Value> {
        let asked = self.server.received_at(VERDICTS);
        let question = |asked: &Received| serde_json::from_slice(&asked.body).expect("questions are JSON");
        asked.iter().map(question).collect()
    }

    pub fn forget(&self) {
        self.server.forget();
    }

    pub fn times(&self, purl: &str) -> usize {
        self.asked().iter().filter(|asked| *asked == purl).count()
    }
}

fn purls(request: &Received) -> Vec<String> {
    let question: Value = serde_json::from_slice(&request.body).expect("questions are JSON");
    let purls = question["purls"].as_array().expect("a list of package URLs");
    purls.iter().map(|purl| purl.as_str().unwrap().to_owned()).collect()
}

fn answer(trouble: Trouble, rule: Rule, request: &Received) -> Reply {
    let token = if trouble == Trouble::WrongToken {
        "another"
    } else {
        TOKEN
    };
    if request.header("authorization") != Some(&format!("Token {token}")) {
        return Reply::new(401);
    }
    match trouble {
        Trouble::ServerError => return Reply::new(503),
        Trouble::Busy => return Reply::new(429).header("retry-after", "1"),
        _ => {}
    }
    let results: Vec<Value> = purls(request)
        .iter()
        .map(|purl| (purl, rule(purl)))
        .filter(|(_, (_, left_out))| trouble != Trouble::Half || !left_out)
        .map(|(purl, (status, _))| {
            // All that is said amid garbage is good: nothing of it may be believed.
            let status = if trouble == Trouble::Garbage {
                "not_blocked"
            } else {
                status
            };
            json!({ "purl": purl, "block_status": status, "scan_status": "scanned",
                "policies": [{ "name": "No harm", "url": "https://platform.example/policies/7" }] })
        })
        .collect();
    let mut body = json!({ "results": results }).to_string();
    if trouble == Trouble::Garbage {
        body.truncate(body.len() - 1);
    }
    let reply = Reply::ok("application/json", body);
    if trouble == Trouble::Slow {
        return reply.fault(Fault::SlowHead(Duration::from_mins(5)));
    }
    reply
}
