//! The text of tests, where a test needs a rule of its own: its name, and what its cases are called.
//!
//! Lines keep their numbers: names change within a line, and rules are put behind the last.

/// A module's text.
pub(super) struct Text(Vec<String>);

/// A rule that holds the names of a test's cases.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cases {
    variable: String,
    /// The expression that runs through the cases: `some name, case in {…}`.
    expression: String,
}

impl Text {
    pub(super) fn new(text: &str) -> Self {
        Self(text.split('\n').map(str::to_owned).collect())
    }

    pub(super) fn into_string(self) -> String {
        self.0.join("\n")
    }

    /// Renames the rule that starts at a line; whether it does.
    pub(super) fn rename(&mut self, line: u32, name: &str, new: &str) -> bool {
        let Some(text) = index(line).and_then(|index| self.0.get_mut(index)) else { return false };
        let Some(rest) = text.trim_start().strip_prefix(name) else { return false };
        *text = format!("{new}{rest}");
        true
    }

    /// The cases of `name[variable] if { some variable, … }`, where they are the first expression.
    pub(super) fn cases(&self, line: u32, name: &str) -> Option<Cases> {
        let text = self.0.get(index(line)?..)?.join("\n");
        let (variable, rest) = text.trim_start().strip_prefix(name)?.strip_prefix('[')?.split_once(']')?;
        let variable = variable.trim();
        if variable.is_empty() || !variable.chars().all(is_word) {
            return None;
        }
        let body = rest.trim_start().strip_prefix("if")?.trim_start().strip_prefix('{')?;
        let expression = first_expression(body);
        let declared = expression.strip_prefix("some")?.split_once(" in ")?.0;
        let names = declared.split(',').any(|declared| declared.trim() == variable);
        names.then(|| Cases { variable: variable.to_owned(), expression: expression.to_owned() })
    }
}

impl Cases {
    /// The rule, under a name.
    pub(super) fn text(&self, name: &str) -> String {
        format!("\n{name} contains {} if {{\n{}\n}}\n", self.variable, self.expression)
    }
}

fn index(line: u32) -> Option<usize> {
    usize::try_from(line).ok()?.checked_sub(1)
}

fn is_word(letter: char) -> bool {
    letter == '_' || letter.is_ascii_alphanumeric()
}

/// The text up to the end of its first expression: a line break, `;` or `}` outside of brackets, strings and comments.
fn first_expression(text: &str) -> &str {
    let text = skip_comments(text);
    let mut depth = 0_u32;
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '{' | '[' | '(' => depth = depth.saturating_add(1),
            '\n' | ';' | '}' if depth == 0 => return text.get(..at).unwrap_or_default().trim(),
            '}' | ']' | ')' => depth = depth.saturating_sub(1),
            '"' => {
                let mut is_escaped = false;
                for (_, letter) in letters.by_ref() {
                    if letter == '"' && !is_escaped {
                        break;
                    }
                    is_escaped = letter == '\\' && !is_escaped;
                }
            }
            '`' => {
                letters.by_ref().find(|(_, letter)| *letter == '`');
            }
            // The break that ends a comment inside of brackets ends nothing else.
            '#' if depth > 0 => {
                letters.by_ref().find(|(_, letter)| *letter == '\n');
            }
            '#' => return text.get(..at).unwrap_or_default().trim(),
            _ => {}
        }
    }
    text.trim()
}

fn skip_comments(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        if !text.starts_with('#') {
            return text;
        }
        text = text.split_once('\n').map_or("", |(_, rest)| rest);
    }
}
