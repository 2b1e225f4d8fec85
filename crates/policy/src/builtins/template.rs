//! `strings.render_template`: Go's `text/template` over JSON.
//!
//! Fields, variables, `if`, `range`, `with`, `break` and `continue`, pipelines, and the functions that compare, join, count
//! and format. Templates that define others, and functions that escape for web pages, are refused: the call is undefined. A
//! key that is not there is `<undefined>`, as OPA writes it.

use std::iter::Peekable;
use std::str::Chars;

use regorus::Value;

use super::arguments::{at, refuse, text};
use super::{Builtin, Refusal, format};
use crate::module::Limits;

pub(super) static TABLE: &[Builtin] = &[Builtin {
    name: "strings.render_template",
    arity: 2,
    call: |a, limits| {
        let Value::Object(_) = at(a, 1)? else { return Err(refuse("the variables are no object")) };
        render(text(a, 0)?, at(a, 1)?, limits)
    },
}];

/// Blocks and parentheses inside each other.
const DEEPEST: usize = 64;

fn render(template: &str, root: &Value, limits: &Limits) -> Result<Value, Refusal> {
    let pieces = pieces(template)?;
    let mut rest = pieces.as_slice();
    let (nodes, end) = nodes(&mut rest, 0)?;
    if end.is_some() {
        return Err(refuse("an end, else, break or continue that belongs to nothing"));
    }
    let mut run = Run {
        out: String::new(),
        variables: vec![("$".to_owned(), root.clone())],
        steps: limits.values,
        bytes: limits.bytes,
        limits,
    };
    run.nodes(&nodes, root)?;
    Ok(Value::from(run.out.replace("<no value>", "<undefined>")))
}

/// What a template is cut into.
enum Piece<'t> {
    Text(&'t str),
    Action(Vec<Word>),
}

#[derive(Clone, Debug, PartialEq)]
enum Word {
    /// A keyword or a function.
    Name(String),
    /// `.a.b`, without the first point; nothing for `.` alone.
    Field(Vec<String>),
    /// `$x.a`: its name with `$`, and the fields.
    Variable(String, Vec<String>),
    Literal(Value),
    /// `(`, `)`, `|`, `,`, `=` or `:=`.
    Symbol(&'static str),
}

fn pieces(template: &str) -> Result<Vec<Piece<'_>>, Refusal> {
    let mut pieces = Vec::new();
    let mut rest = template;
    let mut is_trimmed = false;
    loop {
        let (text, after) = rest.split_once("{{").map_or((rest, None), |(text, after)| (text, Some(after)));
        let text = if is_trimmed { text.trim_start() } else { text };
        let Some(mut action) = after else {
            pieces.push(Piece::Text(text));
            return Ok(pieces);
        };
        let trims = |action: &str| action.strip_prefix('-').is_some_and(|rest| rest.starts_with(char::is_whitespace));
        if trims(action) {
            action = action.get(1..).unwrap_or_default();
            pieces.push(Piece::Text(text.trim_end()));
        } else {
            pieces.push(Piece::Text(text));
        }
        let end = match action.trim_start().strip_prefix("/*") {
            Some(_) => action.find("*/").and_then(|at| at.checked_add(action.get(at..)?.find("}}")?)),
            None => action_end(action),
        };
        let end = end.ok_or_else(|| refuse("an action without an end"))?;
        let (inside, after) = action.split_at_checked(end).unwrap_or_default();
        rest = after.get(2..).unwrap_or_default();
        let trimmed = inside.strip_suffix('-').filter(|inside| inside.ends_with(char::is_whitespace));
        is_trimmed = trimmed.is_some();
        let inside = trimmed.unwrap_or(inside);
        if !inside.trim_start().starts_with("/*") {
            pieces.push(Piece::Action(words(inside)?));
        }
    }
}

