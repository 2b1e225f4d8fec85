//! From tokens to a tree: `||` binds weakest, then `&&`, comparisons, `!`, and what follows a value.

use super::lexer::{Token, TokenKind, token};
use super::{Comparison, Expr, ExprError, ExprKind};

/// Nesting that is followed: GitHub's own limit.
pub const DEPTH_LIMIT: u8 = 50;

/// Operands of one chain of `&&` or `||`, and steps of one path; chains build trees that are as deep as they are long.
const CHAIN_LIMIT: usize = 200;

/// Parses the whole of `text` as one expression.
///
/// # Errors
/// Says what is wrong first, and where.
pub fn parse(text: &str) -> Result<Expr, ExprError> {
    let mut parser = Parser { text, next: token(text, 0)?, end: 0 };
    if parser.next.kind == TokenKind::End {
        return Err(parser.fault("the expression is empty"));
    }
    let expr = parser.or(0)?;
    match parser.next.kind {
        TokenKind::End => Ok(expr),
        _ => Err(parser.fault(&format!("{} is not expected here", parser.named()))),
    }
}

struct Parser<'t> {
    text: &'t str,
    next: Token,
    /// End of the last token that was taken.
    end: u32,
}

impl Parser<'_> {
    fn or(&mut self, depth: u8) -> Result<Expr, ExprError> {
        self.chain(depth, "||", Self::and, |left, right| ExprKind::Or(Box::new(left), Box::new(right)))
    }

    fn and(&mut self, depth: u8) -> Result<Expr, ExprError> {
        self.chain(depth, "&&", Self::equality, |left, right| ExprKind::And(Box::new(left), Box::new(right)))
    }

    fn chain(
        &mut self,
        depth: u8,
        sign: &str,
        operand: fn(&mut Self, u8) -> Result<Expr, ExprError>,
        join: fn(Expr, Expr) -> ExprKind,
    ) -> Result<Expr, ExprError> {
        let mut left = operand(self, depth)?;
        let mut length = 0;
        while self.takes(sign)? {
            length += 1;
            if length > CHAIN_LIMIT {
                return Err(self.fault("the expression is too long"));
            }
            let right = operand(self, depth)?;
            let (start, end) = (left.start, right.end);
            left = Expr { kind: join(left, right), start, end };
        }
        Ok(left)
    }

    fn equality(&mut self, depth: u8) -> Result<Expr, ExprError> {
        self.comparison(depth, Self::order, &[("==", Comparison::Equal), ("!=", Comparison::NotEqual)])
    }

    fn order(&mut self, depth: u8) -> Result<Expr, ExprError> {
        let signs = [
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        self.comparison(depth, Self::unary, &signs)
    }

    fn comparison(
        &mut self,
        depth: u8,
        operand: fn(&mut Self, u8) -> Result<Expr, ExprError>,
        signs: &[(&str, Comparison)],
    ) -> Result<Expr, ExprError> {
        let mut left = operand(self, depth)?;
        for _ in 0..CHAIN_LIMIT {
            let found = signs.iter().find(|(sign, _)| self.is(sign));
            let Some(&(_, comparison)) = found else { return Ok(left) };
            self.advance()?;
            let right = operand(self, depth)?;
            let (start, end) = (left.start, right.end);
            left = Expr { kind: ExprKind::Compare(comparison, Box::new(left), Box::new(right)), start, end };
        }
        Err(self.fault("the expression is too long"))
    }

    fn unary(&mut self, depth: u8) -> Result<Expr, ExprError> {
        let start = self.next.start;
        if !self.is("!") {
            return self.postfix(depth);
        }
        let depth = self.deeper(depth)?;
        self.advance()?;
        let operand = self.unary(depth)?;
        let end = operand.end;
        Ok(Expr { kind: ExprKind::Not(Box::new(operand)), start, end })
    }

    fn postfix(&mut self, depth: u8) -> Result<Expr, ExprError> {
        let mut expr = self.primary(depth)?;
        for _ in 0..CHAIN_LIMIT {
            let start = expr.start;
            let kind = if self.takes(".")? {
                match std::mem::replace(&mut self.next.kind, TokenKind::End) {
                    TokenKind::Word(name) => {
                        self.advance()?;
                        ExprKind::Property(Box::new(expr), name)
                    }
                    TokenKind::Sign("*") => {
                        self.advance()?;
                        ExprKind::Star(Box::new(expr))
                    }
                    other => {
                        self.next.kind = other;
                        return Err(self.fault(&format!("a property's name has to follow `.`, not {}", self.named())));
                    }
                }
            } else if self.takes("[")? {
                let depth = self.deeper(depth)?;
                let kind = if self.takes("*")? {
                    ExprKind::Star(Box::new(expr))
                } else {
                    let index = self.or(depth)?;
                    ExprKind::Index(Box::new(expr), Box::new(index))
                };
                self.expect("]")?;
                kind
            } else {
                return Ok(expr);
            };
            expr = Expr { kind, start, end: self.end };
        }
        Err(self.fault("the path is too long"))
    }

    fn primary(&mut self, depth: u8) -> Result<Expr, ExprError> {
        let start = self.next.start;
        let kind = match std::mem::replace(&mut self.next.kind, TokenKind::End) {
            TokenKind::Number(value) => ExprKind::Number(value),
            TokenKind::String(text) => ExprKind::String(text),
            TokenKind::Word(word) => {
                self.advance()?;
                if self.takes("(")? {
                    let args = self.arguments(depth)?;
                    return Ok(Expr { kind: ExprKind::Call(word, args), start, end: self.end });
                }
                let kind = match &*word {
                    "null" => ExprKind::Null,
                    "true" => ExprKind::Bool(true),
                    "false" => ExprKind::Bool(false),
                    "NaN" => ExprKind::Number(f64::NAN),
                    "Infinity" => ExprKind::Number(f64::INFINITY),
                    _ => ExprKind::Name(word),
                };
                return Ok(Expr { kind, start, end: self.end });
            }
            TokenKind::Sign("(") => {
                let depth = self.deeper(depth)?;
                self.advance()?;
                let inner = self.or(depth)?;
                self.expect(")")?;
                return Ok(inner);
            }
            other => {
                self.next.kind = other;
                return Err(self.fault(&format!("a value is expected here, not {}", self.named())));
            }
        };
        self.advance()?;
        Ok(Expr { kind, start, end: self.end })
    }

    fn arguments(&mut self, depth: u8) -> Result<Vec<Expr>, ExprError> {
        let depth = self.deeper(depth)?;
        let mut args = Vec::new();
        if self.takes(")")? {
            return Ok(args);
        }
        loop {
            args.push(self.or(depth)?);
            if self.takes(")")? {
                return Ok(args);
            }
            if !self.takes(",")? {
                return Err(self.fault(&format!("`,` or `)` is expected here, not {}", self.named())));
            }
        }
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.next.kind, TokenKind::Sign(found) if found == sign)
    }

    fn takes(&mut self, sign: &str) -> Result<bool, ExprError> {
        let found = self.is(sign);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn expect(&mut self, sign: &str) -> Result<(), ExprError> {
        if self.takes(sign)? {
            return Ok(());
        }
        Err(self.fault(&format!("`{sign}` is expected here, not {}", self.named())))
    }

    fn advance(&mut self) -> Result<(), ExprError> {
        self.end = self.next.end;
        self.next = token(self.text, self.next.end as usize)?;
        Ok(())
    }

    fn deeper(&self, depth: u8) -> Result<u8, ExprError> {
        if depth < DEPTH_LIMIT {
            return Ok(depth.saturating_add(1));
        }
        Err(self.fault(&format!("the expression is nested deeper than {DEPTH_LIMIT} levels")))
    }

    fn named(&self) -> String {
        match &self.next.kind {
            TokenKind::End => "the end".to_owned(),
            _ => format!("`{}`", self.text.get(self.next.start as usize..self.next.end as usize).unwrap_or_default()),
        }
    }

    fn fault(&self, message: &str) -> ExprError {
        ExprError { message: message.to_owned(), start: self.next.start, end: self.next.end }
    }
}
