//! Docker's daemon, told to ask the proxy by its name.

use osa_proxy_tests::client::Dockerd;
use osa_proxy_tests::oci::{Image, PASSWORD, USER};

use super::login::Guarded;
use super::{Stage, bad};

#[tokio::test(flavor = "multi_thread")]
async fn pulls_by_the_name_of_the_proxy() {
    let test = "clients::docker::daemon::pulls_by_the_name_of_the_proxy";
    let Some(stage) = Stage::new(test) else { return };
    let Some(docker) = Dockerd::start(test, None, &[]) else {
        return;
    };
    let both = Image::two_platforms("both");
    for (name, image) in [
        ("acme/hello:1.0".to_owned(), &Image::new("hello")),
        (format!("a/b/c/d@{}", both.digest()), &both),
        ("acme/built:1.0".to_owned(), &Image::attested("built")),
    ] {
        let run = docker.pull(&stage.image(&name));
        assert!(run.ok, "{name}: {}", run.text);
        assert!(
            docker.client.lacks(image).is_empty(),
            "{name} lacks {:?}",
            docker.client.lacks(image)
        );
        assert!(run.text.contains(&image.digest()), "{name}: {}", run.text);
    }
    // A HEAD for what is behind a tag stays one.
    let requests = stage.registry.requests();
    assert!(
        requests.contains(&"HEAD /v2/acme/hello/manifests/1.0".to_owned()),
        "{requests:?}"
    );

    stage.registry.forget();
    let rotten = Image::two_platforms("rotten");
    for name in [
        "acme/rotten:2.0".to_owned(),
        "acme/rotten:both".to_owned(),
        format!("acme/rotten@{}", rotten.digest()),
        format!("acme/rotten@{}", rotten.own().digest()),
        "acme/hello:bad".to_owned(),
        format!("acme/hello@{}", bad().digest()),
    ] {
        let run = docker.pull(&stage.image(&name));
        assert!(!run.ok && run.text.contains("Nothing harmful"), "{name}: {}", run.text);
    }
    assert!(docker.client.has_nothing_of(&rotten) && docker.client.has_nothing_of(&bad()));
    let requests = stage.registry.requests().join("\n");
    assert!(!requests.contains("/blobs/"), "{requests}");
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_in_through_the_proxy() {
    let test = "clients::docker::daemon::logs_in_through_the_proxy";
    let Some(stage) = Guarded::new(test).await else { return };
    let Some(docker) = Dockerd::start(test, None, &[]) else {
        return;
    };
    let run = docker.pull(&stage.image("acme/hello"));
    assert!(run.ok, "{}", run.text);
    let run = docker.pull(&stage.image("private/hello"));
    assert!(!run.ok, "{}", run.text);

    let login = |password| {
        docker.client.run(&[
            "login",
            "--username",
            USER,
            "--password",
            password,
            stage.proxy.address(),
        ])
    };
    let wrong = login("wrong-word");
    assert!(!wrong.ok, "{}", wrong.text);
    let right = login(PASSWORD);
    assert!(right.ok, "{}", right.text);
    let run = docker.pull(&stage.image("private/hello"));
    assert!(run.ok && docker.client.lacks(&stage.image).is_empty(), "{}", run.text);
    let asked = stage.tokens.asked();
    let scope = ("repository:private/hello:pull".to_owned(), Some(USER.to_owned()));
    assert!(asked.contains(&scope), "{asked:?}");
}
