/* A personalisation record as a bank writes it: one data object a line, TAG=HEX.
 *
 *     # debit card of customer 4711
 *     5A=6222020000000001
 *     5F24=311231
 *     DF01=000102030405060708090A0B0C0D0E0F
 *
 * Blank lines and lines that begin with # are skipped. */
#ifndef OTA_SERVER_OTACTL_RECORD_FILE_H
#define OTA_SERVER_OTACTL_RECORD_FILE_H

#include "scp/host/file.h"

/* Append the record's data objects (BER-TLV). `text` is used up: lines are cut in place. MALFORMED
 * with the line in `problem` for anything else than the above, DUPLICATE for a tag that is there
 * twice, NO_SPACE. The caller wipes both. */
SCP_MUST_USE enum scp_error record_file_parse(struct rebind_blob *text, struct scp_writer *to,
                                              struct rebind_problem *problem);

#endif
