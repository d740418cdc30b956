//! Integration tests; `support` holds what they share.
