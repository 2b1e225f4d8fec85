//! What happened, one JSON object a line.
//!
//! Lines say who asked for what and what came of it; of the object itself they repeat nothing but its name. A reader that
//! is slow costs lines, which are counted, and never a review.

use std::io::Write;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

/// Where lines go.
pub(crate) struct Log {
    lines: Mutex<Option<SyncSender<Vec<u8>>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    lost: AtomicU64,
}

/// How much a line matters.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Level {
    Info,
    Warn,
    Error,
}

impl Level {
    const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// Lines that wait to be written.
const WAITING: usize = 1024;

impl Log {
    pub(crate) fn new(mut out: Box<dyn Write + Send>) -> std::io::Result<Self> {
        let (lines, waiting) = sync_channel::<Vec<u8>>(WAITING);
        let writer = std::thread::Builder::new().name("log".to_owned()).spawn(move || {
            for line in waiting {
                // A log that nobody can read is no reason to stop.
                let _ = out.write_all(&line).and_then(|()| out.flush());
            }
        })?;
        Ok(Self { lines: Mutex::new(Some(lines)), writer: Mutex::new(Some(writer)), lost: AtomicU64::new(0) })
    }

    /// Writes a line: what happened, and the fields of it.
    pub(crate) fn line(&self, level: Level, message: &str, fields: Value) {
        let mut line = Map::new();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        line.insert("ts".to_owned(), json!(now.as_secs_f64()));
        line.insert("level".to_owned(), level.name().into());
        line.insert("msg".to_owned(), message.into());
        if let Value::Object(fields) = fields {
            line.extend(fields);
        }
        let mut text = Value::Object(line).to_string().into_bytes();
        text.push(b'\n');
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lines) = &*lines
            && let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = lines.try_send(text)
        {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Lines that were not written.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Writes what waits, and nothing after it.
    pub(crate) fn close(&self) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).take();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            let _ = writer.join();
        }
    }
}
