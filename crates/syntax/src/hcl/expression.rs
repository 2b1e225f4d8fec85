//! Expressions: operators by precedence, traversals and splats, collections, calls and `for`.

use std::sync::Arc;

use super::lexer::{Kind, Token};
use super::parser::{Lines, Parsed, Parser};
use super::{Access, BinaryOperator, Call, Expr, ExprKind, For, Ident, Item, Number, UnaryOperator};

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Parsed<Expr> {
        self.peek();
        self.deeper()?;
        let expr = self.conditional()?;
        self.depth -= 1;
        Ok(expr)
    }

    fn conditional(&mut self) -> Parsed<Expr> {
        let condition = self.binary(1)?;
        if self.peek() != Kind::Question {
            return Ok(condition);
        }
        let mut height = self.height;
        self.advance();
        let then = self.expression()?;
        height = height.max(self.height);
        if self.peek() != Kind::Colon {
            return self.expected("`:` and what holds otherwise");
        }
        self.advance();
        let otherwise = self.expression()?;
        self.stand_on(height.max(self.height))?;
        let span = condition.span.to(otherwise.span);
        Ok(Expr { span, kind: ExprKind::Conditional(Box::new([condition, then, otherwise])) })
    }

    /// Operators of this level and of those that bind more strongly; all take their left neighbour first.
    fn binary(&mut self, weakest: u8) -> Parsed<Expr> {
        let mut left = self.unary()?;
        while let Some((operator, level)) = operator(self.peek()) {
            if level < weakest {
                break;
            }
            let height = self.height;
            self.advance();
            let right = self.binary(level + 1)?;
            self.stand_on(height.max(self.height))?;
            let span = left.span.to(right.span);
            left = Expr { span, kind: ExprKind::Binary(operator, Box::new([left, right])) };
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let operator = match self.peek() {
            Kind::Bang => UnaryOperator::Not,
            Kind::Minus => UnaryOperator::Minus,
            _ => {
                let term = self.term()?;
                return self.traversals(term);
            }
        };
        let Token { start, end, .. } = self.token;
        let span = self.span(start, end);
        self.deeper()?;
        self.advance();
        let operand = self.unary()?;
        self.depth -= 1;
        self.stand_on(self.height)?;
        Ok(Expr { span: span.to(operand.span), kind: ExprKind::Unary(operator, Box::new(operand)) })
    }

    fn term(&mut self) -> Parsed<Expr> {
        self.height = 1;
        let token = self.token;
        match token.kind {
            Kind::Ident => self.named(),
            Kind::Quote => self.quoted(),
            Kind::Number => {
                let text = self.lexer.slice(token.start, token.end);
                let kind = number(text).map(ExprKind::Number);
                if kind.is_none() {
                    self.error(token.start, token.end, format!("`{text}` is not a number"));
                }
                self.advance();
                Ok(Expr { span: self.span(token.start, token.end), kind: kind.unwrap_or(ExprKind::Invalid) })
            }
            Kind::OpenBracket => self.list(),
            Kind::OpenBrace => self.object(),
            Kind::OpenParen => self.parenthesised(),
            Kind::Heredoc => self.heredoc(),
            _ => self.expected("an expression"),
        }
    }

    fn named(&mut self) -> Parsed<Expr> {
        let Token { start, end, .. } = self.token;
        let word = self.lexer.slice(start, end);
        let name = self.ident();
        if matches!(self.peek(), Kind::OpenParen | Kind::DoubleColon) {
            return self.call(name);
        }
        let kind = match word {
            "null" => ExprKind::Null,
            "true" => ExprKind::Bool(true),
            "false" => ExprKind::Bool(false),
            _ => ExprKind::Variable(name.name),
        };
        Ok(Expr { span: name.span, kind })
    }

    fn call(&mut self, mut name: Ident) -> Parsed<Expr> {
        if self.token.kind == Kind::DoubleColon {
            let mut full = name.name.to_string();
            while self.peek() == Kind::DoubleColon {
                self.advance();
                if self.peek() != Kind::Ident {
                    return self.expected("the name of a function after `::`");
                }
                let part = self.ident();
                full = full + "::" + &part.name;
                name.span = name.span.to(part.span);
            }
            name.name = self.name(&full);
            if self.peek() != Kind::OpenParen {
                return self.expected("`(` after the name of a function");
            }
        }
        let outer = std::mem::replace(&mut self.lines, Lines::Blank);
        self.advance();
        let (mut arguments, mut expands, mut height) = (Vec::new(), false, 0);
        while self.peek() != Kind::CloseParen {
            arguments.push(self.expression()?);
            height = height.max(self.height);
            match self.peek() {
                Kind::Comma => self.advance(),
                Kind::CloseParen => {}
                Kind::Ellipsis => {
                    expands = true;
                    self.advance();
                    if self.peek() != Kind::CloseParen {
                        return self.expected("`)` after `...`");
                    }
                }
                _ => return self.expected("`,` or `)`"),
            }
        }
        let close = self.close(outer);
        self.stand_on(height)?;
        let span = name.span.to(self.span(close.start, close.end));
        let call = Call { name, arguments: arguments.into(), expands };
        Ok(Expr { span, kind: ExprKind::Call(Box::new(call)) })
    }

    fn parenthesised(&mut self) -> Parsed<Expr> {
        let open = self.token;
        let outer = std::mem::replace(&mut self.lines, Lines::Blank);
        self.advance();
        let inner = self.expression()?;
        if self.peek() != Kind::CloseParen {
            return self.expected("`)`");
        }
        let close = self.close(outer);
        Ok(Expr { span: self.span(open.start, close.end), kind: inner.kind })
    }

    fn list(&mut self) -> Parsed<Expr> {
        let open = self.token;
        let outer = std::mem::replace(&mut self.lines, Lines::Blank);
        self.advance();
        if self.is_word("for") {
            return self.for_expression(open, outer, Kind::CloseBracket);
        }
        let (mut items, mut height) = (Vec::new(), 0);
        while self.peek() != Kind::CloseBracket {
            items.push(self.expression()?);
            height = height.max(self.height);
            match self.peek() {
                Kind::Comma => self.advance(),
                Kind::CloseBracket => {}
                _ => return self.expected("`,` or `]`"),
            }
        }
        let close = self.close(outer);
        self.stand_on(height)?;
        Ok(Expr { span: self.span(open.start, close.end), kind: ExprKind::List(items.into()) })
    }

    fn object(&mut self) -> Parsed<Expr> {
        let open = self.token;
        let outer = std::mem::replace(&mut self.lines, Lines::Blank);
        self.advance();
        if self.is_word("for") {
            return self.for_expression(open, outer, Kind::CloseBrace);
        }
        self.lines = Lines::End;
        let (mut items, mut height) = (Vec::new(), 0);
        loop {
            match self.peek() {
                Kind::Newline => {
                    self.advance();
                    continue;
                }
                Kind::CloseBrace => break,
                _ => {}
            }
            let is_bare = self.token.kind == Kind::Ident;
            let mut key = self.expression()?;
            height = height.max(self.height);
            if is_bare && let ExprKind::Variable(name) = &key.kind {
                key.kind = ExprKind::String(Arc::clone(name));
            }
            if !matches!(self.peek(), Kind::Equal | Kind::Colon) {
                return self.expected("`=` or `:` after a key");
            }
            self.advance();
            let value = self.expression()?;
            height = height.max(self.height);
            items.push(Item { key, value });
            match self.peek() {
                Kind::Comma | Kind::Newline => self.advance(),
                Kind::CloseBrace => {}
                _ => return self.expected("`,`, a line break or `}`"),
            }
        }
        let close = self.close(outer);
        self.stand_on(height)?;
        Ok(Expr { span: self.span(open.start, close.end), kind: ExprKind::Object(items.into()) })
    }

    /// From the word `for` to past the bracket that closes it.
    fn for_expression(&mut self, open: Token, outer: Lines, closer: Kind) -> Parsed<Expr> {
        self.advance();
        let (key, value) = self.for_names()?;
        let collection = self.expression()?;
        let mut height = self.height;
        if self.peek() != Kind::Colon {
            return self.expected("`:` after what `for` goes through");
        }
        self.advance();
        let mut result_key = None;
        let mut result = self.expression()?;
        height = height.max(self.height);
        let arrow = (self.peek() == Kind::Arrow).then_some(self.token);
        if arrow.is_some() {
            self.advance();
            result_key = Some(std::mem::replace(&mut result, self.expression()?));
            height = height.max(self.height);
        }
        let ellipsis = (self.peek() == Kind::Ellipsis).then_some(self.token);
        if ellipsis.is_some() {
            self.advance();
        }
        let mut condition = None;
        if self.is_word("if") {
            self.advance();
            condition = Some(self.expression()?);
            height = height.max(self.height);
        }
        if self.peek() != closer {
            return self.expected(if closer == Kind::CloseBrace { "`}` after `for`" } else { "`]` after `for`" });
        }
        let misfit = match (closer, arrow, ellipsis) {
            (Kind::CloseBracket, Some(arrow), _) => Some((arrow, "a `for` that makes a list gives no keys: no `=>`")),
            (Kind::CloseBracket, _, Some(dots)) => Some((dots, "a `for` that makes a list does not group: no `...`")),
            (Kind::CloseBrace, None, _) => Some((self.token, "a `for` that makes an object gives keys: expected `=>`")),
            _ => None,
        };
        let close = self.close(outer);
        self.stand_on(height)?;
        let span = self.span(open.start, close.end);
        if let Some((token, message)) = misfit {
            self.error(token.start, token.end, message);
            return Ok(Expr { span, kind: ExprKind::Invalid });
        }
        let groups = ellipsis.is_some();
        let parts = For { key, value, collection, result_key, result, groups, condition };
        Ok(Expr { span, kind: ExprKind::For(Box::new(parts)) })
    }

    /// `key, value in`, of an expression or a directive.
    pub(super) fn for_names(&mut self) -> Parsed<(Option<Ident>, Ident)> {
        if self.peek() != Kind::Ident {
            return self.expected("a name after `for`");
        }
        let first = self.ident();
        let names = if self.peek() == Kind::Comma {
            self.advance();
            if self.peek() != Kind::Ident {
                return self.expected("a second name after `,`");
            }
            (Some(first), self.ident())
        } else {
            (None, first)
        };
        if !self.is_word("in") {
            return self.expected("`in`");
        }
        self.advance();
        Ok(names)
    }

    /// `.name`, `.0`, `[key]`, `.*` and `[*]` after a term.
    fn traversals(&mut self, mut expr: Expr) -> Parsed<Expr> {
        loop {
            expr = match self.peek() {
                Kind::Dot => {
                    let dot = self.token;
                    self.advance();
                    if self.peek() == Kind::Star { self.attribute_splat(expr, dot)? } else { self.attribute_of(expr)? }
                }
                Kind::OpenBracket => {
                    let open = self.token;
                    self.advance();
                    if self.peek() == Kind::Star { self.full_splat(expr, open)? } else { self.index(expr)? }
                }
                _ => return Ok(expr),
            };
        }
    }

    /// The name or number after a dot.
    fn attribute_of(&mut self, source: Expr) -> Parsed<Expr> {
        let token = self.token;
        match token.kind {
            Kind::Ident => {}
            Kind::Number => {
                let text = self.lexer.slice(token.start, token.end);
                if !text.bytes().all(|byte| byte.is_ascii_digit()) {
                    let message = format!("`.{text}` does not take two elements in a row: write them as `[0][1]`");
                    self.error(token.start, token.end, message);
                    self.advance();
                    return Ok(Expr {
                        span: source.span.to(self.span(token.start, token.end)),
                        kind: ExprKind::Invalid,
                    });
                }
            }
            _ => return self.expected("a name after `.`"),
        }
        self.stand_on(self.height)?;
        let name = self.ident();
        let span = source.span.to(name.span);
        Ok(Expr { span, kind: ExprKind::Attribute(Box::new(Access { source, name })) })
    }

    fn index(&mut self, source: Expr) -> Parsed<Expr> {
        let height = self.height;
        let outer = std::mem::replace(&mut self.lines, Lines::Blank);
        let key = self.expression()?;
        if self.peek() != Kind::CloseBracket {
            return self.expected("`]`");
        }
        let close = self.close(outer);
        self.stand_on(height.max(self.height))?;
        let span = source.span.to(self.span(close.start, close.end));
        Ok(Expr { span, kind: ExprKind::Index(Box::new(source), Box::new(key)) })
    }

    /// `.*` takes the names that follow, but no index: `a.*.b[0]` is an element of what the splat gives.
    fn attribute_splat(&mut self, source: Expr, dot: Token) -> Parsed<Expr> {
        let height = self.height;
        let mut each = Expr { span: self.span(dot.start, self.token.end), kind: ExprKind::Element };
        self.advance();
        self.height = 1;
        while self.peek() == Kind::Dot {
            self.advance();
            if self.peek() == Kind::Star {
                return self.fault(self.token, "`.*` stands within another `.*`: write `[*]`");
            }
            each = self.attribute_of(each)?;
        }
        self.stand_on(height.max(self.height))?;
        let span = source.span.to(each.span);
        Ok(Expr { span, kind: ExprKind::Splat { source: Box::new(source), each: Box::new(each) } })
    }

    /// `[*]` takes all traversals that follow.
    fn full_splat(&mut self, source: Expr, open: Token) -> Parsed<Expr> {
        let height = self.height;
        self.advance();
        if self.peek() != Kind::CloseBracket {
            return self.expected("`]` after `*`");
        }
        let element = Expr { span: self.span(open.start, self.token.end), kind: ExprKind::Element };
        self.deeper()?;
        self.advance();
        self.height = 1;
        let each = self.traversals(element)?;
        self.depth -= 1;
        self.stand_on(height.max(self.height))?;
        let span = source.span.to(each.span);
        Ok(Expr { span, kind: ExprKind::Splat { source: Box::new(source), each: Box::new(each) } })
    }

    /// Takes the closing bracket; what follows it goes by the rules around the brackets again.
    fn close(&mut self, outer: Lines) -> Token {
        let close = self.token;
        self.lines = outer;
        self.advance();
        close
    }
}

