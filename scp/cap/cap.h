/* CAP archives (JCVM specification 4.1): a JAR with one file a component.
 *
 *     struct scp_cap *cap;
 *     struct scp_cap_problem problem;
 *     if (scp_cap_open(&cap, bytes, &problem) != SCP_OK)
 *         fprintf(stderr, "%s\n", problem.text);
 *     const struct scp_package *package = scp_cap_package(cap);
 *     struct scp_bytes block = scp_cap_data_block(cap, false);
 *     …
 *     scp_cap_free(cap);
 *
 * The whole archive is read and checked when it is opened; what the getters return borrows from the
 * object. The heap is used, here alone in scp. An object may be read by several threads. */
#ifndef SCP_CAP_CAP_H
#define SCP_CAP_CAP_H

#include "scp/gp/load_file.h"

struct scp_cap;

enum { SCP_CAP_PROBLEM_SIZE = 160 };

/* What is wrong, as one English sentence that names the component. */
struct scp_cap_problem {
    char text[SCP_CAP_PROBLEM_SIZE];
};

/* Open an archive of at most SCP_CAP_MAX bytes, which need not outlive the call. `problem` may be
 * NULL; it is set on every error. A component that claims more than its two-byte size can say, or
 * SCP_LOAD_FILE_MAX together with the others, is refused before it is unpacked. Errors: TOO_LONG,
 * MALFORMED, NOT_FOUND (a component that every package has), DUPLICATE, MISMATCH (Directory states
 * another size), TRUNCATED, TRAILING, UNSUPPORTED (extended CAP format), NO_MEMORY. */
SCP_MUST_USE enum scp_error scp_cap_open(struct scp_cap **out, struct scp_bytes archive,
                                         struct scp_cap_problem *problem);
/* NULL is allowed. */
void scp_cap_free(struct scp_cap *cap);

const struct scp_package *scp_cap_package(const struct scp_cap *cap);
const struct scp_components *scp_cap_components(const struct scp_cap *cap);

/* The load file data block: what is hashed and signed. */
struct scp_bytes scp_cap_data_block(const struct scp_cap *cap, bool with_descriptor);

/* Append the load file: DAP blocks, then the data block without Descriptor. */
void scp_cap_put_load_file(const struct scp_cap *cap, const struct scp_dap *daps, size_t dap_count,
                           struct scp_writer *w);

#endif
