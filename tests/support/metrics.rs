//! What `/metrics` says.

use std::collections::{BTreeMap, BTreeSet};

use crate::proxy::Proxy;
use crate::wire::Ask;

/// The page at one moment.
#[derive(Debug)]
pub struct Metrics {
    pub text: String,
}

/// One line.
#[derive(Debug)]
pub struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

impl Metrics {
    pub async fn of(proxy: &Proxy) -> Self {
        let answer = Ask::get(&format!("{}/metrics", proxy.url())).send().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        Self { text: answer.text() }
    }

    /// Labels as they stand: values in these tests have nothing to escape.
    pub fn samples(&self) -> impl Iterator<Item = Sample> {
        self.text.lines().filter(|line| !line.starts_with('#')).map(|line| {
            let (series, value) = line.rsplit_once(' ').expect("NAME VALUE");
            let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
            let labels = labels
                .trim_end_matches('}')
                .split("\",")
                .filter(|pair| !pair.is_empty());
            Sample {
                name: name.to_owned(),
                labels: labels
                    .map(|pair| pair.split_once("=\"").expect("NAME=\"VALUE\""))
                    .map(|(name, value)| (name.to_owned(), value.trim_end_matches('"').to_owned()))
                    .collect(),
                value: value.parse().expect("a number"),
            }
        })
    }

    /// The sum over all series of a name that have these labels, `a=b,c=d`.
    pub fn sum(&self, name: &str, labels: &str) -> f64 {
        let wanted: Vec<(&str, &str)> = labels.split(',').filter_map(|pair| pair.split_once('=')).collect();
        self.samples()
            .filter(|sample| sample.name == name)
            .filter(|sample| {
                wanted
                    .iter()
                    .all(|(name, value)| sample.labels.get(*name).is_some_and(|found| found == value))
            })
            .map(|sample| sample.value)
            .sum()
    }

    /// Whole numbers only.
    pub fn count(&self, name: &str, labels: &str) -> u64 {
        let sum = self.sum(name, labels);
        assert!(sum.fract().abs() < f64::EPSILON && sum >= 0.0, "{name}: {sum}");
        sum as u64
    }

    /// Family, type and labels (without `le`), as documentation lists them.
    pub fn families(&self) -> BTreeMap<String, (String, BTreeSet<String>)> {
        let mut families: BTreeMap<String, (String, BTreeSet<String>)> = BTreeMap::new();
        for line in self.text.lines() {
            if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
                families.insert(name.to_owned(), (kind.to_owned(), BTreeSet::new()));
            }
        }
        for sample in self.samples() {
            let suffixes = ["", "_bucket", "_sum", "_count"].iter();
            let family = suffixes
                .filter_map(|suffix| sample.name.strip_suffix(suffix))
                .find(|name| families.contains_key(*name))
                .expect("a family has its type");
            let labels = sample.labels.into_keys().filter(|label| label != "le");
            let known = families.get_mut(family).expect("found just now");
            known.1.extend(labels);
        }
        families
    }
}
