//! Several repositories, told apart by the host that is called.

use osa_proxy_tests::client::{Client, Tool};
use osa_proxy_tests::oci::{Image, Registry};

use super::{each_client, setup};

const HUB: &str = "hub.osa.example";
const COMPANY: &str = "company.osa.example";

async fn two_repositories_by_sub_domain(tool: Tool, test: &str) {
    let (hub, company) = (Image::new("of the hub"), Image::docker("of the company"));
    let Some(first) = Registry::start(test, &[("acme/tool", "1.0", &hub), ("acme/rotten", "1.0", &hub)]) else {
        return;
    };
    let Some(second) = Registry::start(test, &[("acme/tool", "1.0", &company)]) else {
        return;
    };
    let proxy = setup(&[("hub", &first.url(), ""), ("company", &second.url(), "")]).start();
    let port = proxy.address().rsplit(':').next().unwrap();
    let pull = |host: &str, name: &str| {
        let mut client = Client::container(tool, test)?;
        let resolves = client.resolve(&[HUB, COMPANY, "other.osa.example"], test);
        let run = resolves.then(|| client.pull(&format!("{host}:{port}/{name}")))?;
        Some((client, run))
    };
    for (host, image) in [(HUB, &hub), (COMPANY, &company)] {
        let Some((client, run)) = pull(host, "acme/tool:1.0") else {
            return;
        };
        assert!(run.ok, "{host}: {}", run.text);
        assert!(client.lacks(image).is_empty(), "{host} lacks {:?}", client.lacks(image));
    }
    let (_, refused) = pull(HUB, "acme/rotten:1.0").unwrap();
    assert!(
        !refused.ok && refused.text.contains("Nothing harmful"),
        "{}",
        refused.text
    );
    // Neither another repository's image nor a host that is no repository's.
    let (_, absent) = pull(COMPANY, "acme/rotten:1.0").unwrap();
    assert!(
        !absent.ok && !absent.text.contains("Nothing harmful"),
        "{}",
        absent.text
    );
    let (_, unknown) = pull("other.osa.example", "acme/tool:1.0").unwrap();
    assert!(!unknown.ok, "{}", unknown.text);
    for (registry, other) in [(&first, &company), (&second, &hub)] {
        assert!(!registry.requests().join("\n").contains(&other.digest()));
    }
}

each_client!("hosts", two_repositories_by_sub_domain);
