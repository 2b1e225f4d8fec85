#!/usr/bin/env bash
# The steps of action.yml: `portcullis.sh install|day|update|scan|annotate|finish`.
#
# All that a user or a scanned repository says comes as environment variables or as files, and is never run as text. It runs in
# macOS' bash 3.2 (no empty arrays under `set -u`) and in Git's bash on Windows.
# shellcheck disable=SC2016 # backticks mark what a user wrote
# shellcheck disable=SC2153 # variables in capitals come from action.yml
set -euo pipefail

repository=portcullis/portcullis

# The scan stops here with exit code 2, and the reason is on the page of the run.
refuse() {
  echo "::error title=portcullis::$1"
  output exit-code 2
  exit 2
}

# A line break in a value would make further outputs of it.
output() {
  case "$2" in
    *$'\n'* | *$'\r'*) echo "::error title=portcullis::the output $1 would have more than one line" && exit 2 ;;
  esac
  echo "$1=$2" >>"$GITHUB_OUTPUT"
}

one_line() {
  case "$2" in *$'\n'* | *$'\r'*) refuse "the input \`$1\` must be one line" ;; esac
}

choice() {
  local name=$1 value=$2 option
  shift 2
  for option in "$@"; do
    if [ "$value" = "$option" ]; then return 0; fi
  done
  refuse "the input \`$name\` must be one of: $*"
}

# The checksum of what comes in.
sha256() {
  if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi
}

sum_of() {
  sha256 <"$1" | cut -d ' ' -f 1
}

# --- install ---------------------------------------------------------------------------------------------------------

install() {
  choice install "$INSTALL" auto release source path
  one_line version "$VERSION"
  local current="$GITHUB_ACTION_PATH/.github/checksums/current"
  if [ "$INSTALL" = auto ]; then
    INSTALL=release
    if [ -z "$VERSION" ] && [ ! -e "$current" ]; then INSTALL=source; fi
  fi
  if [ "$INSTALL" != release ] && [ -n "$VERSION" ]; then
    refuse "the input \`version\` names a release, which \`install: $INSTALL\` does not take"
  fi
  case "$INSTALL" in
    release)
      if [ -z "$VERSION" ]; then
        [ -e "$current" ] || refuse 'this commit of the action is from before the first release; set `install: source`'
        VERSION=$(cat "$current")
      fi
      install_release "${VERSION#v}"
      ;;
    source) install_source ;;
    path)
      program=$(command -v portcullis) || refuse 'there is no portcullis on PATH, which `install: path` takes'
      ;;
  esac
  "$program" --version
  output program "$program"
}

# The archive stays in the runner's tool cache and is compared with its checksum at each use: the cache of a machine that
# other jobs use is theirs as well.
install_release() {
  local version=$1 target archive file sums sum cache
  case "$version" in '' | .* | *[!0-9A-Za-z.-]*) refuse 'the input `version` must be a version, such as `1.2.3`' ;; esac
  sums="$GITHUB_ACTION_PATH/.github/checksums/$version.txt"
  [ -f "$sums" ] || refuse "this commit of the action has no checksums of version $version, so that nothing could be verified; a newer commit may"
  case "$RUNNER_OS-$RUNNER_ARCH" in
    Linux-X64) target=x86_64-unknown-linux-musl ;;
    Linux-ARM64) target=aarch64-unknown-linux-musl ;;
    macOS-X64) target=x86_64-apple-darwin ;;
    macOS-ARM64) target=aarch64-apple-darwin ;;
    Windows-X64) target=x86_64-pc-windows-msvc ;;
    *) refuse "releases have no binary for $RUNNER_OS on $RUNNER_ARCH; set \`install: source\`" ;;
  esac
  archive="portcullis-$target.tar.gz"
  if [ "$RUNNER_OS" = Windows ]; then archive="portcullis-$target.zip"; fi
  sum=$(awk -v name="$archive" '$2 == name || $2 == "*" name { print $1 }' "$sums")
  case "$sum" in
    *[!0-9a-f]*) sum= ;;
  esac
  [ "${#sum}" -eq 64 ] || refuse "the checksums of version $version have none of $archive"

  cache="${RUNNER_TOOL_CACHE:-$RUNNER_TEMP}/portcullis/$version/$sum"
  file="$cache/$archive"
  if [ -f "$file" ] && [ "$(sum_of "$file")" = "$sum" ]; then
    echo "portcullis $version is in the tool cache"
  else
    file="$RUNNER_TEMP/$archive"
    download "https://github.com/$repository/releases/download/v$version/$archive" "$file"
    if [ "$(sum_of "$file")" != "$sum" ]; then
      rm -f -- "$file"
      refuse "what was downloaded as $archive of version $version is not what was released: its SHA-256 is not $sum"
    fi
    attest "$file"
    # A cache that cannot be written is no reason to stop.
    if mkdir -p "$cache" 2>/dev/null && cp "$file" "$cache/$archive.$$" 2>/dev/null; then
      mv -f "$cache/$archive.$$" "$cache/$archive"
    fi
  fi

  local folder="$RUNNER_TEMP/portcullis-$version"
  rm -rf -- "$folder"
  mkdir -p "$folder"
  case "$archive" in
    *.zip)
      unzip -q "$file" -d "$folder"
      program="$folder/portcullis.exe"
      ;;
    *)
      tar -xzf "$file" -C "$folder"
      program="$folder/portcullis"
      ;;
  esac
}

