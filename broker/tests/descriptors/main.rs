//! A process of its own for a broker that runs out of file descriptors, because all its parts run out of them.

#[cfg(test)]
mod exhausted;
