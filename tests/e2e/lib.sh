# shellcheck shell=bash
# Sourced by the end-to-end tests: the demo's banks, cards and service in a folder of the test's own.
#
# A test is called with the build folder whose programs it runs. Everything that it starts or makes
# goes with it.

set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin=${1:?the build folder is missing}

export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}

# A sanitised build on a busy machine takes its time, and an operation may wait between two attempts.
# shellcheck disable=SC2034
wait_tries=600

work=$(mktemp -d "${TMPDIR:-/tmp}/rebind-e2e.XXXXXX")
chmod 700 "$work"

# shellcheck source=configs/demo/build.sh
source "$top/configs/demo/build.sh"
# shellcheck source=configs/demo/data.sh
source "$top/configs/demo/data.sh"
# shellcheck source=configs/demo/service.sh
source "$top/configs/demo/service.sh"
# shellcheck source=configs/demo/story.sh
source "$top/configs/demo/story.sh"

# A test with a card of its own in a reader takes it out here.
remove_card() { :; }

# REBIND_KEEP=1 leaves the folder for a look at it.
cleanup() {
    local status=$?
    remove_card
    stop_service
    if [[ -n ${REBIND_KEEP:-} ]]; then echo "kept: $work"; else rm -rf "$work"; fi
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

fail() {
    printf 'FAILED: %s\n' "$1" >&2
    exit 1
}

# A finding of a sanitizer in a log of the service.
no_sanitizer_report() {
    ! grep -E 'ERROR: (Address|Leak)Sanitizer|runtime error:' "$work/server.log" "$work/agent.log"
}

# Spins, because a script runs for a few milliseconds only; false when none was seen in ten seconds.
wait_for_script() {
    local end=$((SECONDS + 10)) files
    while [[ $SECONDS -lt $end ]]; do
        files=("$work"/journal/*.journal)
        [[ -e ${files[0]} ]] && return
    done
    return 1
}

# make_service: banks, cards, server and agent, with all cards imported and all still at bank A.
make_service() {
    use_programs
    make_data
    start_service
    prepare
}
