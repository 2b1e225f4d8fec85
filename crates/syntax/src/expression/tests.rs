//! Expressions as tables.

use super::*;

fn shown(expr: &Expr) -> String {
    let one = |name: &str, a: &Expr| format!("({name} {})", shown(a));
    let two = |name: &str, a: &Expr, b: &Expr| format!("({name} {} {})", shown(a), shown(b));
    match &expr.kind {
        ExprKind::Null => "null".to_owned(),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Number(value) => value.to_string(),
        ExprKind::String(text) => format!("{text:?}"),
        ExprKind::Name(name) => name.to_string(),
        ExprKind::Property(of, name) => format!("{}.{name}", shown(of)),
        ExprKind::Star(of) => format!("{}.*", shown(of)),
        ExprKind::Index(of, index) => format!("{}[{}]", shown(of), shown(index)),
        ExprKind::Call(name, args) => {
            format!("{name}({})", args.iter().map(shown).collect::<Vec<_>>().join(" "))
        }
        ExprKind::Not(of) => one("!", of),
        ExprKind::Compare(comparison, a, b) => two(&format!("{comparison:?}"), a, b),
        ExprKind::And(a, b) => two("&&", a, b),
        ExprKind::Or(a, b) => two("||", a, b),
    }
}

#[test]
fn expressions_have_the_structure_that_github_gives_them() {
    for (text, expected) in [
        ("github.sha", "github.sha"),
        (" a || b && c == d ", "(|| a (&& b (Equal c d)))"),
        ("!a == b", "(Equal (! a) b)"),
        ("a < b == c", "(Equal (Less a b) c)"),
        ("(a || b) && c", "(&& (|| a b) c)"),
        ("github.event.commits.*.author['name']", "github.event.commits.*.author[\"name\"]"),
        ("x[*].y[0]", "x.*.y[0]"),
        ("fromJSON(a).b", "fromJSON(a).b"),
        ("format('it''s {0}', 0x1F, -1.5e3, .5, 0o17)", "format(\"it's {0}\" 31 -1500 0.5 15)"),
        ("success()", "success()"),
        ("null", "null"),
        ("TRUE", "TRUE"),
    ] {
        assert_eq!(parse(text).as_ref().map(shown), Ok(expected.to_owned()), "{text}");
    }
}

#[test]
fn what_is_no_expression_says_where() {
    for (text, start, part) in [
        ("", 0, "empty"),
        ("a b", 2, "not expected"),
        ("a.", 2, "property"),
        ("f(a", 3, "expected"),
        ("'open", 0, "not closed"),
        ("\"x\"", 0, "single quotes"),
        ("a + b", 2, "not a number"),
        ("a = b", 2, "no meaning"),
        ("a &&", 4, "value"),
        ("x[1", 3, "`]`"),
        ("1x", 0, "not a number"),
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!(error.start, start, "{text}: {}", error.message);
        assert!(error.message.contains(part), "{text}: {}", error.message);
    }
}

#[test]
fn fences_end_outside_of_strings() {
    let text = "a ${{ github.sha }} b ${{ '}}' }}${{ open";
    let found: Vec<(u32, u32, bool)> = fences(text).map(|fence| (fence.start, fence.end, fence.expr.is_ok())).collect();
    assert_eq!(found, [(2, 19, true), (22, 33, true), (33, 41, false)]);
    let first = fences(text).next().and_then(|fence| fence.expr.ok()).expect("it is an expression");
    assert_eq!(text.get(first.start as usize..first.end as usize), Some("github.sha"));
}

#[test]
fn sources_are_what_can_become_the_text() {
    for (text, expected) in [
        ("github.sha", "github.sha"),
        ("github.event.issue.title == 'x'", ""),
        ("github.event.issue.title && 'a' || 'b'", ""),
        ("x && inputs.a || inputs['B']", "inputs.a inputs.b"),
        ("format('{0}', env.X)", "env.x"),
        ("contains(github.head_ref, 'x')", ""),
        ("join(github.event.commits.*.message, ' ')", "github.event.commits.*.message"),
        ("fromJSON(steps.a.outputs.b).c", "steps.a.outputs.b"),
        ("case(a, b, c, d, e)", "b d e"),
        ("secrets[matrix.x]", "secrets.*"),
    ] {
        let expr = parse(text).expect(text);
        let sources: Vec<String> = expr.sources().iter().map(|(_, path)| path.to_string()).collect();
        assert_eq!(sources.join(" "), expected, "{text}");
    }
}

#[test]
fn constants_are_folded() {
    for (text, expected) in [
        ("'' && 'a'", Some(Constant::String(String::new()))),
        ("true && 'a' || 'b'", Some(Constant::String("a".to_owned()))),
        ("!0", Some(Constant::Bool(true))),
        ("'A' == 'a'", Some(Constant::Bool(true))),
        ("contains('abc', 'B')", Some(Constant::Bool(true))),
        ("github.sha", None),
        ("1 > 2 || true", Some(Constant::Bool(true))),
        ("a && 'x'", None),
    ] {
        assert_eq!(parse(text).expect(text).constant(), expected, "{text}");
    }
}

#[test]
fn every_cut_of_a_text_is_read_to_its_end() {
    let text = "${{ fromJSON(a['b''c'])[*].d && !(x >= 0x1F || '}}' != \"y\") }} ${{ case(1, -2e9, é) }}";
    for end in (0..=text.len()).filter(|&end| text.is_char_boundary(end)) {
        let cut = text.get(..end).expect("it ends between characters");
        for fence in fences(cut) {
            assert!(fence.start < fence.end && fence.end as usize <= cut.len());
        }
    }
    for open in ["(", "!", "x[", "f("] {
        assert!(parse(&open.repeat(100_000)).is_err());
    }
    assert!(parse(&"a.b".repeat(100_000)).is_err());
    assert!(parse(&format!("a{}", " || a".repeat(100_000))).is_err());
}
