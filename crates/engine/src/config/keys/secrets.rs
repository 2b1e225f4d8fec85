//! The keys of the section `secrets`.

use portcullis_core::Catalog;
use portcullis_syntax::Node;
use serde_json::{Value as Json, json};

use super::super::reader::Reader;
use super::super::secrets::{
    AllowCondition, AllowTarget, Entropy, Pattern, SecretAllow, SecretGroup, SecretRule, Secrets, is_rule_id,
};
use super::{Key, Presence, Setting, object_schema, parsed, schema_of, selector, show_list, show_object};

/// `secrets`.
const SECRETS: &[Key<Secrets>] = &[
    key!("rules": Secrets.rules, "Rules beside those of portcullis; each becomes a rule with its own id."),
    key!(
        "allow": Secrets.allow,
        "What is no secret. An entry holds for every rule about secrets, unless it names some, and where one of its \
         `regexes`, `paths`, `stopwords` or `commits` does."
    ),
];

/// An entry of `rules`.
const RULE: &[Key<SecretRule>] = &[
    Key {
        read: |reader, node, rule: &mut SecretRule| rule.id = rule_id(reader, node),
        ..key!("id": SecretRule.id, "`secret-` and a name in kebab-case, which no rule of portcullis has.")
    }
    .required(),
    key!("description": SecretRule.description, "What it finds, as messages say it: an Acme token."),
    key!(
        "regex": SecretRule.regex,
        "The form of the secret, without look-around, which takes no linear time. Without it every text at `path` is one."
    ),
    key!(
        "group": SecretRule.group,
        "The group of a match that is the secret, by number or name; by default the first that is not empty, else the whole."
    ),
    Key {
        read: |reader, node, rule| rule.keywords = texts(reader, node),
        ..key!(
            "keywords": SecretRule.keywords,
            "Literals, in any case, of which one stands in each file that is searched; they make the search fast."
        )
    },
    key!("entropy": SecretRule.entropy, "The least entropy of the secret in bits for each byte, such as 3.5."),
    key!("path": SecretRule.path, "An expression for the paths in which it is looked for; all by default."),
    key!("severity": SecretRule.severity, "How bad it is; high by default."),
];

/// An entry of `allow`.
const ALLOW: &[Key<SecretAllow>] = &[
    key!("description": SecretAllow.description, "Why."),
    Key {
        read: |reader, node, allow| allow.rules = selectors(reader, node),
        ..key!("rules": SecretAllow.rules, "The rules that it holds for, by id, peer's id or `prefix*`; all by default.")
    },
    key!("regexes": SecretAllow.regexes, "Expressions of which one is in what `target` names."),
    key!("target": SecretAllow.target, "What `regexes` are looked for in: secret (by default), match or line."),
    key!("paths": SecretAllow.paths, "Expressions of which one is in the path."),
    Key {
        read: |reader, node, allow| allow.stopwords = texts(reader, node),
        ..key!("stopwords": SecretAllow.stopwords, "Words, in any case, of which one is in the secret.")
    },
    Key {
        read: |reader, node, allow| allow.commits = commits(reader, node),
        ..key!("commits": SecretAllow.commits, "Commits, with at least seven digits, of which nothing is told.")
    },
    key!("condition": SecretAllow.condition, "`and`: all that are given have to hold; `or` by default."),
];

impl Setting for Secrets {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        reader.mapping(node, SECRETS, "`secrets`")
    }

    fn show(&self) -> Option<Json> {
        (*self != Self::default()).then(|| show_object(self, SECRETS))
    }

    fn schema(catalog: &Catalog) -> Json {
        object_schema(SECRETS, catalog)
    }
}

impl Setting for Vec<SecretRule> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        let mut rules: Self = Vec::new();
        for item in reader.items(node, "a list of mappings") {
            let Some(rule) = reader.mapping(item, RULE, "a rule of `secrets`") else { continue };
            if let Some(id) = rule.id.as_ref().filter(|id| rules.iter().any(|known| known.id.as_ref() == Some(*id))) {
                let place = item.field("id").unwrap_or(item);
                reader.wrong(place, format!("`{id}` is declared twice"), None);
                continue;
            }
            if item.field("regex").is_none() && item.field("path").is_none() {
                let help = "give it a `regex`, or the `path` of files that are secrets as a whole".to_owned();
                reader.error(item.title_span(), "this rule can find nothing".to_owned(), Some(help));
            }
            if let (Some(group), Some(regex)) = (&rule.group, &rule.regex)
                && !group.is_in(regex)
            {
                let place = item.field("group").unwrap_or(item);
                reader.wrong(place, format!("the expression has no group `{group}`"), None);
            }
            rules.push(rule);
        }
        Some(rules)
    }

    fn show(&self) -> Option<Json> {
        show_list(self, RULE)
    }

    fn schema(catalog: &Catalog) -> Json {
        json!({ "type": "array", "items": object_schema(RULE, catalog) })
    }
}

