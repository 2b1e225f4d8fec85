//! Dockerfiles as repositories have them, for the benchmarks: six stacks, most with a build stage, and one choice in four
//! made the wrong way.
//!
//! The same bytes on every machine: the variation comes from the file's number alone.

use std::io;
use std::path::Path;

use crate::corpus::hash;

/// Writes `count` Dockerfiles below `folder`, a folder for each; returns their size in bytes.
pub fn write(folder: &Path, count: usize) -> io::Result<u64> {
    let mut total = 0;
    for number in 0..count {
        let text = dockerfile(number);
        let folder = folder.join(format!("team-{:02}/service-{number:05}", number % 32));
        std::fs::create_dir_all(&folder)?;
        total += text.len() as u64;
        std::fs::write(folder.join("Dockerfile"), text)?;
    }
    Ok(total)
}

fn dockerfile(number: usize) -> String {
    let choice = Choice(number);
    let lines = match number % 6 {
        0 => node(choice),
        1 => python(choice),
        2 => go(choice),
        3 => java(choice),
        4 => debian(choice),
        _ => alpine(choice),
    };
    lines.join("\n") + "\n"
}

/// The choices of one file.
#[derive(Clone, Copy)]
struct Choice(usize);

impl Choice {
    /// One time in four what is wrong.
    fn pick<'t>(self, salt: usize, wrong: &'t str, right: &'t str) -> &'t str {
        if hash(self.0, salt).is_multiple_of(4) { wrong } else { right }
    }

    /// What every image may say about itself.
    fn labels(self) -> String {
        format!(
            "LABEL org.opencontainers.image.title=\"service-{:05}\" \\\n      org.opencontainers.image.source=\"https://git.example.com/team/service-{:05}\" \\\n      {}",
            self.0,
            self.0,
            self.pick(90, "maintainer=\"\"", "org.opencontainers.image.licenses=\"Apache-2.0\""),
        )
    }

    /// The end of a file: ports, health, user and command.
    fn tail(self, user: &str, port: u16, command: &str) -> Vec<String> {
        let words: Vec<String> = command.split(' ').map(|word| format!("\"{word}\"")).collect();
        let exec = format!("CMD [{}]", words.join(", "));
        let shell = format!("CMD {command}");
        let health = format!(
            "HEALTHCHECK --interval=30s --timeout=3s --retries=3 \\\n  CMD wget -qO- http://localhost:{port}/health || exit 1"
        );
        vec![
            self.labels(),
            format!("EXPOSE {port}"),
            self.pick(91, "# No health check yet.", &health).to_owned(),
            format!("USER {}", self.pick(92, "root", user)),
            self.pick(93, &shell, &exec).to_owned(),
        ]
    }
}

fn lines(head: &[&str], tail: Vec<String>) -> Vec<String> {
    head.iter().map(ToString::to_string).chain(tail).collect()
}

fn node(choice: Choice) -> Vec<String> {
    let head = [
        "# syntax=docker/dockerfile:1",
        "ARG NODE_VERSION=22.11.0",
        "FROM node:${NODE_VERSION}-bookworm-slim AS dependencies",
        choice.pick(1, "WORKDIR app", "WORKDIR /app"),
        choice.pick(2, "COPY . .", "COPY package.json package-lock.json ./"),
        "# The lockfile decides what is installed.",
        choice.pick(3, "RUN npm install", "RUN --mount=type=cache,target=/root/.npm npm ci --no-audit"),
        "",
        "FROM dependencies AS build",
        "COPY tsconfig.json ./",
        "COPY src ./src",
        "RUN npm run build \\\n    && npm prune --omit=dev",
        "",
        choice.pick(4, "FROM node:latest", "FROM node:${NODE_VERSION}-bookworm-slim"),
        "ENV NODE_ENV=production \\\n    NPM_CONFIG_UPDATE_NOTIFIER=false",
        choice.pick(5, "ARG NPM_TOKEN", "ARG REVISION=unknown"),
        "WORKDIR /app",
        choice.pick(6, "COPY --from=biuld /app/dist ./dist", "COPY --from=build --chown=node:node /app/dist ./dist"),
        "COPY --from=build /app/node_modules ./node_modules",
    ];
    lines(&head, choice.tail("node", 3000, "node dist/main.js"))
}