/// Where `}}` stands outside of texts.
fn action_end(action: &str) -> Option<usize> {
    let mut quote = None;
    let mut letters = action.char_indices();
    while let Some((at, letter)) = letters.next() {
        match (quote, letter) {
            (None, '"' | '`' | '\'') => quote = Some(letter),
            (None, '}') if action.get(at..).is_some_and(|rest| rest.starts_with("}}")) => return Some(at),
            (Some('"' | '\''), '\\') => drop(letters.next()),
            (Some(open), _) if open == letter => quote = None,
            _ => {}
        }
    }
    None
}

fn words(action: &str) -> Result<Vec<Word>, Refusal> {
    let mut words = Vec::new();
    let mut letters = action.chars().peekable();
    while let Some(&letter) = letters.peek() {
        let word = match letter {
            _ if letter.is_whitespace() => {
                letters.next();
                continue;
            }
            '.' => Word::Field(fields(&mut letters)?),
            '$' => {
                letters.next();
                let name = format!("${}", name(&mut letters));
                Word::Variable(name, fields(&mut letters)?)
            }
            '"' => {
                letters.next();
                Word::Literal(Value::from(quoted(&mut letters)?))
            }
            '`' => {
                letters.next();
                let text: String = std::iter::from_fn(|| letters.next_if(|letter| *letter != '`')).collect();
                letters.next().ok_or_else(|| refuse("a text without an end"))?;
                Word::Literal(Value::from(text))
            }
            '(' | ')' | '|' | ',' | '=' => {
                letters.next();
                Word::Symbol(match letter {
                    '(' => "(",
                    ')' => ")",
                    '|' => "|",
                    ',' => ",",
                    _ => "=",
                })
            }
            ':' => {
                letters.next();
                letters.next_if_eq(&'=').ok_or_else(|| refuse("a : without a ="))?;
                Word::Symbol(":=")
            }
            '0'..='9' | '-' | '+' => {
                let is_part = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '+' | '_');
                let text: String = std::iter::from_fn(|| letters.next_if(is_part)).collect();
                let number = Value::from_numeric_string(&text).map_err(|_| refuse(format!("{text} is no number")))?;
                Word::Literal(number)
            }
            _ if letter.is_alphabetic() || letter == '_' => match name(&mut letters).as_str() {
                "true" => Word::Literal(Value::Bool(true)),
                "false" => Word::Literal(Value::Bool(false)),
                "nil" => Word::Literal(Value::Null),
                name => Word::Name(name.to_owned()),
            },
            _ => return Err(refuse(format!("{letter} in an action"))),
        };
        words.push(word);
    }
    Ok(words)
}

fn name(letters: &mut Peekable<Chars<'_>>) -> String {
    std::iter::from_fn(|| letters.next_if(|letter| letter.is_alphanumeric() || *letter == '_')).collect()
}

fn fields(letters: &mut Peekable<Chars<'_>>) -> Result<Vec<String>, Refusal> {
    let mut fields = Vec::new();
    while letters.next_if_eq(&'.').is_some() {
        let field = name(letters);
        if field.is_empty() {
            let is_alone = fields.is_empty() && letters.peek() != Some(&'.');
            return if is_alone { Ok(fields) } else { Err(refuse("a point without a name")) };
        }
        fields.push(field);
    }
    Ok(fields)
}

fn quoted(letters: &mut Peekable<Chars<'_>>) -> Result<String, Refusal> {
    let open = || refuse("a text without an end");
    let mut text = String::new();
    loop {
        match letters.next().ok_or_else(open)? {
            '"' => return Ok(text),
            '\\' => text.push(match letters.next().ok_or_else(open)? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                same @ ('"' | '\\' | '\'') => same,
                other => return Err(refuse(format!("the escape \\{other}"))),
            }),
            letter => text.push(letter),
        }
    }
}

enum Node<'t> {
    Text(&'t str),
    /// A pipeline, and the variable that it is given to, declared or not.
    Print(Pipeline),
    If(Pipeline, Vec<Node<'t>>, Vec<Node<'t>>),
    With(Pipeline, Vec<Node<'t>>, Vec<Node<'t>>),
    Range(Pipeline, Vec<Node<'t>>, Vec<Node<'t>>),
    Break,
    Continue,
}

