# shellcheck shell=bash
# Install what the build needs and build in release mode, or use the programs of a build that is there.
# Sourced by demo.sh.
: "${top:?}" "${bin:?}"

# Debian packages that a user needs; README names the same list.
packages=(gcc libc6-dev cmake ninja-build pkg-config libwolfssl-dev libnghttp2-dev libuv1-dev libjansson-dev libzip-dev
    libcurl4-openssl-dev libsqlite3-dev libyaml-dev libpcsclite-dev ca-certificates curl openssl)

programs=(ota-server/daemon/ota-server ota-server/otactl/otactl agent/relay/ota-agent agent/card/softcard
    agent/terminal/card-terminal policies/ota-policy/ota-policy tests/support/cap-maker)

install_packages() {
    local missing=() package
    for package in "${packages[@]}"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    if [ "$(id -u)" -ne 0 ]; then
        printf 'demo.sh: packages are missing; as root, run:\n  apt-get update && apt-get install -y --no-install-recommends %s\n' \
            "${missing[*]}" >&2
        exit 1
    fi
    printf 'Installing %s\n' "${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

build_programs() {
    install_packages
    printf 'Building (release) ... '
    if ! { (cd "$top" && cmake --preset release) && cmake --build "$bin"; } >"$work/build.log" 2>&1; then
        printf 'failed:\n'
        tail -n 40 "$work/build.log"
        exit 1
    fi
    printf 'done\n'
    use_programs
}

use_programs() {
    local program
    for program in "${programs[@]}"; do
        if [ ! -x "$bin/$program" ]; then
            printf 'demo.sh: %s: there is no such program\n' "$bin/$program" >&2
            exit 2
        fi
        PATH=$bin/${program%/*}:$PATH
    done
}
