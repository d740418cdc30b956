use super::expect_errors;

/// The sections of ecosystems.
const CASES: &[(&str, &str)] = &[
    // repository missing
    (
        "widget:
  enabled: true
",
        "F:2:3: widget.repository: this key is missing
    for example: repository:
        - name: widget
          registry: https://registry.example",
    ),
    // repository empty
    (
        "gadget:
  repository: []
",
        "F:2:15: gadget.repository: this list is empty: give at least one repository, or set `enabled: false`
    for example: repository:
        - name: gadget
          registry: https://registry.example
          distro: stable",
    ),
    // repository is a map
    (
        "widget:
  repository:
    name: widget
",
        "F:3:5: widget.repository: a `key: value` mapping stands where a list is expected
    for example: repository:
        - name: widget
          registry: https://registry.example",
    ),
    // repository entry is a word
    (
        "widget:
  repository: [widget]
",
        "F:2:16: widget.repository[0]: a single value stands where `key: value` pairs are expected
    for example: repository:
        - name: widget
          registry: https://registry.example",
    ),
    // enabled is not a flag
    (
        "widget:
  enabled: on
  repository:
    - {name: a, registry: https://registry.example, scan-package: true}
",
        "F:2:12: widget.enabled: `on` is neither `true` nor `false`
    for example: enabled: true",
    ),
    // name and registry missing
    (
        "widget:
  repository:
    - scan-package: true
",
        "F:3:7: widget.repository[0].name: this key is missing
    for example: name: widget
F:3:7: widget.repository[0].registry: this key is missing
    for example: registry: https://registry.example",
    ),
    // required setting missing
    (
        "gadget:
  repository:
    - {name: a, registry: https://registry.example, scan-package: true}
",
        "F:3:8: gadget.repository[0].distro: this key is missing
    for example: distro: stable",
    ),
    // unknown key in a repository
    (
        "widget:
  repository:
    - name: a
      registry: https://registry.example
      scan_package: true
      scan-manifest: true
",
        "F:5:7: widget.repository[0].scan_package: unknown key; did you mean `scan-package`?
    for example: scan-package: true",
    ),
    // key of another plugin
    (
        "widget:
  repository:
    - {name: a, registry: https://registry.example, scan-package: true, ledger: https://l.example}
",
        "F:3:73: widget.repository[0].ledger: unknown key; the keys here are `name`, `registry`, `packages-registry`, `additional-packages-registries`, `work-mode`, `scan-manifest`, `scan-package`, `url-encoded-config`, `file-type-filter`",
    ),
    // bad registry
    (
        "widget:
  repository:
    - {name: a, registry: registry.example, scan-package: true}
",
        "F:3:27: widget.repository[0].registry: the value is not a URL: relative URL without a base
    for example: registry: https://registry.example",
    ),
    // registry variable unset
    (
        "widget:
  repository:
    - {name: a, registry: '${UNSET}', scan-package: true}
",
        "F:3:27: widget.repository[0].registry: the environment variable `UNSET` is not set, and there is no default: set it, or write `${UNSET:default}`
    for example: registry: https://registry.example",
    ),
    // bad name
    (
        "widget:
  repository:
    - {name: a/b, registry: https://registry.example, scan-package: true}
",
        "F:3:14: widget.repository[0].name: `a/b` cannot be the first segment of a URL path: use letters, digits, `.`, `_` and `-`
    for example: name: widget",
    ),
    // bad host label
    (
        "gizmo:
  repository:
    - {name: My_Images, registry: https://registry.example}
",
        "F:3:14: gizmo.repository[0].name: `My_Images` cannot be the first label of a host name: use lower-case letters, digits and inner `-`
    for example: name: gizmo",
    ),
    // reserved name
    (
        "widget:
  repository:
    - {name: metrics, registry: https://registry.example, scan-package: true}
",
        "F:3:14: widget.repository[0].name: `metrics` is the proxy's own (as are api, healthz, readyz, metrics, actuator, v2, token): choose another name
    for example: name: widget",
    ),
    // name clash
    (
        "widget:
  repository:
    - {name: a, registry: https://registry.example, scan-package: true}
gadget:
  repository:
    - {name: a, registry: https://registry.example, distro: x, scan-package: true}
",
        "F:6:14: gadget.repository[0].name: `a` is also widget.repository[0].name in line 3: choose another name
    for example: name: gadget",
    ),
    // bad flag setting
    (
        "gadget:
  repository:
    - {name: a, registry: https://registry.example, distro: x, loose: 1, scan-package: true}
",
        "F:3:71: gadget.repository[0].loose: `1` is neither `true` nor `false`
    for example: loose: true",
    ),
    // manifest scan without manifests
    (
        "gadget:
  repository:
    - {name: a, registry: https://registry.example, distro: x, scan-package: true, scan-manifest: true}
",
        "F:3:99: gadget.repository[0].scan-manifest: the `gadget` plugin has no manifests that are checked: remove this key",
    ),
    // package keys where by host
    (
        "gizmo:
  repository:
    - {name: a, registry: https://registry.example, file-type-filter: {}}
",
        "F:3:71: gizmo.repository[0].file-type-filter: the `gizmo` plugin chooses repositories by host name and checks all it serves: remove this key",
    ),
    // url map is a list
    (
        "widget:
  repository:
    - {name: a, registry: https://registry.example, scan-package: true, additional-packages-registries: [x]}
",
        "F:3:105: widget.repository[0].additional-packages-registries: a list stands where `key: value` pairs are expected
    for example: additional-packages-registries: {files.example: https://files.example}",
    ),
    // bad host in url map
    (
        "widget:
  repository:
    - {name: a, registry: https://registry.example, scan-package: true, additional-packages-registries: {'https://f.example': https://f.example}}
",
        "F:3:106: widget.repository[0].additional-packages-registries: a key of this map is not a host name, with or without a port
    for example: additional-packages-registries: {files.example: https://files.example}",
    ),
    // bad url in url map
    (
        "widget:
  repository:
    - {name: a, registry: https://registry.example, scan-package: true, additional-packages-registries: {f.example: f.example}}
",
        r#"F:3:117: widget.repository[0].additional-packages-registries."f.example": the value is not a URL: relative URL without a base
    for example: f.example: https://files.example"#,
    ),
    // extensions are no list
    (
        "widget:
  repository:
    - {name: a, registry: https://registry.example, scan-package: true, file-type-filter: {scanned-extensions: zip}}
",
        "F:3:112: widget.repository[0].file-type-filter.scanned-extensions: a single value stands where a list is expected
    for example: scanned-extensions: [.zip, .tar.gz]",
    ),
    // extensions are nothing
    (
        "widget:
  repository:
    - name: a
      registry: https://registry.example
      scan-package: true
      file-type-filter:
        additional-allowed-extensions:
",
        "F:7:9: widget.repository[0].file-type-filter.additional-allowed-extensions: this key needs a value
    for example: additional-allowed-extensions: [.zip, .tar.gz]",
    ),
    // bad extension
    (
        "widget:
  repository:
    - {name: a, registry: https://registry.example, scan-package: true, file-type-filter: {scanned-extensions: ['a/b']}}
",
        "F:3:113: widget.repository[0].file-type-filter.scanned-extensions[0]: `a/b` is not a file name extension
    for example: scanned-extensions: [.zip, .tar.gz]",
    ),
    // java keys of a section
    (
        "widget:
  registry: https://registry.example
  repository:
    - {name: a, project: p, registry: https://registry.example, scan-package: true}
",
        "F:2:3: widget.registry: this key of the archived Java generation is gone; instead: `registry` of an entry under `repository`
F:4:17: widget.repository[0].project: this key of the archived Java generation is gone; instead: nothing; remove it",
    ),
];

#[test]
fn every_error_tells_place_key_and_example() {
    expect_errors("section", CASES);
}
