//! Tokens are had through the proxy: the registry's realm is a name that nobody resolves, so whoever pulls has asked the proxy.

use osa_proxy_tests::client::{Client, Tool};
use osa_proxy_tests::oci::{Image, PASSWORD, Registry, Tokens, USER};
use osa_proxy_tests::proxy::Proxy;

use super::{each_client, setup};

pub(super) struct Guarded {
    _registry: Registry,
    pub(super) tokens: Tokens,
    pub(super) proxy: Proxy,
    pub(super) image: Image,
}

impl Guarded {
    /// `private/hello` wants a login; `library/hello`, `acme/hello` and the refused `acme/rotten` a token that anybody gets.
    pub(super) async fn new(test: &str) -> Option<Self> {
        let tokens = Tokens::start().await;
        let image = Image::two_platforms("guarded");
        let names = ["library/hello", "acme/hello", "private/hello", "acme/rotten"].map(|name| (name, "1.0", &image));
        let registry = Registry::with_tokens(test, &names, &tokens)?;
        let more = format!("      auth-token-url: {}\n      library-prefix: true\n", tokens.url());
        let proxy = setup(&[("images", &registry.url(), &more)]).start();
        Some(Self {
            _registry: registry,
            tokens,
            proxy,
            image,
        })
    }

    pub(super) fn image(&self, name: &str) -> String {
        format!("{}/{name}:1.0", self.proxy.address())
    }
}

async fn gets_its_tokens_through_the_proxy(tool: Tool, test: &str) {
    let Some(stage) = Guarded::new(test).await else { return };
    // A name of one part is one of the registry's library.
    for (name, scope) in [
        ("acme/hello", "repository:acme/hello:pull"),
        ("hello", "repository:library/hello:pull"),
    ] {
        let Some(client) = Client::container(tool, test) else {
            return;
        };
        let run = client.pull(&stage.image(name));
        assert!(run.ok && client.lacks(&stage.image).is_empty(), "{}", run.text);
        let asked = stage.tokens.asked();
        assert!(asked.contains(&(scope.to_owned(), None)), "{asked:?}");
    }

    let Some(client) = Client::container(tool, test) else {
        return;
    };
    let run = client.pull(&stage.image("acme/rotten"));
    assert!(!run.ok && run.text.contains("Nothing harmful"), "{}", run.text);
    assert!(client.has_nothing_of(&stage.image), "{}", run.text);
}

async fn logs_in_through_the_proxy(tool: Tool, test: &str) {
    let Some(stage) = Guarded::new(test).await else { return };
    for (password, passes) in [(None, false), (Some("wrong-word"), false), (Some(PASSWORD), true)] {
        let Some(client) = Client::container(tool, test) else {
            return;
        };
        if let Some(password) = password {
            client.docker_login(stage.proxy.address(), USER, password);
        }
        let run = client.pull(&stage.image("private/hello"));
        assert_eq!(run.ok, passes, "{password:?}: {}", run.text);
        assert_eq!(
            client.lacks(&stage.image).is_empty(),
            passes,
            "{password:?}: {}",
            run.text
        );
    }
    let asked = stage.tokens.asked();
    assert!(asked.iter().any(|(_, user)| user.as_deref() == Some(USER)), "{asked:?}");
    let log = stage.proxy.log();
    for secret in [PASSWORD, "wrong-word", "eyJ"] {
        assert!(!log.contains(secret), "{log}");
    }
}

each_client!("login", gets_its_tokens_through_the_proxy logs_in_through_the_proxy);