struct Pipeline {
    variables: Vec<String>,
    is_declaration: bool,
    commands: Vec<Vec<Argument>>,
}

enum Argument {
    Word(Word),
    /// In parentheses.
    Pipeline(Pipeline),
}

/// What ends a list: `end`, or `else` with what stands behind it.
enum End {
    End,
    Else(Vec<Word>),
}

fn nodes<'t>(rest: &mut &[Piece<'t>], depth: usize) -> Result<(Vec<Node<'t>>, Option<End>), Refusal> {
    if depth > DEEPEST {
        return Err(Refusal::Limit);
    }
    let mut nodes = Vec::new();
    while let Some((piece, after)) = rest.split_first() {
        *rest = after;
        let words = match piece {
            Piece::Text(text) => {
                nodes.push(Node::Text(text));
                continue;
            }
            Piece::Action(words) => words.as_slice(),
        };
        let Some((Word::Name(keyword), operands)) = words.split_first() else {
            nodes.push(Node::Print(pipeline(words, depth)?));
            continue;
        };
        nodes.push(match keyword.as_str() {
            "end" => return Ok((nodes, Some(End::End))),
            "else" => return Ok((nodes, Some(End::Else(operands.to_vec())))),
            "break" => Node::Break,
            "continue" => Node::Continue,
            "define" | "template" | "block" => return Err(refuse("templates in templates are not supported")),
            "if" | "with" | "range" => block(keyword, operands, rest, depth)?,
            _ => Node::Print(pipeline(words, depth)?),
        });
    }
    Ok((nodes, None))
}

fn block<'t>(keyword: &str, operands: &[Word], rest: &mut &[Piece<'t>], depth: usize) -> Result<Node<'t>, Refusal> {
    let deeper = depth.saturating_add(1);
    let condition = pipeline(operands, depth)?;
    let (body, end) = nodes(rest, deeper)?;
    let otherwise = match end {
        Some(End::End) => Vec::new(),
        Some(End::Else(words)) => match words.split_first() {
            None => match nodes(rest, deeper)? {
                (otherwise, Some(End::End)) => otherwise,
                _ => return Err(refuse("an else without an end")),
            },
            // `else if` shares the end of the first.
            Some((Word::Name(inner), operands)) if inner == keyword && keyword != "range" => {
                vec![block(keyword, operands, rest, deeper)?]
            }
            Some(_) => return Err(refuse("what stands behind else")),
        },
        None => return Err(refuse(format!("{keyword} without an end"))),
    };
    Ok(match keyword {
        "if" => Node::If(condition, body, otherwise),
        "with" => Node::With(condition, body, otherwise),
        _ => Node::Range(condition, body, otherwise),
    })
}

fn pipeline(words: &[Word], depth: usize) -> Result<Pipeline, Refusal> {
    let mut rest = words;
    let mut variables = Vec::new();
    let mut is_declaration = false;
    if let Some(at) = words.iter().position(|word| matches!(word, Word::Symbol("=" | ":="))) {
        let (names, after) = words.split_at_checked(at).unwrap_or_default();
        is_declaration = after.first() == Some(&Word::Symbol(":="));
        rest = after.get(1..).unwrap_or_default();
        for name in names {
            match name {
                Word::Variable(name, fields) if fields.is_empty() => variables.push(name.clone()),
                Word::Symbol(",") => {}
                _ => return Err(refuse("what is assigned to is no variable")),
            }
        }
    }
    let mut commands = vec![Vec::new()];
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        let argument = match word {
            Word::Symbol("|") => {
                commands.push(Vec::new());
                continue;
            }
            Word::Symbol("(") => {
                if depth > DEEPEST {
                    return Err(Refusal::Limit);
                }
                let end = closing(rest).ok_or_else(|| refuse("a ( without a )"))?;
                let (inside, after) = rest.split_at_checked(end).unwrap_or_default();
                rest = after.get(1..).unwrap_or_default();
                Argument::Pipeline(pipeline(inside, depth.saturating_add(1))?)
            }
            Word::Symbol(symbol) => return Err(refuse(format!("{symbol} in a pipeline"))),
            word => Argument::Word(word.clone()),
        };
        if let Some(command) = commands.last_mut() {
            command.push(argument);
        }
    }
    if commands.iter().any(Vec::is_empty) {
        return Err(refuse("a pipeline without a value"));
    }
    Ok(Pipeline { variables, is_declaration, commands })
}

