//! Values that a root's variables are given from outside, and whether they fit.

use portcullis_core::{OffsetMap, Span};
use portcullis_model::terraform::{Reason, Value};
use portcullis_syntax::hcl;

use crate::Fault;
use crate::evaluate::{Evaluator, Outcome};
use crate::scope::Scope;
use crate::types::Type;

/// A value that options give, and how it fits the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The variable.
    pub name: String,
    /// Where a file says it; none of a value that stands in the options themselves.
    pub span: Option<Span>,
    /// Whether the root takes it.
    pub fit: Fit,
}

/// Whether a root takes a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It does, or nobody can tell.
    Taken,
    /// No variable of this name is declared.
    Undeclared,
    /// It cannot be made what the variable is declared to be, which is this.
    Refused(String),
}

impl Evaluator<'_> {
    /// What files and options give a variable of the root.
    pub(crate) fn root_value(&mut self, name: &str, constraint: Option<&Type<'_>>, at: Span) -> Option<Value> {
        let library = self.library;
        let root = self.modules.first()?.directory.clone();
        let own = library.directory(&root).map_or(&[][..], |(_, directory)| directory.variables.as_slice());
        let named = self.options.variable_files.iter().filter_map(|path| library.variables(path));
        let files: Vec<_> = own.iter().chain(named).collect();
        if let Some(attribute) = files.iter().rev().find_map(|file| file.body.attribute(name)) {
            return Some(self.value(&attribute.value, &Scope::of_module(0)));
        }
        if files.iter().any(|file| file.body.open) {
            return Some(Value::unknown(Reason::Variable, at));
        }
        let (_, text) = self.options.variables.iter().rev().find(|(it, _)| it == name)?;
        Some(self.read(text, constraint, at).unwrap_or_else(|Fault| Value::unknown(Reason::Invalid, at)))
    }

    /// A text of the command line: it stands for itself where the variable is a text or a number or has no type, and is an
    /// expression otherwise.
    fn read(&mut self, text: &str, constraint: Option<&Type<'_>>, at: Span) -> Outcome {
        if constraint.is_none_or(Type::is_primitive) {
            return Ok(Value::string(text, at));
        }
        let map = OffsetMap::new(at.file, at.start);
        let (expr, errors) = hcl::parse_decoded_expression(text, &map);
        if !errors.is_empty() {
            return Err(Fault);
        }
        let scope = Scope::of_module(0);
        let scope = scope.of_template(&[], at);
        self.eval(&expr, &scope)
    }

    /// How each value that the options give fits the root, in the order in which they are given.
    pub(crate) fn given_values(&mut self) -> Vec<Given> {
        let options = self.options;
        let mut all = Vec::new();
        for (name, text) in &options.variables {
            let fit = self.fit(name, |evaluator, constraint, at| evaluator.read(text, constraint, at));
            all.push(Given { name: name.clone(), span: None, fit });
        }
        let library = self.library;
        let files = options.variable_files.iter().filter_map(|path| library.variables(path));
        for attribute in files.flat_map(|file| &file.body.attributes) {
            let name = &attribute.name.name;
            let fit = self.fit(name, |evaluator, _, _| Ok(evaluator.value(&attribute.value, &Scope::of_module(0))));
            all.push(Given { name: name.to_string(), span: Some(attribute.name.span), fit });
        }
        all
    }

    fn fit(&mut self, name: &str, value: impl FnOnce(&mut Self, Option<&Type<'_>>, Span) -> Outcome) -> Fit {
        let Some(declared) = self.modules.first().map(|root| root.declared.clone()) else { return Fit::Taken };
        let Some(variable) = declared.variables.position(name).and_then(|position| declared.variables.at(position))
        else {
            return if declared.partial { Fit::Taken } else { Fit::Undeclared };
        };
        let Some(attribute) = variable.attribute("type") else { return Fit::Taken };
        let constraint = Type::new(&attribute.value);
        let span = attribute.value.span;
        let mut default = |expr: &hcl::Expr| Value::unknown(Reason::Variable, expr.span);
        let value = value(self, Some(&constraint), span);
        if value.and_then(|value| constraint.convert(value, &mut default)).is_ok() {
            return Fit::Taken;
        }
        let text = self.library.text(span.file).map_or("", |(_, text)| span.slice(text));
        Fit::Refused(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}
