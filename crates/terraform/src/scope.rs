//! What names stand for where an expression is evaluated.

use std::sync::Arc;

use portcullis_core::Span;
use portcullis_model::terraform::Value;

/// The surroundings of an expression: a module, and around it what `for`, splats, `dynamic` and `count` bring in.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'s> {
    /// The number of the module's instance.
    pub(crate) module: usize,
    frame: Frame<'s>,
    outer: Option<&'s Scope<'s>>,
    /// Where everything counts as written: the call of `templatefile`, whose text is in another file.
    at: Option<Span>,
}

#[derive(Clone, Copy)]
enum Frame<'s> {
    Module,
    Names(&'s [(&'s str, Value)]),
    Element(&'s Value),
    Each(&'s Each),
    /// A template of its own, which sees nothing but what it is given.
    Template(&'s [(Arc<str>, Value)]),
}

/// What `each` and `count` stand for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Each {
    /// `each.key`
    pub(crate) key: Option<Value>,
    /// `each.value`
    pub(crate) value: Option<Value>,
    /// `count.index`
    pub(crate) index: Option<Value>,
}

/// What a name at the start of a traversal is.
pub(crate) enum Bound<'s> {
    /// A name of a `for`, a `dynamic` or a template.
    To(&'s Value),
    /// Nothing: a name of the module.
    Free,
    /// Nothing, and the module is not seen from here.
    Hidden,
}

impl<'s> Scope<'s> {
    /// A module by itself.
    pub(crate) fn of_module(module: usize) -> Self {
        Self { module, frame: Frame::Module, outer: None, at: None }
    }

    /// An instance of a resource or module.
    pub(crate) fn of_instance(module: usize, each: &'s Each) -> Self {
        Self { module, frame: Frame::Each(each), outer: None, at: None }
    }

    /// Where no name stands for anything: the defaults of optional attributes.
    pub(crate) fn of_constants(module: usize) -> Self {
        Self { module, frame: Frame::Template(&[]), outer: None, at: None }
    }

    /// With these names.
    pub(crate) fn with_names(&'s self, names: &'s [(&'s str, Value)]) -> Self {
        Self { frame: Frame::Names(names), outer: Some(self), ..*self }
    }

    /// In a splat.
    pub(crate) fn with_element(&'s self, element: &'s Value) -> Self {
        Self { frame: Frame::Element(element), outer: Some(self), ..*self }
    }

    /// In a template that is called at `at`.
    pub(crate) fn of_template(&'s self, names: &'s [(Arc<str>, Value)], at: Span) -> Self {
        Self { module: self.module, frame: Frame::Template(names), outer: None, at: Some(self.place(at)) }
    }

    /// Where an expression with this span counts as written.
    pub(crate) fn place(&self, span: Span) -> Span {
        self.at.unwrap_or(span)
    }

    /// Whether what is written here stands in a file of its own, and is not the text of a template.
    pub(crate) fn is_file(&self) -> bool {
        self.at.is_none()
    }

    /// What a name stands for.
    pub(crate) fn bound(&self, name: &str) -> Bound<'s> {
        let mut scope = *self;
        loop {
            match scope.frame {
                Frame::Names(names) => {
                    if let Some((_, value)) = names.iter().find(|(it, _)| *it == name) {
                        return Bound::To(value);
                    }
                }
                Frame::Template(names) => {
                    return match names.iter().find(|(it, _)| **it == *name) {
                        Some((_, value)) => Bound::To(value),
                        None => Bound::Hidden,
                    };
                }
                Frame::Module | Frame::Element(_) | Frame::Each(_) => {}
            }
            match scope.outer {
                Some(outer) => scope = *outer,
                None => return Bound::Free,
            }
        }
    }

    /// Whether it is in a template of its own, which may call no other.
    pub(crate) fn is_template(&self) -> bool {
        let mut scope = *self;
        loop {
            match (scope.frame, scope.outer) {
                (Frame::Template(_), _) => return true,
                (_, Some(outer)) => scope = *outer,
                (_, None) => return false,
            }
        }
    }

    /// The element of the innermost splat.
    pub(crate) fn element(&self) -> Option<&'s Value> {
        let mut scope = *self;
        loop {
            if let Frame::Element(value) = scope.frame {
                return Some(value);
            }
            scope = *scope.outer?;
        }
    }

    /// What `each` and `count` stand for.
    pub(crate) fn each(&self) -> Option<&'s Each> {
        let mut scope = *self;
        loop {
            if let Frame::Each(each) = scope.frame {
                return Some(each);
            }
            scope = *scope.outer?;
        }
    }
}
