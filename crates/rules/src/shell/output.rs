//! What is printed, and how it is passed on.

use super::{Fault, Language, Subject};

/// `SC2002`: `cat file | program`.
pub(crate) fn useless_cat(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (_, command) in subject.commands() {
        let is_first = command.pipe.is_some_and(|pipe| pipe.index == 0 && !pipe.last);
        let [file] = command.args.as_slice() else { continue };
        let is_one_file =
            !file.text.starts_with('-') && !file.raw.contains(['*', '?', '[', '{', '@']) && !file.unquoted_expansion;
        if is_first && is_one_file && command.is("cat") && command.redirects.is_empty() && command.wrapped_by.is_none()
        {
            faults.push(Fault {
                span: command.span,
                name: file.text.clone(),
                message: format!("`cat` only hands `{}` on", file.text),
                help: "name the file in the next command, or redirect it with `<`",
            });
        }
    }
    faults
}

/// `SC2028`: escapes that Bash's `echo` prints as they are.
pub(crate) fn echo_escapes(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    if subject.language != Language::Bash {
        return faults;
    }
    for (_, command) in subject.commands().filter(|(_, command)| command.is("echo")) {
        if command.flag(&["-e", "-E"]).is_some() {
            continue;
        }
        for word in command.args.iter().filter(|word| word.quoted) {
            // What stands in a substitution is for the program in it.
            let substitutions = word.expansions().into_iter().filter(|expansion| expansion.substitution().is_some());
            let printed = substitutions.fold(word.text.clone(), |text, expansion| text.replace(expansion.text, ""));
            let Some(escape) = escape(&printed) else { continue };
            faults.push(Fault {
                span: word.span,
                name: escape.to_owned(),
                message: format!("`echo` prints `{escape}` as it is"),
                help: "use `printf`",
            });
            break;
        }
    }
    faults
}

/// The first escape of a text that is no Windows path and no pattern.
fn escape(text: &str) -> Option<&str> {
    if text.contains(":\\") || text.contains("\\\\") {
        return None;
    }
    let at = ["\\n", "\\t", "\\r"].iter().filter_map(|escape| text.find(escape)).min()?;
    text.get(at..at + 2)
}
