//! Bytes as the properties of a PUBLISH, against another codec.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| hes_broker::fuzzing::properties(bytes));