impl Setting for Vec<SecretAllow> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        let mut entries = Vec::new();
        for item in reader.items(node, "a list of mappings") {
            let Some(entry) = reader.mapping(item, ALLOW, "an entry of `allow`") else { continue };
            if ["regexes", "paths", "stopwords", "commits"].iter().all(|key| item.field(key).is_none()) {
                let help = "give it `regexes`, `paths`, `stopwords` or `commits`; a rule is turned off under `rules`";
                reader.error(item.title_span(), "this entry allows nothing".to_owned(), Some(help.to_owned()));
            }
            entries.push(entry);
        }
        Some(entries)
    }

    fn show(&self) -> Option<Json> {
        show_list(self, ALLOW)
    }

    fn schema(catalog: &Catalog) -> Json {
        json!({ "type": "array", "items": object_schema(ALLOW, catalog) })
    }
}

impl Setting for Option<Pattern> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        pattern(reader, node).map(Some)
    }

    fn show(&self) -> Option<Json> {
        self.as_ref().map(|pattern| json!(pattern.text()))
    }

    fn schema(_: &Catalog) -> Json {
        json!({ "type": "string", "format": "regex" })
    }
}

impl Setting for Vec<Pattern> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        let items = reader.items(node, "a list of regular expressions");
        Some(items.into_iter().filter_map(|item| pattern(reader, item)).collect())
    }

    fn show(&self) -> Option<Json> {
        (!self.is_empty()).then(|| self.iter().map(Pattern::text).collect())
    }

    fn schema(_: &Catalog) -> Json {
        json!({ "type": "array", "items": { "type": "string", "format": "regex" } })
    }
}

impl Setting for Option<SecretGroup> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        parsed(reader, node, &[]).map(Some)
    }

    fn show(&self) -> Option<Json> {
        self.as_ref().map(|group| match group {
            SecretGroup::Number(number) => json!(number),
            SecretGroup::Name(name) => json!(name),
        })
    }

    fn schema(_: &Catalog) -> Json {
        json!({ "type": ["integer", "string"] })
    }
}

impl Setting for Option<Entropy> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        parsed(reader, node, &[]).map(Some)
    }

    fn show(&self) -> Option<Json> {
        // As a text a number of two digits keeps its form: 3.7 is no fraction of two.
        self.map(|entropy| entropy.to_string().parse().map_or(Json::Null, Json::Number))
    }

    fn schema(_: &Catalog) -> Json {
        json!({ "type": "number", "minimum": 0, "maximum": 8 })
    }
}

impl Setting for Option<AllowTarget> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        parsed(reader, node, AllowTarget::WORDS).map(Some)
    }

    fn show(&self) -> Option<Json> {
        self.map(|target| json!(target.name()))
    }

    fn schema(_: &Catalog) -> Json {
        json!({ "enum": AllowTarget::WORDS })
    }
}

impl Setting for Option<AllowCondition> {
    fn read(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Self> {
        parsed(reader, node, AllowCondition::WORDS).map(Some)
    }

    fn show(&self) -> Option<Json> {
        self.map(|condition| json!(condition.name()))
    }

    fn schema(_: &Catalog) -> Json {
        json!({ "enum": AllowCondition::WORDS })
    }
}

/// The id of a rule: one that tells what it is about, and that nothing else has.
fn rule_id(reader: &mut Reader<'_>, node: Node<'_>) -> Option<String> {
    let id = reader.string(node, "the id of a rule as text")?;
    if !is_rule_id(id) {
        let help = "an id is `secret-` and a name of small letters, digits and `-`: secret-acme-token".to_owned();
        reader.wrong(node, format!("`{id}` cannot be the id of a rule about secrets"), Some(help));
        return None;
    }
    if reader.builtin.by_id(id).is_some() {
        let help = "choose another; what is set for that rule stands under `rules` at the top".to_owned();
        reader.wrong(node, format!("portcullis has a rule `{id}`"), Some(help));
        return None;
    }
    Some(id.to_owned())
}

fn pattern(reader: &mut Reader<'_>, node: Node<'_>) -> Option<Pattern> {
    let text = reader.string(node, "a regular expression as text")?;
    match text.parse() {
        Ok(pattern) => Some(pattern),
        Err(message) => {
            let message: String = message;
            let help = message
                .contains("look-around")
                .then(|| "expressions here take linear time: say with `allow` what must not stand there".to_owned());
            reader.wrong(node, message, help);
            None
        }
    }
}

fn texts(reader: &mut Reader<'_>, node: Node<'_>) -> Vec<String> {
    let items = reader.items(node, "a list of texts").into_iter();
    let mut texts = Vec::new();
    for item in items {
        match reader.string(item, "text") {
            Some("") => reader.wrong(item, "an empty text is in every text".to_owned(), None),
            Some(text) => texts.push(text.to_owned()),
            None => {}
        }
    }
    texts
}

fn selectors(reader: &mut Reader<'_>, node: Node<'_>) -> Vec<String> {
    let items = reader.items(node, "a list of rules").into_iter();
    items.filter_map(|item| selector(reader, item)).map(|(text, _)| text.to_owned()).collect()
}

/// Of a commit at least the digits that git shows.
fn commits(reader: &mut Reader<'_>, node: Node<'_>) -> Vec<String> {
    let mut commits = Vec::new();
    for item in reader.items(node, "a list of commits") {
        // One of digits alone is a number to YAML.
        let text = item.text();
        if (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            commits.push(text.to_owned());
        } else {
            reader.wrong(item, format!("`{text}` is no commit of at least seven digits"), None);
        }
    }
    commits
}