fn python(choice: Choice) -> Vec<String> {
    let head = [
        "# syntax=docker/dockerfile:1",
        "FROM python:3.12-slim-bookworm AS build",
        "ENV PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1",
        choice.pick(
            1,
            "RUN apt-get update\nRUN apt-get install build-essential libpq-dev",
            "RUN apt-get update \\\n    && apt-get install -y --no-install-recommends \\\n        build-essential \\\n        # headers of the database's client\n        libpq-dev \\\n    && rm -rf /var/lib/apt/lists/*",
        ),
        "WORKDIR /src",
        "COPY requirements.txt .",
        "RUN --mount=type=cache,target=/root/.cache/pip \\\n    pip wheel --wheel-dir /wheels -r requirements.txt",
        "",
        "FROM python:3.12-slim-bookworm",
        choice.pick(2, "ENV DATABASE_PASSWORD=changeme", "ENV DATABASE_HOST=database"),
        "COPY --from=build /wheels /wheels",
        choice.pick(3, "RUN pip install /wheels/*", "RUN pip install --no-cache-dir /wheels/* && rm -rf /wheels"),
        "RUN useradd --system --uid 10001 --no-log-init app",
        choice.pick(4, "ADD app /app", "COPY --chown=app:app app /app"),
        "RUN <<EOF\nset -eu\nmkdir -p /var/lib/app/uploads /var/lib/app/cache\nfor folder in uploads cache; do\n  chown app:app \"/var/lib/app/$folder\"\ndone\nEOF",
        "WORKDIR /app",
    ];
    lines(&head, choice.tail("10001", 8000, "gunicorn --bind 0.0.0.0:8000 app.main:app"))
}

fn go(choice: Choice) -> Vec<String> {
    let head = [
        "# syntax=docker/dockerfile:1",
        "FROM --platform=$BUILDPLATFORM golang:1.24-alpine3.21 AS build",
        "ARG TARGETOS TARGETARCH",
        choice.pick(1, "RUN apk update && apk add git ca-certificates", "RUN apk add --no-cache git ca-certificates"),
        "WORKDIR /src",
        "COPY go.mod go.sum ./",
        "RUN --mount=type=cache,target=/go/pkg/mod go mod download",
        "COPY . .",
        "RUN --mount=type=cache,target=/go/pkg/mod \\\n    --mount=type=cache,target=/root/.cache/go-build \\\n    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \\\n    go build -trimpath -ldflags='-s -w' -o /out/server ./cmd/server",
        choice.pick(2, "RUN cd /src && go test ./... | tee /tmp/test.log", "RUN go vet ./..."),
        "",
        choice.pick(3, "FROM alpine", "FROM gcr.io/distroless/static-debian12:nonroot"),
        "COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/",
        choice.pick(4, "COPY --from=build /out/server /etc/hosts /bin", "COPY --from=build /out/server /bin/server"),
    ];
    lines(&head, choice.tail("65532:65532", 8080, "/bin/server --listen=:8080"))
}

fn java(choice: Choice) -> Vec<String> {
    let head = [
        "FROM maven:3.9.9-eclipse-temurin-21 AS build",
        "WORKDIR /workspace",
        "COPY pom.xml .",
        "RUN --mount=type=cache,target=/root/.m2 mvn -B -q dependency:go-offline",
        "COPY src src",
        "RUN --mount=type=cache,target=/root/.m2 mvn -B -q package -DskipTests \\\n    && mkdir -p target/extracted \\\n    && java -Djarmode=layertools -jar target/*.jar extract --destination target/extracted",
        "",
        choice.pick(1, "FROM openjdk:8", "FROM eclipse-temurin:21.0.5_11-jre-jammy"),
        choice.pick(2, "MAINTAINER team@example.com", "ARG UID=10001"),
        choice.pick(
            3,
            "RUN sudo mkdir /app && chmod 777 /app",
            "RUN groupadd --system app \\\n    && useradd --system --no-log-init --uid 10001 --gid app app",
        ),
        "WORKDIR /app",
        "COPY --from=build /workspace/target/extracted/dependencies/ ./",
        "COPY --from=build /workspace/target/extracted/application/ ./",
        "ENV JAVA_TOOL_OPTIONS=\"-XX:MaxRAMPercentage=75 -XX:+ExitOnOutOfMemoryError\"",
        choice.pick(4, "EXPOSE 80808", "STOPSIGNAL SIGTERM"),
    ];
    lines(&head, choice.tail("10001", 8080, "java org.springframework.boot.loader.launch.JarLauncher"))
}

