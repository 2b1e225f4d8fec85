//! XML: elements, texts and attributes with their places, and faults.

use std::fmt::Write as _;

use portcullis_core::FileId;
use portcullis_syntax::xml::{self, Element};

/// Elements as `name@line[attributes]=text`, children behind in brackets.
fn shown(source: &str, element: Element<'_>, attributes: &[&str]) -> String {
    let mut shown = format!("{}@{}", element.name(), element.span().start);
    for name in attributes {
        let Some(attribute) = element.attribute(name) else { continue };
        let value = attribute.value.as_deref().unwrap_or("?");
        let _ = write!(shown, "[{name}={value}@{}]", attribute.span.slice(source));
    }
    if let Some(text) = element.text() {
        let _ = write!(shown, "={text}@{}", element.text_span().slice(source));
    }
    let children: Vec<String> = element.children().map(|child| self::shown(source, child, attributes)).collect();
    if !children.is_empty() {
        let _ = write!(shown, "({})", children.join(" "));
    }
    shown
}

#[test]
fn elements_know_their_places() {
    for (source, expected, faults) in [
        ("<a>x</a>", "a@1=x@x", 0),
        ("\u{feff}<?xml version='1.0'?><!-- c --><a/>", "a@35", 0),
        ("<a> <b>1</b>\n<c>2</c> tail </a>", "a@1(b@5=1@1 c@14=2@2)", 0),
        ("<m:a xmlns:m='u' m:x='1'/>", "a@3[x=1@1]", 0),
        ("<a x=\"1 &lt; 2\" y='&own;'>t</a>", "a@1[x=1 < 2@1 &lt; 2][y=?@&own;]=t@t", 0),
        ("<a> 1&amp;<![CDATA[<2>]]>&#51;&#x34; </a>", "a@1=1&<2>34@1&amp;<![CDATA[<2>]]>&#51;&#x34;", 0),
        ("<a>1<!-- 2 -->3</a>", "a@1=13@1<!-- 2 -->3", 0),
        ("<!DOCTYPE a [<!ENTITY e \"1\">]><a>&e;</a>", "a@31", 0),
        ("<a><b>1</b>", "a@1(b@4=1@1)", 1),
        ("<a><b>1</c></a>", "a@1(b@4=1@1)", 1),
        ("<a><b", "a@1", 1),
        ("<a>&#xffffffff;</a>", "a@1", 0),
        ("", "", 1),
        ("text", "", 1),
    ] {
        let document = xml::parse(FileId(0), source);
        let found = document.root().map(|root| shown(source, root, &["x", "y"])).unwrap_or_default();
        assert_eq!(found, expected, "{source}; {:?}", document.faults());
        assert_eq!(document.faults().len(), faults, "{source}: {:?}", document.faults());
        for at in (0..source.len()).filter(|at| source.is_char_boundary(*at)) {
            let cut = source.get(..at).unwrap_or_default();
            assert!(xml::parse(FileId(0), cut).faults().len() <= 1, "{cut}");
        }
    }
}

#[test]
fn a_document_stands_for_no_more_than_it_is() {
    let bomb = "<!DOCTYPE a [<!ENTITY a \"xxxxxxxx\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c SYSTEM \"file:///etc/passwd\">]>\
                <a><b>&b;</b><c>&c;</c></a>";
    let document = xml::parse(FileId(0), bomb);
    let texts: Vec<_> = document.root().into_iter().flat_map(Element::children).map(Element::text).collect();
    assert_eq!(texts, [None, None]);
    let deep = "<a>".repeat(100_000);
    let document = xml::parse(FileId(0), &deep);
    assert_eq!(document.faults().len(), 1);
}
