/* Synthetic CAP archives: well-formed packages whose bytecode does nothing, for tests and for
 * demonstrations with software cards. The same specification gives the same components. */
#ifndef TESTS_SUPPORT_CAP_MAKER_H
#define TESTS_SUPPORT_CAP_MAKER_H

#include "scp/gp/load_file.h"

struct cap_spec {
    struct scp_aid package;
    uint8_t major;
    uint8_t minor;
    struct scp_aid applets[SCP_PACKAGE_APPLETS_MAX];
    size_t applet_count;
    size_t method_size; /* bytes of method code */
};

/* Room that the components of a package take beside the method code. */
enum { CAP_MAKER_OVERHEAD = 1024, CAP_METHOD_MAX = 65000 };

/* Write all components into `w`; `out` borrows from its buffer. OUT_OF_RANGE (method_size),
 * NO_SPACE. */
SCP_MUST_USE enum scp_error cap_make_components(const struct cap_spec *spec, struct scp_writer *w,
                                                struct scp_components *out);

/* One file of an archive. */
struct cap_entry {
    const char *name;
    struct scp_bytes bytes;
};

/* A ZIP archive in memory from the heap, to be freed by the caller. IO. */
SCP_MUST_USE enum scp_error cap_make_archive(const struct cap_entry *entries, size_t count,
                                             uint8_t **archive, size_t *len);

/* A whole CAP archive, to be freed by the caller. */
SCP_MUST_USE enum scp_error cap_make(const struct cap_spec *spec, uint8_t **archive, size_t *len);

#endif