fn debian(choice: Choice) -> Vec<String> {
    let head = [
        "FROM debian:12.8-slim",
        "SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]",
        "ENV LANG=C.UTF-8 TZ=UTC",
        choice.pick(
            1,
            "RUN apt-get update && apt-get upgrade && apt-get install -y curl gnupg nginx",
            "RUN set -eux; \\\n    apt-get update; \\\n    apt-get install -y --no-install-recommends ca-certificates curl gnupg nginx; \\\n    rm -rf /var/lib/apt/lists/*",
        ),
        choice.pick(
            2,
            "RUN curl -k http://downloads.example.com/install.sh | bash",
            "RUN set -eux; \\\n    arch=\"$(dpkg --print-architecture)\"; \\\n    case \"$arch\" in \\\n        amd64) sum=1111111111111111111111111111111111111111111111111111111111111111 ;; \\\n        arm64) sum=2222222222222222222222222222222222222222222222222222222222222222 ;; \\\n        *) echo \"no build for $arch\" >&2; exit 1 ;; \\\n    esac; \\\n    curl -fsSLo /tmp/tool.tar.gz \"https://downloads.example.com/tool-1.4.2-$arch.tar.gz\"; \\\n    echo \"$sum  /tmp/tool.tar.gz\" | sha256sum -c -; \\\n    tar -xzf /tmp/tool.tar.gz -C /usr/local/bin; \\\n    rm /tmp/tool.tar.gz",
        ),
        "COPY <<'EOF' /etc/nginx/conf.d/default.conf\nserver {\n  listen 8080;\n  location / { root /srv/www; }\n}\nEOF",
        choice.pick(3, "RUN ln -sf /bin/bash /bin/sh", "RUN ln -sf /dev/stdout /var/log/nginx/access.log"),
        choice.pick(4, "VOLUME /srv/www\nRUN touch /srv/www/index.html", "COPY www /srv/www"),
    ];
    lines(&head, choice.tail("www-data", 8080, "nginx -e stderr -c /etc/nginx/nginx.conf"))
}

fn alpine(choice: Choice) -> Vec<String> {
    let head = [
        "# escape=\\",
        choice.pick(1, "FROM alpine:3.9", "FROM alpine:3.21.3 AS tools"),
        choice.pick(2, "RUN apk add curl bash jq", "RUN apk add --no-cache bash curl jq"),
        "ARG KUBECTL_VERSION=1.31.3",
        choice.pick(
            3,
            "ADD https://downloads.example.com/kubectl /usr/local/bin/kubectl",
            "ADD --checksum=sha256:3333333333333333333333333333333333333333333333333333333333333333 \\\n    https://downloads.example.com/kubectl /usr/local/bin/kubectl",
        ),
        "RUN chmod 755 /usr/local/bin/kubectl \\\n    && kubectl version --client \\\n    && addgroup -S app \\\n    && adduser -S -G app -u 10001 app",
        choice.pick(4, "COPY id_rsa /home/app/.ssh/id_rsa", "COPY --chmod=755 entrypoint.sh /usr/local/bin/entrypoint"),
        "# portcullis: ignore[docker-apk-unpinned] the base image pins them",
        "RUN if [ -f /etc/app.conf ]; then \\\n      sed -i 's/debug/info/' /etc/app.conf; \\\n    else \\\n      echo \"level=info\" > /etc/app.conf; \\\n    fi",
        "ENTRYPOINT [\"/usr/local/bin/entrypoint\"]",
    ];
    lines(&head, choice.tail("10001:10001", 9090, "serve --port=9090"))
}
