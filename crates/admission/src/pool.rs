//! The threads that judge, and the reviews that wait for one.
//!
//! A review gets here when it has been read as a whole, so that a slow client holds no thread. What waits is bounded, and what nobody
//! waits for any more is not judged.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// What a thread does once.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// Threads and a queue.
pub(crate) struct Pool {
    queue: Arc<Queue>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    limit: usize,
}

struct State {
    jobs: VecDeque<Job>,
    is_open: bool,
}

/// The queue is full, or closed.
#[derive(Debug)]
pub(crate) struct Full;

/// A deeply nested object is walked by recursion, within the limits of the parsers.
const STACK: usize = 8 << 20;

impl Pool {
    pub(crate) fn new(workers: usize, limit: usize) -> std::io::Result<Self> {
        let state = Mutex::new(State { jobs: VecDeque::new(), is_open: true });
        let queue = Arc::new(Queue { state, changed: Condvar::new(), limit });
        let threads = (0..workers.max(1)).map(|nth| {
            let queue = Arc::clone(&queue);
            let work = move || {
                while let Some(job) = queue.next() {
                    // Jobs tell of their own panics; this keeps the thread.
                    let _ = catch_unwind(AssertUnwindSafe(job));
                }
            };
            std::thread::Builder::new().name(format!("judge-{nth}")).stack_size(STACK).spawn(work)
        });
        let threads = threads.collect::<Result<Vec<_>, _>>()?;
        Ok(Self { queue, threads: Mutex::new(threads) })
    }

    /// Puts a job at the end of the queue.
    pub(crate) fn submit(&self, job: Job) -> Result<(), Full> {
        let mut state = self.queue.lock();
        if !state.is_open || state.jobs.len() >= self.queue.limit {
            return Err(Full);
        }
        state.jobs.push_back(job);
        drop(state);
        self.queue.changed.notify_one();
        Ok(())
    }

    /// Jobs that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.lock().jobs.len()
    }

    /// Forgets what waits, and ends the threads once they have done what they do. One that never ends is left behind.
    pub(crate) fn close(&self) {
        let mut state = self.queue.lock();
        state.is_open = false;
        state.jobs.clear();
        drop(state);
        self.queue.changed.notify_all();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads.into_iter().filter(JoinHandle::is_finished) {
            let _ = thread.join();
        }
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if !state.is_open {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
