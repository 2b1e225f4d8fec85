//! Numbers, conversions, files, dates, hashes and addresses.

use super::check;

#[test]
fn numbers() {
    check(&[
        ("abs(-12.4)", "12.4"),
        ("abs(\"-3\")", "3"),
        ("abs(\"a\")", "refused"),
        ("abs(true)", "refused"),
        ("abs(unknown)", "?"),
        ("abs(1, 2)", "refused"),
        ("ceil(5.1)", "6"),
        ("ceil(-5.1)", "-5"),
        ("floor(4.9)", "4"),
        ("floor(-4.1)", "-5"),
        ("log(16, 2)", "4"),
        ("log(1, 10)", "0"),
        ("log(-1, 10)", "refused"),
        ("max(12, 54, 3)", "54"),
        ("max(1, unknown)", "?"),
        ("max()", "refused"),
        ("min(12, \"3\", 54)", "3"),
        ("min(1.5, 2)", "1.5"),
        ("parseint(\"100\", 10)", "100"),
        ("parseint(\"FF\", 16)", "255"),
        ("parseint(\"-10\", 2)", "-2"),
        ("parseint(\"1011111011101111\", 2)", "48879"),
        ("parseint(\"aA\", 62)", "656"),
        ("parseint(\"12\", 2)", "refused"),
        ("parseint(\"1\", 63)", "refused"),
        ("parseint(10, 10)", "refused"),
        ("pow(3, 2)", "9"),
        ("pow(4, 0.5)", "2"),
        ("pow(2, 62)", "4611686018427387904"),
        ("pow(2, -1)", "0.5"),
        ("signum(-13)", "-1"),
        ("signum(0)", "0"),
        ("signum(344)", "1"),
        ("no_such_function(1)", "?Function"),
        ("provider::aws::arn_parse(\"a\")", "?Function"),
        ("core::abs(-1)", "1"),
    ]);
}

