//! The stop signal of each request that is not answered yet.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aparte_protocol::RequestId;

/// One for each request that is not answered yet.
#[derive(Default)]
pub struct Stops(Mutex<HashMap<RequestId, Arc<AtomicBool>>>);

impl Stops {
    /// For a request that has come.
    pub fn add(&self, id: RequestId) -> Arc<AtomicBool> {
        let stop = Arc::default();
        self.lock().insert(id, Arc::clone(&stop));
        stop
    }

    /// Stops a request; one that is answered already is left alone.
    pub fn tell(&self, id: RequestId) {
        if let Some(stop) = self.lock().get(&id) {
            stop.store(true, Ordering::Relaxed);
        }
    }

    /// For a request that is answered.
    pub fn forget(&self, id: RequestId) {
        self.lock().remove(&id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RequestId, Arc<AtomicBool>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
