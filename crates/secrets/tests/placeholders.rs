//! What a text in the place of a password is: a table of at least three hundred.

use portcullis_secrets::credential::{Standing, standing};

#[test]
fn texts_in_the_place_of_a_password_are_told_apart() {
    let tables = [(Standing::Placeholder, PLACEHOLDERS), (Standing::Weak, WEAK), (Standing::Real, REAL)];
    let count: usize = tables.iter().map(|(_, texts)| texts.len()).sum();
    assert!(count >= 300, "only {count} texts");
    let wrong: Vec<String> = tables
        .iter()
        .flat_map(|(expected, texts)| texts.iter().map(move |text| (*expected, *text)))
        .filter(|(expected, text)| standing(text) != *expected)
        .map(|(expected, text)| format!("`{text}` is {:?}, not {expected:?}", standing(text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Filled in by a tool, by somebody, or not at all.
#[rustfmt::skip]
const PLACEHOLDERS: &[&str] = &[
    // Nothing.
    "", " ", "''", "\"\"", "-", "--", "...", "\u{2026}", "*", "**", "*****", "********", "?", "???", "_____", "#####", "[]", "{}", "()",
    // Marks of tools.
    "${PASSWORD}", "${DB_PASSWORD:-}", "${DB_PASSWORD:?required}", "$PASSWORD", "$password", "$(PASSWORD)", "$(cat /run/secrets/db)",
    "$DB_PASS", "%PASSWORD%", "%(password)s", "@PASSWORD@", "@@PASSWORD@@", "__PASSWORD__", "#{password}", "#{password}#",
    "{{ password }}", "{{password}}", "{{ .Values.auth.password }}", "{{ vault_db_password }}", "{% password %}",
    "<% password %>", "<%= ENV['X'] %>", "((password))", "${{ secrets.PASSWORD }}", "${{ env.PASSWORD }}", "!{password}x${A}",
    "postgres-${STAGE}", "{password}", "[password]", "<password>", "<PASSWORD>", "<your password>", "<db-password>",
    "<base64-encoded-secret>", "<redacted>", "<token>", "<insert here>", "<change_me>", "abc<token>def", "sk_live_<your key>",
    "[REDACTED]", "[your password]", "[MASKED]", "{your_password}", "%%password%%", "${var.password}", "${local.password}",
    "$1", "$2", "$USER", "$__password", "${1}", "${PASSWORD}!", "pre-${PASSWORD}-post", "{{.Password}}",
    // Kept elsewhere.
    "vault:secret/data/db#password", "VAULT:secret/db", "ref+vault://secret/db", "op://vault/item/field", "arn:aws:secretsmanager:eu-west-1:1:secret:db",
    "secretref:db-password", "awssm:db", "gcpsm:db", "akv:db", "file:///run/secrets/db", "env:DB_PASSWORD", "sops:db",
    "ENC[AES256_GCM,data:abc]",
    // What belongs there.
    "your-password", "your_password", "your password", "yourpassword", "YourPassword", "YOUR_PASSWORD", "YOUR-PASSWORD-HERE",
    "your_password_here", "your-db-password", "your-secure-password", "your_secret_key", "your-api-key", "YOUR_API_TOKEN", "your-secret", "yoursecret",
    "yourtoken", "YourStrongPassword", "your_jwt_secret", "your-super-secret-key", "Your_password123", "your.password", "yourPasswordHere",
    "my-your-password", "enter-your-password", "enter_password_here", "enterpassword", "ENTER_PASSWORD", "insert-password",
    "insert_token_here", "INSERT_KEY", "insertpasswordhere", "put-your-password-here", "put_password_here", "fill-in-password", "fill_me_in",
    "replace-me", "REPLACE_ME", "replaceme", "ReplaceMe", "REPLACE_WITH_PASSWORD", "replace-with-real-token", "replace_this", "replacethis",
    "change-this-in-production", "change_this_password", "change-this-password", "changethistoyourpassword", "change-to-your-password",
    "change_password", "change your password", "paste-token-here", "paste_your_key", "specify-password", "provide_password",
    "password-goes-here", "password_goes_here", "passwordgoeshere", "secret-goes-here", "token-here", "password_here",
    "some-password", "some_secret_here", "somepassword", "some-secret-token", "the-password", "thepassword", "the_secret", "any-password",
    "anypassword", "a-secret", "this-is-a-secret", "this_is_the_password", "not-a-secret", "not-the-real-password", "to-be-set-password",
    "to_be_replaced", "to_be_defined", "tobedefined", "set-in-vault-secret", "password-from-vault", "secret_from_env", "see-vault-password",
    "example-password", "example_password", "password-example", "example_secret", "sample-password", "sample_token", "dummy", "dummy-password",
    "dummy_token", "dummy123", "dummy-secret-1", "fake", "fake-password", "fake_token", "fakepassword-here", "mock", "mock-token", "mock_secret",
    "password-placeholder", "placeholder", "PLACEHOLDER", "placeholder_password", "passwordplaceholder", "redacted", "REDACTED", "***REDACTED***", "masked", "removed",
    "todo", "TODO", "TODO-set-password", "TODO: set", "fixme", "FIXME", "tbd", "TBD", "generate-a-password", "generated",
    "xxx", "XXX", "xxxx", "xxxxxxxx", "XXXXXXXX", "xxxx-xxxx", "XXXX-XXXX-XXXX", "xxx-xxx", "sk_live_xxxxxxxxxxxx", "xx-xx-xx", "x",
    "0000000000", "00000000-0000-0000-0000-000000000000", "----", "____", "abc...", "ghp_...", "AKIA\u{2026}",
    // None, a switch, a type, a method.
    "none", "None", "null", "NULL", "nil", "undefined", "unset", "empty", "n/a", "N/A", "true", "false", "True", "yes", "no", "on", "off",
    "enabled", "disabled", "optional", "required", "string", "String", "str", "text", "boolean", "integer", "hidden", "encrypted", "invalid", "auto",
    "random", "always", "never", "inherit", "plain", "plaintext", "hashed", "bcrypt", "argon2id", "pbkdf2", "sha256", "md5", "basic", "bearer", "oauth2",
    "oidc", "jwt", "kerberos", "keyring", "file", "stdin", "prompt", "ask", "strict", "strong", "name", "value", "self",
    // In base64.
    "PGJhc2U2NC1lbmNvZGVkLXNlY3JldD4=", "eW91ci1wYXNzd29yZA==", "JHtQQVNTV09SRH0=", "UkVQTEFDRV9NRQ==",
];

/// Everybody tries them first.
#[rustfmt::skip]
const WEAK: &[&str] = &[
    "changeme", "CHANGEME", "ChangeMe", "change-me", "change_me", "CHANGE_ME", "change me", "ChangeMe!", "!ChangeMe!", "changeme!", "changeme1", "changeme123",
    "changeit", "ChangeIt", "change-it", "changethis", "change_this", "change-this", "changethat", "changenow", "change_me_please", "change-me-please", "please-change-me",
    "pleasechangeme", "please_change", "pleaseChangeIt1", "change_me_now", "-changeme-", "CHANGE_ME_123", "change",
    "password", "Password", "PASSWORD", "passwd", "pass", "pwd", "secret", "SECRET", "secrets", "admin", "Admin", "administrator", "root", "ROOT", "toor", "guest",
    "test", "Test", "testing", "demo", "default", "example", "sample", "user", "username", "login", "welcome", "letmein", "master", "qwerty", "qwertz", "azerty",
    "abc123", "123123", "1234", "12345", "123456", "1234567", "12345678", "123456789", "1234567890", "654321", "111111", "000000", "aaaa", "aaaaaa", "888888",
    "abcdef", "abcdefgh", "postgres", "postgresql", "mysql", "mariadb", "mongo", "mongodb", "redis", "rabbitmq", "sonar", "keycloak", "grafana", "jenkins", "nexus",
    "minio", "minioadmin", "elastic", "tomcat", "vagrant", "raspberry", "zabbix", "cassandra", "oracle", "hive", "airflow", "android", "mypassword",
    "my-password", "my_password", "mysecret", "my-secret", "mysecretpassword", "my-secret-pw", "my-secret-password", "anonymous", "public", "foobar",
    // In base64.
    "Y2hhbmdlbWU=", "cGFzc3dvcmQ=", "cG9zdGdyZXM=",
];

/// Somebody chose them.
#[rustfmt::skip]
const REAL: &[&str] = &[
    "hunter2", "Hunter2!", "Tr0ub4dor&3", "correct horse battery staple", "S3cr3t!Value", "P@ssw0rd", "Passw0rd", "passw0rd", "p@ssword", "pa55word", "password1",
    "password123", "Password123", "Password1234!", "admin123", "admin1234", "Admin123!", "root123", "rootroot1", "rootpw", "test123", "test1234", "Test1234!", "testpass", "testpass123",
    "testing-1234!", "secret123", "s3cr3t", "s3cret", "sup3rs3cr3t", "supersecret", "SuperSecret", "secretpassword", "topsecret", "dev_password", "prod-password", "adminpass", "adminpassword",
    "rootpassword", "userpass", "userpassword", "dbpass", "dbpassword1", "wordpress1", "wordpress", "nextcloud", "gitea", "postgres1", "mysql57", "redis123", "minio123", "example123",
    "example1", "changed1", "changeling", "unchanged77", "exchange-2019", "Sommer2020", "Winter2019!", "letmein99", "welcome1", "Welcome01!", "qwerty123", "qwertzuiop99", "1q2w3e4r", "iloveyou2",
    "kX9mQ2vL7", "kX9#mQ2$vL7", "a1b2c3d4e5f6", "qwertz-99-Kiste", "blumentopf", "flaschenpost", "hoppelhase", "wolkenlos", "Gartenzwerg1", "grizzly88", "monkey", "dragon", "sunshine",
    "foobarbaz", "MindTheGap", "mustbeeightchars", "hashicorp-rocks", "basil-and-thyme", "keyboard-cat", "openproject", "Harbor12345", "Docker!", "Oradoc_db1", "VMware1!",
    "calvin", "prom-operator", "4-v3ry-53cr37-p455w0rd", "4dm1n157r470r", "0123abcd", "7f3e", "yourk", "yournal5", "placemat", "tomato", "nullify9", "nonesuch1", "truelove", "falsetto",
    "testament", "guesthouse", "roots", "Tulip#2021", "Gl4cier-Peak", "with space 1", "p4ss word", "pfxPass12", "l33t", "m0ngo-shop", "geheim42", "K3nnwort", "contrase\u{f1}a1", "p\u{e4}ssw\u{f6}rd1",
    "9f86d081884c7d659a2feaa0c55ad015", "0f8fad5b-d9cb-469f-a165-70867728950e", "c3VwZXItczNjcmV0LTk5", "aHVudGVyMg==", "{\"password\":\"hunter2\"}",
];