#[test]
fn conversions() {
    check(&[
        ("tobool(\"true\")", "true"),
        ("tobool(\"1\")", "true"),
        ("tobool(\"yes\")", "refused"),
        ("tobool(1)", "refused"),
        ("tobool(null)", "null"),
        ("tobool(unknown)", "?"),
        ("tonumber(\"1\")", "1"),
        ("tonumber(\"1.50\")", "1.5"),
        ("tonumber(\"1e3\")", "1000"),
        ("tonumber(\"no\")", "refused"),
        ("tonumber(\"inf\")", "refused"),
        ("tonumber(true)", "refused"),
        ("tonumber(null)", "null"),
        ("tostring(1.5)", r#""1.5""#),
        ("tostring(true)", r#""true""#),
        ("tostring(null)", "null"),
        ("tostring(\"a${unknown}\")", r#""a${?}""#),
        ("tostring([])", "refused"),
        ("tolist([\"a\", 1, true])", r#"["a", "1", "true"]"#),
        ("tolist(toset([\"b\", \"a\"]))", r#"["a", "b"]"#),
        ("tolist(unknown)", "?"),
        ("tolist({})", "refused"),
        ("tomap({ a = 1, b = \"x\" })", r#"{a = "1", b = "x"}"#),
        ("tomap({ a = 1 })", "{a = 1}"),
        ("tomap([])", "refused"),
        ("tomap(open({ a = 1, b = \"x\" }))", r#"{a = "1", b = "x", …}"#),
        ("sensitive(\"a\")", r#""a""#),
        ("nonsensitive(unknown)", "?"),
        ("ephemeralasnull(1)", "1"),
        ("issensitive(1)", "?Function"),
        ("type(1)", "?Function"),
    ]);
}

#[test]
fn files() {
    check(&[
        ("file(\"files/a.txt\")", r#""hello""#),
        ("file(\"./files/../files/a.txt\")", r#""hello""#),
        ("file(\"../../shared.txt\")", r#""shared\n""#),
        ("file(\"../../../etc/passwd\")", "?File"),
        ("file(\"/etc/passwd\")", "?File"),
        ("file(\"~/.ssh/id_rsa\")", "?File"),
        ("file(\"missing.txt\")", "?File"),
        ("file(\"image.png\")", "refused"),
        ("file(unknown)", "?"),
        ("file(null)", "refused"),
        ("filebase64(\"image.png\")", r#""//4=""#),
        ("fileexists(\"files/a.txt\")", "true"),
        ("fileexists(\"missing.txt\")", "?File"),
        ("fileset(\"files\", \"*.txt\")", r#"set["a.txt"]"#),
        ("fileset(\"files\", \"**/*.txt\")", r#"set["a.txt", "deep/c.txt"]"#),
        ("fileset(\"files\", \"**\")", r#"set["a.txt", "b.md", "deep/c.txt"]"#),
        ("fileset(\"files\", \"{a,b}.*\")", r#"set["a.txt", "b.md"]"#),
        ("fileset(\"files\", \"?.[a-m]*\")", r#"set["b.md"]"#),
        ("fileset(\".\", \"*.json\")", r#"set["policy.json"]"#),
        ("fileset(\"missing\", \"*\")", "?File"),
        ("filemd5(\"files/a.txt\")", r#""5d41402abc4b2a76b9719d911017c592""#),
        ("filesha1(\"missing\")", "?File"),
        ("basename(\"foo/bar/baz.txt\")", r#""baz.txt""#),
        ("basename(\"foo/\")", r#""foo""#),
        ("basename(\"\")", r#"".""#),
        ("basename(\"/\")", r#""/""#),
        ("basename(\"${unknown}/baz.txt\")", r#""baz.txt""#),
        ("basename(\"a/${unknown}.txt\")", "?"),
        ("dirname(\"foo/bar/baz.txt\")", r#""foo/bar""#),
        ("dirname(\"foo\")", r#"".""#),
        ("dirname(\"/foo\")", r#""/""#),
        ("dirname(\"./a/../b/c\")", r#""b""#),
        ("dirname(\"x/${unknown}/a/b\")", r#""x/${?}/a""#),
        ("abspath(\"/a/./b/../c\")", r#""/a/c""#),
        ("abspath(\"a\")", "?Run"),
        ("pathexpand(\"~/a\")", "?Run"),
        ("pathexpand(\"/a\")", r#""/a""#),
    ]);
}

#[test]
fn dates() {
    check(&[
        (r#"formatdate("DD MMM YYYY hh:mm ZZZ", "2018-01-02T23:12:01Z")"#, r#""02 Jan 2018 23:12 UTC""#),
        (
            r#"formatdate("EEEE, DD-MMM-YY hh:mm:ss ZZZ", "2018-01-02T23:12:01Z")"#,
            r#""Tuesday, 02-Jan-18 23:12:01 UTC""#,
        ),
        (
            r#"formatdate("EEE, DD MMM YYYY hh:mm:ss ZZZ", "2018-01-02T23:12:01-08:00")"#,
            r#""Tue, 02 Jan 2018 23:12:01 -0800""#,
        ),
        (r#"formatdate("H:m:s AA aa", "2018-01-02T00:02:03Z")"#, r#""12:2:3 AM am""#),
        (r#"formatdate("M/D ZZZZZ Z MMMM", "2020-02-29T13:00:00+05:30")"#, r#""2/29 +05:30 +05:30 February""#),
        (r#"formatdate("h'h'mm '' 'o''clock'", "2018-01-02T23:12:01Z")"#, r#""23h12 ' o'clock""#),
        (r#"formatdate("X", "2018-01-02T23:12:01Z")"#, "refused"),
        (r#"formatdate("'x", "2018-01-02T23:12:01Z")"#, "refused"),
        (r#"formatdate("YYYY", "2018-02-30T23:12:01Z")"#, "refused"),
        (r#"formatdate("YYYY", "2018-01-02")"#, "refused"),
        (r#"formatdate("YYYY", timestamp())"#, "?Run"),
        (r#"timeadd("2017-11-22T00:00:00Z", "10m")"#, r#""2017-11-22T00:10:00Z""#),
        (r#"timeadd("2016-02-28T23:00:00Z", "1h30m")"#, r#""2016-02-29T00:30:00Z""#),
        (r#"timeadd("2017-11-22T00:00:00Z", "-8760h")"#, r#""2016-11-22T00:00:00Z""#),
        (r#"timeadd("2017-11-22T00:00:00+01:00", "1.5s")"#, r#""2017-11-22T00:00:01+01:00""#),
        (r#"timeadd("2017-11-22T00:00:00Z", "1d")"#, "refused"),
        (r#"timecmp("2017-11-22T00:00:00Z", "2017-11-22T01:00:00+01:00")"#, "0"),
        (r#"timecmp("2017-11-22T00:00:00Z", "2017-11-22T00:00:00-01:00")"#, "-1"),
        (r#"timecmp("2017-11-22T00:00:00.5Z", "2017-11-22T00:00:00Z")"#, "1"),
        ("plantimestamp()", "?Run"),
    ]);
}

#[test]
fn hashes() {
    check(&[
        (r#"md5("hello world")"#, r#""5eb63bbbe01eeed093cb22bb8f5acdc3""#),
        (r#"sha1("hello world")"#, r#""2aae6c35c94fcfb415dbe95f408b9ce91ee846ed""#),
        (r#"sha256("hello world")"#, r#""b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9""#),
        (r#"substr(sha512("hello world"), 0, 16)"#, r#""309ecc489c12d6eb""#),
        (r#"base64sha256("hello world")"#, r#""uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=""#),
        (r#"substr(base64sha512("hello world"), 0, 8)"#, r#""MJ7MSJwS""#),
        (r#"uuidv5("dns", "www.terraform.io")"#, r#""a5008fae-b28c-5ba5-96cd-82b4c53552d6""#),
        (
            r#"uuidv5("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.terraform.io")"#,
            r#""a5008fae-b28c-5ba5-96cd-82b4c53552d6""#,
        ),
        (r#"uuidv5("x", "a")"#, "refused"),
        ("uuid()", "?Run"),
        ("bcrypt(\"a\")", "?Run"),
        ("md5(unknown)", "?"),
        ("md5(\"a${computed}\")", "?Computed"),
    ]);
}

#[test]
fn addresses() {
    check(&[
        (r#"cidrhost("10.12.112.0/20", 16)"#, r#""10.12.112.16""#),
        (r#"cidrhost("10.12.112.0/20", 268)"#, r#""10.12.113.12""#),
        (r#"cidrhost("10.12.112.0/20", -1)"#, r#""10.12.127.255""#),
        (r#"cidrhost("fd00:fd12:3456:7890:00a2::/72", 34)"#, r#""fd00:fd12:3456:7890::22""#),
        (r#"cidrhost("10.0.0.0/30", 4)"#, "refused"),
        (r#"cidrhost("10.0.0.0", 4)"#, "refused"),
        (r#"cidrnetmask("172.16.0.0/12")"#, r#""255.240.0.0""#),
        (r#"cidrnetmask("::/0")"#, "refused"),
        (r#"cidrsubnet("172.16.0.0/12", 4, 2)"#, r#""172.18.0.0/16""#),
        (r#"cidrsubnet("10.1.2.0/24", 4, 15)"#, r#""10.1.2.240/28""#),
        (r#"cidrsubnet("fd00:fd12:3456:7890::/56", 16, 162)"#, r#""fd00:fd12:3456:7800:a200::/72""#),
        (r#"cidrsubnet("10.0.0.0/8", 8, 256)"#, "refused"),
        (r#"cidrsubnet("10.0.0.0/30", 8, 0)"#, "refused"),
        (r#"cidrsubnet("010.0.0.0/8", 8, 1)"#, r#""10.1.0.0/16""#),
        (r#"cidrsubnet("10.0.0.0/8", 8, unknown)"#, "?"),
        (
            r#"cidrsubnets("10.1.0.0/16", 4, 4, 8, 4)"#,
            r#"["10.1.0.0/20", "10.1.16.0/20", "10.1.32.0/24", "10.1.48.0/20"]"#,
        ),
        (r#"cidrsubnets("10.0.0.0/31", 1, 1, 1)"#, "refused"),
        (r#"cidrsubnets("10.0.0.0/8", 0)"#, "refused"),
        (r#"cidrcontains("192.168.2.0/20", "192.168.2.1")"#, "true"),
        (r#"cidrcontains("192.168.2.0/20", "192.126.2.1/18")"#, "false"),
        (r#"cidrcontains("10.0.0.0/8", "10.1.0.0/16")"#, "true"),
        (r#"cidrcontains("10.1.0.0/16", "10.0.0.0/8")"#, "false"),
        (r#"cidrcontains("10.0.0.0/8", "::1")"#, "refused"),
    ]);
}
