//! Formatted text in as little memory as it takes.

use std::cell::Cell;
use std::fmt::{Arguments, Write as _};

/// What `format!` of this crate gives.
pub(crate) fn exact(arguments: Arguments<'_>) -> String {
    thread_local! {
        static BUFFER: Cell<String> = const { Cell::new(String::new()) };
    }
    if let Some(text) = arguments.as_str() {
        return text.to_owned();
    }
    // What is formatted may format by itself; it then finds an empty buffer.
    let mut buffer = BUFFER.take();
    buffer.clear();
    buffer.write_fmt(arguments).expect("a string takes whatever is written to it");
    let text = buffer.as_str().to_owned();
    BUFFER.set(buffer);
    text
}

#[cfg(test)]
mod tests {
    use std::fmt;

    struct Nested(u8);

    impl fmt::Display for Nested {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str(&format!("<{}>", self.0))
        }
    }

    #[test]
    fn messages_are_as_long_as_their_text() {
        for (text, expected) in [
            (format!("plain"), "plain"),
            (format!("{} of {}", 1, "two"), "1 of two"),
            (format!("{}{}!", Nested(1), Nested(2)), "<1><2>!"),
            (format!("{:>5}|{:?}", "a", "b"), "    a|\"b\""),
        ] {
            assert_eq!(text, expected);
            assert_eq!(text.capacity(), text.len(), "{text}");
        }
    }
}
