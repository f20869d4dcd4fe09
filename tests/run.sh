#!/usr/bin/env bash
# Build everything with sanitizers and warnings as errors, then run every test and every lint.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly JOBS=2
readonly BUILD_DIR=build/asan

# What the build, the tests and the lint need on a bare Debian 12.
readonly PACKAGES=(
    # build
    ca-certificates cmake g++ gcc git libc6-dev ninja-build pkg-config
    libcurl4-openssl-dev libjansson-dev libnghttp2-dev libpcsclite-dev libsqlite3-dev
    libuv1-dev libwolfssl-dev libyaml-dev libzip-dev
    # tests
    curl gdb libcmocka-dev opensc openssl pcsc-tools pcscd procps python3 python3-cryptography
    python3-pyscard sqlite3 vsmartcard-vpcd zip
    # lint and fuzzing
    clang clang-format clang-tidy cppcheck libclang-rt-14-dev shellcheck universal-ctags
)

usage() {
    cat <<'TEXT'
usage: tests/run.sh [--full] [NAME…]

Builds the tree in build/asan (gcc, AddressSanitizer, UndefinedBehaviorSanitizer, warnings are
errors) and runs every test and lint. On a Debian where packages are missing, root installs them;
anyone else is told the command.

  NAME     run only the tests whose name matches one of these regular expressions
  --full   run the long sweeps too (sets REBIND_FULL=1)
  --help   this text

  tests/run.sh                  everything
  tests/run.sh scp_ lint_words  the tests of scp/ and one lint

Exit status: 0 when all passed.
TEXT
}

missing_packages() {
    local package
    for package in "${PACKAGES[@]}"; do
        # shellcheck disable=SC2016 # ${db:Status-Status} is dpkg's, not the shell's
        if [[ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" != installed ]]; then
            printf '%s\n' "$package"
        fi
    done
}

apt_install() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

# The lists of a bare machine are empty, those of an old one out of date.
install_packages() {
    echo "tests/run.sh: installing $*"
    if ! compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null; then
        apt-get update -q
    elif apt_install "$@"; then
        return
    else
        apt-get update -q
    fi
    apt_install "$@"
}

ensure_packages() {
    command -v dpkg-query >/dev/null || return 0 # no Debian: the build says what it lacks
    local missing
    mapfile -t missing < <(missing_packages)
    [[ ${#missing[@]} -eq 0 ]] && return
    if [[ $EUID -ne 0 ]]; then
        echo "tests/run.sh: packages are missing; run this as root:" >&2
        echo "  apt-get update && apt-get install -y ${missing[*]}" >&2
        exit 1
    fi
    install_packages "${missing[@]}"
}

join_by_bar() {
    local IFS='|'
    printf '%s' "$*"
}

main() {
    local names=()
    for argument in "$@"; do
        case "$argument" in
        --help | -h) usage && exit 0 ;;
        --full) export REBIND_FULL=1 ;;
        -*) usage >&2 && exit 2 ;;
        *) names+=("$argument") ;;
        esac
    done
    ensure_packages
    cmake --preset asan
    ninja -C "$BUILD_DIR" -j "$JOBS" --quiet

    local select=()
    [[ ${#names[@]} -gt 0 ]] && select=(-R "$(join_by_bar "${names[@]}")")
    export UBSAN_OPTIONS=print_stacktrace=1
    ctest --test-dir "$BUILD_DIR" -j "$JOBS" --output-on-failure --no-tests=error --no-label-summary \
        ${select[@]+"${select[@]}"}
}

main "$@"
