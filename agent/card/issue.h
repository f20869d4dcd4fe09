/* Issuance: a card image from three documents that people write.
 *
 * The profile (configs/profiles) says what the chip model can do:
 *
 *     name: NAME
 *     card:                        # facts that the server reads too
 *       protocol: scp02 | scp03
 *       i: HEX                     # option bits, one byte
 *       key_length: 16 | 24 | 32
 *       kvn: NUMBER                # of the keys it is issued with
 *       isd_aid: HEX
 *       max_command_data: 255      # 9F65
 *       protected_aids: [HEX…]
 *       quirks: {personalises_in_installed: true}
 *     soft:                        # how the soft card plays it
 *       atr: HEX
 *       cplc: HEX                  # 42 bytes; the serial number comes from the card
 *       memory: {non_volatile: BYTES, volatile: BYTES, application_volatile: BYTES}
 *       tries: NUMBER              # failed authentications before a key set locks
 *       terminate_after: 0         # failed authentications in a row until the card ends; 0: never
 *       load_wraps: false          # more than 256 LOAD blocks
 *       logical_channels: 0        # supplementary ones, to 19
 *       native: [{module: HEX, applet: payment | directory | social | crs | generic}…]
 *       timing:                    # optional: how long a real one takes (timing.h)
 *         interface: t0 | t1 | contactless
 *         bit_rate: NUMBER         # on the wire
 *         command_us: NUMBER       # of any command
 *         write_us: NUMBER         # one page of the non-volatile memory
 *         page_bytes: 64
 *         cipher_us: NUMBER        # one block under secure messaging
 *       issuance: {…}              # optional: a card without issuance data of its own; as below,
 *                                  # but `keys` is a key set or a list of them
 *
 * The issuance says what this card is given:
 *
 *     diversification_data: HEX    # 10 bytes
 *     iin: HEX
 *     cin: HEX
 *     state: op-ready | initialized | secured
 *     keys: FILE                   # the key set, from the folder of the issuance
 *     content:
 *       - package: HEX
 *         version: HEX             # 2 bytes: major, minor
 *         size: BYTES
 *         modules: [HEX…]
 *         instances:
 *           - aid: HEX
 *             module: HEX
 *             privileges: HEX      # 1 or 3 bytes
 *             selectable: true
 *             dgis: [{dgi: HEX, value: HEX}…]            # personalisation, in the clear
 *             files: [{df: HEX, ef: HEX, records: [HEX…]}…]   # of the social-security applet;
 *                    # binary: HEX in place of records: a transparent file;
 *                    # update: key | pin | never, who may update it
 *             pin: HEX             # of the social-security applet, as VERIFY brings it
 *
 * The key set, or a list of key sets, the first of which the card chooses when INITIALIZE UPDATE
 * does not name one, holds the bureau's master keys, which are diversified for the card, and the
 * update key of the social-security applet:
 *
 *     kvn: NUMBER                  # that of the profile when it is left out
 *     scheme: none | emv | visa2 | kdf3
 *     enc: HEX
 *     mac: HEX
 *     dek: HEX
 *     social_update: HEX           # 16 bytes, optional
 *
 * Errors are in `problem` with file, line and column. */
#ifndef AGENT_CARD_ISSUE_H
#define AGENT_CARD_ISSUE_H

#include "policies/document/document.h"
#include "scp/host/file.h"

/* Make an image. Without an issuance (NULL, and keys NULL too) the profile's own is taken. The
 * caller frees it with rebind_blob_free. On false `image` is empty. */
bool softcard_issue(const struct document *profile, const struct document *issuance,
                    const struct document *keys, struct rebind_blob *image,
                    struct document_problem *problem);

/* The same from files. `issuance` may be NULL: the profile has its own then. `keys` may be NULL:
 * the issuance names the file then. The key set is read only when nobody else may read it (mode
 * 0600). */
struct softcard_issue_files {
    const char *profile;
    const char *issuance;
    const char *keys;
};
bool softcard_issue_from_files(const struct softcard_issue_files *files, struct rebind_blob *image,
                               struct document_problem *problem);

#endif
