//! Images that are allowed come as they are; refused ones do not come by any name, and their users are told why.

use osa_proxy_tests::client::Tool;
use osa_proxy_tests::oci::Image;

use super::{Stage, bad, each_client, pull};

async fn pulls_images_as_they_are(tool: Tool, test: &str) {
    let Some(stage) = Stage::new(test) else { return };
    let (hello, both) = (Image::new("hello"), Image::two_platforms("both"));
    let built = Image::attested("built");
    for (name, image) in [
        ("acme/hello:1.0".to_owned(), &hello),
        (format!("acme/hello@{}", hello.digest()), &hello),
        ("acme/hello:latest".to_owned(), &Image::docker("hello")),
        ("a/b/c/d:both".to_owned(), &both),
        (format!("a/b/c/d@{}", both.digest()), &both),
        (format!("a/b/c/d@{}", both.own().digest()), &both),
        ("acme/built:1.0".to_owned(), &built),
    ] {
        let Some((client, run)) = pull(tool, test, &stage.image(&name)) else {
            return;
        };
        assert!(run.ok, "{name}: {}", run.text);
        assert!(client.lacks(image).is_empty(), "{name} lacks {:?}", client.lacks(image));
    }
    // What is for other machines is left where it is.
    let requests = stage.registry.requests().join("\n");
    for part in &both.parts[1..] {
        assert!(!requests.contains(&part.digest()), "{requests}");
    }
}

async fn shows_why_an_image_is_refused(tool: Tool, test: &str) {
    let Some(stage) = Stage::new(test) else { return };
    let (single, both) = (Image::docker("rotten"), Image::two_platforms("rotten"));
    let built = Image::attested("rotten");
    for (name, image) in [
        ("acme/rotten:2.0".to_owned(), &single),
        (format!("acme/rotten@{}", single.digest()), &single),
        ("acme/rotten:both".to_owned(), &both),
        (format!("acme/rotten@{}", both.digest()), &both),
        (format!("acme/rotten@{}", both.own().digest()), &both),
        ("acme/rotten:built".to_owned(), &built),
        // This one is refused by its digest alone.
        ("acme/hello:bad".to_owned(), &bad()),
        (format!("acme/hello@{}", bad().digest()), &bad()),
        ("acme/bad:both".to_owned(), &bad()),
    ] {
        let Some((client, run)) = pull(tool, test, &stage.image(&name)) else {
            return;
        };
        assert!(!run.ok, "{name}: {}", run.text);
        let told = ["Nothing harmful", "it does harm"]
            .iter()
            .all(|text| run.text.contains(text));
        assert!(told, "{name}: {}", run.text);
        assert!(client.has_nothing_of(image), "{name}: {}", run.text);
    }
    let requests = stage.registry.requests().join("\n");
    assert!(!requests.contains("/blobs/"), "{requests}");
}

async fn says_what_is_not_there(tool: Tool, test: &str) {
    let Some(stage) = Stage::new(test) else { return };
    for name in ["acme/hello:9.9", "acme/nothing:1.0"] {
        let Some((_, run)) = pull(tool, test, &stage.image(name)) else {
            return;
        };
        let text = run.text.to_lowercase();
        assert!(
            !run.ok && (text.contains("unknown") || text.contains("not found")),
            "{}",
            run.text
        );
    }
}

each_client!("pull", pulls_images_as_they_are shows_why_an_image_is_refused says_what_is_not_there);

#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_refused() {
    let test = "clients::docker::pull::a_push_is_refused";
    let Some(stage) = Stage::new(test) else { return };
    let Some((client, run)) = pull(Tool::Skopeo, test, &stage.image("acme/hello:1.0")) else {
        return;
    };
    assert!(run.ok, "{}", run.text);
    stage.registry.forget();
    let to = format!("docker://{}", stage.image("acme/hello:mine"));
    let push = client.run(&["copy", "--dest-tls-verify=false", "dir:pulled", &to]);
    let told = push.text.contains("only read through this proxy");
    assert!(!push.ok && told, "{}", push.text);
    let requests = stage.registry.requests().join("\n");
    assert!(!requests.contains("POST") && !requests.contains("PUT"), "{requests}");
}
