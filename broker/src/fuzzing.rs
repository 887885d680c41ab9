//! What the fuzz targets call, and a test that gives them the bytes of `fuzz/corpus` to read.
//!
//! Each function takes any bytes, and panics when something is wrong.

mod filters;
mod packets;
mod properties;
mod session;

pub use self::{filters::filters, packets::packets, properties::properties, session::Door};

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use super::*;

    /// Calls `read` with each file of a target's corpus.
    fn replay(target: &str, read: impl Fn(&[u8])) {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        assert!(!files.is_empty(), "{target}");
        for file in files {
            read(&fs::read(file).unwrap());
        }
    }

    #[test]
    fn reads_all_packets_of_the_corpus() {
        replay("packets", packets);
    }

    #[test]
    fn reads_all_properties_of_the_corpus() {
        replay("properties", properties);
    }

    #[test]
    fn compares_all_filters_of_the_corpus() {
        replay("filters", filters);
    }

    #[test]
    fn holds_all_conversations_of_the_corpus() {
        let door = Door::open();
        replay("session", |bytes| door.converse(bytes));
    }
}
