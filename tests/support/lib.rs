//! Fake upstreams, Judges and clients for the integration tests.