download() {
  command -v curl >/dev/null || refuse 'curl is needed to download portcullis; set `install: source` or `install: path`'
  curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --retry 3 --output "$2" "$1" ||
    refuse "$1 cannot be downloaded"
}

# The checksum says that it is the file which this commit means; the attestation, that our workflow built that file.
attest() {
  if [ "${GITHUB_SERVER_URL:-https://github.com}" != https://github.com ]; then
    echo 'the attestation was not verified: that takes a token of github.com'
  elif [ -z "$GH_TOKEN" ] || ! gh attestation verify --help >/dev/null 2>&1; then
    echo 'the attestation was not verified: gh with `attestation verify` is not installed, or there is no token'
  else
    gh attestation verify "$1" --repo "$repository" --signer-workflow "$repository/.github/workflows/release.yml" ||
      refuse "the attestation of $(basename "$1") does not hold"
  fi
}

install_source() {
  local sources=$GITHUB_ACTION_PATH key root
  command -v cargo >/dev/null || refuse 'cargo is needed to build portcullis; install Rust, or set `install: release`'
  # In the action's folder its own rust-toolchain.toml holds, and no .cargo/config.toml of the scanned repository.
  cd "$sources"
  # A tag or branch may move, so the sources themselves name the cached binary.
  key=$(find Cargo.toml Cargo.lock rust-toolchain.toml crates policies -type f -print0 | LC_ALL=C sort -z |
    while IFS= read -r -d '' file; do sum_of "$file"; done | sha256 | cut -c 1-16) || true
  [ "${#key}" -eq 16 ] || refuse 'the sources of portcullis could not be read'
  root="${RUNNER_TOOL_CACHE:-$RUNNER_TEMP}/portcullis/$key/$RUNNER_ARCH"
  program="$root/bin/portcullis"
  if [ "$RUNNER_OS" = Windows ]; then program="$program.exe"; fi
  if [ -x "$program" ]; then
    echo 'portcullis is in the tool cache'
  else
    CARGO_TARGET_DIR="$RUNNER_TEMP/portcullis-build" cargo install --path . --locked --root "$root" ||
      refuse 'portcullis could not be built'
  fi
}

# --- the database of advisories --------------------------------------------------------------------------------------

# One for each day, address and key; yesterday's is what today's update starts from.
day() {
  one_line db-url "$DB_URL"
  local prefix
  prefix="portcullis-db-$(printf '%s %s' "$DB_URL" "$DB_KEY" | sha256 | cut -c 1-16)-"
  output prefix "$prefix"
  output key "$prefix$(date -u +%Y-%m-%d)"
  output folder "$RUNNER_TEMP/portcullis-db"
}

update() {
  mkdir -p "$FOLDER"
  set -- --output "$FOLDER/advisories.db"
  if [ "$DB_URL" != default ]; then set -- "$@" "--from=$DB_URL"; fi
  if [ -n "$DB_KEY" ]; then set -- "$@" "--key=$DB_KEY"; fi
  # A lockfile that is looked up nowhere looks as clean as one without defects, so this is not passed over.
  "$PROGRAM" db update "$@" || refuse 'the database of advisories cannot be had; an empty `db-url` scans without it'
}

# --- scan ------------------------------------------------------------------------------------------------------------

scan() {
  local base code=0 file sarif json path stop
  one_line output "$OUTPUT"
  choice annotations "$ANNOTATIONS" auto true false
  choice upload-sarif "$UPLOAD_SARIF" true false
  choice changed-only "$CHANGED_ONLY" true false
  choice summary "$SUMMARY" true false
  # With `=` in it, it would write over a file in place of the log.
  case "$FORMAT" in '' | *[!a-z-]* | facts) refuse 'the input `format` must be the name of a format' ;; esac
  if [ "$FORMAT-$OUTPUT" = github- ]; then refuse 'the input `annotations` shows findings as annotations, not `format: github`'; fi
  cd "$GITHUB_WORKSPACE"
  cd -- "$WORKING_DIRECTORY" || refuse 'the input `working-directory` names no folder'

  sarif="$RUNNER_TEMP/portcullis.sarif"
  json="$RUNNER_TEMP/portcullis.json"
  # What an earlier run of the action left must not pass for the result of this one.
  rm -f -- "$sarif" "$json" "$RUNNER_TEMP/portcullis.md" "$RUNNER_TEMP/portcullis.annotations"

  # One scan, all outputs.
  set -- check --format "json=$json" --format "markdown=$RUNNER_TEMP/portcullis.md" --format "github=$RUNNER_TEMP/portcullis.annotations"
  if [ -z "$OUTPUT" ]; then
    set -- "$@" --format "$FORMAT" --format "sarif=$sarif"
  else
    case "$OUTPUT" in
      /* | [A-Za-z]:*) file="$OUTPUT" ;;
      # Programs of Windows do not know the folders of Git's bash.
      *) file="$(if [ "$RUNNER_OS" = Windows ]; then pwd -W; else pwd; fi)/$OUTPUT" ;;
    esac
    make_room "$file"
    set -- "$@" --format concise --format "$FORMAT=$file"
    if [ "$FORMAT" = sarif ]; then sarif="$file"; else set -- "$@" --format "sarif=$sarif"; fi
  fi
  if [ -n "$CONFIG" ]; then set -- "$@" "--config=$CONFIG"; fi
  if [ -n "$PROFILE" ]; then set -- "$@" "--profile=$PROFILE"; fi
  if [ -n "$MIN_SEVERITY" ]; then set -- "$@" "--min-severity=$MIN_SEVERITY"; fi
  if [ -n "$FAIL_ON" ]; then set -- "$@" "--fail-on=$FAIL_ON"; fi
  if [ -n "$BASELINE" ]; then set -- "$@" "--baseline=$BASELINE"; fi
  if [ -n "$DB_FOLDER" ]; then set -- "$@" "--db=$DB_FOLDER/advisories.db"; fi
  if [ "$CHANGED_ONLY" = true ]; then
    base=$(changed_since)
    if [ -n "$base" ]; then
      have "$base"
      set -- "$@" "--changed=$base"
    else
      echo "::notice title=portcullis::there is nothing that \`$GITHUB_EVENT_NAME\` could have changed, so that everything is reported"
    fi
  fi
  set -- "$@" --
  while IFS= read -r path; do
    path=${path%$'\r'}
    if [ -n "$path" ]; then set -- "$@" "$path"; fi
  done <<<"$SCAN_PATHS"

  # The report quotes files, and no line of it may speak to the runner.
  stop="portcullis-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
  echo "::stop-commands::$stop"
  "$PROGRAM" "$@" </dev/null || code=$?
  echo
  echo "::$stop::"
  # The last step fails with this code, so that findings reach code scanning first.
  output exit-code "$code"

  # What a failed scan wrote is incomplete: uploaded, it would close alerts that still stand.
  if [ "$code" -gt 1 ] || [ ! -s "$sarif" ] || [ ! -s "$json" ]; then
    if [ "$SUMMARY" = true ] && [ "$code" -eq 2 ]; then
      echo '**portcullis** could not do its job; the log of the step says why.' >>"$GITHUB_STEP_SUMMARY"
    fi
    return
  fi
  output sarif-file "$sarif"
  count "$json"
  if [ "$SUMMARY" = true ]; then summarize "$RUNNER_TEMP/portcullis.md"; fi
}

# What an earlier run wrote goes; anything else that is there was not meant, and a source that is gone would not be scanned.
make_room() {
  local folder
  [ ! -d "$1" ] || refuse 'the input `output` names a folder'
  if [ -s "$1" ] && ! is_report "$1"; then
    refuse 'the input `output` names a file that is there and that no earlier run wrote'
  fi
  rm -f -- "$1"
  folder=$(dirname -- "$1")
  mkdir -p -- "$folder" 2>/dev/null || refuse 'the folder of the input `output` cannot be made'
}

# Whether a file begins as our reports do.
is_report() {
  local head levels='(critical|high|medium|low|info|unknown)\['
  head=$(head -c 8192 <"$1" | LC_ALL=C tr -d '\000') || return 1
  case "$head" in
    '{"schema":"portcullis/'* | '{"rule":"'*'","severity":"'* | '{"$schema":"https://json.schemastore.org/sarif-'*) return 0 ;;
    '{"version":"'*'","scan":{"analyzer":{"id":"portcullis"'* | '['$'\n''{"type":"issue","check_name":"'*) return 0 ;;
    '{'*'"bomFormat": "CycloneDX"'*portcullis* | '{'*'"spdxVersion": "SPDX-'*portcullis*) return 0 ;;
    '<?xml '*'<testsuites>'*' package="portcullis" '* | '<!doctype html>'*'<title>portcullis: '*) return 0 ;;
    '## portcullis: '* | 'path,line,column,end_line,end_column,severity,'* | '::error '* | '::warning '* | '::notice '*) return 0 ;;
    '[]') [ "$FORMAT" = gitlab ] ;;
    # What is for people has no head but its first finding, or the sum.
    *) head -n 1 <<<"$head" | grep -qE "^${levels}[^]]+\]: |^.+:[0-9]+:[0-9]+: ${levels}[^]]+\] |^(no findings|nothing was scanned) · " ;;
  esac
}

# The commit that changes are counted from; nothing where an event has none.
changed_since() {
  local base='' parents
  case "$GITHUB_EVENT_NAME" in
    pull_request | pull_request_target)
      base=$PULL_REQUEST_BASE
      # What is tested is the merge with the newest commit of the base, which is its first parent.
      # A shallow clone hides parents from all but this.
      parents=$(git -c 'safe.directory=*' cat-file -p HEAD 2>/dev/null | awk '/^$/ { body = 1 } !body && $1 == "parent" { print $2 }') || true
      case "$GITHUB_REF" in
        refs/pull/*/merge) if [ "$(wc -l <<<"$parents")" -eq 2 ]; then base=$(head -n 1 <<<"$parents"); fi ;;
      esac
      ;;
    merge_group) base=$MERGE_GROUP_BASE ;;
    push) base=$PUSHED_BEFORE ;;
  esac
  # A branch that is new was nothing before.
  case "$base" in *[!0-9a-f]* | 0000000000*) base= ;; esac
  echo "$base"
}

