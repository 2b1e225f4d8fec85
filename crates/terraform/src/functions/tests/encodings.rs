//! Encodings and decoded documents.

use super::check;

#[test]
fn json() {
    check(&[
        (r#"jsonencode({ hello = "world" })"#, r#"json({hello = "world"})"#),
        ("jsonencode(unknown)", "?"),
        ("jsonencode({ a = unknown })", "json({a = ?})"),
        ("jsonencode(null)", "json(null)"),
        ("jsondecode(jsonencode({ a = [1, unknown] }))", "{a = [1, ?]}"),
        (
            r#"format("%s", jsonencode({ b = [1, true, null], a = "x<y>&\"\n" }))"#,
            r#""{\"a\":\"x\\u003cy\\u003e\\u0026\\\"\\n\",\"b\":[1,true,null]}""#,
        ),
        (r#"format("%s", jsonencode({ a = unknown, b = "x-${unknown}" }))"#, r#""{\"a\":${?},\"b\":\"x-${?}\"}""#),
        (r#"format("%s", jsonencode({ a = 1.5, b = [], c = {} }))"#, r#""{\"a\":1.5,\"b\":[],\"c\":{}}""#),
        (r#"format("%s", jsonencode([jsonencode({ a = 1 })]))"#, r#""[\"{\\\"a\\\":1}\"]""#),
        (r#"format("%s", jsonencode(open([1])))"#, r#""[1${?}]""#),
        ("length(jsonencode([1, 2]))", "5"),
        (r#"upper(jsonencode({ a = "b" }))"#, r#""{\"A\":\"B\"}""#),
        (r#"jsondecode("{\"a\": [1, 2.5, \"x\", true, null]}")"#, r#"{a = [1, 2.5, "x", true, null]}"#),
        (r#"jsondecode("\"$${x}\"")"#, r#""${x}""#),
        (r#"jsondecode("1e3")"#, "1000"),
        (r#"jsondecode("{")"#, "refused"),
        (r#"jsondecode("")"#, "refused"),
        (r#"jsondecode("{} {}")"#, "refused"),
        ("jsondecode(unknown)", "?"),
        ("jsondecode(\"a${unknown}\")", "?"),
        ("jsondecode(null)", "refused"),
        ("jsondecode(file(\"policy.json\"))", r#"{Version = "2012-10-17"}"#),
    ]);
}

#[test]
fn yaml() {
    check(&[
        ("yamlencode({ a = 1 })", "yaml({a = 1})"),
        ("yamldecode(yamlencode({ a = unknown }))", "{a = ?}"),
        ("yamldecode(jsonencode({ a = 1 }))", "{a = 1}"),
        (r#"yamldecode("a: 1\nb: [x, yes, true, ~]\n")"#, r#"{a = 1, b = ["x", "yes", true, null]}"#),
        (r#"yamldecode("a: 0777\nb: 0o17\nc: 0x1f\nd: 1_000\n")"#, r#"{a = 777, b = 15, c = 31, d = "1_000"}"#),
        (r#"yamldecode("a: &x { b: 1 }\nc: *x\n")"#, "{a = {b = 1}, c = {b = 1}}"),
        (r#"yamldecode("a: |\n  x\n  y\n")"#, r#"{a = "x\ny\n"}"#),
        (r#"yamldecode("a: $${b}\n")"#, r#"{a = "${b}"}"#),
        (r#"yamldecode("a: !foo b\n")"#, "{a = ?Function}"),
        (
            r#"yamldecode("Version: 2012-10-17\na: '2012-10-17'\n")"#,
            r#"{Version = "2012-10-17T00:00:00Z", a = "2012-10-17"}"#,
        ),
        (r#"yamldecode("a: [")"#, "refused"),
        (r#"yamldecode("a: 1\n---\nb: 2\n")"#, "refused"),
        ("yamldecode(unknown)", "?"),
        (
            r#"format("%s", yamlencode({ foo = [1, { a = "b", c = "d" }, 3], bar = "baz" }))"#,
            r#""\"bar\": \"baz\"\n\"foo\":\n- 1\n- \"a\": \"b\"\n  \"c\": \"d\"\n- 3\n""#,
        ),
        (
            r#"format("%s", yamlencode({ a = { b = [[1], []], c = {} }, d = null, e = true }))"#,
            r#""\"a\":\n  \"b\":\n  - - 1\n  - []\n  \"c\": {}\n\"d\": null\n\"e\": true\n""#,
        ),
        (
            r#"format("%s", yamlencode({ a = "x\ny\n", b = { c = "p\nq" } }))"#,
            r#""\"a\": |\n  x\n  y\n\"b\":\n  \"c\": |-\n    p\n    q\n""#,
        ),
        (r#"format("%s", yamlencode({ a = unknown }))"#, r#""\"a\": ${?}\n""#),
        (r#"format("%s", yamlencode("a"))"#, r#""\"a\"\n""#),
        (r#"yamldecode(format("%s", yamlencode({ a = [{ b = "c\\d\"e" }] })))"#, r#"{a = [{b = "c\\d\"e"}]}"#),
    ]);
}

#[test]
fn csv() {
    check(&[
        (r#"csvdecode("a,b,c\n1,2,3\n4,5,6")"#, r#"[{a = "1", b = "2", c = "3"}, {a = "4", b = "5", c = "6"}]"#),
        (r#"csvdecode("a,b\r\n\"x, \"\"y\"\"\",\r\n\r\n")"#, r#"[{a = "x, \"y\"", b = ""}]"#),
        (r#"csvdecode("a,b\n1,\n")"#, r#"[{a = "1", b = ""}]"#),
        (r#"csvdecode("a\n")"#, "[]"),
        (r#"csvdecode("a,b\n1\n")"#, "refused"),
        (r#"csvdecode("a,a\n")"#, "refused"),
        (r#"csvdecode("a\nx\"y\n")"#, "refused"),
        (r#"csvdecode("")"#, "refused"),
        ("csvdecode(unknown)", "?"),
    ]);
}

#[test]
fn encodings() {
    check(&[
        (r#"base64encode("Hello World")"#, r#""SGVsbG8gV29ybGQ=""#),
        (r#"base64decode("SGVsbG8gV29ybGQ=")"#, r#""Hello World""#),
        (r#"base64decode("SGVs\nbG8=")"#, r#""Hello""#),
        (r#"base64decode("not base64")"#, "refused"),
        (r#"base64decode("//79")"#, "refused"),
        (r#"base64encode("a${unknown}")"#, "?"),
        ("base64decode(base64encode(jsonencode({ a = 1 })))", r#""{\"a\":1}""#),
        (r#"base64gunzip("H4sIAAAAAAAA/8tIzcnJBwCGphA2BQAAAA==")"#, r#""hello""#),
        (r#"base64gunzip("aGVsbG8=")"#, "refused"),
        (r#"base64gzip("a")"#, "?Run"),
        (r#"textencodebase64("Hello", "UTF-16LE")"#, r#""SABlAGwAbABvAA==""#),
        (r#"textdecodebase64("SABlAGwAbABvAA==", "UTF-16LE")"#, r#""Hello""#),
        (r#"textencodebase64("é", "ISO-8859-1")"#, r#""6Q==""#),
        (r#"textencodebase64("€", "ISO-8859-1")"#, "refused"),
        (r#"textencodebase64("a", "windows-1252")"#, "?Function"),
        (r#"urlencode("Hello World!")"#, r#""Hello+World%21""#),
        (r#"urlencode("☃a-b_c.d~")"#, r#""%E2%98%83a-b_c.d~""#),
        (r#"urlencode("a b${unknown}")"#, r#""a+b${?}""#),
        (r#"urldecode("Hello+World%21%E2%98%83")"#, r#""Hello World!☃""#),
        (r#"urldecode("%2")"#, "refused"),
    ]);
}
