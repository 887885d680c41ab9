//! Requests of a client, and the answers to them.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Answer, Client, Request};

/// Numbers all requests of the process: the same client connects again, and its next request is not its first.
static REQUESTS: AtomicU64 = AtomicU64::new(1);

impl Client {
    /// Sends a request and waits for its final answer.
    pub fn ask(&mut self, request: Request) -> Answer {
        let what = format!("{request:?} is answered");
        let token = self.request(request);
        self.until(&what, |client| client.final_answers(&token).into_iter().next())
    }

    /// Sends a request and returns its id.
    ///
    /// # Panics
    /// If the client may not hear its own answers.
    pub fn request(&mut self, request: Request) -> String {
        if !self.listens {
            let own = self.answers.clone();
            self.subscribe(&[&own]).expect("a client may hear its own answers");
            self.listens = true;
        }
        let token = format!("{}-{}", self.name, REQUESTS.fetch_add(1, Ordering::Relaxed));
        let message = request.message(self.wire.version(), &self.answers, &token);
        self.put(message).expect("the connection holds");
        token
    }

    /// Returns the final answers to a request that have come; more than one is a fault.
    #[must_use]
    pub fn final_answers(&self, token: &str) -> Vec<Answer> {
        self.answered.iter().filter(|answer| answer.token == token && answer.status != 202).cloned().collect()
    }
}
