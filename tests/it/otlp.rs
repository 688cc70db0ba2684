//! A collector on loopback, and what it was sent: OTLP's protobuf, read by hand, so that nothing of ours reads what it wrote.
//!
//! Field numbers are those of `opentelemetry/proto/{trace,metrics,common,resource}/v1/*.proto`.

#![expect(
    clippy::panic,
    reason = "a test that is sent something else should say so and stop"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};
use wiremock::matchers::{header, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// A value of a field.
enum Raw {
    Varint(u64),
    Fixed(u64),
    Bytes(Vec<u8>),
}

/// A message: its fields by number, in order.
struct Fields(Vec<(u64, Raw)>);

impl Fields {
    fn of(mut bytes: &[u8]) -> Self {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let key = varint(&mut bytes);
            let value = match key & 7 {
                0 => Raw::Varint(varint(&mut bytes)),
                1 => Raw::Fixed(u64::from_le_bytes(take(&mut bytes, 8).try_into().unwrap())),
                2 => {
                    let length = usize::try_from(varint(&mut bytes)).unwrap();
                    Raw::Bytes(take(&mut bytes, length).to_vec())
                }
                5 => Raw::Fixed(u32::from_le_bytes(take(&mut bytes, 4).try_into().unwrap()).into()),
                kind => panic!("no wire type of OTLP: {kind}"),
            };
            fields.push((key >> 3, value));
        }
        Self(fields)
    }

    fn bytes(&self, number: u64) -> impl Iterator<Item = &[u8]> {
        self.0.iter().filter_map(move |(found, value)| match value {
            Raw::Bytes(bytes) if *found == number => Some(bytes.as_slice()),
            _ => None,
        })
    }

    fn all(&self, number: u64) -> impl Iterator<Item = Self> {
        self.bytes(number).map(Self::of)
    }

    fn text(&self, number: u64) -> String {
        let bytes = self.bytes(number).next().unwrap_or_default();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    fn hex(&self, number: u64) -> String {
        let bytes = self.bytes(number).next().unwrap_or_default();
        bytes.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        })
    }

    fn number(&self, number: u64) -> u64 {
        let found = self.0.iter().find_map(|(found, value)| match value {
            Raw::Varint(value) | Raw::Fixed(value) if *found == number => Some(*value),
            _ => None,
        });
        found.unwrap_or_default()
    }

    /// Numbers of eight bytes, packed.
    fn packed(&self, number: u64) -> Vec<u64> {
        let bytes = self.bytes(number).next().unwrap_or_default();
        let numbers = bytes.chunks(8);
        numbers
            .map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap()))
            .collect()
    }

    /// `KeyValue`s by their keys.
    fn attributes(&self, number: u64) -> BTreeMap<String, Value> {
        let attributes = self.all(number);
        attributes
            .map(|one| (one.text(1), any(&one.all(2).next().unwrap())))
            .collect()
    }
}

/// Reads an `AnyValue`.
fn any(value: &Fields) -> Value {
    match &value.0[0] {
        (1, Raw::Bytes(text)) => String::from_utf8(text.clone()).unwrap().into(),
        (2, Raw::Varint(is)) => (*is == 1).into(),
        (3, Raw::Varint(number)) => number.cast_signed().into(),
        (4, Raw::Fixed(bits)) => json!(f64::from_bits(*bits)),
        (5, Raw::Bytes(array)) => Fields::of(array).all(1).map(|item| any(&item)).collect(),
        (number, _) => panic!("no value that is sent: {number}"),
    }
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let (mut value, mut shift) = (0, 0);
    loop {
        let byte = take(bytes, 1)[0];
        value |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            return value;
        }
    }
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (taken, rest) = bytes.split_at(length);
    *bytes = rest;
    taken
}

/// A span.
#[derive(Debug)]
pub(crate) struct Span {
    pub(crate) trace: String,
    pub(crate) id: String,
    pub(crate) parent: String,
    pub(crate) name: String,
    /// 1 internal, 3 client.
    pub(crate) kind: u64,
    /// Nanoseconds.
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) attributes: BTreeMap<String, Value>,
    pub(crate) events: Vec<(String, BTreeMap<String, Value>)>,
    /// 0 unset, 2 error.
    pub(crate) status: u64,
    pub(crate) resource: BTreeMap<String, Value>,
}

/// A point of a histogram.
#[derive(Debug)]
pub(crate) struct Point {
    pub(crate) attributes: BTreeMap<String, Value>,
    pub(crate) count: u64,
    pub(crate) sum: f64,
    pub(crate) bounds: Vec<f64>,
}

/// A collector.
pub(crate) struct Collector(MockServer);

impl Collector {
    /// Starts one that answers everything with this status.
    pub(crate) async fn answering(status: u16) -> Self {
        let server = MockServer::start().await;
        for signal in ["/v1/traces", "/v1/metrics"] {
            Mock::given(path(signal))
                .and(header("content-type", "application/x-protobuf"))
                .respond_with(ResponseTemplate::new(status))
                .mount(&server)
                .await;
        }
        Self(server)
    }

    pub(crate) fn url(&self) -> String {
        self.0.uri()
    }

    /// Returns how often it was sent something.
    pub(crate) async fn asked(&self) -> usize {
        self.0.received_requests().await.unwrap().len()
    }

    /// Returns everything of a signal that it was sent, as bytes.
    pub(crate) async fn bodies(&self, signal: &str) -> Vec<Vec<u8>> {
        let requests = self.0.received_requests().await.unwrap().into_iter();
        let requests = requests.filter(|request| request.url.path() == signal);
        requests.map(|request| request.body).collect()
    }

    /// Returns all spans, in the order in which they were sent.
    pub(crate) async fn spans(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        for body in self.bodies("/v1/traces").await {
            for of_resource in Fields::of(&body).all(1) {
                let resource = of_resource.all(1).next().unwrap().attributes(1);
                let of_scopes = of_resource
                    .all(2)
                    .flat_map(|scope| scope.all(2).collect::<Vec<_>>());
                spans.extend(of_scopes.map(|span| {
                    Span {
                        trace: span.hex(1),
                        id: span.hex(2),
                        parent: span.hex(4),
                        name: span.text(5),
                        kind: span.number(6),
                        start: span.number(7),
                        end: span.number(8),
                        attributes: span.attributes(9),
                        events: span
                            .all(11)
                            .map(|event| (event.text(2), event.attributes(3)))
                            .collect(),
                        status: span.all(15).next().map_or(0, |status| status.number(3)),
                        resource: resource.clone(),
                    }
                }));
            }
        }
        spans
    }

    /// Returns the units and points of histograms as they were told last, by their names.
    pub(crate) async fn histograms(&self) -> BTreeMap<String, (String, Vec<Point>)> {
        let mut found = BTreeMap::new();
        for body in self.bodies("/v1/metrics").await {
            let resources: Vec<Fields> = Fields::of(&body).all(1).collect();
            let scopes = resources
                .iter()
                .flat_map(|one| one.all(2).collect::<Vec<_>>());
            for metric in scopes.flat_map(|scope| scope.all(2).collect::<Vec<_>>()) {
                let Some(histogram) = metric.all(9).next() else {
                    continue;
                };
                let points = histogram.all(1).map(|point| Point {
                    attributes: point.attributes(9),
                    count: point.number(4),
                    sum: f64::from_bits(point.number(5)),
                    bounds: point.packed(7).into_iter().map(f64::from_bits).collect(),
                });
                found.insert(metric.text(1), (metric.text(3), points.collect()));
            }
        }
        found
    }
}