fn closing(words: &[Word]) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, word) in words.iter().enumerate() {
        match word {
            Word::Symbol("(") => depth = depth.saturating_add(1),
            Word::Symbol(")") if depth == 0 => return Some(at),
            Word::Symbol(")") => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// How a list of nodes was left.
#[derive(Clone, Copy, PartialEq)]
enum Flow {
    On,
    Break,
    Continue,
}

struct Run<'l> {
    out: String,
    variables: Vec<(String, Value)>,
    /// Nodes that may still be run.
    steps: usize,
    bytes: usize,
    limits: &'l Limits,
}

impl Run<'_> {
    fn nodes(&mut self, nodes: &[Node<'_>], dot: &Value) -> Result<Flow, Refusal> {
        for node in nodes {
            self.steps = self.steps.checked_sub(1).ok_or(Refusal::Limit)?;
            let flow = match node {
                Node::Text(text) => self.write(text)?,
                Node::Print(pipeline) => {
                    let value = self.pipeline(pipeline, dot)?;
                    if pipeline.variables.is_empty() { self.write(&printed(&value))? } else { Flow::On }
                }
                Node::If(condition, body, otherwise) => self.scoped(|run| {
                    let value = run.pipeline(condition, dot)?;
                    run.nodes(if is_true(&value) { body } else { otherwise }, dot)
                })?,
                Node::With(condition, body, otherwise) => self.scoped(|run| {
                    let value = run.pipeline(condition, dot)?;
                    if is_true(&value) { run.nodes(body, &value) } else { run.nodes(otherwise, dot) }
                })?,
                Node::Range(over, body, otherwise) => self.scoped(|run| run.range(over, body, otherwise, dot))?,
                Node::Break => Flow::Break,
                Node::Continue => Flow::Continue,
            };
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn write(&mut self, text: &str) -> Result<Flow, Refusal> {
        self.bytes = self.bytes.checked_sub(text.len()).ok_or(Refusal::Limit)?;
        self.out.push_str(text);
        Ok(Flow::On)
    }

    /// Variables that are declared inside are gone behind it.
    fn scoped(&mut self, run: impl FnOnce(&mut Self) -> Result<Flow, Refusal>) -> Result<Flow, Refusal> {
        let known = self.variables.len();
        let flow = run(self);
        self.variables.truncate(known);
        flow
    }

    fn range(
        &mut self,
        over: &Pipeline,
        body: &[Node<'_>],
        otherwise: &[Node<'_>],
        dot: &Value,
    ) -> Result<Flow, Refusal> {
        let value = self.commands(over, dot)?;
        let items: Vec<(Value, Value)> = match &value {
            Value::Array(array) => {
                array.iter().enumerate().map(|(index, item)| (Value::from(index), item.clone())).collect()
            }
            Value::Set(set) => {
                set.iter_sorted().enumerate().map(|(index, item)| (Value::from(index), item.clone())).collect()
            }
            Value::Object(object) => object.iter_sorted().map(|(key, item)| (key.clone(), item.clone())).collect(),
            Value::Null | Value::Undefined => Vec::new(),
            _ => return Err(refuse("range over what has no elements")),
        };
        if items.is_empty() {
            return self.nodes(otherwise, dot);
        }
        for (key, item) in items {
            let flow = self.scoped(|run| {
                match over.variables.as_slice() {
                    [] => {}
                    [one] => run.assign(one, item.clone(), over.is_declaration)?,
                    [first, second] => {
                        run.assign(first, key, over.is_declaration)?;
                        run.assign(second, item.clone(), over.is_declaration)?;
                    }
                    _ => return Err(refuse("range has two variables at most")),
                }
                run.nodes(body, &item)
            })?;
            if flow == Flow::Break {
                break;
            }
        }
        Ok(Flow::On)
    }

    fn assign(&mut self, name: &str, value: Value, is_declaration: bool) -> Result<(), Refusal> {
        if is_declaration {
            self.variables.push((name.to_owned(), value));
            return Ok(());
        }
        let known = self.variables.iter_mut().rev().find(|(known, _)| known == name);
        let (_, known) = known.ok_or_else(|| refuse(format!("{name} is not declared")))?;
        *known = value;
        Ok(())
    }

    fn pipeline(&mut self, pipeline: &Pipeline, dot: &Value) -> Result<Value, Refusal> {
        let value = self.commands(pipeline, dot)?;
        for name in &pipeline.variables {
            self.assign(name, value.clone(), pipeline.is_declaration)?;
        }
        Ok(value)
    }

    fn commands(&mut self, pipeline: &Pipeline, dot: &Value) -> Result<Value, Refusal> {
        let mut piped = None;
        for command in &pipeline.commands {
            piped = Some(self.command(command, piped, dot)?);
        }
        piped.ok_or_else(|| refuse("a pipeline without a value"))
    }

    fn command(&mut self, command: &[Argument], piped: Option<Value>, dot: &Value) -> Result<Value, Refusal> {
        let Some((first, operands)) = command.split_first() else { return Err(refuse("a command of nothing")) };
        if let Argument::Word(Word::Name(name)) = first {
            let mut values = Vec::new();
            for operand in operands {
                values.push(self.argument(operand, dot)?);
            }
            values.extend(piped);
            return call(name, &values, self.limits);
        }
        if !operands.is_empty() || piped.is_some() {
            return Err(refuse("a value is called"));
        }
        self.argument(first, dot)
    }

    fn argument(&mut self, argument: &Argument, dot: &Value) -> Result<Value, Refusal> {
        match argument {
            Argument::Pipeline(pipeline) => self.pipeline(pipeline, dot),
            Argument::Word(Word::Literal(value)) => Ok(value.clone()),
            Argument::Word(Word::Field(fields)) => below(dot, fields),
            Argument::Word(Word::Variable(name, fields)) => {
                let known = self.variables.iter().rev().find(|(known, _)| known == name);
                let (_, value) = known.ok_or_else(|| refuse(format!("{name} is not declared")))?;
                below(value, fields)
            }
            Argument::Word(Word::Name(name)) => call(name, &[], self.limits),
            Argument::Word(Word::Symbol(_)) => Err(refuse("a symbol is no value")),
        }
    }
}

/// What lies below a value; nothing for a key that is not there, but nothing has no keys.
fn below(value: &Value, fields: &[String]) -> Result<Value, Refusal> {
    let mut value = value.clone();
    for field in fields {
        let Value::Object(object) = &value else { return Err(refuse(format!("{field} of what has no fields"))) };
        value = object.get(&Value::from(field.as_str())).cloned().unwrap_or(Value::Null);
    }
    Ok(value)
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Undefined | Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(_) => value.as_f64().is_ok_and(|number| number != 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(array) => !array.is_empty(),
        Value::Set(set) => !set.is_empty(),
        Value::Object(object) => !object.is_empty(),
    }
}

/// As Go prints it.
fn printed(value: &Value) -> String {
    match value {
        Value::Undefined | Value::Null => "<no value>".to_owned(),
        inner => inner_text(inner, 0),
    }
}

fn inner_text(value: &Value, depth: usize) -> String {
    if depth > DEEPEST {
        return "…".to_owned();
    }
    let deeper = |value: &Value| inner_text(value, depth.saturating_add(1));
    match value {
        Value::Undefined | Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.to_string(),
        Value::Array(array) => format!("[{}]", array.iter().map(deeper).collect::<Vec<_>>().join(" ")),
        Value::Set(set) => format!("[{}]", set.iter_sorted().map(deeper).collect::<Vec<_>>().join(" ")),
        Value::Object(object) => {
            let entries = object.iter_sorted().map(|(key, value)| format!("{}:{}", deeper(key), deeper(value)));
            format!("map[{}]", entries.collect::<Vec<_>>().join(" "))
        }
        other => other.to_json_str().unwrap_or_default(),
    }
}

fn call(name: &str, values: &[Value], limits: &Limits) -> Result<Value, Refusal> {
    let few = || refuse(format!("{name} has too few arguments"));
    let first = || values.first().ok_or_else(few);
    let two = || values.first().zip(values.get(1)).ok_or_else(few);
    let compared = |is: fn(std::cmp::Ordering) -> bool| {
        let (a, b) = two()?;
        match (a, b) {
            (Value::Number(_), Value::Number(_)) | (Value::String(_), Value::String(_)) => {
                Ok(Value::Bool(is(a.cmp(b))))
            }
            _ => Err(refuse("what is compared has no order")),
        }
    };
    match name {
        "and" => Ok(values.iter().find(|value| !is_true(value)).or(values.last()).ok_or_else(few)?.clone()),
        "or" => Ok(values.iter().find(|value| is_true(value)).or(values.last()).ok_or_else(few)?.clone()),
        "not" => Ok(Value::Bool(!is_true(first()?))),
        "eq" => {
            let (wanted, others) = values.split_first().filter(|(_, others)| !others.is_empty()).ok_or_else(few)?;
            Ok(Value::Bool(others.contains(wanted)))
        }
        "ne" => two().map(|(a, b)| Value::Bool(a != b)),
        "lt" => compared(std::cmp::Ordering::is_lt),
        "le" => compared(std::cmp::Ordering::is_le),
        "gt" => compared(std::cmp::Ordering::is_gt),
        "ge" => compared(std::cmp::Ordering::is_ge),
        "len" => match first()? {
            Value::String(text) => Ok(Value::from(text.len())),
            Value::Array(array) => Ok(Value::from(array.len())),
            Value::Set(set) => Ok(Value::from(set.len())),
            Value::Object(object) => Ok(Value::from(object.len())),
            _ => Err(refuse("len of what has no length")),
        },
        "index" => {
            let (whole, keys) = values.split_first().ok_or_else(few)?;
            let mut value = whole.clone();
            for key in keys {
                value = match &value {
                    Value::Object(object) => object.get(key).cloned().unwrap_or(Value::Null),
                    Value::Array(array) => {
                        let index = key.as_i64().ok().and_then(|index| usize::try_from(index).ok());
                        let item = index.and_then(|index| array.as_slice().get(index));
                        item.ok_or_else(|| refuse("index out of range"))?.clone()
                    }
                    _ => return Err(refuse("index of what has no elements")),
                };
            }
            Ok(value)
        }
        // Go puts blanks between operands of which neither is a text.
        "print" => {
            let mut text = String::new();
            for (at, value) in values.iter().enumerate() {
                let before = at.checked_sub(1).and_then(|at| values.get(at));
                let is_text = |value: &Value| matches!(value, Value::String(_));
                if before.is_some_and(|before| !is_text(before) && !is_text(value)) {
                    text.push(' ');
                }
                text.push_str(&inner_text(value, 0));
            }
            Ok(Value::from(text))
        }
        "println" => {
            let texts: Vec<String> = values.iter().map(|value| inner_text(value, 0)).collect();
            Ok(Value::from(texts.join(" ") + "\n"))
        }
        "printf" => {
            let (pattern, values) = values.split_first().ok_or_else(few)?;
            format::sprintf(&[pattern.clone(), Value::from(values.to_vec())], limits)
        }
        _ => Err(refuse(format!("the function {name} is not supported in templates"))),
    }
}
