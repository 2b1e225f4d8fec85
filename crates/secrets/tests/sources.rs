//! Samples are made when they are asked for: no source holds a token.
#![allow(clippy::expect_used, reason = "a panic is the failure message")]

use std::fs;
use std::path::Path;

use portcullis_secrets::Scanner;

#[test]
fn no_source_holds_a_token() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the sources are there") {
            let path = entry.expect("the sources can be listed").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let text = fs::read_to_string(&path).expect("the sources can be read");
            assert_eq!(Scanner::tokens(&text), [], "{}", path.display());
        }
    }
    assert!(files > 20);
}