# A checkout has one commit by default, and changes are counted from the commit that both have in common: as much of the history
# is fetched as that takes.
have() {
  local base=$1 head depth
  joined() { git -c 'safe.directory=*' merge-base "$base" HEAD >/dev/null 2>&1; }
  head=$(git -c 'safe.directory=*' rev-parse HEAD) || refuse 'there is no commit to compare with: `changed-only` needs a checkout'
  for depth in --depth=2 --depth=50 --depth=500 --unshallow; do
    if joined; then return; fi
    git -c 'safe.directory=*' fetch --quiet --no-tags "$depth" origin "$head" "$base" ||
      refuse "commit $base, which changes are counted from, cannot be fetched; give actions/checkout \`fetch-depth: 0\`"
  done
}

# The first line of the JSON is the head of the report, which holds nothing that a scanned file says.
count() {
  local head severity
  head=$(head -n 1 "$1")
  number() { grep -o "\"$1\":[0-9]*" <<<"$head" | head -n 1 | cut -d : -f 2; }
  output findings-count "$(number findings)"
  for severity in critical high medium unknown low info; do
    case "$(number "$severity")" in
      '' | 0) ;;
      *)
        output highest-severity "$severity"
        return
        ;;
    esac
  done
  output highest-severity none
}

# GitHub drops a summary of more than 1 MiB as a whole.
summarize() {
  local limit=1048576
  if [ "$(wc -c <"$1")" -le "$limit" ]; then
    cat "$1" >>"$GITHUB_STEP_SUMMARY"
    return
  fi
  # Whole lines, and room for the last one.
  head -c $((limit - 200)) "$1" | sed '$d' >>"$GITHUB_STEP_SUMMARY"
  printf '\n\n**The summary was cut here, at the 1 MiB that GitHub takes; the log has everything.**\n' >>"$GITHUB_STEP_SUMMARY"
}

# --- afterwards ------------------------------------------------------------------------------------------------------

annotate() {
  local file="$RUNNER_TEMP/portcullis.annotations"
  if [ "$UPLOADED" = failure ]; then
    echo '::warning title=portcullis::the findings could not be sent to code scanning (a pull request from a fork may not write there); they are annotations, where these are on'
  fi
  if [ "$ANNOTATIONS" = true ] || { [ "$ANNOTATIONS" = auto ] && [ "$UPLOADED" != success ]; }; then
    if [ -s "$file" ]; then cat "$file"; fi
  fi
}

finish() {
  case "$CODE" in
    1) echo '::error title=portcullis::there are findings at or above the severity that fails the build' ;;
    2) echo '::error title=portcullis::the scan could not do its job; the log of the step before says why' ;;
    3) echo '::error title=portcullis::there is nothing to scan under the given paths' ;;
  esac
  exit "$CODE"
}

"$1"
