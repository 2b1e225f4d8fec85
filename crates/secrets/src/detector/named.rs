//! Credentials without a form of their own: so many digits, known by the name that they are assigned to.
//!
//! `PLAID_SECRET=…` holds what Plaid issues because it says so. What stands between is a name that promises a secret and an
//! assignment; a commit or an id beside the vendor's name is none.

/// The expression for what is assigned to a name that begins with the first and promises a secret: `datadog_api_key`,
/// `"plaidSecret":`, `<paypal-token>`. The second is the form of the value, which keeps its case and stands alone.
macro_rules! named {
    ($vendor:literal, $form:literal) => {
        concat!(
            r"(?i)(?:",
            $vendor,
            r")[\w.\- ]{0,24}?(?:key|token|secret|passw(?:or)?d|pass|pwd|auth|pat|credentials?|salt|jwt|api)s?",
            r"(?:[_.\-]?(?:prod(?:uction)?|dev|test|staging|live|sandbox|value|default|v?[0-9]{1,2}))?",
            r#"["'`)\]\\]{0,4}(?:[ \t]?:?[ \t]?(?:&?(?:'static )?str(?:ing)?|const char ?\*))?"#,
            r#"[ \t]{0,3}(?:=>|:=|\|\||[=:,>( ])[ \t]{0,3}(?:bearer )?\\?["'`]?"#,
            r"(?P<secret>(?-i:",
            $form,
            r#"))(?:[^\w\-+/=.%:(\[]|$)"#,
        )
    };
}

pub(super) use named;

/// Whether it has both letters and digits: a random text of this length does, a name seldom.
pub(super) fn is_mixed(token: &str) -> bool {
    token.bytes().any(|byte| byte.is_ascii_digit()) && token.bytes().any(|byte| byte.is_ascii_alphabetic())
}
