//! Renders many findings on all threads and writes them in order.

use std::io::{self, Write};

use rayon::prelude::*;

/// Findings that one buffer holds; some 400 KB of JSON.
const CHUNK: usize = 512;

/// Writes what `render` appends for each item, in the items' order, however many threads there are.
///
/// While one batch of buffers is written the next is rendered, so that memory holds two batches and never the whole
/// output. Nothing more is rendered after an error of `out`.
pub(crate) fn write<T: Sync>(
    items: &[T],
    out: &mut dyn Write,
    render: impl Fn(&T, &mut Vec<u8>) + Sync,
) -> io::Result<()> {
    let fill = |buffers: &mut Vec<Vec<u8>>, batch: &[T]| {
        buffers.resize_with(batch.len().div_ceil(CHUNK), Vec::new);
        let fill_one = |(buffer, chunk): (&mut Vec<u8>, &[T])| {
            buffer.clear();
            for item in chunk {
                render(item, buffer);
            }
        };
        // A short report is not worth waking the threads for.
        if batch.len() <= CHUNK {
            buffers.iter_mut().zip(batch.chunks(CHUNK)).for_each(fill_one);
        } else {
            buffers.par_iter_mut().zip(batch.par_chunks(CHUNK)).for_each(fill_one);
        }
    };
    let mut ready: Vec<Vec<u8>> = Vec::new();
    if items.len() <= CHUNK {
        fill(&mut ready, items);
        return ready.iter().try_for_each(|buffer| out.write_all(buffer));
    }
    let mut batches = items.chunks(CHUNK * 4 * rayon::current_num_threads());
    let mut next: Vec<Vec<u8>> = Vec::new();
    fill(&mut ready, batches.next().unwrap_or_default());
    loop {
        let upcoming = batches.next();
        rayon::in_place_scope(|scope| {
            if let Some(batch) = upcoming {
                scope.spawn(|_| fill(&mut next, batch));
            }
            ready.iter().try_for_each(|buffer| out.write_all(buffer))
        })?;
        if upcoming.is_none() {
            return Ok(());
        }
        std::mem::swap(&mut ready, &mut next);
    }
}
