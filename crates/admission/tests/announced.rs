//! What requests only announce. It is a process of its own, for what is measured is that of the process.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic in a helper is the failure message"
)]

#[allow(dead_code, reason = "one test needs little of it")]
mod support;

use portcullis_admission::decide::Decision;
use support::{Client, Http, block_on, judge, pod, settings, start, stop};

/// What is only announced takes no memory: a few kilobytes of requests would take all that there is.
#[test]
fn a_body_that_is_announced_has_no_room_before_it_comes() {
    let size = || -> u64 {
        let text = std::fs::read_to_string("/proc/self/statm").unwrap();
        text.split(' ').next().unwrap().parse::<u64>().unwrap() * 4096
    };
    let server = start(settings(), judge(|_, _| Decision::allowed()));
    let client = Client::of(&server);
    block_on(async {
        let mut asked = client.open(Http::Two).await.unwrap();
        let before = size();
        let streams: Vec<_> = (0..200).map(|_| tokio::spawn(asked.announce("/validate?timeout=1s", 8 << 20))).collect();
        assert_eq!(asked.ask("/validate", pod("a")).await.unwrap().response()["allowed"], true);
        // 200 bodies of 8 MiB would be 1.6 GiB.
        assert!(size() < before + (512 << 20), "{before} bytes have become {}", size());
        drop(streams);
    });
    stop(server);
}
