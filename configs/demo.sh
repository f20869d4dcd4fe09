#!/usr/bin/env bash
# Five cards change their bank: the whole service on this machine, from packages to a verified cryptogram.
#
#   ./configs/demo.sh               tells the story, then stays up until Ctrl-C with lines to try
#   ./configs/demo.sh --once        stops by itself; exit 0 only if every step held
#   ./configs/demo.sh --keep        does not remove the temporary folder at the end
#   ./configs/demo.sh --build DIR   uses the programs of this build folder instead of building
#
# Everything it makes (certificates, keys, cards, database) lives in a temporary folder and goes with it.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
once=false
keep=false
build=

usage() {
    sed -n '2,9s/^# \{0,1\}//p' "$0"
}

while [ $# -gt 0 ]; do
    case $1 in
    --once) once=true ;;
    --keep) keep=true ;;
    --build)
        [ $# -gt 1 ] || { printf 'demo.sh: --build needs a folder\n' >&2; exit 2; }
        build=$(realpath -m "$2")
        shift
        ;;
    -h | --help) usage; exit 0 ;;
    *) printf 'demo.sh: unknown option %s\n' "$1" >&2; usage >&2; exit 2 ;;
    esac
    shift
done

bin=${build:-$top/build/release}
work=$(mktemp -d "${TMPDIR:-/tmp}/rebind-demo.XXXXXX")
chmod 700 "$work"
# shellcheck source=configs/demo/build.sh
. "$top/configs/demo/build.sh"
# shellcheck source=configs/demo/data.sh
. "$top/configs/demo/data.sh"
# shellcheck source=configs/demo/service.sh
. "$top/configs/demo/service.sh"
# shellcheck source=configs/demo/story.sh
. "$top/configs/demo/story.sh"

trap 'stop_service; if $keep; then printf "kept: %s\n" "$work"; else rm -rf "$work"; fi' EXIT
trap 'exit 130' INT TERM

if [ -n "$build" ]; then use_programs; else build_programs; fi
make_data
start_service
if tell_story; then status=0; else status=1; fi
if ! $once; then
    show_lines_to_try
    while service_runs; do sleep 1; done
fi
exit "$status"
