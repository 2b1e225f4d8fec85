//! Keys of Microsoft Azure. Keys since 2022 hold a signature of the service that issued them; older ones are told by their names.

use portcullis_core::Severity;

use super::{Detector, Prevalence, checksum};

pub(super) static DETECTORS: &[Detector] = &[
    Detector {
        id: "secret-azure-storage-key",
        what: "a key of an Azure storage or Cosmos DB account",
        title: "Key of an Azure storage or Cosmos DB account is written in a file",
        docs: "Whoever has it reads, writes and deletes everything in the account. Regenerate it in the Azure portal.",
        severity: Severity::Critical,
        keywords: &[
            "accountkey",
            "account_key",
            "account-key",
            "storage_key",
            "storagekey",
            "storage_access_key",
            "+ast",
            "acdb",
            "+aba",
            "+amc",
        ],
        pattern: r#"(?i:account[_\-]?key|storage[_\-]?(?:account[_\-]?)?(?:access[_\-]?)?key)["'`\])]{0,3}[ \t]{0,20}(?:=>|:=|[=:,])[ \t]{0,20}["'`]{0,2}(?P<secret>[A-Za-z0-9+/]{86}==)"#,
        entropy: 4.0,
        verify: Some(checksum::is_no_emulator_key),
        positives: &[
            "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={b86}==;EndpointSuffix=core.windows.net",
            "storage_account_key = \"{b86}==\"",
        ],
        negatives: &[
            "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={x86}==;EndpointSuffix=core.windows.net",
            "AccountKey={b40}==",
            "AccountKey={b86}",
        ],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-azure-signed-key",
        what: "a key of an Azure service",
        title: "Key of an Azure service is written in a file",
        docs: "Whoever has it uses the service (storage, Cosmos DB, Batch, Machine Learning) without limits. Regenerate it in the Azure portal.",
        severity: Severity::Critical,
        keywords: &["+ast", "acdb", "+aba", "+amc"],
        pattern: r"[A-Za-z0-9+/]{76}(?:ACDb|\+(?:ABa|AMC|ASt))[A-Za-z0-9+/]{5}[AQgw]==",
        entropy: 4.0,
        positives: &["key: {b76}+ASt{A5}A==", "primary = \"{b76}ACDb{A5}g==\""],
        negatives: &["key: {x76}+ASt{x5}A==", "key: {b40}+ASt{A5}A=="],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-azure-messaging-key",
        what: "a shared access key of Azure messaging",
        title: "Shared access key of Azure messaging is written in a file",
        docs: "Whoever has it sends and receives on the Service Bus, Event Hub, relay or IoT hub. Regenerate it in the Azure portal.",
        keywords: &["sharedaccesskey=", "+asb", "+aeh", "+arm", "aiot"],
        pattern: r"(?i:SharedAccessKey=)(?P<secret>[A-Za-z0-9+/]{43}=)|[A-Za-z0-9+/]{33}(?:AIoT|\+(?:ASb|AEh|ARm))[A-P][A-Za-z0-9+/]{5}=",
        entropy: 3.8,
        positives: &[
            "Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey={b43}=",
            "key: {b33}+AEhA{A5}=",
        ],
        negatives: &[
            "Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey={x43}=",
            "SharedAccessKey={b20}=",
        ],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-azure-sas-token",
        what: "a shared access signature of Azure",
        title: "Shared access signature of Azure is written in a file",
        docs: "Whoever has the URL has what it grants until it expires. Rotate the key that it was signed with.",
        keywords: &["&sig=", "?sig=", ";sig="],
        pattern: "[?&;]sig=(?P<secret>[A-Za-z0-9%/+]{43,70}(?:%3[dD]|=))",
        entropy: 4.0,
        positives: &["https://shop.blob.core.windows.net/a?sv=2022-11-02&se=2030-01-01&sig={A40}%2B{A2}%3D"],
        negatives: &[
            "https://shop.blob.core.windows.net/a?sv=2022-11-02&se=2030-01-01&sig={x40}%2B{x2}%3D",
            "https://shop.example/?a=1&sig={A20}",
        ],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-azure-logic-app-url",
        what: "the URL of an Azure Logic App",
        title: "URL of an Azure Logic App is written in a file",
        docs: "Whoever has it starts the workflow with data of their own. Regenerate the access key of the trigger.",
        keywords: &["logic.azure.com"],
        pattern: r#"logic\.azure\.com[^\s"\'<>]{10,200}[?&;]sig=(?P<secret>[\w\-]{43})"#,
        entropy: 4.0,
        positives: &[
            "https://prod-1.westeurope.logic.azure.com:443/workflows/{h32}/triggers/manual/paths/invoke?api-version=2016-10-01&sig={w43}",
        ],
        negatives: &[
            "https://prod-1.westeurope.logic.azure.com:443/workflows/{x32}/triggers/manual/paths/invoke?api-version=2016-10-01&sig={x43}",
            "https://prod-1.westeurope.logic.azure.com/workflows/{h32}",
        ],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-azure-client-secret",
        what: "a client secret of an Azure application",
        title: "Client secret of an Azure application is written in a file",
        docs: "Whoever has it signs in as the application, in every tenant and subscription that it has a role in. Remove it in the app registration.",
        severity: Severity::Critical,
        keywords: &["7q~", "8q~", "9q~", "6q~"],
        pattern: r"[A-Za-z0-9_~.\-]{3}[0-9]Q~[A-Za-z0-9_~.\-]{31,34}",
        entropy: 3.5,
        peers: &["gitleaks:azure-ad-client-secret"],
        positives: &["client_secret = \"{A3}8Q~{A34}\"", "AZURE_CLIENT_SECRET={A3}7Q~{A31}"],
        negatives: &["client_secret = \"{x3}8Q~{x34}\"", "{A3}8Q~{A10}", "{A3}8Q-{A34}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-azure-client-secret-setting",
        what: "a client secret of an Azure application",
        title: "Client secret of an Azure application under its name is written in a file",
        docs: "Whoever has it signs in as the application. Remove it in the app registration.",
        severity: Severity::Critical,
        keywords: &[
            "azure_client_secret",
            "arm_client_secret",
            "aad_client_secret",
            "azureclientsecret",
            "azuread_client_secret",
            "aadclientsecret",
        ],
        pattern: assigned!("(?:azure|arm|aad|azuread)_?client_?secret", r"[A-Za-z0-9_~.\-+/=\[\]@:?]{32,44}"),
        entropy: 3.5,
        prevalence: Prevalence::Likely,
        positives: &["ARM_CLIENT_SECRET=\"{A20}-{A13}\""],
        negatives: &["ARM_CLIENT_SECRET=\"{x20}-{x13}\"", "ARM_CLIENT_SECRET=\"{A12}\""],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-azure-devops-token",
        what: "a personal access token of Azure DevOps",
        title: "Personal access token of Azure DevOps is written in a file",
        docs: "Whoever has it reads and writes the repositories and pipelines of its user. Revoke it in the user settings.",
        severity: Severity::Critical,
        keywords: &["azdo", "azure_devops", "azuredevops", "ado_pat", "vsts_", "vsts_pat", "system_accesstoken"],
        pattern: r#"[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}|(?i:azure[_\-]?devops[\w.\-]{0,30}|azdo[\w.\-]{0,30}|ado_pat|vsts_?[\w.\-]{0,20}|system_accesstoken)["\'`\])]{0,3}[ \t]{0,20}[=:,]>?[ \t]{0,20}["\'`]{0,2}(?P<secret>[a-z2-7]{52})"#,
        entropy: 3.5,
        positives: &["token: {A76}AZDO{A4}", "AZURE_DEVOPS_EXT_PAT={l50}y2"],
        negatives: &["token: {x76}AZDO{x4}", "token: {A40}AZDO{A4}", "AZURE_DEVOPS_EXT_PAT={a20}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-azure-app-configuration-key",
        what: "a connection string of Azure App Configuration",
        title: "Connection string of Azure App Configuration is written in a file",
        docs: "Whoever has it reads the settings of the applications. Regenerate it in the Azure portal.",
        keywords: &[".azconfig.io"],
        pattern: r"\.azconfig\.io;Id=[^;\s]{8,60};Secret=(?P<secret>[A-Za-z0-9+/]{36,100}={0,2})",
        entropy: 3.5,
        positives: &["Endpoint=https://shop.azconfig.io;Id={A4}-l9-s0:{A20};Secret={b43}="],
        negatives: &[
            "Endpoint=https://shop.azconfig.io;Id={x4}-l9-s0:{x20};Secret={x43}=",
            "Endpoint=https://shop.azconfig.io;Id=xxx;Secret=xxx",
        ],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-azure-search-key",
        what: "an admin or query key of Azure AI Search",
        title: "Admin or query key of Azure AI Search is written in a file",
        docs: "Whoever has it reads or changes the indexes. Regenerate it in the Azure portal.",
        keywords: &["azse"],
        pattern: "[A-Za-z0-9]{42}AzSe[A-D][A-Za-z0-9]{5}",
        entropy: 3.8,
        positives: &["api-key: {A42}AzSeB{A5}"],
        negatives: &["api-key: {x42}AzSeB{x5}", "api-key: {A30}AzSeB{A5}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-azure-functions-key",
        what: "a key of Azure Functions",
        title: "Key of Azure Functions is written in a file",
        docs: "Whoever has it calls the functions, with a host key all of them. Renew it under App keys.",
        keywords: &["azfu"],
        pattern: r"[\w\-]{44}AzFu[\w\-]{5}[AQgw]==",
        entropy: 3.8,
        positives: &["x-functions-key: {A44}AzFu{A5}A=="],
        negatives: &["x-functions-key: {x44}AzFu{x5}A==", "x-functions-key: {A20}AzFu{A5}A=="],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-azure-cache-key",
        what: "a key of Azure Cache for Redis",
        title: "Key of Azure Cache for Redis is written in a file",
        docs: "Whoever has it reads and writes the cache. Regenerate it in the Azure portal.",
        keywords: &["azca"],
        pattern: "[A-Za-z0-9]{33}AzCa[A-P][A-Za-z0-9+/]{5}=",
        entropy: 3.8,
        positives: &["password={A33}AzCaB{A5}=,ssl=True"],
        negatives: &["password={x33}AzCaB{x5}=,ssl=True", "password={A20}AzCaB{A5}="],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-azure-registry-password",
        what: "a password of Azure Container Registry",
        title: "Password of Azure Container Registry is written in a file",
        docs: "Whoever has it pulls, and mostly pushes, images. Regenerate it in the Azure portal.",
        severity: Severity::Critical,
        keywords: &["+acr"],
        pattern: r"[A-Za-z0-9+/]{42}\+ACR[A-D][A-Za-z0-9+/]{5}",
        entropy: 3.8,
        positives: &["docker login -u shop -p {A42}+ACRB{A5} shop.azurecr.io"],
        negatives: &["docker login -u shop -p {x42}+ACRB{x5} shop.azurecr.io", "{A20}+ACRB{A5}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-azure-ai-key",
        what: "a key of Azure AI services",
        title: "Key of Azure AI services is written in a file",
        docs: "Whoever has it calls the models and services on the account's bill. Regenerate it in the Azure portal.",
        keywords: &["jqqj99"],
        pattern: "[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{26}",
        entropy: 3.8,
        positives: &["AZURE_OPENAI_API_KEY={A52}JQQJ99{A26}"],
        negatives: &["AZURE_OPENAI_API_KEY={x52}JQQJ99{x26}", "{A20}JQQJ99{A26}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-azure-ai-key-setting",
        what: "a key of Azure AI services",
        title: "Key of Azure AI services under its name is written in a file",
        docs: "Whoever has it calls the models and services on the account's bill. Regenerate it in the Azure portal.",
        keywords: &[
            "azure_openai",
            "azureopenai",
            "azure-openai",
            "cognitive_services",
            "cognitiveservices",
            "ocp-apim-subscription-key",
            "azure_speech",
            "azure_search",
        ],
        pattern: assigned!(
            r"azure[_.\-]?(?:openai|speech|search|ai)|cognitive_?services?|ocp-apim-subscription-key",
            "[0-9a-f]{32}"
        ),
        entropy: 3.0,
        prevalence: Prevalence::Likely,
        positives: &["AZURE_OPENAI_API_KEY={h32}", "\"Ocp-Apim-Subscription-Key\": \"{h32}\""],
        negatives: &["AZURE_OPENAI_API_KEY={x32}", "AZURE_OPENAI_API_KEY={h20}", "AZURE_OPENAI_DEPLOYMENT={a32}"],
        ..Detector::DEFAULT
    },
    Detector {
        id: "secret-azure-publish-profile",
        what: "a password of an Azure publish profile",
        title: "Password of an Azure publish profile is written in a file",
        docs: "Whoever has it deploys to the web app. Reset the publish profile.",
        severity: Severity::Critical,
        keywords: &["userpwd="],
        pattern: r#"userPWD="(?P<secret>[A-Za-z0-9]{60})""#,
        entropy: 4.0,
        positives: &["userName=\"$shop\" userPWD=\"{A60}\""],
        negatives: &["userName=\"$shop\" userPWD=\"{x60}\"", "userPWD=\"{A20}\""],
        ..Detector::DEFAULT
    },
];
