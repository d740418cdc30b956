//! Families of numbers in the text format of Prometheus (version 0.0.4).

use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};

use super::timer::Reading;

/// What a client is told the page is.
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// One name with its help and its series. Those without any series are left out of the page, as the format wants it.
pub(super) struct Family {
    kind: MetricType,
    family: MetricFamily,
}

/// A histogram and the recent maximum beside it, which the format has no word for.
pub(super) struct Timers {
    histogram: Family,
    max: Family,
}

impl Family {
    pub(super) fn counter(name: &str, help: &str) -> Self {
        Self::new(MetricType::COUNTER, name, help)
    }

    pub(super) fn gauge(name: &str, help: &str) -> Self {
        Self::new(MetricType::GAUGE, name, help)
    }

    fn new(kind: MetricType, name: &str, help: &str) -> Self {
        let mut family = MetricFamily::default();
        family.set_name(name.to_owned());
        family.set_help(help.to_owned());
        family.set_field_type(kind);
        Self { kind, family }
    }

    /// `value` of a counter or a gauge.
    pub(super) fn add(&mut self, labels: &[(&str, &str)], value: f64) {
        let mut metric = labelled(labels);
        if self.kind == MetricType::COUNTER {
            let mut counter = Counter::default();
            counter.set_value(value);
            metric.set_counter(counter);
        } else {
            let mut gauge = Gauge::default();
            gauge.set_value(value);
            metric.set_gauge(gauge);
        }
        self.family.mut_metric().push(metric);
    }

    /// A family of one series without labels.
    pub(super) fn of(mut self, value: f64) -> Self {
        self.add(&[], value);
        self
    }
}

impl Timers {
    /// `name` ends with `_seconds`.
    pub(super) fn new(name: &str, help: &str) -> Self {
        Self {
            histogram: Family::new(MetricType::HISTOGRAM, name, help),
            max: Family::gauge(
                &format!("{name}_max"),
                &format!("{help} The longest of the last one to two minutes."),
            ),
        }
    }

    pub(super) fn add(&mut self, labels: &[(&str, &str)], reading: &Reading) {
        let buckets = reading.buckets.iter().map(|(bound, count)| {
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(*bound);
            bucket.set_cumulative_count(*count);
            bucket
        });
        let mut histogram = Histogram::default();
        histogram.set_bucket(buckets.collect());
        histogram.set_sample_count(reading.count);
        histogram.set_sample_sum(reading.sum);
        let mut metric = labelled(labels);
        metric.set_histogram(histogram);
        self.histogram.family.mut_metric().push(metric);
        self.max.add(labels, reading.max);
    }

    pub(super) fn families(self) -> [Family; 2] {
        [self.histogram, self.max]
    }
}

fn labelled(labels: &[(&str, &str)]) -> Metric {
    let pairs = labels.iter().map(|(name, value)| {
        let mut pair = LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value((*value).to_owned());
        pair
    });
    Metric::from_label(pairs.collect())
}

pub(super) fn text(families: Vec<Family>) -> prometheus::Result<String> {
    let families = families.into_iter().map(|family| family.family);
    let families: Vec<MetricFamily> = families.filter(|family| !family.get_metric().is_empty()).collect();
    prometheus::TextEncoder::new().encode_to_string(&families)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_help_are_escaped() {
        let mut family = Family::counter("a_total", "A\nb.");
        family.add(&[("name", "x\"y\\z\n")], 3.0);
        let empty = Family::gauge("b", "None.");
        let expected = "# HELP a_total A\\nb.\n# TYPE a_total counter\na_total{name=\"x\\\"y\\\\z\\n\"} 3\n";
        assert_eq!(text(vec![family, empty]).unwrap(), expected);
    }
}
