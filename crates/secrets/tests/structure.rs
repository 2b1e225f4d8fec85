//! Where settings stand in texts of every kind. What a value is worth is another table's matter: here it is always a password.

use portcullis_secrets::{Kind, Scanner, Structural, Subject};

/// A password that nobody would call anything else; the same in base64, and behind a user and a colon.
const VALUE: &str = "kX9mQ2vL7";
const ENCODED: &str = "a1g5bVEydkw3";
const LOGIN: &str = "c2hvcDprWDltUTJ2TDc=";

/// A path, a text, and one letter for each hit: `S` a setting, `A` an argument, `U` an address. In the text `VAL` stands for the
/// password, `B64` for its base64, `LOGIN` for the base64 of a login; each hit is exactly one of them.
type Row = (&'static str, &'static str, &'static str);

#[rustfmt::skip]
const YAML: &[Row] = &[
    ("a.yml", "password: VAL", "S"),
    ("a.yml", "password: VAL\n", "S"),
    ("a.yml", "password: VAL\r\nother: x\r\n", "S"),
    ("a.yml", "  password:   VAL   # of the shop", "S"),
    ("a.yml", "password: 'VAL'", "S"),
    ("a.yml", "password: \"VAL\" # quoted", "S"),
    ("a.yml", "\"password\": \"VAL\"", "S"),
    ("a.yml", "'password': VAL", "S"),
    ("a.yml", "db: { user: shop, password: VAL }", "S"),
    ("a.yml", "db: {password: VAL, user: shop}", "S"),
    ("a.yml", "db: {user: shop, password: \"VAL\", x: y}", "S"),
    ("a.yml", "users: [{ name: shop, password: VAL }, { name: x, password: VAL }]", "SS"),
    ("a.yml", "- password: VAL", "S"),
    ("a.yml", "- user: shop\n  password: VAL", "S"),
    ("a.yml", "- - password: VAL", "S"),
    ("a.yml", "password: &pw VAL", "S"),
    ("a.yml", "password: !!str VAL", "S"),
    ("a.yml", "password: |\n  VAL\n", "S"),
    ("a.yml", "password: >-\n  VAL\nuser: x\n", "S"),
    ("a.yml", "password:\n  VAL\n", "S"),
    ("a.yml", "password:\n  \"VAL\"\n", "S"),
    ("a.yml", "password:\n  - VAL\n", "S"),
    ("a.yml", "# password: VAL", "S"),
    ("a.yml", "#password: VAL", "S"),
    ("a.yml", "auth:\n  password:\n    value: VAL\n", "S"),
    ("a.yml", "auth: { password: { value: VAL } }", "S"),
    ("a.yml", "DbPassword:\n  Type: String\n  Default: VAL\n", "S"),
    ("a.yml", "DbPassword:\n  Type: String\n  Description: x\n  Default: \"VAL\"\n  NoEcho: true\n", "S"),
    ("a", "@@ -1,2 +1,2 @@\n-DB_PASSWORD=VAL\n+DB_PASSWORD=VAL\n", "SS"),
    ("a", "--- a/.env\n+++ b/.env\n@@ -1,2 +1,1 @@\n USER=shop\n-DB_PASSWORD=VAL\n", "S"),
    ("a.sh", "tool \\\n-password=VAL\n", "A"),
    ("a.yml", "DB_PASSWORD: VAL", "S"),
    ("a.yml", "passwords:\n  shop: VAL\n  store: VAL\nuser: VAL\n", "SS"),
    ("a.yml", "spring.datasource.password: VAL", "S"),
    ("a.yml", "environment:\n  - DB_PASSWORD=VAL\n", "S"),
    ("a.yml", "environment:\n  - \"DB_PASSWORD=VAL\"\n", "S"),
    ("a.yml", "environment:\n  - 'DB_PASSWORD=VAL'\n", "S"),
    ("a.yml", "environment:\n  DB_PASSWORD: ${DB_PASSWORD:-VAL}\n", "S"),
    ("a.yml", "environment:\n  - DB_PASSWORD=${DB_PASSWORD:-VAL}\n", "S"),
    ("a.yml", "environment:\n  - DB_PASSWORD=${DB_PASSWORD-VAL}\n", "S"),
    ("a.yml", "env:\n  - name: DB_PASSWORD\n    value: VAL\n", "S"),
    ("a.yml", "env:\n  - name: DB_PASSWORD\n    value: \"VAL\"\n  - name: X\n    value: y\n", "S"),
    ("a.yml", "env:\n- name: \"DB_PASSWORD\"\n  value: 'VAL'\n", "S"),
    ("a.yml", "env:\n  - value: VAL\n    name: DB_PASSWORD\n", "S"),
    ("a.yml", "env:\n  - { name: DB_PASSWORD, value: VAL }\n", "S"),
    ("a.yml", "env: [{name: DB_PASSWORD, value: \"VAL\"}]\n", "S"),
    ("a.yml", "env:\n  - name: DB_PASSWORD\n    # of the shop\n\n    value: VAL\n", "S"),
    ("a.yml", "Parameters:\n  - ParameterKey: DbPassword\n    ParameterValue: VAL\n", "S"),
    ("a.yml", "OptionSettings:\n  - Namespace: x\n    OptionName: DB_PASSWORD\n    Value: VAL\n", "S"),
    ("a.yml", "env:\n  - name: DB_PASSWORD\n    valueFrom:\n      secretKeyRef:\n        name: shop\n        key: password\n", ""),
    ("a.yml", "env:\n  - name: DB_PASSWORD\n  - name: X\n    value: VAL\n", ""),
    ("a.yml", "- name: wait for the password prompt\n  value: VAL\n", ""),
    ("a.yml", "password:\n  type: string\n  minLength: 8\n", ""),
    ("a.yml", "password: { type: string }", ""),
    ("a.yml", "example:\n  password: VAL\n", ""),
    ("a.yml", "password:\n  type: string\n  example: VAL\n", ""),
    ("a.yml", "password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n", ""),
    ("a.yml", "password: !Ref DbPassword", ""),
    ("a.yml", "password: *shared", ""),
    ("a.yml", "password: |\n  VAL\n  and more\n", ""),
    ("a.yml", "password:\nuser: VAL\n", ""),
    ("a.yml", "password: ENC[AES256_GCM,data:VAL]", ""),
    ("a.yml", "password: $2a$10$VALVALVALVALVALVALVA", ""),
    ("a.yml", "password: {SSHA}VALVALVALVAL", ""),
    ("a.yml", "spec:\n  encryptedData:\n    password: VAL\n", ""),
    ("a.yml", "$ANSIBLE_VAULT;1.1;AES256\npassword: VAL\n", ""),
    ("a.yml", "password: ENC[AES256_GCM,data:x]\nuser_password: VAL\nsops:\n  kms: []\n", ""),
    ("a.yml", "files:\n  app.properties: |\n    db.password=VAL\n", "S"),
    ("a.yml", "files:\n  app.ini: |\n    password = VAL\n", "S"),
    ("a.yml", "files:\n  app.toml: |\n    password = \"VAL\"\n", "S"),
    ("a.yml", "files:\n  app.json: |\n    {\"password\": \"VAL\"}\n", "S"),
    ("a.yml", "files:\n  app.yml: |\n    db:\n      password: VAL\n", "S"),
    ("a.yml", "files:\n  app.xml: |\n    <password>VAL</password>\n", ""),
    ("a.yml", "files: '{\"password\": \"VAL\"}'", "S"),
    ("a.yml", "files: \"{\\\"password\\\": \\\"VAL\\\"}\"", "S"),
    ("a.yml", "run: |\n  export DB_PASSWORD=VAL\n", "S"),
    ("a.yml", "run: DB_PASSWORD=VAL ./deploy.sh", "S"),
    ("a.yml", "run: mysql -uroot -pVAL shop", "A"),
    ("a.yml", "command: redis-server --requirepass VAL", "A"),
    ("a.yml", "command: [\"redis-server\", \"--requirepass\", \"VAL\"]", "A"),
    ("a.yml", "command: \"redis-server --requirepass VAL\"", "A"),
    ("a.yml", "args:\n  - --password\n  - VAL\n", "A"),
    ("a.yml", "args:\n  - --password=VAL\n", "A"),
    ("a.yml", "args:\n  - \"--password=VAL\"\n", "A"),
    ("a.yml", "args:\n  - \"--password\"\n  - \"VAL\"\n", "A"),
    ("a.yml", "args:\n  - --password\n  - --verbose\n", ""),
    ("a.yml", "url: postgres://shop:VAL@db.internal/shop", "U"),
    ("a.yml", "url: jdbc:sqlserver://db;user=shop;password=VAL;", "U"),
    ("a.yml", "conn: Server=db;User Id=shop;Password=VAL;Port=1", "U"),
    ("a.yml", "conn: \"Server=db;User Id=shop;Password=VAL\"", "U"),
    ("a.yml", "literals:\n  - password=VAL\n", "S"),
    (".github/workflows/a.yml", "services:\n  db:\n    env:\n      DB_PASSWORD: VAL\n", ""),
    (".github/workflows/a.yml", "env:\n  DB_PASSWORD: VAL\n", "S"),
    (".github/workflows/a.yml", "url: postgres://x:VAL@localhost/x\n", ""),
    (".github/workflows/a.yml", "url: postgres://x:VAL@db.internal/x\n", "U"),
    ("a.yml", "Error: the password: VAL was wrong", ""),
    ("a.yml", "secretName: shop-VAL", ""),
];

#[rustfmt::skip]
const KUBERNETES: &[Row] = &[
    ("s.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: shop\ndata:\n  password: B64\n", "S"),
    ("s.yaml", "apiVersion: v1\ndata:\n  password: \"B64\"\nkind: Secret\n", "S"),
    ("s.yaml", "kind: Secret\ndata:\n  password: >-\n    B64\n", "S"),
    ("s.yaml", "kind: ConfigMap\ndata:\n  x: B64\n---\nkind: Secret\ndata:\n  password: B64\n", "S"),
    ("s.yaml", "items:\n- apiVersion: v1\n  kind: Secret\n  data:\n    password: B64\n", "S"),
    ("s.yaml", "kind: Secret\nmetadata: { name: {{ .Release.Name }} }\ndata:\n  {{- if .x }}\n  password: B64\n", "S"),
    ("s.json", "{\n  \"kind\": \"Secret\",\n  \"data\": {\n    \"password\": \"B64\"\n  }\n}\n", "S"),
    ("s.yaml", "kind: Secret\ndata:\n  auth: LOGIN\n", "L"),
    ("s.yaml", "kind: Secret\ndata: { user: x, password: B64 }\n", "S"),
    ("s.json", "{\"kind\":\"Secret\",\"data\":{\"user\":\"c2hvcA==\",\"password\":\"B64\"}}", "S"),
    ("s.yaml", "kind: Secret\nstringData: { password: VAL }\n", "S"),
    ("s.yaml", "kind: Secret\nstringData:\n  password: VAL\n", "S"),
    ("s.yaml", "kind: SecretStore\ndata:\n  x: B64\n", ""),
    ("s.yaml", "kind: SealedSecret\nspec:\n  encryptedData:\n    password: B64VALVALVAL\n", ""),
    ("s.yaml", "kind: Secret\ndata:\n  password: {{ .Values.password | b64enc }}\n", ""),
];

#[rustfmt::skip]
const JSON: &[Row] = &[
    ("a.json", "{\"password\": \"VAL\"}", "S"),
    ("a.json", "{\"user\":\"shop\",\"password\":\"VAL\",\"x\":1}", "S"),
    ("a.json", "{\n  \"password\" : \"VAL\"\n}", "S"),
    ("a.json", "{\"a\":{\"password\":\"VAL\"},\"b\":{\"password\":\"VAL\"}}", "SS"),
    ("a.json", "{\"body\": \"{\\\"password\\\": \\\"VAL\\\"}\"}", "S"),
    ("a.json", "{\"body\": \"{\\\\\\\"password\\\\\\\":\\\\\\\"VAL\\\\\\\"}\"}", "S"),
    ("a.json", "[{\"name\": \"DB_PASSWORD\", \"value\": \"VAL\"}]", "S"),
    ("a.json", "[\n  {\n    \"name\": \"DB_PASSWORD\",\n    \"value\": \"VAL\"\n  }\n]", "S"),
    ("a.json", "[\n  {\n    \"value\": \"VAL\",\n    \"name\": \"DB_PASSWORD\"\n  }\n]", "S"),
    ("a.json", "{\n  \"DbPassword\": {\n    \"Type\": \"String\",\n    \"Default\": \"VAL\"\n  }\n}", "S"),
    ("a.json", "{\"adminPassword\": {\"value\": \"VAL\"}}", "S"),
    ("a.json", "{\"conn\": \"Server=db;Password=VAL;\"}", "U"),
    ("a.json", "{\"url\": \"amqp://shop:VAL@mq\"}", "U"),
    ("a.json", "{\"auths\":{\"r.example\":{\"auth\":\"LOGIN\"}}}", "L"),
    ("a.json", "{\"scripts\": {\"db\": \"mysql -u root -pVAL\"}}", "A"),
    ("a.json", "{\"env\": [\"DB_PASSWORD=VAL\"]}", "S"),
    ("a.json", "{\"password\": {\"type\": \"string\"}}", ""),
    ("a.json", "{\"password\": null, \"x\": \"VAL\"}", ""),
    ("a.json", "{\"password\": true}", ""),
    ("a.json", "{\"required\": [\"password\", \"VAL\"]}", ""),
    ("package-lock.json", "{\"password\": \"VAL\"}", ""),
    ("locales/de.json", "{\"password\": \"VAL\"}", ""),
];

#[rustfmt::skip]
const LINES: &[Row] = &[
    (".env", "DB_PASSWORD=VAL", "S"),
    (".env", "export DB_PASSWORD=VAL\n", "S"),
    (".env", "DB_PASSWORD='VAL'\n", "S"),
    (".env", "DB_PASSWORD=\"VAL\"  # of the shop\n", "S"),
    (".env", "DB_PASSWORD = VAL\n", "S"),
    (".env.local", "A=1\nDB_PASSWORD=VAL\nB=2\n", "S"),
    ("app.env", "#DB_PASSWORD=VAL\n", "S"),
    (".env", "DATABASE_URL=postgres://shop:VAL@db/shop\n", "U"),
    (".env", "DB_PASSWORD=\nX=VAL\n", ""),
    (".env", "DB_PASSWORD_FILE=VAL\n", ""),
    ("a.properties", "db.password=VAL", "S"),
    ("a.properties", "db.password = VAL\n", "S"),
    ("a.properties", "db.password: VAL\n", "S"),
    ("a.properties", "spring.datasource.url=jdbc:mysql://db/shop?user=shop&password=VAL&x=y\n", "U"),
    ("messages_de.properties", "password=VAL\n", ""),
    ("a.ini", "[db]\npassword = VAL\n", "S"),
    ("a.ini", "password = VAL ; of the shop\n", "S"),
    ("a.ini", "password=\"VAL\"\n", "S"),
    ("a.cfg", "password: VAL\n", "S"),
    ("redis.conf", "requirepass VAL\n", "S"),
    ("redis.conf", "# requirepass VAL\n", ""),
    ("nginx.conf", "    proxy_password VAL;\n", "S"),
    ("nginx.conf", "    proxy_pass VAL;\n", ""),
    ("a.conf", "password VAL and more\n", ""),
    ("a.toml", "password = \"VAL\"\n", "S"),
    ("a.toml", "password = 'VAL'\n", "S"),
    ("a.toml", "db = { user = \"shop\", password = \"VAL\" }\n", "S"),
    ("a.toml", "password = \"\"\"VAL\"\"\"\n", "S"),
    ("a.toml", "password = VAL\n", ""),
    ("settings", "password=VAL\n", "S"),
    ("settings", "password: VAL\n", "S"),
    (".netrc", "machine h login shop password VAL\n", "S"),
    (".netrc", "machine h\nlogin shop\npassword VAL\n", "S"),
    (".pgpass", "db:5432:shop:shop:VAL\n*:*:*:x:VAL\n", "SS"),
    (".pgpass", "#password:5432:shop:shop:VAL\n", ""),
    (".npmrc", "//r.example/:_password=VAL\n", "S"),
    (".npmrc", "_auth=LOGIN\n", "L"),
    (".npmrc", "//r.example/:_auth=LOGIN\n", "L"),
    (".git-credentials", "https://shop:VAL@git.example\n", "U"),
    ("yarn.lock", "password \"VAL\"\nresolved \"https://shop:VAL@r.example/x\"\n", "U"),
    ("a.sh", "PASSWORD=VAL", "S"),
    ("a.sh", "export DB_PASSWORD='VAL'\n", "S"),
    ("a.sh", "DB_PASSWORD=\"VAL\" ./run\n", "S"),
    ("a.sh", "DB_PASSWORD=VAL; run\n", "S"),
    ("a.sh", "local password=VAL\n", "S"),
    ("a.sh", "readonly DB_PASSWORD=VAL\n", "S"),
    ("a.sh", "DB_PASSWORD=${DB_PASSWORD:-VAL}\n", "S"),
    ("a.sh", "X=${DB_PASSWORD:-\"VAL\"}\n", "S"),
    ("a.sh", "sed -i 's/db.password=.*/db.password=VAL/g' x\n", "S"),
    ("a.sh", "x --add '[name=shop,password=VAL]'\n", "S"),
    ("a.sh", ": \"${DB_PASSWORD:=VAL}\"\n", "S"),
    ("a.sh", "docker run -e DB_PASSWORD=VAL image\n", "S"),
    ("a.sh", "docker run -e \"DB_PASSWORD=VAL\" image\n", "S"),
    ("a.sh", "docker run --env DB_PASSWORD='VAL' image\n", "S"),
    ("a.sh", "kubectl create secret generic x --from-literal=password=VAL\n", "S"),
    ("a.sh", "helm install x --set auth.password=VAL\n", "S"),
    ("a.sh", "curl -d '{\"user\":\"shop\",\"password\":\"VAL\"}' http://x\n", "S"),
    ("a.sh", "curl -d \"{\\\"password\\\":\\\"VAL\\\"}\" http://x\n", "S"),
    ("a.sh", "curl 'http://x/?user=shop&password=VAL'\n", "U"),
    ("a.sh", "cat <<EOF\npassword: VAL\nEOF\n", "S"),
    ("a.sh", "cat <<EOF\npassword = VAL\nEOF\n", "S"),
    ("a.sh", "PGPASSWORD=VAL psql -h db\n", "S"),
    ("a.sh", "echo \"ALTER USER shop WITH PASSWORD 'VAL';\"\n", "S"),
    ("a.sh", "mysql -e \"CREATE USER shop IDENTIFIED BY 'VAL'\"\n", "S"),
    ("a.sh", "read -p \"Password: \" password\n", ""),
    ("a.sh", "curl -H \"X-Db-Password: VAL\" http://x\n", "S"),
    ("a.sh", "npm config set db_password VAL\n", "S"),
    (".env", "DB_AUTH=shop:$apr1$VALVALVAL\n", ""),
    ("a.sh", "PASSWORD=$1\nPASSWORD=$(pwgen)\nPASSWORD=`pwgen`\n", ""),
    ("a.sh", "echo \"the password is VAL\"\n", ""),
    ("a.sh", "${DB_PASSWORD:?VAL is needed}\n", ""),
    ("a.fish", "set -x DB_PASSWORD VAL\n", "S"),
    ("a.bat", "set DB_PASSWORD=VAL\r\n", "S"),
    ("a.bat", "setx DB_PASSWORD \"VAL\"\r\n", "S"),
    ("a.csh", "setenv DB_PASSWORD VAL\n", "S"),
    ("Makefile", "DB_PASSWORD := VAL\n", "S"),
    ("Makefile", "DB_PASSWORD ?= VAL\n", "S"),
    ("x.service", "Environment=DB_PASSWORD=VAL\n", "S"),
    ("Dockerfile", "ENV DB_PASSWORD=VAL\n", "S"),
    ("Dockerfile", "ENV DB_PASSWORD VAL\n", "S"),
    ("Dockerfile", "ENV A=b DB_PASSWORD=VAL C=d\n", "S"),
    ("Dockerfile", "ENV A=b \\\n    DB_PASSWORD=\"VAL\"\n", "S"),
    ("Dockerfile", "ARG DB_PASSWORD=VAL\n", "S"),
    ("Dockerfile.dev", "RUN echo 'root:x' | chpasswd && export DB_PASSWORD=VAL\n", "S"),
    ("Dockerfile", "ARG DB_PASSWORD\nENV X=VAL\n", ""),
    ("Dockerfile", "CMD [\"redis-server\", \"--requirepass\", \"VAL\"]\n", "A"),
];

#[rustfmt::skip]
const COMMANDS: &[Row] = &[
    ("a.sh", "curl -H \"Authorization: token VAL\" https://git.example.org/api", "S"),
    ("a.sh", "run --password VAL", "A"),
    ("a.sh", "run --password=VAL --x y", "A"),
    ("a.sh", "run --password 'VAL' x", "A"),
    ("a.sh", "run --password=\"VAL\"", "A"),
    ("a.sh", "run \"--password=VAL\"", "A"),
    ("a.sh", "run -password VAL", "A"),
    ("a.sh", "run --db-password VAL", "A"),
    ("a.sh", "java -Ddb.password=VAL -jar x.jar", "A"),
    ("a.sh", "keytool -storepass VAL -keypass VAL", "AA"),
    ("a.sh", "openssl x -passin pass:VAL -passout pass:VAL", "AA"),
    ("a.sh", "mysql -u root -pVAL", "A"),
    ("a.sh", "/usr/bin/mysql -u root -p'VAL' shop", "A"),
    ("a.sh", "mysqldump -uroot -pVAL shop > x.sql", "A"),
    ("a.sh", "mysql -u root \\\n  -pVAL shop", "A"),
    ("a.sh", "mysql -u root -p shop", ""),
    ("a.sh", "mysql -u root -p$VAL", ""),
    ("a.sh", "redis-cli -h db -a VAL ping", "A"),
    ("a.sh", "ldapsearch -x -D cn=admin -w VAL", "A"),
    ("a.sh", "docker login -u shop -p VAL r.example", "A"),
    ("a.sh", "docker login -u shop --password VAL r.example", "A"),
    ("a.sh", "sshpass -p VAL ssh x", "A"),
    ("a.sh", "sshpass -pVAL ssh x", "A"),
    ("a.sh", "sshpass -p \"VAL\" ssh x", "A"),
    ("a.sh", "curl -u shop:VAL http://x", "A"),
    ("a.sh", "curl -s -u \"shop:VAL\" http://x", "A"),
    ("a.sh", "curl --user shop:VAL http://x", "A"),
    ("a.sh", "curl -u shop http://VAL", ""),
    ("a.sh", "curl -H \"Authorization: Basic LOGIN\" http://x", "L"),
    ("a.sh", "mongo -u shop -p VAL db", "A"),
    ("a.sh", "sqlcmd -S db -U sa -P VAL -Q x", "A"),
    ("a.sh", "sqlcmd -S db -U sa -P 'VAL' -Q x", "A"),
    ("a.sh", "rabbitmqctl add_user shop VAL", "A"),
    ("a.sh", "smbclient //x/y -U shop%VAL", "A"),
    ("a.sh", "echo 'root:VAL' | chpasswd", "A"),
    ("a.sh", "echo root:VAL | sudo chpasswd", "A"),
    ("a.sh", "htpasswd -bc /etc/x admin VAL", "A"),
    ("a.sh", "htpasswd -nb admin VAL", "A"),
    ("a.md", "| htpasswd | string | VAL |", ""),
    ("a.pl", "With --password VAL, on Linux", ""),
    ("a.sh", "htpasswd -c /etc/x admin", ""),
    ("a.yml", "exec: { command: [redis-cli, -a, VAL, ping] }", "A"),
    ("a.sh", "login -p VAL", ""),
    ("a.sh", "mkdir -p VAL", ""),
    ("a.sh", "run --no-password VAL", ""),
    ("a.sh", "run --password --user VAL", ""),
    ("a.sh", "run --password \"$VAL\"", ""),
    ("a.sh", "run --password-file VAL", ""),
    ("a.sh", "run --password <VAL>", ""),
    ("a.py", "subprocess.run([\"x\", \"--password\", \"VAL\"])", "A"),
    ("a.py", "subprocess.run([\n    \"--password\",\n    \"VAL\",\n])", "A"),
    ("a.py", "os.system(\"mysql -uroot -pVAL\")", "A"),
    ("a.py", "os.system('x --password VAL')", "A"),
    ("a.py", "parser.add_argument(\"--password\", \"-p\", help=\"VAL\")", ""),
    ("a.md", "```sh\nrun --password VAL\n```\n", "A"),
    ("a.md", "Use `run --password VAL` to start.\n", "A"),
];

#[rustfmt::skip]
const CODE: &[Row] = &[
    ("A.java", "Map.of(\"user\", \"shop\", \"password\", \"VAL\")", "S"),
    ("A.java", "Map.of(\"kind\", \"password\", \"VAL\", \"x\")", ""),
    ("a.py", "headers = 'Authorization: token VAL'", "S"),
    ("a.py", "password = \"VAL\"", "S"),
    ("a.py", "password='VAL'  # of the shop", "S"),
    ("a.py", "PASSWORD: str = \"VAL\"", "S"),
    ("a.py", "password = b\"VAL\"", "S"),
    ("a.py", "self.password = 'VAL'", "S"),
    ("a.py", "{'user': 'shop', 'password': 'VAL'}", "S"),
    ("a.py", "connect(user='shop', password='VAL')", "S"),
    ("a.py", "os.environ[\"DB_PASSWORD\"] = \"VAL\"", "S"),
    ("a.py", "config['password'] = 'VAL'", "S"),
    ("a.py", "os.environ.setdefault('DB_PASSWORD', 'VAL')", "S"),
    ("a.py", "password = os.environ.get('X', 'VAL')", "S"),
    ("a.py", "x = os.getenv(\"DB_PASSWORD\", \"VAL\")", "S"),
    ("a.py", "assert user.password == \"VAL\"", "S"),
    ("a.py", "requests.get(x, auth=HTTPBasicAuth('shop', 'VAL'))", "S"),
    ("a.py", "dsn = \"host=db user=shop password=VAL dbname=x\"", "S"),
    ("a.py", "conn = \"Server=db;Password=VAL;\"", "U"),
    ("a.py", "url = 'postgres://shop:VAL@db/x'", "U"),
    ("a.py", "# password = 'VAL'", "S"),
    ("a.py", "password: str", ""),
    ("a.py", "def f(password, VAL):", ""),
    ("a.py", "password = getpass('VAL')", ""),
    ("a.py", "password = VAL", ""),
    ("a.py", "f(password=VAL)", ""),
    ("a.py", "password = \"VAL\" + suffix", ""),
    ("a.py", "password = f\"{VAL}\"", ""),
    ("a.py", "password = \"VAL%s\" % x", ""),
    ("a.py", "FIELDS = [\"password\", \"VAL\"]", ""),
    ("a.py", "print(\"password: \" + VAL)", ""),
    ("a.py", "_(\"password\", \"VAL\")", ""),
    ("a.java", "assertThat(x).containsOnlyKeys(\"dbPassword\", \"VAL\");", ""),
    ("a.java", "Map.of(\"password\", \"VAL\")", "S"),
    ("a.java", "assertThat(x).containsEntry(\"password\", \"VAL\");", "S"),
    ("a.php", "$x = oauth2('details', 'VAL', $y);", ""),
    ("a.go", "password := \"VAL\"", "S"),
    ("a.go", "const Password = `VAL`", "S"),
    ("a.go", "var password string = \"VAL\"", "S"),
    ("a.go", "Password: \"VAL\",", "S"),
    ("a.go", "Password:     \"VAL\",", "S"),
    ("a.go", "os.Setenv(\"DB_PASSWORD\", \"VAL\")", "S"),
    ("a.go", "password := []byte(\"VAL\")", "S"),
    ("a.go", "req.SetBasicAuth(\"shop\", \"VAL\")", "S"),
    ("a.go", "db, err := sql.Open(\"mysql\", \"shop:VAL@tcp(db:3306)/x\")", "U"),
    ("a.go", "Password string `json:\"password\"`", ""),
    ("a.go", "password := os.Getenv(\"VAL\")", ""),
    ("a.js", "const password = 'VAL';", "S"),
    ("a.js", "{ user: 'shop', password: 'VAL' }", "S"),
    ("a.js", "password: `VAL`,", "S"),
    ("a.js", "password: process.env.DB_PASSWORD || 'VAL',", "S"),
    ("a.js", "const x = process.env.DB_PASSWORD ?? \"VAL\"", ""),
    ("a.js", "process.env.DB_PASSWORD = 'VAL';", "S"),
    ("a.js", "if (password === 'VAL') {", "S"),
    ("a.js", "'db_password': \"VAL\"", "S"),
    ("a.js", "body: JSON.stringify({\"password\":\"VAL\"})", "S"),
    ("a.js", "password: process.env.VAL", ""),
    ("a.js", "password: string;", ""),
    ("a.ts", "password: string = 'VAL';", "S"),
    ("a.ts", "private readonly password: string = \"VAL\";", "S"),
    ("a.ts", "password?: string;", ""),
    ("a.java", "String password = \"VAL\";", "S"),
    ("a.java", "user.setPassword(\"VAL\");", "S"),
    ("a.java", ".password(\"VAL\")", "S"),
    ("a.java", ".withPassword(\"VAL\")", "S"),
    ("a.java", "props.put(\"password\", \"VAL\");", "S"),
    ("a.java", "System.setProperty(\"db.password\", \"VAL\");", "S"),
    ("a.java", "new UsernamePasswordCredentials(\"shop\", \"VAL\")", "S"),
    ("a.java", "char[] password = \"VAL\".toCharArray();", "S"),
    ("a.java", "@Value(\"${db.password:VAL}\")", ""),
    ("a.java", "getPassword(\"VAL\")", ""),
    ("a.java", "validatePassword(\"VAL\");", ""),
    ("a.java", "getString(\"password\", \"VAL\")", ""),
    ("a.java", "assertEquals(\"password\", \"VAL\");", ""),
    ("a.java", "values(\"db.password:VAL\")", "S"),
    ("a.java", "values(\"db.password=VAL\", \"x=y\")", "S"),
    ("a.java", "x = \"A=1\\n\" + \"DB_PASSWORD=VAL\\n\";", "S"),
    ("a.java", "jedis.configSet(\"requirepass\", \"VAL\");", "S"),
    ("a.java", "x.setPassword(\"VAL\".toCharArray());", "S"),
    ("a.cs", "public string Password { get; set; } = \"VAL\";", "S"),
    ("a.sql", "SET PASSWORD FOR 'x'@'y' = PASSWORD('VAL');", "S"),
    ("a.kt", "val password: String = \"VAL\"", "S"),
    ("a.rb", "password: 'VAL'", "S"),
    ("a.rb", ":password => 'VAL'", "S"),
    ("a.rb", "'password' => \"VAL\"", "S"),
    ("a.rb", "ENV['DB_PASSWORD'] = 'VAL'", "S"),
    ("a.rb", "ENV.fetch('DB_PASSWORD', 'VAL')", "S"),
    ("a.php", "$password = 'VAL';", "S"),
    ("a.php", "define('DB_PASSWORD', 'VAL');", "S"),
    ("a.php", "'password' => 'VAL',", "S"),
    ("a.php", "'password' => env('DB_PASSWORD', 'VAL'),", "S"),
    ("a.php", "$config['password'] = 'VAL';", "S"),
    ("a.php", "$password = 'VAL' . $x;", ""),
    ("a.cs", "var password = \"VAL\";", "S"),
    ("a.cs", "Password = @\"VAL\",", "S"),
    ("a.cs", "new NetworkCredential(\"shop\", \"VAL\")", "S"),
    ("a.cs", "\"Data Source=db;User ID=shop;Password=VAL;\"", "U"),
    ("a.c", "#define PASSWORD \"VAL\"", "S"),
    ("a.c", "const char* password = \"VAL\";", "S"),
    ("a.c", "char password[] = \"VAL\";", "S"),
    ("a.c", "static char password[32] = \"VAL\";", "S"),
    ("a.rs", "let password = \"VAL\";", "S"),
    ("a.rs", "const PASSWORD: &str = \"VAL\";", "S"),
    ("a.rs", "password: \"VAL\".to_string(),", "S"),
    ("a.rs", "password: String::from(\"VAL\"),", "S"),
    ("a.ps1", "$password = \"VAL\"", "S"),
    ("a.ps1", "$password = ConvertTo-SecureString \"VAL\" -AsPlainText -Force", "S"),
    ("a.swift", "let password: String = \"VAL\"", "S"),
    ("a.pl", "my $password = 'VAL';", "S"),
    ("a.pl", "$h{password} = 'VAL';", ""),
    ("a.ex", "password: \"VAL\"", "S"),
    ("a.r", "password <- \"VAL\"", "S"),
    ("a.lua", "password = \"VAL\"", "S"),
    ("a.groovy", "password = 'VAL'", "S"),
    ("Jenkinsfile", "sh \"docker login -u shop -p VAL r.example\"", "A"),
    ("a.sql", "ALTER USER shop WITH PASSWORD 'VAL';", "S"),
    ("a.sql", "CREATE USER shop IDENTIFIED BY 'VAL';", "S"),
    ("a.sql", "CREATE USER 'shop'@'%' IDENTIFIED WITH mysql_native_password BY 'VAL';", ""),
    ("a.sql", "CREATE LOGIN shop WITH PASSWORD = 'VAL'", "S"),
    ("a.sql", "create role shop with login encrypted password 'VAL'", "S"),
    ("a.proto", "string password = 1;", ""),
];

#[rustfmt::skip]
const MARKUP: &[Row] = &[
    ("a.xml", "<password>VAL</password>", "S"),
    ("a.xml", "<ns:password>VAL</ns:password>", "S"),
    ("a.xml", "<db><user>shop</user><password>VAL</password></db>", "S"),
    ("a.xml", "<password encrypted=\"no\">VAL</password>", "S"),
    ("a.xml", "<password>\n  VAL\n</password>", "S"),
    ("a.xml", "<password><![CDATA[VAL]]></password>", "S"),
    ("a.xml", "<db password=\"VAL\"/>", "S"),
    ("a.xml", "<db\n  user=\"shop\"\n  password='VAL'/>", "S"),
    ("web.config", "<add key=\"DbPassword\" value=\"VAL\" />", "S"),
    ("web.config", "<add name=\"x\" connectionString=\"Server=db;Password=VAL;\" />", "U"),
    ("web.config", "<add name=\"x\" connectionString=\"Password=VAL;Server=db\" />", "U"),
    ("a.xml", "<property name=\"password\" value=\"VAL\"/>", "S"),
    ("a.xml", "<property value=\"x\" name=\"password\">VAL</property>", "S"),
    ("a.xml", "<property name=\"password\">VAL</property>", "S"),
    ("a.xml", "<property name=\"password\">\n  <value>VAL</value>\n</property>", "S"),
    ("a.xml", "<entry key=\"db.password\">VAL</entry>", "S"),
    ("a.xml", "<property>\n  <name>db.password</name>\n  <value>VAL</value>\n</property>", "S"),
    ("a.plist", "<key>password</key>\n<string>VAL</string>", "S"),
    ("a.xml", "<url>jdbc:mysql://db/x?user=shop&amp;password=VAL</url>", "U"),
    ("a.xml", "<url>http://shop:VAL@x</url>", "U"),
    ("a.xml", "<!-- <password>VAL</password> -->", "S"),
    ("a.xml", "<password/>\n<user>VAL</user>", ""),
    ("a.xml", "<password></password><user>VAL</user>", ""),
    ("a.xml", "<password><user>VAL</user></password>", ""),
    ("a.xml", "<xs:element name=\"password\" value=\"VAL\"/>", ""),
    ("a.html", "<input type=\"password\" name=\"password\" value=\"VAL\">", ""),
    ("a.html", "<label for=\"password\">VAL</label>", ""),
    ("a.html", "<input placeholder=\"Password\" class=\"VAL\">", ""),
    ("a.html", "<script>var password = \"VAL\";</script>", "S"),
];

#[rustfmt::skip]
const TERRAFORM: &[Row] = &[
    ("a.tf", "password = \"VAL\"", "S"),
    ("a.tf", "  master_password      = \"VAL\"\n", "S"),
    ("a.tf", "variable \"db_password\" {\n  default = \"VAL\"\n}\n", "S"),
    ("a.tf", "variable \"db_password\" {\n  type        = string\n  description = \"x\"\n  default     = \"VAL\"\n}\n", "S"),
    ("a.tf", "variable \"db_password\" { default = \"VAL\" }\n", "S"),
    ("a.tf", "variable \"db_password\" {\n  type = string\n}\nvariable \"x\" {\n  default = \"VAL\"\n}\n", ""),
    ("a.tf", "locals {\n  db_password = \"VAL\"\n}\n", "S"),
    ("a.tf", "environment = {\n  DB_PASSWORD = \"VAL\"\n}\n", "S"),
    ("a.tf", "environment = { \"DB_PASSWORD\" = \"VAL\" }\n", "S"),
    ("a.tf", "environment = { \"DB_PASSWORD\" : \"VAL\" }\n", "S"),
    ("a.tf", "set {\n  name  = \"auth.password\"\n  value = \"VAL\"\n}\n", "S"),
    ("a.tf", "{ name = \"DB_PASSWORD\", value = \"VAL\" },\n", "S"),
    ("a.tf", "env {\n  value = \"VAL\"\n  name  = \"DB_PASSWORD\"\n}\n", "S"),
    ("a.tf", "user_data = <<EOF\nexport DB_PASSWORD=VAL\nEOF\n", "S"),
    ("a.tf", "user_data = <<EOF\nDB_PASSWORD=VAL\nEOF\n", "S"),
    ("a.tf", "x = \"postgres://shop:VAL@db/x\"\n", "U"),
    ("a.tf", "password = var.VAL\n", ""),
    ("a.tf", "password = random_password.VAL.result\n", ""),
    ("a.tf", "password = \"${var.VAL}\"\n", ""),
    ("x.tfvars", "db_password = \"VAL\"\n", "S"),
];

#[rustfmt::skip]
const TEXTS: &[Row] = &[
    ("a.md", "Set these:\n\n    mysql_root_password: VAL\n", "S"),
    ("env.example", "# DB_PASSWORD=VAL", "S"),
    ("a.md", "```yaml\npassword: VAL\n```\n", "S"),
    ("a.md", "```\nDB_PASSWORD=VAL\n```\n", "S"),
    ("a.md", "```json\n{\"password\": \"VAL\"}\n```\n", "S"),
    ("a.md", "```python\npassword = \"VAL\"\npassword = x\n```\n", "S"),
    ("a.md", "```python\npassword = VAL\n```\n", ""),
    ("a.md", "* Password: `VAL`\n", "S"),
    ("a.md", "- **Password**: VAL\n", "S"),
    ("a.md", "Password: VAL\n", "S"),
    ("a.md", "| password | VAL |\n", "S"),
    ("a.md", "The password: VAL or another.\n", ""),
    ("a.md", "Set `DB_PASSWORD=VAL` first.\n", "S"),
    ("a.md", "On the command line --password VAL.\n", ""),
    ("a.md", "identified by `VAL`\n", ""),
    ("a.md", "helm install --set a=b,auth.password=VAL,auth.user=x\n", "S"),
    ("a.md", "See http://shop:VAL@x.example/ for more.\n", "U"),
    ("a.txt", "password=VAL\n", "S"),
    ("a.txt", "password: VAL\n", "S"),
    ("a.txt", "our passwords are long; VAL is one\n", ""),
];

#[rustfmt::skip]
const ADDRESSES: &[Row] = &[
    ("x", "redis://:VAL@cache:6379/0", "U"),
    ("x", "mongodb://shop:VAL@a:1,b:2/x", "U"),
    ("x", "http://shop:VAL@localhost/", "U"),
    ("x", "a://b:VAL@c d://e:VAL@f", "UU"),
    ("x", "[https://shop:VAL@x.example]", "U"),
    ("x", "\"https://shop:VAL@\" + host", "U"),
    ("x", "https://shop:VAL@${HOST}/", "U"),
    ("x", "https://x.example/a:VAL@b", ""),
    ("x", "https://x.example?a:VAL@b", ""),
    ("x", "https://shop@x.example", ""),
    ("x", "git@x.example:VAL", ""),
    ("x", "://shop:VAL@x", ""),
    ("x", "sed s@http://a:VAL.*b@https://x.example@g", ""),
    ("x", "https://9f86d081884c7d659a2feaa0c55ad015@sentry.example/3", ""),
    ("x", "Options=rw,username=shop,password=VAL,uid=1000", "S"),
    ("x", "http://127.0.0.1#@x.example", ""),
    ("x", "shop:VAL@tcp(127.0.0.1:1)/x", "U"),
    ("x", "shop:VAL@unix(/x.sock)/x", "U"),
    ("x", "Authorization: Basic LOGIN", "L"),
    ("x.go", "h.Set(\"Authorization\", \"Basic LOGIN\")", "L"),
];

fn check(rows: &[Row]) {
    let scanner = Scanner::default();
    let mut wrong = Vec::new();
    for (path, template, expected) in rows {
        let text = template.replace("VAL", VALUE).replace("B64", ENCODED).replace("LOGIN", LOGIN);
        let mut found = String::new();
        for hit in scanner.scan(&Subject { path, text: &text }) {
            let value = text.get(hit.range).unwrap_or_default();
            found.push_str(match (hit.kind, value) {
                (Kind::Token(_), VALUE) => "T",
                (_, LOGIN) => "L",
                (_, value) if value != VALUE && value != ENCODED => value,
                (Kind::Structural(Structural::Password | Structural::Key), _) => "S",
                (Kind::Structural(Structural::Argument), _) => "A",
                (Kind::Structural(Structural::Url), _) => "U",
                _ => "?",
            });
        }
        if !alike(&found, expected) {
            wrong.push(format!("{path}: {template:?} gave {found:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

/// Some of the tables of tokens know the form of a file as well: `T` is as good as what is expected.
fn alike(found: &str, expected: &str) -> bool {
    found.chars().count() == expected.chars().count()
        && found.chars().zip(expected.chars()).all(|(found, expected)| found == expected || found == 'T')
}

#[test]
fn yaml() {
    check(YAML);
}

#[test]
fn secrets_of_kubernetes() {
    check(KUBERNETES);
}

#[test]
fn json() {
    check(JSON);
}

#[test]
fn settings_and_scripts() {
    check(LINES);
}

#[test]
fn arguments() {
    check(COMMANDS);
}

#[test]
fn programs() {
    check(CODE);
}

#[test]
fn markup() {
    check(MARKUP);
}

#[test]
fn terraform() {
    check(TERRAFORM);
}

#[test]
fn texts_for_people() {
    check(TEXTS);
}

#[test]
fn addresses() {
    check(ADDRESSES);
}

/// Every text of the tables under every name, cut at every place: each hit is a text of its own.
#[test]
fn hits_are_texts_whatever_is_cut_off() {
    let scanner = Scanner::default();
    let tables = [YAML, KUBERNETES, JSON, LINES, COMMANDS, CODE, MARKUP, TERRAFORM, TEXTS, ADDRESSES];
    let paths = ["a.yml", "a.json", "a.py", "a.xml", "a.tf", "a.md", "a.sh", "a", "a.ini", ".pgpass"];
    for (index, (path, template, _)) in tables.into_iter().flatten().enumerate() {
        let text =
            template.replace("VAL", "k\u{e4}9\u{20ac}vL7\u{1f512}x").replace('=', "=\u{a0}").replace("B64", ENCODED);
        let cuts = (0..text.len()).filter(|at| text.is_char_boundary(*at)).step_by(3);
        for cut in cuts {
            for path in [*path, paths[index % paths.len()]] {
                let (head, tail) = text.split_at(cut);
                for text in [head, tail] {
                    for hit in scanner.scan(&Subject { path, text }) {
                        assert!(text.get(hit.range.clone()).is_some_and(|value| !value.is_empty()), "{path}: {text:?}");
                    }
                }
            }
        }
    }
}
