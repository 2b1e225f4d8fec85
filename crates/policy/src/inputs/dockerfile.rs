//! Dockerfiles: one list of commands, as Conftest has them, or stages with commands, as Trivy has them.

use portcullis_core::LineIndex;
use portcullis_syntax::dockerfile::{Args, Dockerfile, HealthcheckCommand, Instruction, Keyword, Pair, PairForm, Word};

use crate::value::Value;

/// All commands in order, and the comments before them.
pub fn commands(file: &Dockerfile) -> Value {
    let mut commands = Vec::new();
    let mut stages = 0_i64;
    for (index, instruction) in file.instructions.iter().enumerate() {
        stages = stages.saturating_add(i64::from(instruction.keyword == Keyword::From));
        let stage = stages.saturating_sub(1).max(0);
        for comment in file.comments_before(index) {
            let text = comment.span.slice(&file.text).trim_start_matches('#').trim();
            commands.push(command("comment", stage, vec![Value::from(text)]));
        }
        commands.push(of_instruction(instruction, stage));
    }
    Value::array(commands)
}

/// `{Stages: [{Name, Commands}]}`; what stands before the first FROM is a stage of its own, without a name.
pub fn stages(file: &Dockerfile, path: &str, lines: &LineIndex<'_>) -> Value {
    let mut stages: Vec<(String, Vec<Value>)> = Vec::new();
    let mut number = -1_i64;
    for instruction in &file.instructions {
        let original = original(instruction);
        if instruction.keyword == Keyword::From {
            number = number.saturating_add(1);
            let name = original.get("FROM".len()..).unwrap_or_default().trim().to_owned();
            stages.push((name, Vec::new()));
        } else if stages.is_empty() {
            stages.push((String::new(), Vec::new()));
        }
        let start = lines.line(instruction.span.start);
        let end = lines.line(instruction.span.end.saturating_sub(1)).max(start);
        let script = instruction.script().map(|heredoc| Value::array([Value::from(heredoc.content.as_str())]));
        let mut command = of_instruction(instruction, number.max(0))
            .with("Original", Value::from(original))
            .with("Path", Value::from(path))
            .with("StartLine", Value::from(i64::from(start)))
            .with("EndLine", Value::from(i64::from(end)));
        if let Some(script) = script {
            command = command.with("Value", script);
        }
        if let Some((_, commands)) = stages.last_mut() {
            commands.push(command);
        }
    }
    let stages = stages
        .into_iter()
        .map(|(name, commands)| Value::object([("Name", Value::from(name)), ("Commands", Value::array(commands))]));
    Value::object([("Stages", Value::array(stages))])
}

fn of_instruction(instruction: &Instruction, stage: i64) -> Value {
    let triggered = instruction.triggered();
    let flags = instruction.flags.iter().map(|flag| match &flag.value {
        Some(value) => Value::from(format!("--{}={}", flag.name, value.as_str())),
        None => Value::from(format!("--{}", flag.name)),
    });
    let sub = if instruction.keyword == Keyword::Onbuild { triggered.written.to_lowercase() } else { String::new() };
    let is_json = match &triggered.args {
        Args::Exec(_) => true,
        Args::Healthcheck(check) => matches!(check.command, Some(HealthcheckCommand::Exec(_))),
        _ => false,
    };
    command(&instruction.written.to_lowercase(), stage, values(triggered))
        .with("Flags", Value::array(flags))
        .with("JSON", Value::from(is_json))
        .with("SubCmd", Value::from(sub))
}

fn command(name: &str, stage: i64, value: Vec<Value>) -> Value {
    Value::object([
        ("Cmd", Value::from(name)),
        ("Flags", Value::array([])),
        ("JSON", Value::from(false)),
        ("Stage", Value::from(stage)),
        ("SubCmd", Value::from("")),
        ("Value", Value::array(value)),
    ])
}

/// The arguments as BuildKit splits them.
fn values(instruction: &Instruction) -> Vec<Value> {
    let raw = |word: &Word| Value::from(word.raw.as_str());
    match &instruction.args {
        Args::From(from) => std::iter::once(&from.image).chain(&from.as_keyword).chain(&from.name).map(raw).collect(),
        Args::Pairs(pairs) if instruction.keyword == Keyword::Arg => pairs.iter().map(argument).collect(),
        Args::Pairs(pairs) => pairs.iter().flat_map(pair).collect(),
        Args::Exec(words) => words.iter().map(|word| Value::from(word.as_str())).collect(),
        Args::Words(words) => words.iter().map(raw).collect(),
        Args::Healthcheck(check) => {
            let command = match &check.command {
                Some(HealthcheckCommand::Exec(words)) => words.iter().map(|word| Value::from(word.as_str())).collect(),
                Some(HealthcheckCommand::Shell(text)) => vec![Value::from(text.as_str())],
                None => Vec::new(),
            };
            std::iter::once(raw(&check.kind)).chain(command).collect()
        }
        Args::Shell | Args::None if instruction.body.is_empty() => Vec::new(),
        Args::Shell | Args::None | Args::Onbuild(_) => vec![Value::from(instruction.body.as_str())],
    }
}

fn argument(pair: &Pair) -> Value {
    match &pair.value {
        Some(value) => Value::from(format!("{}={}", pair.key.raw.as_str(), value.raw.as_str())),
        None => Value::from(pair.key.raw.as_str()),
    }
}

/// Name, value, and what stands between them.
fn pair(pair: &Pair) -> [Value; 3] {
    let between = if pair.form == PairForm::Equals { "=" } else { "" };
    let value = pair.value.as_ref().map_or("", |value| value.raw.as_str());
    [Value::from(pair.key.raw.as_str()), Value::from(value), Value::from(between)]
}

/// The instruction on one line.
fn original(instruction: &Instruction) -> String {
    let mut text = instruction.written.clone();
    for flag in &instruction.flags {
        text.push_str(" --");
        text.push_str(&flag.name);
        if let Some(value) = &flag.value {
            text.push('=');
            text.push_str(value.raw.as_str());
        }
    }
    if !instruction.body.is_empty() {
        text.push(' ');
        text.push_str(instruction.body.as_str());
    }
    text
}
