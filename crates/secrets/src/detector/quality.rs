//! Tokens of services that check code: coverage, static analysis, browsers to test in.

use portcullis_core::Severity;

use super::{Detector, Prevalence};

pub(super) static DETECTORS: &[Detector] = &[
    Detector {
        id: "secret-codecov-token",
        what: "an upload token of Codecov",
        title: "Upload token of Codecov is written in a file",
        docs: "Whoever has it uploads reports for the repository. Regenerate it in the settings.",
        severity: Severity::Medium,
        keywords: &["codecov"],
        pattern: assigned!(
            r"codecov[\w.\-]{0,20}token",
            "(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z0-9]{32})"
        ),
        entropy: 3.0,
        peers: &["gitleaks:codecov-access-token"],
        prevalence: Prevalence::Likely,
        positives: &["CODECOV_TOKEN={uuid}"],
        negatives: &["CODECOV_TOKEN={x8}-{x4}-{x4}-{x4}-{x12}", "CODECOV_TOKEN={h12}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-coveralls-token",
        what: "a repository token of Coveralls",
        title: "Repository token of Coveralls is written in a file",
        docs: "Whoever has it uploads reports for the repository. Regenerate it in the settings.",
        severity: Severity::Medium,
        keywords: &["coveralls", "repo_token"],
        pattern: assigned!(r"(?:coveralls[\w.\-]{0,20}token|^repo_token|\srepo_token)", "[A-Za-z0-9]{32,36}"),
        entropy: 3.5,
        prevalence: Prevalence::Likely,
        positives: &["COVERALLS_REPO_TOKEN={A33}", "\nrepo_token: {A33}"],
        negatives: &["COVERALLS_REPO_TOKEN={x33}", "COVERALLS_REPO_TOKEN={A12}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-codacy-token",
        what: "a token of Codacy",
        title: "Token of Codacy is written in a file",
        docs: "Whoever has it uploads reports, or acts as the user. Delete it in the settings.",
        severity: Severity::Medium,
        keywords: &["codacy"],
        pattern: assigned!(r"codacy[\w.\-]{0,20}token", "[A-Za-z0-9]{20,32}"),
        entropy: 3.0,
        prevalence: Prevalence::Likely,
        positives: &["CODACY_PROJECT_TOKEN={h32}"],
        negatives: &["CODACY_PROJECT_TOKEN={x32}", "CODACY_PROJECT_TOKEN={h8}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-code-climate-token",
        what: "a reporter id of Code Climate",
        title: "Reporter id of Code Climate is written in a file",
        docs: "Whoever has it uploads reports for the repository. Regenerate it in the settings.",
        severity: Severity::Medium,
        keywords: &["codeclimate", "cc_test_reporter_id", "code_climate"],
        pattern: assigned!(r"(?:code_?climate[\w.\-]{0,20}(?:token|id)|cc_test_reporter_id)", "[0-9a-f]{64}"),
        entropy: 3.0,
        positives: &["CC_TEST_REPORTER_ID={h64}"],
        negatives: &["CC_TEST_REPORTER_ID={x64}", "CC_TEST_REPORTER_ID={h12}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-snyk-token",
        what: "an API token of Snyk",
        title: "API token of Snyk is written in a file",
        docs: "Whoever has it reads the organization's projects and their vulnerabilities. Revoke it in the account.",
        keywords: &["snyk"],
        pattern: assigned!(
            r"snyk[_.\-]?(?:api|oauth|auth|cli)?[_.\-]?(?:key|token)",
            "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
        ),
        entropy: 3.0,
        peers: &["gitleaks:snyk-api-token"],
        prevalence: Prevalence::Likely,
        positives: &["SNYK_TOKEN={uuid}"],
        negatives: &["SNYK_TOKEN={x8}-{x4}-{x4}-{x4}-{x12}", "SNYK_ORG={uuid}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-sonarqube-token",
        what: "a token of SonarQube",
        title: "Token of SonarQube is written in a file",
        docs: "Whoever has it reads or analyses projects as the user. Revoke it in the account.",
        keywords: &["squ_", "sqp_", "sqa_"],
        pattern: "sq[pua]_[0-9a-f]{40}",
        entropy: 3.0,
        peers: &["gitleaks:sonar-api-token"],
        positives: &["sonar.token=squ_{h40}"],
        negatives: &["sonar.token=squ_{x40}", "squ_{h10}", "squ_{l40}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-sonarqube-old-token",
        what: "a token of SonarQube or SonarCloud",
        title: "Token of SonarQube without its prefix is written in a file",
        docs: "Whoever has it reads or analyses projects as the user. Revoke it in the account.",
        keywords: &["sonar"],
        pattern: assigned!(r"sonar(?:qube|cloud)?[_.\-]?(?:login|token)", "[0-9a-f]{40}"),
        entropy: 3.0,
        prevalence: Prevalence::Likely,
        positives: &["sonar.login={h40}", "SONAR_TOKEN: {h40}"],
        negatives: &["sonar.login={x40}", "sonar.login={h12}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-stackhawk-key",
        what: "an API key of StackHawk",
        title: "API key of StackHawk is written in a file",
        docs: "Whoever has it starts scans and reads their findings. Delete it in the profile.",
        severity: Severity::Medium,
        keywords: &["hawk."],
        pattern: r"hawk\.[\w\-]{20}\.[\w\-]{20}",
        entropy: 3.5,
        positives: &["HAWK_API_KEY=hawk.{A20}.{A20}"],
        negatives: &["HAWK_API_KEY=hawk.{x20}.{x20}", "hawk.{A6}.{A6}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-dependency-track-key",
        what: "an API key of Dependency-Track",
        title: "API key of Dependency-Track is written in a file",
        docs: "Whoever has it reads or uploads inventories. Delete it in the team.",
        keywords: &["odt_"],
        pattern: "odt_[A-Za-z0-9]{32}(?:_[A-Za-z0-9]{32})?",
        entropy: 3.5,
        positives: &["X-Api-Key: odt_{A32}"],
        negatives: &["X-Api-Key: odt_{x32}", "odt_{A8}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-semgrep-token",
        what: "a token of Semgrep",
        title: "Token of Semgrep is written in a file",
        docs: "Whoever has it reads the organization's findings and policies. Delete it in the settings.",
        keywords: &["semgrep"],
        pattern: assigned!(r"semgrep[\w.\-]{0,20}token", "[0-9a-f]{64}"),
        entropy: 3.0,
        positives: &["SEMGREP_APP_TOKEN={h64}"],
        negatives: &["SEMGREP_APP_TOKEN={x64}", "SEMGREP_APP_TOKEN={h12}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-fossa-key",
        what: "an API key of FOSSA",
        title: "API key of FOSSA is written in a file",
        docs: "Whoever has it reads or uploads the organization's dependencies. Delete it in the settings.",
        severity: Severity::Medium,
        keywords: &["fossa"],
        pattern: assigned!(r"fossa[\w.\-]{0,20}key", "[0-9a-f]{32}"),
        entropy: 3.0,
        prevalence: Prevalence::Likely,
        positives: &["FOSSA_API_KEY={h32}"],
        negatives: &["FOSSA_API_KEY={x32}", "FOSSA_API_KEY={h12}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-cypress-record-key",
        what: "a record key of Cypress Cloud",
        title: "Record key of Cypress Cloud is written in a file",
        docs: "Whoever has it records runs into the project. Delete it in the project's settings.",
        severity: Severity::Medium,
        keywords: &["cypress_record_key", "cypress"],
        pattern: assigned!(r"cypress[\w.\-]{0,12}record_?-?key", "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        entropy: 3.0,
        prevalence: Prevalence::Likely,
        positives: &["CYPRESS_RECORD_KEY={uuid}"],
        negatives: &["CYPRESS_RECORD_KEY={x8}-{x4}-{x4}-{x4}-{x12}", "CYPRESS_PROJECT_ID={uuid}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-chromatic-token",
        what: "a project token of Chromatic",
        title: "Project token of Chromatic is written in a file",
        docs: "Whoever has it publishes builds of the project. Reset it in the project.",
        severity: Severity::Medium,
        keywords: &["chpt_"],
        pattern: "chpt_[0-9a-f]{15}",
        entropy: 2.5,
        positives: &["CHROMATIC_PROJECT_TOKEN=chpt_{h15}"],
        negatives: &["CHROMATIC_PROJECT_TOKEN=chpt_{x15}", "chpt_{h5}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-sauce-labs-key",
        what: "an access key of Sauce Labs",
        title: "Access key of Sauce Labs is written in a file",
        docs: "Whoever has it and the user's name runs tests on the account's bill. Regenerate it in the settings.",
        keywords: &["sauce_", "saucelabs", "sauce-"],
        pattern: assigned!("sauce_?-?(?:labs)?_?-?(?:access_?-?)?key", "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        entropy: 3.0,
        prevalence: Prevalence::Likely,
        positives: &["SAUCE_ACCESS_KEY={uuid}"],
        negatives: &["SAUCE_ACCESS_KEY={x8}-{x4}-{x4}-{x4}-{x12}", "SAUCE_USERNAME={uuid}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-browserstack-key",
        what: "an access key of BrowserStack",
        title: "Access key of BrowserStack is written in a file",
        docs: "Whoever has it and the user's name runs tests on the account's bill. Reset it in the settings.",
        keywords: &["browserstack"],
        pattern: assigned!(r"browserstack[\w.\-]{0,10}(?:access_?-?)?key", "[A-Za-z0-9]{20}"),
        entropy: 3.5,
        prevalence: Prevalence::Likely,
        positives: &["BROWSERSTACK_ACCESS_KEY={A20}"],
        negatives: &["BROWSERSTACK_ACCESS_KEY={x20}", "BROWSERSTACK_ACCESS_KEY={A8}"],
        ..Detector::DEFAULT
    },
];
