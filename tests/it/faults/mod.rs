//! Judge and Redis in trouble, in every mode: what clients get meanwhile, how soon, and that all is well again afterwards.

mod cell;
mod crowd;
mod stage;
mod table;

use osa_proxy_tests::npm::{Npm, Package};

use stage::Stage;
use table::{Cell, FAULTS, MODES, REDIS, SURFACES, VERSIONS};

/// 7 faults of Judge x 5 states of Redis x 5 modes x 2 surfaces x 2 settings = 700 cells. Cells that differ in mode and surface
/// alone share a proxy and are in trouble together; each has packages of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn seven_hundred_cells() {
    let registry = registry().await;
    let (mut stages, mut skipped) = (Vec::new(), 0);
    for redis in REDIS {
        for block_on_errors in [false, true] {
            match Stage::start(&registry, redis, block_on_errors).await {
                Some(stage) => stages.push(tokio::spawn(stage.run())),
                None => skipped += 1,
            }
        }
    }
    let (mut cells, mut failures) = (0, Vec::new());
    for stage in stages {
        let (checked, failed) = stage.await.unwrap();
        cells += checked;
        failures.extend(failed);
    }
    assert!(
        failures.is_empty(),
        "{} of {cells} cells:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert_eq!(cells, 700 - 70 * skipped);
}

async fn registry() -> Npm {
    let registry = Npm::start().await;
    for fault in FAULTS {
        for mode in MODES {
            for surface in SURFACES {
                for asked_before in [false, true] {
                    let name = Cell::package(fault, mode, surface, asked_before);
                    registry.publish(&Package::new(&name).versions(VERSIONS));
                }
            }
        }
    }
    let many: Vec<String> = (0..200).map(|n| format!("1.1.{n}")).collect();
    registry.publish(&Package::new("back").versions(many.iter().map(String::as_str)));
    registry
}
