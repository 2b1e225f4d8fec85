//! What names promise, in the spellings and languages of those who write them.

use portcullis_secrets::credential::{Promise, promise};

#[test]
fn names_promise_what_they_say() {
    let tables = [
        (Some(Promise::Password), PASSWORDS),
        (Some(Promise::Secret), SECRETS),
        (Some(Promise::Key), KEYS),
        (None, NOTHING),
    ];
    let wrong: Vec<String> = tables
        .iter()
        .flat_map(|(expected, names)| names.iter().map(move |name| (*expected, *name)))
        .filter(|(expected, name)| promise(name) != *expected)
        .map(|(expected, name)| format!("`{name}` promises {:?}, not {expected:?}", promise(name)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[rustfmt::skip]
const PASSWORDS: &[&str] = &[
    "password", "Password", "PASSWORD", "passwords", "passwd", "pwd", "passphrase", "passcode", "pword", "psw", "psk", "passw", "db_password", "DB_PASSWORD", "dbPassword", "db-password",
    "db.password", "dbpassword", "DBPASSWORD", "DB_PASS", "dbpass", "dbPass", "db_pwd", "dbpwd", "rootpw", "root_pw", "admin_pass", "adminpass", "MYSQL_ROOT_PASSWORD", "mysqlRootPassword", "PGPASSWORD",
    "spring.datasource.password", "spring.datasource.druid.login-password", "javax.net.ssl.keyStorePassword", "kafka.ssl.key.password", "ansible_become_pass", "ansible_ssh_pass", "requirepass",
    "redis_requirepass", "keystorePass", "storePassword", "password1", "password_2", "new_password", "oldPassword", "current_password", "confirm_password", "password_confirmation", "defaultPassword",
    "initialRootPassword", "POSTGRES_PASSWORD", "GF_SECURITY_ADMIN_PASSWORD", "WEBPASSWORD", "SA_PASSWORD", "ORACLE_PWD", "VNC_PW", "GITEA__database__PASSWD", "keyPassphrase", "gpg_passphrase",
    "wifi_passphrase", "passwort", "DB_PASSWORT", "kennwort", "wachtwoord", "senha", "db_senha", "mdp", "motdepasse", "contrasena", "contrase\u{f1}a", "parola", "haslo", "has\u{142}o", "heslo", "salasana",
    "clave", "\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}", "\u{5bc6}\u{7801}", "\u{53e3}\u{4ee4}", "\u{30d1}\u{30b9}\u{30ef}\u{30fc}\u{30c9}", "\u{be44}\u{bc00}\u{bc88}\u{d638}",
];

#[rustfmt::skip]
const SECRETS: &[&str] = &[
    "secret", "SECRET", "secrets", "token", "TOKEN", "api_key", "apiKey", "API_KEY", "api-key", "apikey", "x-api-key", "access_key", "AWS_SECRET_ACCESS_KEY", "secretKey", "SECRET_KEY_BASE", "private_key",
    "privateKey", "client_secret", "clientSecret", "CLIENT_SECRET", "oauth2ClientSecret", "credential", "credentials", "bearer", "signing_key",
    "SIGNING_KEY", "encryption_key", "encryptionKey", "ENCRYPTION_KEY", "pepper", "license_key", "licenseKey", "master_key", "storage_key", "account_key", "AccountKey", "shared_key", "session_secret",
    "cookieSecret", "JWT_SECRET", "jwt.secret", "jwtKey", "webhook_secret", "auth_token", "authToken", "GITHUB_TOKEN", "NPM_TOKEN", "access_token", "refreshToken", "ACCESS_TOKEN_SECRET", "appSecret",
    "app_key", "appkey", "consumer_secret", "consumerKey", "weather.api.key", "play.http.secret.key", "vault_token", "api_token", "apiToken", "AUTH_KEY", "admin_key", "write_key", "subscription_key",
    "hmac_key", "fernet_key", "aes_key", "integration_key", "deploy_key", "GPG_SECRET",
];

#[rustfmt::skip]
const KEYS: &[&str] = &["key", "KEY", "auth", "AUTH", "salt", "registry_auth", "ssh_key", "WEATHER_KEY", "AWS_ACCESS_KEY_ID"];

#[rustfmt::skip]
const NOTHING: &[&str] = &[
    "", "user", "username", "host", "keyboard", "monkey", "turkey", "compass", "bypass", "passenger", "passport", "passive", "pass", "PASS", "author", "authority", "secretary", "tokenizer", "enclave_mode",
    // About a secret.
    "password_file", "PASSWORD_FILE", "passwordFile", "passwd_file", "DB_PASSWORD_FILE", "token_path", "TOKEN_URL", "tokenUrl", "token_uri", "token-endpoint", "secretName", "secret_name", "SECRET_NAME",
    "passwordLength", "password_length", "min_password_length", "MIN_PASSWORD_LENGTH", "password.min", "password_policy", "passwordPolicy", "password_regex", "PASSWORD_REGEX", "password_hash", "passwordHash", "hashed_password",
    "password_sha256", "root_password_sha2", "PASSWORD_HASHERS", "password_encoder", "password_encryption_type", "password_reset_url", "PASSWORD_RESET_TIMEOUT", "forgot_password", "reset_password", "passwordResetToken_ttl",
    "password_required", "require_password", "use_password", "enable_password_login", "allow_empty_password", "passwordField", "password_input", "password_label", "password_hint", "passwordPlaceholder", "password_error",
    "passwordKey", "adminPasswordKey", "existingSecretPasswordKey", "existingSecret", "passwordSecret", "secretKeyRef", "secretRef", "imagePullSecretName", "automountServiceAccountToken", "use_token_auth",
    "token_ttl", "tokenExpiration", "TOKEN_LIMIT", "token_count", "max_tokens", "token_type", "tokenName", "token_id", "token_issuer", "tokenReview", "key_id", "keyId", "kms_key_id", "access_key_id", "secret_arn", "secretArn",
    "auth_type", "auth_method", "auth_mode", "authEnabled", "auth_url", "auth_provider", "auth_header", "api_key_header", "api_key_name", "keystore_type", "key_name", "key_path", "key_prefix",
    // No secrets.
    "public_key", "publicKey", "PUBLIC_KEY", "ssh_public_key", "publicKeyToken", "primary_key", "primaryKey", "foreign_key", "partition_key", "sort_key", "sortKey", "range_key", "cache_key", "cacheKey", "row_key", "object_key",
    "idempotency_key", "routing_key", "GPG_KEY", "GPG_KEYS", "csrf_token", "csrfToken", "pad_token", "eos_token", "next_token", "nextPageToken", "continuation_token", "cancellationToken", "RECAPTCHA_SITE_KEY",
    "publishable_key", "shortcut_key", "hotkey", "kms_key", "device_token", "proxy_pass", "fastcgi_pass", "smtp_sasl_password_maps", "update_password", "authorization", "connectionString",
];
