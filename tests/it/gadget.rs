//! Repositories that are chosen by host name, documents that are components by themselves, and logging in elsewhere, with an
//! ecosystem that the host has never heard of.

use osa_proxy_tests::proxy::{Proxy, Setup, by_host, repository};
use osa_proxy_tests::upstream::{Encoding, Received, Reply, Upstream, encode};
use osa_proxy_tests::wire::{Answer, Ask};

/// An item as a registry answers for it: validator, HEAD and condition included.
fn item(text: &'static str) -> impl Fn(&Received) -> Reply + Send + Sync + 'static {
    move |request| {
        let etag = format!("\"{}\"", text.replace(' ', "-"));
        if request.header("if-none-match") == Some(&etag) {
            return Reply::new(304).header("etag", &etag);
        }
        Reply::ok("text/x-gadget", text)
            .header("x-gadget", text)
            .header("etag", &etag)
    }
}

async fn registry() -> Upstream {
    let registry = Upstream::start().await;
    registry.put("/v2/items/cog", item("gadget cog 1"));
    registry.put("/v2/items/evil", item("gadget evil 1"));
    registry.put("/v2/items/all", item("list cog evil"));
    registry
}

fn one(registry: &Upstream) -> Setup {
    Setup::default()
        .plugin("gadget")
        .section(&by_host("gadget", &[("gadgets", &registry.url(), "")]))
        .deny(&[("pkg:gadget/evil", "")])
}

async fn get(proxy: &Proxy, host: &str, path: &str) -> Answer {
    Ask::get(&format!("{}{path}", proxy.url()))
        .header("host", host)
        .send()
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_only_one_has_every_host_and_leaves_paths_to_others() {
    let (registry, widgets) = (registry().await, Upstream::start().await);
    widgets.put("/docs/a", Reply::ok("text/plain", "of widgets"));
    let proxy = one(&registry)
        .plugin("widget")
        .section(&repository("widget", "w", &widgets.url(), ""))
        .start();
    for host in [
        "osa.example",
        "gadgets.osa.example",
        "Gadgets.OSA.example.:80",
        "127.0.0.1",
        "[::1]:8080",
    ] {
        let answer = get(&proxy, host, "/v2/items/cog").await;
        assert_eq!((answer.status, answer.text()), (200, "gadget cog 1".into()), "{host}");
        assert_eq!(get(&proxy, host, "/w/docs/a").await.text(), "of widgets", "{host}");
        assert_eq!(get(&proxy, host, "/v2/items/evil").await.status, 403, "{host}");
        for path in ["/typo/a", "/", "/V2/items/cog"] {
            let unknown = get(&proxy, host, path).await;
            assert_eq!(unknown.status, 404, "{host}{path}");
            assert!(
                unknown.text().contains("no repository is named"),
                "{host}{path}: {}",
                unknown.text()
            );
        }
    }
    assert_eq!(get(&proxy, "osa.example", "/healthz").await.status, 200);
    assert_eq!(get(&proxy, "a b", "/v2/items/cog").await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_are_told_apart_by_their_host() {
    let (near, far) = (registry().await, registry().await);
    far.put("/v2/items/cog", item("gadget cog 2"));
    let section = by_host("gadget", &[("near", &near.url(), ""), ("far", &far.url(), "")]);
    let proxy = Setup::default()
        .plugin("gadget")
        .section(&section)
        .codescoring("osa-proxy-url: https://osa.example")
        .start();
    for (host, text) in [
        ("near.osa.example", "gadget cog 1"),
        ("far.osa.example", "gadget cog 2"),
        ("FAR.osa.example:443", "gadget cog 2"),
        ("far", "gadget cog 2"),
    ] {
        assert_eq!(get(&proxy, host, "/v2/items/cog").await.text(), text, "{host}");
    }
    let forwarded = Ask::get(&format!("{}/v2/items/cog", proxy.url()))
        .header("host", "10.0.0.7")
        .header("x-forwarded-host", "far.osa.example");
    assert_eq!(forwarded.send().await.text(), "gadget cog 2");
    for host in ["osa.example", "other.osa.example", "x.far.osa.example", "127.0.0.1"] {
        let answer = get(&proxy, host, "/v2/items/cog").await;
        assert_eq!(answer.status, 404, "{host}");
        let text = answer.text();
        assert!(text.contains("first label of the host name"), "{host}: {text}");
        assert!(!text.contains("far") && !text.contains("near"), "{text}");
    }
    // A challenge leads back to the host that was called, whatever the proxy's main URL is.
    far.put(
        "/v2/docs/a",
        Reply::new(401).header("www-authenticate", "Bearer realm=\"https://x.example\""),
    );
    let answer = get(&proxy, "far.osa.example", "/v2/docs/a").await;
    assert_eq!(
        answer.header("www-authenticate"),
        Some("Bearer realm=\"https://far.osa.example/token\"")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_is_served_as_it_is_or_refused() {
    let registry = registry().await;
    let proxy = one(&registry).start();
    let url = |path: &str| format!("{}/v2/items/{path}", proxy.url());
    let whole = Ask::get(&url("cog")).header("accept-encoding", "gzip").send().await;
    assert_eq!((whole.status, whole.text()), (200, "gadget cog 1".into()));
    assert_eq!(
        whole.header("etag"),
        Some("\"gadget-cog-1\""),
        "upstream's own: nothing is edited"
    );
    assert_eq!(whole.header("x-gadget"), Some("gadget cog 1"));
    assert_eq!(whole.header("content-encoding"), None);
    assert_eq!(whole.header("cache-control"), Some("no-cache"));
    assert_eq!(Ask::get(&url("all")).send().await.text(), "list cog evil");

    let refused = Ask::get(&url("evil")).send().await;
    assert_eq!(
        (refused.status, refused.header("x-osa-decision")),
        (403, Some("blocked"))
    );
    assert!(
        refused
            .text()
            .starts_with(r#"{"code":"DENIED","message":"pkg:gadget/evil@1 is blocked"#),
        "{}",
        refused.text()
    );
    for etag in ["*", "\"gadget-evil-1\""] {
        let held = Ask::get(&url("evil")).header("if-none-match", etag).send().await;
        assert_eq!(held.status, 403, "{etag}");
        let held = Ask::head(&url("evil")).header("if-none-match", etag).send().await;
        assert_eq!(held.status, 403, "{etag}");
    }
    assert_eq!(
        Ask::get(&url("evil")).header("range", "bytes=0-3").send().await.status,
        403
    );
    for method in ["GET", "HEAD"] {
        let held = Ask::new(method, &url("cog"))
            .header("if-none-match", "\"x\", W/\"gadget-cog-1\"")
            .send()
            .await;
        assert_eq!((held.status, held.body.len()), (304, 0), "{method}");
    }
    let part = Ask::get(&url("cog")).header("range", "bytes=0-3").send().await;
    assert_eq!((part.status, part.text()), (200, "gadget cog 1".into()));
    assert_eq!(Ask::new("DELETE", &url("cog")).send().await.status, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn head_stays_head_upstream_unless_it_tells_nothing() {
    let registry = registry().await;
    let proxy = one(&registry).start();
    let ask = async |name: &str| {
        registry.forget();
        let answer = Ask::head(&format!("{}/v2/items/{name}", proxy.url())).send().await;
        let methods: Vec<String> = registry.received().into_iter().map(|request| request.method).collect();
        (
            answer.status,
            answer.header("content-length").map(String::from),
            methods.join(" "),
        )
    };
    assert_eq!(ask("cog").await, (200, Some("12".into()), "HEAD".into()));
    assert_eq!(ask("all").await.2, "HEAD");
    let (status, _, methods) = ask("evil").await;
    assert_eq!((status, methods.as_str()), (403, "HEAD"));
    assert_eq!(ask("none").await.0, 404);

    registry.put("/v2/items/mute", Reply::ok("text/x-gadget", "gadget evil 1"));
    let (status, _, methods) = ask("mute").await;
    assert_eq!((status, methods.as_str()), (403, "HEAD GET"));
    registry.put(
        "/v2/items/packed",
        Reply::ok("text/x-gadget", encode(Encoding::Gzip, b"gadget cog 1"))
            .header("content-encoding", "gzip")
            .header("x-gadget", "gadget cog 1"),
    );
    assert_eq!(ask("packed").await, (200, Some("12".into()), "HEAD GET".into()));
    registry.put(
        "/v2/items/odd",
        Reply::ok("text/x-gadget", "what").header("x-gadget", "what"),
    );
    assert_eq!(ask("odd").await.0, 502);
    let odd = Ask::get(&format!("{}/v2/items/odd", proxy.url())).send().await;
    assert_eq!(odd.status, 502);
    assert!(odd.text().starts_with(r#"{"code":"BROKEN""#), "{}", odd.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn modes_judge_a_component_as_a_package() {
    let registry = registry().await;
    for (mode, cog, evil) in [("warmup", 200, 200), ("moderate", 200, 403), ("strict", 200, 403)] {
        let proxy = one(&registry).codescoring(&format!("work-mode: {mode}")).start();
        assert_eq!(get(&proxy, "h", "/v2/items/cog").await.status, cog, "{mode}");
        assert_eq!(get(&proxy, "h", "/v2/items/evil").await.status, evil, "{mode}");
        assert_eq!(get(&proxy, "h", "/v2/items/evil").await.status, evil, "{mode}, kept");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_may_come_from_where_a_redirect_leads() {
    let (registry, store) = (registry().await, Upstream::start().await);
    store.put("/cog", item("gadget cog 1"));
    store.put("/evil", item("gadget evil 1"));
    for name in ["cog", "evil"] {
        registry.put(
            format!("/v2/items/{name}"),
            Reply::redirect(307, &format!("{}/{name}", store.url())),
        );
    }
    let proxy = one(&registry).start();
    for (method, name, status) in [
        ("GET", "cog", 200),
        ("HEAD", "cog", 200),
        ("GET", "evil", 403),
        ("HEAD", "evil", 403),
    ] {
        let answer = Ask::new(method, &format!("{}/v2/items/{name}", proxy.url()))
            .header("authorization", "Bearer t0ken")
            .send()
            .await;
        assert_eq!(answer.status, status, "{method} {name}");
    }
    assert!(
        store
            .received()
            .iter()
            .all(|request| request.header("authorization").is_none())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_go_where_clients_log_in_and_no_further() {
    let (registry, login, other) = (registry().await, Upstream::start().await, Upstream::start().await);
    login.put("/token", Reply::ok("application/json", "{}"));
    let more = format!("      login: {}\n", login.url());
    let proxy = Setup::default()
        .plugin("gadget")
        .section(&by_host("gadget", &[("gadgets", &registry.url(), &more)]))
        .start();
    let ask = || {
        Ask::get(&format!("{}/token", proxy.url()))
            .header("authorization", "Basic Ym9iOnB3")
            .header("cookie", "a=b")
    };
    assert_eq!(ask().send().await.status, 200);
    assert_eq!(login.received()[0].header("authorization"), Some("Basic Ym9iOnB3"));
    for to in [&other, &registry] {
        to.put("/elsewhere", Reply::ok("text/plain", "x"));
        login.put("/token", Reply::redirect(307, &format!("{}/elsewhere", to.url())));
        assert_eq!(ask().send().await.status, 200);
        let received = to.received_at("/elsewhere");
        assert_eq!(received.len(), 1);
        assert_eq!(
            (received[0].header("authorization"), received[0].header("cookie")),
            (None, None)
        );
    }
    // Nor from the registry to there.
    login.put("/elsewhere", Reply::ok("text/plain", "x"));
    registry.put(
        "/v2/docs/a",
        Reply::redirect(307, &format!("{}/elsewhere", login.url())),
    );
    let answer = Ask::get(&format!("{}/v2/docs/a", proxy.url()))
        .header("authorization", "Bearer t0ken")
        .send()
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        registry.received_at("/v2/docs/a")[0].header("authorization"),
        Some("Bearer t0ken")
    );
    assert_eq!(login.received_at("/elsewhere")[0].header("authorization"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn challenges_lead_here_whatever_is_refused() {
    let registry = Upstream::start().await;
    let refusal = Reply::new(401)
        .header("www-authenticate", "Basic realm=\"b\"")
        .header("www-authenticate", "Bearer realm=\"https://x.example\"");
    for path in ["/v2/docs/a", "/v2/items/cog"] {
        registry.put(path, refusal.clone());
    }
    let proxy = one(&registry).start();
    for (method, path) in [
        ("GET", "/v2/docs/a"),
        ("HEAD", "/v2/docs/a"),
        ("GET", "/v2/items/cog"),
        ("HEAD", "/v2/items/cog"),
    ] {
        let answer = Ask::new(method, &format!("{}{path}", proxy.url())).send().await;
        assert_eq!(answer.status, 401, "{method} {path}");
        let lines = answer.headers.iter().filter(|(name, _)| name == "www-authenticate");
        let lines: Vec<&str> = lines.map(|(_, value)| value.as_str()).collect();
        let expected = format!("Bearer realm=\"{}/token\"", proxy.url());
        assert_eq!(lines, ["Basic realm=\"b\"", expected.as_str()], "{method} {path}");
    }
}
