//! Passwords in connection strings that are no URLs.
//!
//! A password is what somebody chose: its form says nothing, the text around it does. Placeholders and references stay silent.

use portcullis_core::Severity;

use super::Detector;
use crate::{Setting, Slot, Verdict, judge};

pub(super) static DETECTORS: &[Detector] = &[
    Detector {
        id: "secret-jdbc-password",
        what: "a password in a JDBC address",
        title: "Password in a JDBC address is written in a file",
        docs: "Whoever has it reads the data that the account can, from wherever the server can be reached. Change it, and take it from a secret store.",
        severity: Severity::High,
        keywords: &["jdbc:"],
        pattern: r#"(?i)jdbc:[a-z0-9:]{2,30}:[^\s"'<>]{3,200}?[?;&](?:amp;)?(?:password|pwd)=(?P<secret>[^;&"'\s<>\\{}]{3,80})"#,
        entropy: 0.0,
        reach: 360,
        verify: Some(is_password),
        positives: &[
            "url=jdbc:postgresql://db.internal/shop?user=shop&password={a5}Kx{d3}",
            "jdbc:sqlserver://db.internal:1433;databaseName=shop;user=sa;password={a4}Qm{d4};",
        ],
        negatives: &["jdbc:postgresql://db.internal/shop?user=shop&password=${PASSWORD}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-oracle-thin-password",
        what: "a password in an Oracle address",
        title: "Password in an Oracle address is written in a file",
        docs: "Whoever has it reads the data that the account can, from wherever the server can be reached. Change it, and take it from a secret store.",
        severity: Severity::High,
        keywords: &["jdbc:oracle:"],
        pattern: r#"(?i)jdbc:oracle:(?:thin|oci8?):[\w$#]{1,30}/(?P<secret>[^@\s"'/{}]{3,60})@"#,
        entropy: 0.0,
        verify: Some(is_password),
        positives: &["url=jdbc:oracle:thin:shop/{a5}Kx{d3}@//db.internal:1521/ORCL"],
        negatives: &["url=jdbc:oracle:thin:@//db.internal:1521/ORCL"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-libpq-password",
        what: "a password in a PostgreSQL connection string",
        title: "Password in a PostgreSQL connection string is written in a file",
        docs: "Whoever has it reads the data that the account can, from wherever the server can be reached. Change it, and take it from a secret store.",
        severity: Severity::High,
        keywords: &[" password="],
        pattern: r#"(?i)\b(?:host|hostaddr|dbname|user|port|sslmode)=[^\s"'=]{1,100} (?:[a-z_]{2,20}=[^\s"'=]{1,100} ){0,8}password=["']?(?P<secret>[^\s"'`,;)\[\]\\&{}]{3,80})"#,
        entropy: 0.0,
        before: 480,
        reach: 160,
        verify: Some(is_password),
        positives: &[r#"dsn = "host=db.internal port=5432 user=shop password={a5}Kx{d3} dbname=shop""#],
        negatives: &[
            r#"dsn = "host=db.internal user=shop password=%s dbname=shop""#,
            r#"psql("host=db user=x password=$PGPASSWORD")"#,
        ],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-go-mysql-dsn",
        what: "a password in a data source name of MySQL",
        title: "Password in a data source name of MySQL is written in a file",
        docs: "Whoever has it reads the data that the account can, from wherever the server can be reached. Change it, and take it from a secret store.",
        severity: Severity::High,
        keywords: &["@tcp(", "@unix("],
        pattern: r#"["'`=\s](?:[\w.\-]{1,40}):(?P<secret>[^@\s"'`:/{}]{3,60})@(?:tcp|unix)\("#,
        entropy: 0.0,
        before: 120,
        reach: 16,
        verify: Some(is_password),
        positives: &[r#"dsn := "shop:{a5}Kx{d3}@tcp(db.internal:3306)/shop""#],
        negatives: &[r#"dsn := "%s:%s@tcp(%s:3306)/%s""#, r#"dsn := "root@tcp(127.0.0.1:3306)/test""#],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-redis-connection-string",
        what: "a password in a Redis connection string",
        title: "Password in a Redis connection string is written in a file",
        docs: "Whoever has it reads the data that the account can, from wherever the server can be reached. Change it, and take it from a secret store.",
        severity: Severity::High,
        keywords: &[",password="],
        pattern: r#"(?i)[\w.\-]{2,100}:[0-9]{2,5}(?:,[a-z]{2,30}=[\w.\-]{1,40}){0,6},password=(?P<secret>[^,"'\s<>{}]{3,120})"#,
        entropy: 0.0,
        before: 300,
        reach: 160,
        verify: Some(is_password),
        positives: &[r#"cache: "cache.internal:6380,ssl=true,password={a7}Kx{d3}""#],
        negatives: &[r#"cache: "cache.internal:6380,password={password}""#],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-ldap-bind-password",
        what: "a password that binds to a directory",
        title: "Password that binds to a directory is written in a file",
        docs: "Whoever has it reads the directory, and often changes it. Change it, and take it from a secret store.",
        severity: Severity::High,
        keywords: &[
            "bindpw",
            "bind_pw",
            "bindpasswd",
            "bind_password",
            "bindpassword",
            "bindcredentials",
            "bind-password",
            "bind_pass",
            "binddn_pass",
            "rootpw",
        ],
        pattern: r#"(?i)\b(?:ldap[\w.\-]{0,20})?(?:bind[_\-]?(?:dn[_\-]?)?(?:pw|pass|passwd|password|credentials)|olcrootpw|rootpw)["'`\])]{0,3}(?:\s{0,3}(?:=>|[=:])\s{0,3}|[ \t]{1,8})["'`]?(?P<secret>[^\s"'`,;<>{}]{4,80})(?:["'`\s,;<]|$)"#,
        entropy: 0.0,
        verify: Some(is_password),
        positives: &["bindpw {a5}Kx{d3}", "LDAP_BIND_PASSWORD={a4}Qm{d4}", r#""bindCredentials": "{a5}Kx{d3}","#],
        negatives: &["bindpw ${LDAP_PASSWORD}", "bind_password: changeme"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-php-mysql-connect",
        what: "a password in a call that connects to MySQL",
        title: "Password in a call that connects to MySQL is written in a file",
        docs: "Whoever has it reads the data that the account can, from wherever the server can be reached. Change it, and take it from a secret store.",
        severity: Severity::High,
        keywords: &["mysqli_connect", "mysql_connect", "new mysqli", "mysqli_real_connect", "mysql_pconnect"],
        pattern: r#"(?i)(?:mysqli?_p?(?:real_)?connect|new mysqli)\s?\(\s?(?:\$\w{1,30}\s?,\s?)?["'][\w.:\-]{1,100}["']\s?,\s?["'][\w.\-]{1,60}["']\s?,\s?["'](?P<secret>[^"'\n${}]{3,60})["']"#,
        entropy: 0.0,
        verify: Some(is_password),
        positives: &[
            r#"$link = mysqli_connect("localhost", "shop", "{a5}Kx{d3}", "shop");"#,
            "$db = new mysqli('db.internal', 'shop', '{a4}Qm{d4}');",
        ],
        negatives: &[
            r#"$link = mysqli_connect("localhost", "root", "", "shop");"#,
            "$link = mysqli_connect($host, $user, $password);",
        ],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-php-pdo-password",
        what: "a password in a call that opens a database",
        title: "Password in a call that opens a database is written in a file",
        docs: "Whoever has it reads the data that the account can, from wherever the server can be reached. Change it, and take it from a secret store.",
        severity: Severity::High,
        keywords: &["new pdo"],
        pattern: r#"(?i)new \\?PDO\s?\(\s?["'][a-z]{2,10}:[^"'\n]{1,160}["']\s?,\s?["'][\w.\-]{1,60}["']\s?,\s?["'](?P<secret>[^"'\n${}]{3,60})["']"#,
        entropy: 0.0,
        reach: 360,
        verify: Some(is_password),
        positives: &["$db = new PDO('mysql:host=localhost;dbname=shop', 'shop', '{a5}Kx{d3}');"],
        negatives: &[
            "$db = new PDO('mysql:host=localhost;dbname=shop', 'root', '');",
            "$db = new PDO($dsn, $user, $password);",
        ],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-jdbc-get-connection",
        what: "a password in a call that opens a JDBC connection",
        title: "Password in a call that opens a JDBC connection is written in a file",
        docs: "Whoever has it reads the data that the account can, from wherever the server can be reached. Change it, and take it from a secret store.",
        severity: Severity::High,
        keywords: &["getconnection("],
        pattern: r#"getConnection\(\s{0,24}"jdbc:[^"\n]{3,200}"\s{0,4},\s{0,24}"[\w.\-]{1,60}"\s{0,4},\s{0,24}"(?P<secret>[^"\n{}]{3,60})""#,
        entropy: 0.0,
        reach: 400,
        verify: Some(is_password),
        positives: &[r#"DriverManager.getConnection("jdbc:mysql://localhost/shop", "shop", "{a5}Kx{d3}");"#],
        negatives: &[r#"DriverManager.getConnection("jdbc:mysql://localhost/shop", user, password);"#],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-python-connect-password",
        what: "a password in a call that connects to a database",
        title: "Password in a call that connects to a database is written in a file",
        docs: "Whoever has it reads the data that the account can, from wherever the server can be reached. Change it, and take it from a secret store.",
        severity: Severity::High,
        keywords: &[".connect(", "create_engine(", "connection("],
        pattern: r#"(?i)\.connect\([^()\n]{0,160}?\b(?:password|passwd|pwd)\s?=\s?["'](?P<secret>[^"'\n{}]{3,60})["']"#,
        entropy: 0.0,
        reach: 320,
        verify: Some(is_password),
        positives: &[
            r#"conn = pymysql.connect(host="db.internal", user="shop", password="{a5}Kx{d3}", db="shop")"#,
            "psycopg2.connect(dbname='shop', user='shop', password='{a5}Kx{d3}')",
        ],
        negatives: &["conn = pymysql.connect(host=h, user=u, password=p)"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-ado-connection-string",
        what: "a password in a connection string",
        title: "Password in a connection string is written in a file",
        docs: "Whoever has it reads the data that the account can, from wherever the server can be reached. Change it, and take it from a secret store.",
        severity: Severity::High,
        keywords: &[
            ";password=",
            "; password=",
            ";password =",
            ";pwd=",
            "; pwd=",
            "; password =",
            ";pwd =",
            "amp;password=",
        ],
        pattern: r#"(?i)\b(?:server|data source|host|hostname|addr|address|initial catalog|database|uid|user id|user|username|driver|provider|dsn)\s?=\s?[^;"\n]{0,160};(?:[^"\n]{0,240};)?\s{0,2}(?:password|pwd)\s?=\s?(?P<secret>[^;"'\s<>&\\{}]{3,80})"#,
        entropy: 0.0,
        before: 480,
        reach: 160,
        verify: Some(is_password),
        positives: &[
            "Server=db.internal;Database=shop;User Id=shop;Password={a5}Kx{d3};",
            "Data Source=10.0.0.5;Initial Catalog=shop;uid=sa;pwd={a4}Qm{d4}",
        ],
        negatives: &[
            "Server=db;Database=shop;User Id=shop;Password=${DB_PASSWORD};",
            "Server=db;Database=shop;Integrated Security=true;",
            "Server=db;User Id=shop;Password=<password>;",
        ],
        ..Detector::DEFAULT
    },
];

/// A password is judged as it is elsewhere: what everybody tries first, placeholders and references are none.
fn is_password(value: &str) -> bool {
    let setting = Setting { name: "password", parents: &[], value, slot: Slot::Literal };
    matches!(judge(&setting), Verdict::Password | Verdict::Key)
}