fn operator(kind: Kind) -> Option<(BinaryOperator, u8)> {
    Some(match kind {
        Kind::Or => (BinaryOperator::Or, 1),
        Kind::And => (BinaryOperator::And, 2),
        Kind::EqualEqual => (BinaryOperator::Equal, 3),
        Kind::NotEqual => (BinaryOperator::NotEqual, 3),
        Kind::Less => (BinaryOperator::Less, 4),
        Kind::LessEqual => (BinaryOperator::LessOrEqual, 4),
        Kind::Greater => (BinaryOperator::Greater, 4),
        Kind::GreaterEqual => (BinaryOperator::GreaterOrEqual, 4),
        Kind::Plus => (BinaryOperator::Add, 5),
        Kind::Minus => (BinaryOperator::Subtract, 5),
        Kind::Star => (BinaryOperator::Multiply, 6),
        Kind::Slash => (BinaryOperator::Divide, 6),
        Kind::Percent => (BinaryOperator::Remainder, 6),
        _ => return None,
    })
}

/// Terraform has one kind of numbers: `5.0` is the integer.
pub(super) fn number(text: &str) -> Option<Number> {
    if text.bytes().all(|byte| byte.is_ascii_digit())
        && let Ok(integer) = text.parse()
    {
        return Some(Number::Int(integer));
    }
    let value: f64 = text.parse().ok()?;
    // Beyond these, not every integer has a float of its own.
    let is_exact = value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0;
    let integer = if is_exact { format!("{value:.0}").parse().ok() } else { None };
    Some(integer.map_or(Number::Float(value), Number::Int))
}
