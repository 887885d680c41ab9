//! Lines as topics and filters, against the slowest way to compare them.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| hes_broker::fuzzing::filters(bytes));
