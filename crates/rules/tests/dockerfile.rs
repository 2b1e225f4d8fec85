//! Rules for Dockerfiles whose answers depend on many words, on options or on the day: more cases than docs can show.
#![allow(clippy::unwrap_used, reason = "a panic is the failure message")]

use portcullis_core::{FileId, LineIndex};
use portcullis_model::dockerfile::{Build, BuildContext};
use portcullis_rules::{Context, Dispatch, OptionValue, Options, Outcome, catalog};
use portcullis_syntax::dockerfile;

/// The lines of what one rule finds in a Dockerfile.
fn lines(rule: &str, text: &str, context: Context) -> Vec<u32> {
    let catalog = catalog();
    let index = catalog.by_id(rule).unwrap();
    let dispatch = Dispatch::new(&catalog, context, |on| on == index);
    let parsed = dockerfile::parse(FileId(0), text);
    let mut outcome = Outcome::default();
    dispatch.dockerfile(&Build::new(&parsed), text, &BuildContext::Unknown, &mut outcome);
    assert!(outcome.panicked.is_empty(), "{rule} panicked");
    let index = LineIndex::new(text);
    outcome.drafts.iter().map(|draft| index.line(draft.place.span.start)).collect()
}

/// Checks which of the lines after `FROM debian:13` a rule reports: those that end in `# bad`, which is cut off.
fn check(rule: &str, instructions: &str) {
    let mut text = "FROM debian:13\n".to_owned();
    let mut expected = Vec::new();
    for (number, line) in (2..).zip(instructions.trim().lines()) {
        let (line, is_bad) = line.trim().strip_suffix("# bad").map_or((line.trim(), false), |line| (line, true));
        expected.extend(is_bad.then_some(number));
        text.push_str(line.trim());
        text.push('\n');
    }
    assert_eq!(lines(rule, &text, Context::default()), expected, "{rule}:\n{text}");
}

#[test]
fn names_of_secrets_are_told_from_names_about_them() {
    check(
        "docker-secret-in-arg-or-env",
        "
        ARG SECRET_PASSPHRASE # bad
        ENV SUPER_Secret=foo # bad
        ENV clientSecret=foo # bad
        ENV DBPASSWORD=foo # bad
        ENV API-KEY=foo # bad
        ARG GITHUB_TOKEN=abc # bad
        ARG AWS_ACCESS_KEY_ID # bad
        ENV GPG_PASSPHRASE=abc # bad
        ENV TOKEN=$CI_TOKEN # bad
        ONBUILD ARG NPM_TOKEN # bad
        ARG SECRET_PASSPHRASE_FILE
        ARG AUTH_MODULE_VERSION
        ARG public_token
        ENV GPG_KEY=0D96DF4D4110E5C43FBFB17F2D347EA6AA65421D
        ENV TOKENIZERS_PARALLELISM=1
        ENV MONKEY=1 KEYMAP=us AUTHOR=me
        ENV DOCKER_USERNAME=me TOKEN_TTL=60 SSH_AUTH_SOCK=x SIGNING_KEY_ID=7
        ENV REQUIRE_PASSWORD=false
        ENV TLS_KEY=/run/secrets/key
        ENV DB_PASSWORD=\"\"
        ",
    );
}

