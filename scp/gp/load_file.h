/* Load files (GPCS 9.3.9 and table 11-58) and the Java Card components in them (JCVM specification,
 * chapter 6).
 *
 * A load file is `(E2 {4F AID, C3 signature})* C4 L <load file data block>`, or, where the security
 * domain that is to hold it has the Ciphered Load File Data Block privilege, the same with
 * `[D3 ICV] D4 <ciphered data block>` in place of C4. The data block is the CAP components one
 * after the other. scp_put_data_block is the one function that orders them: what LOAD sends, what
 * the load file data block hash covers and what a DAP signs come from its bytes.
 *
 * Nothing is owned: views borrow from the input.
 *
 *     scp_put_data_block(&block, &components, false);
 *     SCP_TRY(scp_data_block_hash(SCP_HASH_SHA256, scp_written(&block), &hash));
 *     scp_put_load_file(&file, daps, dap_count, scp_written(&block));
 *     while ((error = scp_load_block(scp_written(&file), room, i++, &apdu)) == SCP_OK)
 *         …                                                  // commands.h
 */
#ifndef SCP_GP_LOAD_FILE_H
#define SCP_GP_LOAD_FILE_H

#include "scp/base/secret.h"
#include "scp/crypto/hash.h"
#include "scp/gp/aid.h"
#include "scp/gp/put_key.h"

enum scp_component_tag {
    SCP_COMPONENT_HEADER = 1,
    SCP_COMPONENT_DIRECTORY = 2,
    SCP_COMPONENT_APPLET = 3,
    SCP_COMPONENT_IMPORT = 4,
    SCP_COMPONENT_CONSTANT_POOL = 5,
    SCP_COMPONENT_CLASS = 6,
    SCP_COMPONENT_METHOD = 7,
    SCP_COMPONENT_STATIC_FIELD = 8,
    SCP_COMPONENT_REFERENCE_LOCATION = 9,
    SCP_COMPONENT_EXPORT = 10,
    SCP_COMPONENT_DESCRIPTOR = 11,
    SCP_COMPONENT_DEBUG = 12,
};

enum {
    SCP_COMPONENT_TAGS = 13, /* size of an array indexed by tag */
    SCP_PACKAGE_APPLETS_MAX = 16,
    SCP_PACKAGE_IMPORTS_MAX = 32,
    SCP_LOAD_FILE_DAPS_MAX = 4,
};

/* "Header", "RefLocation": the name of the component's file in a CAP archive, without its ending;
 * NULL for a tag that is none. */
const char *scp_component_name(uint8_t tag);

/* ---- components and the load file data block ---------------------------------------------- */

/* Whole components (tag, size, info) by their tag; empty where the package has none. */
struct scp_components {
    struct scp_bytes by_tag[SCP_COMPONENT_TAGS];
};

/* Append the load file data block: components in the order of loading, never Debug, and Descriptor
 * only when asked for (it is not needed to run, and hashes are customarily made without). */
void scp_put_data_block(struct scp_writer *w, const struct scp_components *components,
                        bool with_descriptor);

/* Split a load file data block into components. TRUNCATED; MALFORMED for an unknown tag;
 * DUPLICATE. */
SCP_MUST_USE enum scp_error scp_data_block_split(struct scp_bytes data_block,
                                                 struct scp_components *out);

/* The size bytes of one whole component agree with its length. TRUNCATED, TRAILING; MALFORMED when
 * the tag is another. */
SCP_MUST_USE enum scp_error scp_component_check(struct scp_bytes component, uint8_t tag);

/* ---- what a package says about itself ----------------------------------------------------- */

struct scp_import {
    struct scp_aid aid;
    uint8_t major;
    uint8_t minor;
};

struct scp_package {
    struct scp_aid aid;
    uint8_t major; /* version of the package */
    uint8_t minor;
    uint8_t format_major; /* version of the CAP format */
    uint8_t format_minor;
    uint8_t flags;
    struct scp_aid applets[SCP_PACKAGE_APPLETS_MAX];   /* module AIDs */
    uint16_t install_offsets[SCP_PACKAGE_APPLETS_MAX]; /* of their install methods */
    size_t applet_count;
    struct scp_import imports[SCP_PACKAGE_IMPORTS_MAX];
    size_t import_count;
    uint32_t code_size; /* bytes that are loaded, Descriptor left out */
};

/* From the Header, Applet and Import components. NOT_FOUND without Header; MALFORMED (magic),
 * TOO_LONG (more applets or imports than the limits), UNSUPPORTED (extended format). */
SCP_MUST_USE enum scp_error scp_package_parse(const struct scp_components *components,
                                              struct scp_package *out);

/* ---- the load file ------------------------------------------------------------------------ */

/* A DAP block. */
struct scp_dap {
    struct scp_aid security_domain;
    struct scp_bytes signature;
};

void scp_put_dap(struct scp_writer *w, const struct scp_dap *dap);
/* Append the whole load file. */
void scp_put_load_file(struct scp_writer *w, const struct scp_dap *daps, size_t dap_count,
                       struct scp_bytes data_block);
/* The same with a data block that scp_data_block_encrypt made; an empty ICV is left out. */
void scp_put_ciphered_load_file(struct scp_writer *w, const struct scp_dap *daps, size_t dap_count,
                                struct scp_bytes icv, struct scp_bytes ciphered);

struct scp_load_file {
    struct scp_dap daps[SCP_LOAD_FILE_DAPS_MAX];
    size_t dap_count;
    struct scp_bytes data_block; /* empty when ciphered */
    struct scp_bytes icv;
    struct scp_bytes ciphered;
};

/* TRUNCATED, TRAILING; TOO_LONG (more DAP blocks than the limit); MALFORMED (an unknown data
 * object, a DAP block after the data block, no or two data blocks, an ICV that is not followed by a
 * ciphered one). */
SCP_MUST_USE enum scp_error scp_load_file_parse(struct scp_bytes load_file,
                                                struct scp_load_file *out);

/* The load file data block hash covers the value of C4 without tag and length (GPCS C.2), so the
 * clear data block also where a ciphered one is sent. CRYPTO. */
SCP_MUST_USE enum scp_error scp_data_block_hash(enum scp_hash hash, struct scp_bytes data_block,
                                                struct scp_digest *out);

/* ---- the ciphered data block (GPCS C.6) --------------------------------------------------- */

/* Under a key of the security domain, customarily of key version number 75. */
struct scp_data_block_cipher {
    enum scp_key_type type; /* SCP_KEY_TYPE_DES or SCP_KEY_TYPE_AES; see put_key.h */
    const struct scp_key *key;
    struct scp_bytes icv; /* one cipher block, to be random; empty: zeros */
};

/* Append the data block padded and encrypted in CBC mode. UNSUPPORTED (type), OUT_OF_RANGE (the
 * length of key or ICV), NO_SPACE, CRYPTO; `out` is of
 * no use after an error, here and below. */
SCP_MUST_USE enum scp_error scp_data_block_encrypt(const struct scp_data_block_cipher *cipher,
                                                   struct scp_bytes data_block,
                                                   struct scp_writer *out);
/* Append the clear data block; `out` needs room for the ciphered one. BAD_PADDING (a wrong key
 * shows here or in the hash); OUT_OF_RANGE also when there are no whole cipher blocks. */
SCP_MUST_USE enum scp_error scp_data_block_decrypt(const struct scp_data_block_cipher *cipher,
                                                   struct scp_bytes ciphered,
                                                   struct scp_writer *out);

#endif
