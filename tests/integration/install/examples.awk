# The example that the opening comment of a header shows, as a program: the declarations it takes for granted, and one
# function for each block of code. A block is what stands together behind five blanks; it is code when a line of it
# ends a statement. "…" leaves something out.
#
#   awk -v header=scp/gp/tlv.h -f examples.awk examples.txt HEADER_FILE

function flush_block() {
    if (is_code)
        printf "enum scp_error example_%d(void);\nenum scp_error example_%d(void)\n{\n%sreturn SCP_OK;\n}\n",
               ++count, count, block
    block = ""
    is_code = 0
}

NR == 1 { print "#include <stdio.h>\n#include \"scp/scp.h\"" }

NR == FNR && /^== / { here = $2 == header; known = known || here; next }
NR == FNR { if (here) print; next }

FNR == 1 && !known { print "#error no section for " header }
/^ \*     / {
    line = substr($0, 8)
    if (line ~ /;( *\/\/.*)?$/) is_code = 1
    gsub(/, …/, "", line)
    gsub(/…/, ";", line)
    block = block line "\n"
    next
}
{ flush_block() }
/\*\// { exit }

END { if (count == 0) print "#error no example in " header }