#[test]
fn names_of_secret_files_are_told_from_public_ones() {
    check(
        "docker-secret-file-copied",
        "
        COPY .env /app/ # bad
        COPY .env* /app/ # bad
        COPY config/.env.production /app/ # bad
        ADD [\"id_ed25519\", \"/root/.ssh/\"] # bad
        COPY .aws/credentials /root/.aws/ # bad
        COPY home/.kube/config /root/.kube/ # bad
        COPY tls/server.key tls/server.crt /etc/ssl/ # bad
        COPY tls/server-key.pem /etc/ssl/ # bad
        COPY keystore.jks /app/ # bad
        ONBUILD COPY .netrc /root/ # bad
        COPY .env.example .env.production.sample /app/
        COPY id_rsa.pub public.key ca.pem /app/
        COPY credentials/ config.json key.ts /app/
        COPY <<.env /app/env
        A=1
        .env
        ",
    );
}

#[test]
fn ports_are_read_with_ranges_and_protocols() {
    check(
        "docker-port-out-of-range",
        "
        EXPOSE 65536 # bad
        EXPOSE 90-80 # bad
        EXPOSE -1 # bad
        EXPOSE 80/tcp/udp # bad
        EXPOSE 0 65535 8000-8010/udp \"443\" [::1]:80:80
        EXPOSE $PORT ${PORT}/tcp
        ",
    );
    check(
        "docker-expose-ssh",
        "
        EXPOSE 22 # bad
        EXPOSE 22/TCP # bad
        EXPOSE 2222:22 # bad
        EXPOSE 1-65535 # bad
        EXPOSE 22:80 222 22/udp
        ",
    );
}

#[test]
fn malformed_arrays_are_told_from_tests_and_patterns() {
    check(
        "docker-invalid-json-form",
        "
        RUN ['a', 'b'] # bad
        CMD [ \"a\", 'b' ] # bad
        ENTRYPOINT [\"a\" \"b\"] # bad
        HEALTHCHECK CMD ['a'] # bad
        COPY ['a', '/b/'] # bad
        RUN [ \"$A\" = b ] || exit 1
        RUN [[ \"$A\" == b ]]
        RUN [ 'a' = 'b' ]
        RUN [\"a\"]
        COPY [ab]c /d/
        ",
    );
}

#[test]
fn the_system_owns_some_directories() {
    check(
        "docker-workdir-system-dir",
        "
        WORKDIR /proc # bad
        WORKDIR /sys/fs/ # bad
        WORKDIR \"/dev/shm\" # bad
        WORKDIR /usr/bin/ # bad
        WORKDIR /usr/src/app
        WORKDIR /usr/lib/jvm
        WORKDIR /library
        WORKDIR /etc/nginx
        WORKDIR $X/proc
        ",
    );
}

#[test]
fn the_list_of_registries_decides() {
    let rule = "docker-registry-not-allowed";
    for (registries, image, is_allowed) in [
        (&["docker.io"][..], "debian:13", true),
        (&["hub.docker.com"], "example/debian:13", true),
        (&["ghcr.io"], "debian:13", false),
        (&["ghcr.io"], "ghcr.io/a/b:1", true),
        (&["ghcr.io/a"], "ghcr.io/a/b:1", true),
        (&["ghcr.io/a"], "ghcr.io/ab/c:1", false),
        (&["docker.io/library"], "debian:13", true),
        (&["docker.io/library"], "example/debian:13", false),
        (&["*.example.com"], "a.example.com/b:1", true),
        (&["*.example.com"], "example.com/b:1", false),
        (&["registry.*"], "registry.example.com:5000/b:1", true),
        (&["example.com:5000"], "example.com/b:1", false),
        (&["*"], "example.com/b:1", true),
        (&[], "example.com/b:1", false),
        (&[], "quay.io/b:1", true),
    ] {
        let entries = registries.iter().map(|&entry| entry.to_owned()).collect();
        let options = Options([("registries".to_owned(), OptionValue::Strings(entries))].into());
        let context = Context { options: [(rule.to_owned(), options)].into(), ..Context::default() };
        let expected: &[u32] = if is_allowed { &[] } else { &[1] };
        assert_eq!(lines(rule, &format!("FROM {image}\n"), context), expected, "{image} with {registries:?}");
    }
}

#[test]
fn labels_have_the_forms_that_are_asked_for() {
    for (label, value, rule) in [
        ("a", "anything at all", None),
        ("a=text", "", Some("empty")),
        ("a=url", "", Some("empty")),
        ("b=text", "x", Some("superfluous")),
        ("a=url", "https://example.org/a", None),
        ("a=url", "example.org", Some("not-url")),
        ("a=email", "ada@example.org", None),
        ("a=email", "Ada Byron <ada@example.org>", None),
        ("a=email", "ada", Some("not-email")),
        ("a=hash", "96d502b", None),
        ("a=hash", "96d502bd0f1c0a8e2b5f9c4b7d6e3a2f1c0b9a8d", None),
        ("a=hash", "main", Some("not-git-hash")),
        ("a=semver", "1.2.3", None),
        ("a=semver", "1.2.3-rc.1+build.5", None),
        ("a=semver", "1.2", Some("not-semver")),
        ("a=semver", "1.02.3", Some("not-semver")),
        ("a=semver", "1.2.3-", Some("not-semver")),
        ("a=semver", "$VERSION", None),
        ("a=rfc3339", "2026-11-21T10:44:08Z", None),
        ("a=rfc3339", "2026-11-21T10:44:08.25+01:00", None),
        ("a=rfc3339", "2026-11-21", Some("not-rfc3339")),
        ("a=rfc3339", "2026-11-21T10:44:08", Some("not-rfc3339")),
        ("a=spdx", "Apache-2.0 WITH LLVM-exception", None),
        ("a=spdx", "GPL-2.0", None),
        ("a=spdx", "LicenseRef-shop", None),
        ("a=spdx", "Apache 2", Some("not-spdx")),
        ("a=spdx", "proprietary", Some("not-spdx")),
    ] {
        let options = Options([("labels".to_owned(), OptionValue::Strings(vec![label.to_owned()]))].into());
        let context =
            || Context { options: [("docker-label-missing".to_owned(), options.clone())].into(), ..Context::default() };
        let text = format!("FROM debian:13\nLABEL a=\"{value}\"\n");
        for other in
            ["superfluous", "empty", "not-url", "not-email", "not-git-hash", "not-semver", "not-rfc3339", "not-spdx"]
        {
            let expected: &[u32] = if rule == Some(other) { &[2] } else { &[] };
            let found = lines(&format!("docker-label-{other}"), &text, context());
            assert_eq!(found, expected, "{other}: {label} with {value}");
        }
        let missing: &[u32] = if label.starts_with('b') { &[1] } else { &[] };
        assert_eq!(lines("docker-label-missing", &text, context()), missing, "{label}");
    }
}

#[test]
fn keys_of_labels_follow_the_rules_for_keys() {
    check(
        "docker-label-key-invalid",
        r"
        LABEL io.docker.label=a # bad
        LABEL org.dockerproject.label=a # bad
        LABEL invalid$character=a # bad
        LABEL .invalid =a # bad
        LABEL 1invalid=a # bad
        LABEL a..b=a # bad
        LABEL a--b=a # bad
        LABEL ends.=a # bad
        LABEL com.example.some-label=a io.dockerish=b under_score=c k8s.io/name=d
        ",
    );
}

#[test]
fn a_file_is_a_secret_where_a_variable_says_so() {
    check(
        "docker-secret-file-copied",
        r"
        COPY src /app/
        COPY account.json /etc/
        ENV GOOGLE_APPLICATION_CREDENTIALS=./app/account.json
        ENV GOOGLE_APPLICATION_CREDENTIALS=/etc/account.json # bad
        ENV GOOGLE_APPLICATION_CREDENTIALS=/etc/other/account.json
        ENV GOOGLE_APPLICATION_CREDENTIALS=
        ENV OTHER=/etc/account.json
        ",
    );
}

#[test]
fn an_end_of_life_counts_from_the_day_after() {
    for (date, expected) in [("2025-04-30", &[][..]), ("2025-05-01", &[1])] {
        let context = Context { date: date.parse().unwrap(), ..Context::default() };
        assert_eq!(lines("docker-base-image-eol-or-vulnerable", "FROM node:18\n", context), expected, "{date}");
    }
}

#[test]
fn credentials_in_run_are_told_from_what_looks_like_them() {
    check(
        "docker-secret-in-run",
        r#"
        RUN export DB_PASSWORD=kX9mQ2vL7 && ./migrate # bad
        RUN DB_PASSWORD='kX9mQ2vL7' ./migrate # bad
        RUN docker login -u ci -p kX9mQ2vL7 registry.example.org # bad
        RUN sshpass -p kX9mQ2vL7 ssh host # bad
        RUN wget --http-password=kX9mQ2vL7 https://example.org/a # bad
        RUN curl -H 'PRIVATE-TOKEN: kX9mQ2vL7Tz4' https://git.example.org # bad
        RUN curl -H "Authorization: Basic Y2k6a1g5bVEydkw3" https://git.example.org # bad
        RUN ["curl", "-u", "ci:kX9mQ2vL7", "https://example.org"] # bad
        RUN AWS_ACCESS_KEY_ID=AKIAQ3EGRZ7PLN5TXW2B aws s3 ls # bad
        RUN curl -u "$USER:$PASSWORD" -u ci:password https://example.org
        RUN export GPG_KEYS="573BFD6B3D8FBC641079A6ABABF5BD827BD9BF62" PASSWORD_FILE=/run/x1y2z3
        RUN useradd --password '$6$abc$Zk1mQ2vL7' app && usermod -p '*' app
        RUN apt-key adv --keyserver keys.example.org --recv-keys 573BFD6B3D8FBC641079A6ABABF5BD827BD9BF62
        RUN echo "24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d  tool" | sha256sum -c
        RUN cargo build --features token-v2 && npm install --token-type=bearer2
        RUN pip install --trusted-host example.org 'passlib[bcrypt]==1.7.4' && git clone https://git@example.org/a
        RUN sed -i 's/password: .*/password: x1/' a && grep -q 'token=[a-z0-9]' b && keytool -storepass changeit
        RUN curl -H "Authorization: token ${TOKEN}" -H "Accept: application/vnd.v3+json" https://example.org
        "#,
    );
}

#[test]
fn scripts_are_checked_as_shells_read_them() {
    for (rule, instructions) in [
        (
            "docker-shell-unquoted-variable",
            r#"
            RUN x=$(cat a); rm $x # bad
            RUN x=`cat a`; rm ${x%.*} # bad
            RUN read -r x < a; rm $x # bad
            RUN x=$(cat a); y=$x; rm "$y" $y # bad
            RUN x=$(cat a); [ $x = b ] # bad
            RUN x=$(cat a); [[ $x = b ]]
            RUN x=$(cat a); Y=$x cmd; export y=$x; case $x in a) b;; esac; for i in $x; do echo "$i"; done
            RUN x=$(cat a); echo "${x}" ${x:+y} ${#x} > $x
            RUN x=$(cat a); $x b
            RUN x=$(nproc); make -j$x $HOME $1 $? $@
            RUN sh -c 'x=$(cat a); rm $x'
            "#,
        ),
        (
            "docker-shell-unquoted-substitution",
            r#"
            RUN rm `cat a` # bad
            RUN cmd --x=$(cat a) # bad
            RUN echo "$(rm $(cat a))" # bad
            RUN x=$(cat a); X=$(cat a) cmd; readonly Y=$(cat a); $(cat a)
            RUN if [ "$(cat a)" = b ]; then echo $((1 + 2)) $(seq 3) $(date +%s); fi
            "#,
        ),
        (
            "docker-shell-cd-unchecked",
            r"
            RUN cd a; b # bad
            RUN (cd a; b) # bad
            RUN b && cd a; c # bad
            RUN f() { cd a; b; }; f # bad
            RUN cd a && b; c
            RUN cd a || exit; b
            RUN if cd a; then b; fi; cd ..; cd /; b; (cd a); b
            ",
        ),
        (
            "docker-shell-and-or-as-if",
            r"
            RUN [ -f a ] && b || c # bad
            RUN test -f a && b || c # bad
            RUN [ -f a ] && b || echo c; [ -f a ] && echo b || c; [ -f a ] && [ -f b ] || c
            RUN if [ -f a ] && b || c; then d; fi; a && b || c; [ -f a ] || b && c
            ",
        ),
        (
            "docker-shell-removal-of-root",
            r#"
            RUN rm -rf "$X"/* # bad
            RUN rm -rf "$X/bin" # bad
            RUN rm -rf "$X$Y/" # bad
            RUN X=/tmp/x; rm -rf "$X"/*; rm -rf "$Y/build" "${Y:?}/*" /a/$Y; rm -f "$Y"/*
            "#,
        ),
        (
            "docker-shellcheck",
            r#"
            RUN if true; then a # bad
            RUN echo "a # bad
            RUN a && (b; c # bad
            RUN for i in a b; do echo $i; fi # bad
            RUN if true; then a; fi && case $x in (a) b;; *) c;; esac && { d; } && (e) && echo 'it''s' # don't
            "#,
        ),
    ] {
        check(rule, instructions);
    }
}

#[test]
fn a_secret_is_followed_from_stage_to_stage_while_its_way_is_certain() {
    let build = "FROM node:24 AS b\nWORKDIR /src\n";
    let last = "FROM node:24\nCOPY --from=b /src /app\n";
    for (between, end, expected) in [
        ("COPY .env ./\n", last, vec![5]),
        ("COPY .env /src\n", last, vec![5]),
        ("COPY a/.env b/id_rsa conf/\nRUN npm ci\n", last, vec![6]),
        ("COPY .env ./\n", "FROM b AS c\nRUN x\nFROM node:24\nCOPY --from=c /src/ ./\n", vec![7]),
        ("COPY .env ./\n", "FROM a AS c\nCOPY --from=b /src /c/d\nFROM a\nCOPY --from=1 /c /\n", vec![7]),
        ("COPY .env ./\n", "FROM a AS c\nCOPY --from=b /src /c/d\nFROM a\nCOPY --from=1 /c/e /\n", vec![]),
        ("COPY .env ./\n", "FROM a\nCOPY --from=b / /rootfs\n", vec![5]),
        ("COPY .env ./\nRUN rm -rf /tmp/* node_modules; mv dist /out\n", last, vec![6]),
        // The file itself is reported by its name, and a stage that the image is built from where it is copied.
        ("COPY .env ./\n", "FROM a\nCOPY --from=b /src/.env /app/\n", vec![5]),
        ("COPY .env ./\n", "FROM b\nCOPY --from=b /src /app\n", vec![3]),
        // What may have been taken away, or may not have been there.
        ("COPY .env ./\nRUN rm .env\n", last, vec![]),
        ("COPY .env ./\nRUN cd x && rm -f ../src/.env*\n", last, vec![]),
        ("COPY .env ./\nRUN find . -name '.env' -delete\n", last, vec![]),
        ("COPY .env ./\nRUN rm -rf /src\n", last, vec![]),
        ("COPY .env ./\nRUN rm -rf /s*\n", last, vec![]),
        ("COPY .env ./\nRUN rm -rf $FILES\n", last, vec![]),
        ("COPY .env ./\nRUN mv * /out/\n", last, vec![]),
        ("COPY .env ./\nRUN <<EOF python3\nos.remove('.env')\nEOF\n", last, vec![]),
        ("COPY .env ./\n", "FROM a\nCOPY --from=b /src/dist /app\n", vec![]),
        ("COPY .env ./\n", "FROM a\nCOPY --from=b --exclude=.env /src /app\n", vec![]),
        ("COPY .env ./\n", "FROM a\nCOPY --from=b $FOLDER /app\n", vec![]),
        ("COPY .env $WHERE\n", last, vec![]),
        ("ONBUILD COPY .env ./\n", last, vec![]),
        ("WORKDIR app\nCOPY .env ./\n", last, vec![]),
        ("COPY .env.example src ./\n", last, vec![]),
    ] {
        let text = format!("{build}{between}{end}");
        assert_eq!(lines("docker-secret-file-copied", &text, Context::default()), expected, "{text}");
    }
}
