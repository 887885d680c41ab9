//! Bytes as what one client says, from CONNECT to its end.
#![no_main]

use std::sync::OnceLock;

use hes_broker::fuzzing::Door;
use libfuzzer_sys::fuzz_target;

static DOOR: OnceLock<Door> = OnceLock::new();

fuzz_target!(|bytes: &[u8]| DOOR.get_or_init(Door::open).converse(bytes));
