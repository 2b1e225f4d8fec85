//! The threads that judge, and the reviews that wait for one.
//!
//! A review gets here when it has been read as a whole, so that a slow client holds no thread. What waits is bounded, and what nobody
//! waits for any more is not judged. Large reviews are judged one at a time: parsed, each is a multiple of its bytes.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// What a thread does once.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// Whether a job may run beside others of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    /// It may.
    Light,
    /// Only one such job runs at a time; light ones pass it.
    Heavy,
}

/// Reviews over so many bytes are heavy. Objects that people write are far below.
pub(crate) const HEAVY: usize = 1 << 20;

impl Weight {
    /// That of a review of so many bytes.
    pub(crate) const fn of(bytes: usize) -> Self {
        if bytes > HEAVY { Self::Heavy } else { Self::Light }
    }
}

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
    jobs: VecDeque<(Weight, Job)>,
    /// Whether a heavy job runs.
    is_laden: bool,
    is_open: bool,
}

/// The queue is full, or closed.
#[derive(Debug)]
pub(crate) struct Full;

/// A deeply nested object is walked by recursion, within the limits of the parsers.
const STACK: usize = 8 << 20;

impl Pool {
    pub(crate) fn new(workers: usize, limit: usize) -> std::io::Result<Self> {
        let state = Mutex::new(State { jobs: VecDeque::new(), is_laden: false, is_open: true });
        let queue = Arc::new(Queue { state, changed: Condvar::new(), limit });
        let threads = (0..workers.max(1)).map(|nth| {
            let queue = Arc::clone(&queue);
            let work = move || {
                while let Some((weight, job)) = queue.next() {
                    // Jobs tell of their own panics; this keeps the thread.
                    let _ = catch_unwind(AssertUnwindSafe(job));
                    if weight == Weight::Heavy {
                        queue.unburden();
                    }
                }
            };
            std::thread::Builder::new().name(format!("judge-{nth}")).stack_size(STACK).spawn(work)
        });
        let threads = threads.collect::<Result<Vec<_>, _>>()?;
        Ok(Self { queue, threads: Mutex::new(threads) })
    }

    /// Puts a job at the end of the queue.
    pub(crate) fn submit(&self, weight: Weight, job: Job) -> Result<(), Full> {
        let mut state = self.queue.lock();
        if !state.is_open || state.jobs.len() >= self.queue.limit {
            return Err(Full);
        }
        state.jobs.push_back((weight, job));
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

    fn next(&self) -> Option<(Weight, Job)> {
        let mut state = self.lock();
        loop {
            let is_laden = state.is_laden;
            let next = state.jobs.iter().position(|(weight, _)| *weight == Weight::Light || !is_laden);
            if let Some((weight, job)) = next.and_then(|at| state.jobs.remove(at)) {
                state.is_laden |= weight == Weight::Heavy;
                return Some((weight, job));
            }
            if !state.is_open {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A heavy job has ended; another may wait for that.
    fn unburden(&self) {
        self.lock().is_laden = false;
        self.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn heavy_jobs_run_one_at_a_time_and_light_ones_pass_them() {
        let pool = Pool::new(2, 8).expect("two threads");
        let (told, heard) = mpsc::channel();
        let (go, wait) = mpsc::channel::<()>();
        let say = |what: &'static str| {
            let told = told.clone();
            move || told.send(what).expect("the test listens")
        };
        let first = say("first");
        let blocked = Box::new(move || {
            first();
            wait.recv().expect("the test lets it go");
        });
        pool.submit(Weight::Heavy, blocked).expect("there is room");
        assert_eq!(heard.recv(), Ok("first"));
        pool.submit(Weight::Heavy, Box::new(say("second"))).expect("there is room");
        pool.submit(Weight::Light, Box::new(say("light"))).expect("there is room");
        assert_eq!(heard.recv(), Ok("light"));
        go.send(()).expect("the first waits");
        assert_eq!(heard.recv(), Ok("second"));
    }
}
