#!/usr/bin/env bash
# The README tells those who are not root which packages to ask for: all that the two commands
# install, and no others.
source "$(dirname "$0")/lib.sh"

# The words of an array in a script, comments left out.
array_of() { # array_of NAME FILE
    sed -n "/^ *\(readonly \)\?$1=(/,/^ *)/p" "$2" | sed 's/#.*//; s/.*=(//; s/)//' | xargs -n 1 | sort -u
}

in_readme() {
    sed -n '/--no-install-recommends/,/^```/p' README.md | sed '1d; /^```/d; s/\\$//' | xargs -n 1 | sort -u
}

{
    comm -23 <(array_of PACKAGES tests/run.sh) <(in_readme) | sed 's/^/README.md: the tests need /'
    comm -13 <(array_of PACKAGES tests/run.sh) <(in_readme) | sed 's/^/README.md: nothing installs /'
} | report 'packages that README.md and tests/run.sh do not share'
