//! Bytes as packets, in one piece and in many.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| hes_broker::fuzzing::packets(bytes));
