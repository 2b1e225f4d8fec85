//! Prometheus' durations, and whether an expression can be one at all.
//!
//! The expression is not parsed: functions, labels, operators between their operands and types are not checked. What is
//! reported no dialect accepts, LogQL and MetricsQL included.

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidExpression {
    /// Nothing but blanks and comments.
    #[error("it is empty")]
    Empty,
    /// A string that does not end.
    #[error("the string that begins with {0} does not end")]
    OpenString(char),
    /// A bracket that is not closed.
    #[error("`{0}` is not closed")]
    Open(char),
    /// A bracket that closes another one, or none.
    #[error("`{0}` closes nothing")]
    Close(char),
    /// An operator without its right side.
    #[error("nothing follows `{0}`")]
    Dangling(String),
}

/// Whether the brackets and strings of an expression match, and whether something stands where it ends.
///
/// # Errors
/// Says what is wrong first.
pub fn validate_expression(text: &str) -> Result<(), InvalidExpression> {
    let mut open: Vec<char> = Vec::new();
    // What stands outside strings and comments, with a letter in place of each string.
    let mut code = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '"' | '\'' | '`' => {
                if !skip_string(c, &mut characters) {
                    return Err(InvalidExpression::OpenString(c));
                }
                code.push('s');
            }
            '#' => {
                let _ = characters.by_ref().find(|c| *c == '\n');
                code.push(' ');
            }
            '(' | '[' | '{' => {
                open.push(c);
                code.push(c);
            }
            ')' | ']' | '}' => {
                let wanted = match c {
                    ')' => '(',
                    ']' => '[',
                    _ => '{',
                };
                if open.pop() != Some(wanted) {
                    return Err(InvalidExpression::Close(c));
                }
                code.push(c);
            }
            _ => code.push(c),
        }
    }
    if let Some(open) = open.pop() {
        return Err(InvalidExpression::Open(open));
    }
    let code = code.trim_end();
    if code.trim().is_empty() {
        return Err(InvalidExpression::Empty);
    }
    dangling(code).map_or(Ok(()), |operator| Err(InvalidExpression::Dangling(operator.to_owned())))
}

/// Reads to the end of a string; whether there is one.
fn skip_string(quote: char, characters: &mut std::str::Chars<'_>) -> bool {
    while let Some(c) = characters.next() {
        if c == '\\' && quote != '`' {
            characters.next();
        } else if c == quote {
            return true;
        }
    }
    false
}

/// The operator that an expression ends with.
fn dangling(code: &str) -> Option<&str> {
    const WORDS: &[&str] = &["and", "or", "unless", "offset", "bool", "by", "without", "on", "ignoring"];
    const SIGNS: &[char] = &['+', '-', '*', '/', '%', '^', '=', '<', '>', '!', ',', '~'];
    let last = code.rsplit(char::is_whitespace).next()?;
    if last.len() < code.len() && WORDS.contains(&last) {
        return Some(last);
    }
    let sign = last.trim_start_matches(|c| !SIGNS.contains(&c));
    (!sign.is_empty() && code.ends_with(SIGNS)).then(|| {
        let signs = code.len() - code.trim_end_matches(SIGNS).len();
        code.get(code.len() - signs..).unwrap_or(sign)
    })
}

/// Whether the text is a duration: `5m`, `1h30m`, `0`. Units go from years to milliseconds, each at most once.
pub fn is_duration(text: &str) -> bool {
    const UNITS: &[&str] = &["y", "w", "d", "h", "m", "s", "ms"];
    if text == "0" {
        return true;
    }
    let mut rest = text;
    let mut allowed = UNITS;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let tail = rest.get(digits..).unwrap_or_default();
        let letters = tail.bytes().take_while(u8::is_ascii_alphabetic).count();
        let unit = tail.get(..letters).unwrap_or_default();
        let Some(position) = allowed.iter().position(|allowed| *allowed == unit).filter(|_| digits > 0) else {
            return false;
        };
        allowed = allowed.get(position + 1..).unwrap_or_default();
        rest = tail.get(letters..).unwrap_or_default();
    }
    !text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_looked_over() {
        for (text, expected) in [
            ("up == 0", ""),
            ("sum by (job) (rate(http_requests_total{code=~\"5..\", path!='/\\''}[5m:1m])) > 0.5 # a (comment", ""),
            ("{job=\"x\"} |= `a\"b` | json", ""),
            ("sum(x) by (job)", ""),
            ("-1", ""),
            ("", "it is empty"),
            (" # nothing", "it is empty"),
            ("sum(rate(x[5m])", "`(` is not closed"),
            ("sum(rate(x[5m]))) > 1", "`)` closes nothing"),
            ("x{a=\"b\"]", "`]` closes nothing"),
            ("x{a=\"b}", "the string that begins with \" does not end"),
            ("x >", "nothing follows `>`"),
            ("x >=", "nothing follows `>=`"),
            ("x and", "nothing follows `and`"),
            ("and", ""),
            ("x == \"-\"", ""),
        ] {
            let said = validate_expression(text).err().map_or_else(String::new, |error| error.to_string());
            assert_eq!(said, expected, "{text}");
        }
    }

    #[test]
    fn durations_are_read() {
        for (text, expected) in [
            ("5m", true),
            ("1h30m", true),
            ("1y2w3d4h5m6s7ms", true),
            ("0", true),
            ("0s", true),
            ("", false),
            ("5", false),
            ("5 m", false),
            ("5min", false),
            ("30m1h", false),
            ("1m1m", false),
            ("1.5h", false),
            ("-5m", false),
            ("m", false),
        ] {
            assert_eq!(is_duration(text), expected, "{text}");
        }
    }
}
