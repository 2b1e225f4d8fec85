//! Passwords that everybody tries first.
//!
//! A closed table: what a program comes with, what its documentation prints, and the head of every list of passwords. A text
//! of this table with something behind it (`postgres1`, `test1234`) is one that somebody chose, and no longer weak in this
//! sense; neither is the name of an application as the password of its database (`nextcloud`). Where the border to
//! placeholders is, `placeholder` says.

/// Whether the text is a password of the table, in any case.
pub fn is_weak(text: &str) -> bool {
    let text = text.trim();
    if text.len() > LONGEST {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    WEAK.contains(&lower.as_str()) || is_usual_row(&lower)
}

/// Whether the word means nothing but "a password": as a default it is weak, in the sources of a program a name of a field.
pub(super) fn is_generic(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    GENERIC.contains(&lower.as_str())
}

/// A longer text is not in the table.
const LONGEST: usize = 32;

/// One character repeated, or counted: `111111`, `12345678`, `abcdef`, `654321`.
fn is_usual_row(lower: &str) -> bool {
    let bytes = lower.as_bytes();
    let steps = |step: u8| {
        bytes.len() > 2
            && bytes
                .iter()
                .zip(bytes.iter().skip(1))
                .all(|(a, b)| b.wrapping_sub(*a) == step || (*a, *b) == (b'9', b'0'))
    };
    bytes.iter().all(u8::is_ascii_alphanumeric) && (steps(0) || steps(1) || steps(255))
}

#[rustfmt::skip]
const GENERIC: &[&str] = &[
    "password", "passwords", "passwd", "passwort", "passw", "pass", "pwd", "pw", "secret", "secrets", "token", "key",
    "apikey", "user", "username", "login", "test", "tests", "testing", "example", "sample", "demo", "default", "string",
    "user_password", "username_password", "passphrase", "passcode", "credentials", "auth", "letmein",
];

#[rustfmt::skip]
const WEAK: &[&str] = &[
    // Of nobody in particular.
    "admin", "administrator", "root", "toor", "guest", "test", "tests", "testing", "password", "passwords", "passwd",
    "passw", "pass", "pwd", "secret", "secrets", "default", "demo", "example", "sample", "user", "username", "login",
    "welcome", "letmein", "master", "qwerty", "qwertz", "azerty", "qwertyuiop", "abc123", "123123", "112233", "121212",
    "1q2w3e", "asdf", "asdfgh", "asdfghjkl", "zxcvbn", "zxcvbnm", "iloveyou", "foo", "bar", "baz",
    "foobar", "support", "manager", "operator", "service", "system", "public", "private", "access", "anonymous",
    "developer", "development", "local", "localhost", "nopassword", "superuser", "sysadmin", "webadmin",
    "mypass", "mypassword", "mysecret", "mysecretpassword", "mysecretpw", "mytoken", "mysecretkey", "mysecrettoken",
    "my-secret-pw", "my-secret-password", "my_secret_password", "my-password", "my_password", "my-secret", "my_secret",
    "my-pass", "my_pass", "my-secret-pass", "my_secret_pw",
    // What programs come with.
    "postgres", "postgresql", "psql", "pgsql", "pgadmin", "mysql", "mariadb", "mongo", "mongodb", "redis", "rabbitmq",
    "rabbit", "sonar", "sonarqube", "keycloak", "grafana", "jenkins", "nexus", "minio", "minioadmin", "elastic",
    "elasticsearch", "kibana", "kibana_system", "logstash", "logstash_internal", "opensearch", "tomcat", "vagrant",
    "ubuntu", "debian", "centos", "raspberry", "docker", "zabbix", "cassandra", "oracle", "hive", "airflow", "superset",
    "influxdb", "neo4j", "couchdb", "clickhouse", "keystone", "ldap", "android", "kafka", "activemq", "artemis",
    "consul", "vault", "portainer", "nagios", "icinga", "ftp", "mail", "cockroach", "solr", "apache",
];
