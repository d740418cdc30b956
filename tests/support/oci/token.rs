//! A token service: JSON web tokens signed with a key that the registry trusts, by distribution's token specification.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{CertifiedKey, KeyPair, SigningKey};
use serde_json::{Value, json};

use crate::upstream::{Received, Reply, Upstream};

/// Who may pull what lies below `private/`; all else is for everybody.
pub const USER: &str = "gardener";
pub const PASSWORD: &str = "spade-and-rake";

const SERVICE: &str = "registry.example";
const ISSUER: &str = "tokens.example";
/// Where the registry sends its clients: nowhere, so that whoever gets a token has asked the proxy for it.
const REALM: &str = "http://tokens.invalid/token";

pub struct Tokens {
    pub server: Upstream,
    folder: tempfile::TempDir,
}

impl Tokens {
    pub async fn start() -> Self {
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed([ISSUER.to_owned()]).expect("a certificate");
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("certificate.pem"), cert.pem()).expect("a fresh file");
        let certificate = STANDARD.encode(cert.der());
        let server = Upstream::start().await;
        server.put("/token", move |request: &Received| {
            answer(request, &certificate, &signing_key)
        });
        Self { server, folder }
    }

    /// `http://127.0.0.1:PORT`: it answers at `/token`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The scopes that were asked for so far, each with the user's name, if any.
    pub fn asked(&self) -> Vec<(String, Option<String>)> {
        let mut asked = Vec::new();
        for request in self.server.received() {
            let user = login(&request).map(|(user, _)| user);
            asked.extend(scopes(&request).into_iter().map(|scope| (scope, user.clone())));
        }
        asked
    }

    pub(super) fn registry_section(&self) -> String {
        format!(
            "auth:\n  token:\n    realm: {REALM}\n    service: {SERVICE}\n    issuer: {ISSUER}\n    rootcertbundle: {}\n",
            self.folder.path().join("certificate.pem").display()
        )
    }
}

fn answer(request: &Received, certificate: &str, key: &KeyPair) -> Reply {
    if request.method != "GET" {
        // As services without OAuth2 do, and clients fall back to GET.
        return Reply::new(405).header("allow", "GET");
    }
    let login = login(request);
    let known = match &login {
        Some((user, password)) if user == USER && password == PASSWORD => true,
        Some(_) => return Reply::new(401).body(r#"{"errors":[{"code":"UNAUTHORIZED","message":"wrong password"}]}"#),
        None => false,
    };
    let access: Vec<Value> = scopes(request)
        .iter()
        .filter_map(|scope| granted(scope, known))
        .collect();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = now.expect("a clock after 1970").as_secs();
    let claims = json!({
        "iss": ISSUER, "aud": SERVICE, "sub": login.map(|(user, _)| user).unwrap_or_default(), "access": access,
        "iat": now, "nbf": now - 60, "exp": now + 300, "jti": now.to_string(),
    });
    let header = json!({"typ": "JWT", "alg": "ES256", "x5c": [certificate]});
    let signed = [header, claims]
        .map(|part| URL_SAFE_NO_PAD.encode(part.to_string()))
        .join(".");
    let signature = fixed(&key.sign(signed.as_bytes()).expect("a signature"));
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
    Reply::ok(
        "application/json",
        json!({"token": token, "access_token": token, "expires_in": 300}).to_string(),
    )
}

/// Pulling is all that anybody may do: `repository:acme/hello:pull,push`.
fn granted(scope: &str, known: bool) -> Option<Value> {
    let (kind, rest) = scope.split_once(':')?;
    let (name, actions) = rest.rsplit_once(':')?;
    let may = kind == "repository" && actions.contains("pull") && (known || !name.starts_with("private/"));
    may.then(|| json!({"type": kind, "name": name, "actions": ["pull"]}))
}

fn scopes(request: &Received) -> Vec<String> {
    let query = request.query().unwrap_or_default();
    let values = query.split('&').filter_map(|pair| pair.strip_prefix("scope="));
    let decoded = values.map(|value| value.replace("%3A", ":").replace("%2F", "/").replace("%2C", ","));
    decoded
        .flat_map(|value| value.split(['+', ' ']).map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

fn login(request: &Received) -> Option<(String, String)> {
    let encoded = request.header("authorization")?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// The two numbers of a P-256 signature out of their ASN.1, 32 bytes each (RFC 7518, 3.4).
fn fixed(der: &[u8]) -> Vec<u8> {
    let mut rest = &der[2..];
    let mut number = || {
        let (length, after) = (usize::from(rest[1]), &rest[2..]);
        let digits = &after[..length];
        rest = &after[length..];
        let significant = &digits[digits.len().saturating_sub(32)..];
        [vec![0; 32 - significant.len()], significant.to_vec()].concat()
    };
    [number(), number()].concat()
}
