/* Delegated management: tokens, receipts, confirmations, DAP, certificates, ciphered load files.
 *
 * A record names its operation in its kind ("install-token") or in `operation`. Its key is what the
 * fields say: rsa_n, a point or scalar, des_key, aes_key, or `key`, which the length of the
 * signature tells to be DES or AES. */
#include "scp/gp/commands.h"
#include "scp/gp/dap.h"
#include "scp/gp/install.h"
#include "scp/gp/receipt.h"
#include "scp/gp/tlv.h"
#include "scp/gp/token.h"
#include "tests/vectors/families.h"

#include <stdio.h>
#include <string.h>

enum { DATA_MAX = 4096, DES_SIGNATURE = 8, NAME_MAX_LEN = 64 };

/* ---- fields ------------------------------------------------------------------------------- */

/* The first of the names that the inputs have; the list ends with NULL. */
static struct scp_bytes any_of(struct vector *v, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (vector_has(v->inputs, *names))
            return vector_hex(v, v->inputs, *names);
    }
    return SCP_EMPTY;
}

#define ANY_OF(v, ...) any_of((v), (const char *const[]){__VA_ARGS__, NULL})

/* A number may be written with half a byte in front. */
static struct scp_bytes number(struct vector *v, const char *name)
{
    const char *text = vector_text(v, v->inputs, name);
    json_t *even = json_sprintf(strlen(text) % 2 == 0 ? "%s" : "0%s", text);
    struct scp_bytes bytes = vector_hex_of(v, even);
    json_decref(even);
    return bytes;
}

/* ---- keys --------------------------------------------------------------------------------- */

static bool key_made(struct vector *v, enum scp_error error)
{
    return vector_ok(v, "key", error);
}

static bool rsa_key(struct vector *v, struct scp_signature_key *key)
{
    struct scp_bytes d = vector_has(v->inputs, "rsa_d") ? number(v, "rsa_d") : SCP_EMPTY;
    return key_made(v, scp_signature_key_rsa(key, number(v, "rsa_n"), number(v, "rsa_e"), d));
}

/* The curve that is named, or the NIST one of that size. */
static enum scp_curve curve_of(struct vector *v, size_t size)
{
    static const enum scp_curve nist[] = {SCP_CURVE_P256, SCP_CURVE_P384, SCP_CURVE_P521};
    enum scp_curve curve = SCP_CURVE_P256;
    if (vector_has(v->inputs, "curve")) {
        (void)vector_ok(v, "curve",
                        scp_curve_from_name(vector_text(v, v->inputs, "curve"), &curve));
        return curve;
    }
    for (size_t i = 0; i < sizeof nist / sizeof nist[0]; i++) {
        if (scp_curve_size(nist[i]) == size)
            curve = nist[i];
    }
    return curve;
}

static bool ec_key(struct vector *v, struct scp_signature_key *key)
{
    struct scp_bytes point = ANY_OF(v, "public_point", "ca_public_point");
    struct scp_bytes scalar = ANY_OF(v, "private_scalar");
    enum scp_curve curve = curve_of(v, point.len > 0 ? point.len / 2 : scalar.len);
    return key_made(v, scp_signature_key_ec(key, curve, point, scalar));
}

/* The symmetric key for a signature whose fields end with `suffix`: "_aes" has aes_key, nothing has
 * key or, where the record has one kind of signature alone, the key by its kind. */
static struct scp_bytes symmetric_key(struct vector *v, const char *suffix, bool is_des)
{
    char name[NAME_MAX_LEN];
    if (suffix[0] == '\0')
        return ANY_OF(v, "key", is_des ? "des_key" : "aes_key");
    (void)snprintf(name, sizeof name, "%s_key", suffix + 1);
    return ANY_OF(v, name);
}

static bool find_key(struct vector *v, const char *suffix, size_t signature_len,
                     struct scp_signature_key *key)
{
    bool is_des = signature_len == DES_SIGNATURE;
    struct scp_bytes secret = symmetric_key(v, suffix, is_des);
    if (secret.len == 0)
        return vector_has(v->inputs, "rsa_n") ? rsa_key(v, key) : ec_key(v, key);
    enum scp_signature_type type = is_des ? SCP_SIGNATURE_DES : SCP_SIGNATURE_AES;
    return key_made(v, scp_signature_key_symmetric(key, type, secret));
}

/* ---- signatures --------------------------------------------------------------------------- */

/* PSS and ECDSA give another signature every time. */
static bool is_deterministic(const struct scp_signature_key *key)
{
    bool is_asymmetric = key->type == SCP_SIGNATURE_RSA || key->type == SCP_SIGNATURE_EC;
    return !is_asymmetric || (key->type == SCP_SIGNATURE_RSA && key->hash == SCP_HASH_SHA1);
}

/* Our own signature: the expected one where there is only one, and one that verifies. */
static void check_signing(struct vector *v, const struct scp_signature_key *key,
                          struct scp_bytes message, struct scp_bytes expected)
{
    static const uint8_t random[SCP_SIGNATURE_RANDOM] = {1};
    uint8_t buffer[SCP_SIGNATURE_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    if (key->secret.len == 0 || !vector_ok(v, "scp_sign", scp_sign(key, random, message, &w)))
        return;
    if (is_deterministic(key) && !scp_bytes_equal(scp_written(&w), expected))
        vector_fail_bytes(v, "signature", expected, scp_written(&w));
    if (key->type != SCP_SIGNATURE_EC || key->point.len > 0)
        (void)vector_ok(v, "our own signature", scp_verify(key, message, scp_written(&w)));
}

/* Take the expected field, a signature of `message`. */
static void expect_signature(struct vector *v, const char *name, const char *suffix,
                             struct scp_bytes message)
{
    struct scp_signature_key key;
    if (!vector_has(v->expected, name))
        return;
    struct scp_bytes expected = vector_hex(v, v->expected, name);
    if (!find_key(v, suffix, expected.len, &key))
        return;
    if (key.type != SCP_SIGNATURE_EC || key.point.len > 0)
        (void)vector_ok(v, name, scp_verify(&key, message, expected));
    check_signing(v, &key, message, expected);
    vector_taken(v->expected, name);
}

/* Take `valid` or `accept`, said of a signature. */
static void expect_valid(struct vector *v, struct scp_bytes message, struct scp_bytes signature)
{
    struct scp_signature_key key;
    const char *verdict = vector_has(v->expected, "valid") ? "valid" : "accept";
    if (!vector_has(v->expected, verdict) || !find_key(v, "", signature.len, &key))
        return;
    enum scp_error error = scp_verify(&key, message, signature);
    if (error != SCP_BAD_SIGNATURE)
        (void)vector_ok(v, "scp_verify", error);
    vector_expect_bool(v, v->expected, verdict, error == SCP_OK);
    if (error == SCP_OK)
        check_signing(v, &key, message, signature);
}

/* Take the hashes that are stated of `message`. */
static void expect_hashes(struct vector *v, struct scp_bytes message)
{
    static const char *const names[] = {"sha1", "sha256", "sha384", "sha512"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct scp_digest digest;
        if (vector_ok(v, names[i], scp_data_block_hash((enum scp_hash)i, message, &digest)))
            vector_expect_bytes(v, v->expected, names[i], scp_digest_bytes(&digest));
    }
}

/* ---- operations --------------------------------------------------------------------------- */

struct operation {
    const char *name;
    uint8_t ins;
    uint8_t p1;
    enum scp_receipt_kind receipt;
};

/* A longer name stands before one that begins it. */
static const struct operation operations[] = {
    {"load-install-and-make-selectable", SCP_INS_INSTALL, SCP_INSTALL_FOR_ALL,
     SCP_RECEIPT_COMBINED},
    {"load-install-make-selectable", SCP_INS_INSTALL, SCP_INSTALL_FOR_ALL, SCP_RECEIPT_COMBINED},
    {"combined", SCP_INS_INSTALL, SCP_INSTALL_FOR_ALL, SCP_RECEIPT_COMBINED},
    {"load", SCP_INS_INSTALL, SCP_INSTALL_FOR_LOAD, SCP_RECEIPT_LOAD},
    {"install-and-make-selectable", SCP_INS_INSTALL, SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE,
     SCP_RECEIPT_INSTALL},
    {"install-make-selectable", SCP_INS_INSTALL, SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE,
     SCP_RECEIPT_INSTALL},
    {"install", SCP_INS_INSTALL, SCP_INSTALL_FOR_INSTALL, SCP_RECEIPT_INSTALL},
    {"make-selectable", SCP_INS_INSTALL, SCP_INSTALL_FOR_MAKE_SELECTABLE, SCP_RECEIPT_INSTALL},
    {"extradition", SCP_INS_INSTALL, SCP_INSTALL_FOR_EXTRADITION, SCP_RECEIPT_EXTRADITION},
    {"registry-update", SCP_INS_INSTALL, SCP_INSTALL_FOR_REGISTRY_UPDATE,
     SCP_RECEIPT_REGISTRY_UPDATE},
    {"delet", SCP_INS_DELETE, 0x00, SCP_RECEIPT_DELETE}, /* delete and deletion */
};

static const struct operation *operation_of(struct vector *v)
{
    const char *name =
        vector_has(v->inputs, "operation") ? vector_text(v, v->inputs, "operation") : v->kind;
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        if (strncmp(operations[i].name, name, strlen(operations[i].name)) == 0)
            return &operations[i];
    }
    vector_fail(v, "operation", "a known one", name);
    return NULL;
}

/* ---- tokens ------------------------------------------------------------------------------- */

/* Memory of the commands that a token is over, and what it covers of them. */
struct signed_commands {
    uint8_t data[2][DATA_MAX];
    struct scp_apdu commands[2];
    struct scp_token tokens[2];
    size_t count;
};

/* The fields of INSTALL; those that the form does not have are passed over by its builder. */
static struct scp_install install_of(struct vector *v, uint8_t p1, uint8_t p2)
{
    return (struct scp_install){
        .p1 = p1,
        .p2 = p2,
        .load_file = ANY_OF(v, "load_file_aid"),
        .module = ANY_OF(v, "module_aid", "executable_module_aid"),
        .application = ANY_OF(v, "instance_aid", "application_aid", "load_file_aid"),
        .security_domain = ANY_OF(v, "security_domain_aid", "new_security_domain_aid"),
        .hash = ANY_OF(v, "load_file_data_block_hash"),
        .privileges = ANY_OF(v, "privileges"),
        .parameters = p2 == SCP_INSTALL_BEGIN || p1 == SCP_INSTALL_FOR_LOAD
                          ? ANY_OF(v, "load_parameters", "parameters")
                          : ANY_OF(v, "install_parameters", "parameters", "extradition_parameters",
                                   "make_selectable_parameters", "registry_update_parameters")};
}

/* Data of DELETE with any number of AIDs and a whole B6. */
static struct scp_apdu delete_of(struct vector *v, struct scp_writer *w)
{
    size_t i;
    json_t *aid;
    json_array_foreach(json_object_get(v->inputs, "aids"), i, aid)
    {
        scp_put_tlv(w, 0x4F, vector_hex_of(v, aid));
    }
    struct scp_bytes single = ANY_OF(v, "aid", "application_aid", "instance_aid", "load_file_aid");
    if (i == 0)
        scp_put_tlv(w, 0x4F, single);
    scp_put(w, ANY_OF(v, "control_reference_template"));
    return (struct scp_apdu){.ins = SCP_INS_DELETE,
                             .p1 = (uint8_t)vector_u32(v, v->inputs, "p1", 0),
                             .p2 = (uint8_t)vector_u32(v, v->inputs, "p2", 0),
                             .data = scp_written(w)};
}

/* Build the commands out of the fields of the record, without a token. */
static bool build_commands(struct vector *v, const struct operation *operation,
                           struct signed_commands *out)
{
    bool is_combined = operation->p1 == SCP_INSTALL_FOR_ALL;
    uint8_t p1 = (uint8_t)vector_u32(v, v->inputs, "p1", operation->p1);
    uint8_t p2 = (uint8_t)vector_u32(v, v->inputs, "p2", 0);
    out->count = is_combined ? 2 : 1;
    for (size_t i = 0; i < out->count; i++) {
        struct scp_writer w = scp_writer_on(out->data[i], DATA_MAX);
        if (is_combined)
            p2 = i == 0 ? SCP_INSTALL_BEGIN : SCP_INSTALL_END;
        struct scp_install install = install_of(v, p1, p2);
        enum scp_error error = SCP_OK;
        if (operation->ins == SCP_INS_DELETE)
            out->commands[i] = delete_of(v, &w);
        else
            error = scp_install_command(&install, &w, &out->commands[i]);
        if (!vector_ok(v, "command", error) ||
            !vector_ok(v, "scp_token_parse", scp_token_parse(&out->commands[i], &out->tokens[i])))
            return false;
    }
    return true;
}

/* Cut a given input into what is covered of each command, and make commands of them: their data
 * end with an empty token where INSTALL has one. */
static bool cut_input(struct vector *v, const struct operation *operation, struct scp_bytes input,
                      struct signed_commands *out)
{
    struct scp_reader r = scp_reader_on(input);
    for (out->count = 0; out->count < 2 && scp_reader_left(&r) > 0; out->count++) {
        struct scp_writer w = scp_writer_on(out->data[out->count], DATA_MAX);
        struct scp_apdu *command = &out->commands[out->count];
        uint8_t p1 = scp_get_u8(&r);
        uint8_t p2 = scp_get_u8(&r);
        size_t len = scp_get_u8(&r);
        if (len == 0)
            len = scp_get_u16(&r);
        scp_put(&w, scp_get(&r, len));
        if (operation->ins == SCP_INS_INSTALL)
            scp_put_u8(&w, 0x00);
        *command =
            (struct scp_apdu){.ins = operation->ins, .p1 = p1, .p2 = p2, .data = scp_written(&w)};
        if (!vector_ok(v, "scp_token_parse", scp_token_parse(command, &out->tokens[out->count])))
            return false;
    }
    if (out->count == 0)
        vector_fail(v, "token_input", "a command", "none");
    return out->count > 0 && vector_ok(v, "token_input", scp_reader_end(&r));
}

static void same_if_there(struct vector *v, const char *name, struct scp_bytes parsed)
{
    if (parsed.len > 0 && vector_has(v->inputs, name) &&
        !scp_bytes_equal(parsed, vector_hex(v, v->inputs, name)))
        vector_fail_bytes(v, name, vector_hex(v, v->inputs, name), parsed);
}

/* What the record says beside a given input agrees with it. */
static void compare_fields(struct vector *v, const struct scp_apdu *command)
{
    struct scp_install install;
    if (command->ins != SCP_INS_INSTALL ||
        !vector_ok(v, "scp_install_parse",
                   scp_install_parse(command->p1, command->p2, command->data, &install)))
        return;
    same_if_there(v, "load_file_aid", install.load_file);
    same_if_there(v, "module_aid", install.module);
    same_if_there(v, "instance_aid", install.application);
    same_if_there(v, "application_aid", install.application);
    same_if_there(v, "security_domain_aid", install.security_domain);
    same_if_there(v, "load_file_data_block_hash", install.hash);
    same_if_there(v, "privileges", install.privileges);
    same_if_there(v,
                  install.hash.len > 0 || install.p1 == SCP_INSTALL_FOR_LOAD ? "load_parameters"
                                                                             : "install_parameters",
                  install.parameters);
}

/* The token of a record verifies as part of the command that carries it. */
static void verify_token(struct vector *v, struct signed_commands *signed_over)
{
    struct scp_signature_key key;
    if (!vector_has(v->expected, "token"))
        return;
    struct scp_bytes token = vector_hex(v, v->expected, "token");
    if (!find_key(v, "", token.len, &key) || (key.type == SCP_SIGNATURE_EC && key.point.len == 0))
        return;
    signed_over->tokens[signed_over->count - 1].signature = token;
    (void)vector_ok(v, "scp_token_verify",
                    scp_token_verify(&key, signed_over->tokens, signed_over->count));
}

static void token(struct vector *v)
{
    static struct signed_commands commands;
    uint8_t buffer[2 * DATA_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    const struct operation *operation = operation_of(v);
    bool is_given = vector_has(v->inputs, "token_input");
    struct scp_bytes given = is_given ? vector_hex(v, v->inputs, "token_input") : SCP_EMPTY;
    if (operation == NULL || !(is_given ? cut_input(v, operation, given, &commands)
                                        : build_commands(v, operation, &commands)))
        return;
    for (size_t i = 0; i < commands.count; i++) {
        scp_put_token_input(&w, &commands.tokens[i]);
        if (is_given)
            compare_fields(v, &commands.commands[i]);
    }
    struct scp_bytes input = scp_written(&w);
    if (is_given && !scp_bytes_equal(input, given))
        vector_fail_bytes(v, "token_input", given, input);
    vector_expect_bytes(v, v->expected, "token_input", input);
    expect_hashes(v, input);
    verify_token(v, &commands);
    expect_signature(v, "token", "", input);
    expect_valid(v, input, ANY_OF(v, "token", "signature"));
}

/* ---- confirmations and receipts ----------------------------------------------------------- */

static void confirmation(struct vector *v)
{
    struct scp_confirmation c;
    struct scp_bytes response = vector_hex(v, v->inputs, "response_data");
    if (!vector_expect_accept(v, scp_confirmation_parse(response, &c)))
        return;
    vector_expect_bytes(v, v->expected, "receipt", c.receipt);
    vector_expect_number(v, v->expected, "counter", c.counter);
    vector_expect_bytes(v, v->expected, "sd_unique_data", c.domain);
    vector_expect_bytes(v, v->expected, "token_identifier", c.token_id);
    vector_expect_bytes(v, v->expected, "token_digest", c.digest);
    vector_expect_bytes(v, v->expected, "token_data_digest", c.digest);
    vector_expect_bytes(v, v->expected, "confirmation_data", c.data);
}

static struct scp_receipt_subject subject_of(struct vector *v, enum scp_receipt_kind kind)
{
    return (struct scp_receipt_subject){
        .kind = kind,
        .load_file = ANY_OF(v, "load_file_aid"),
        .application = ANY_OF(v, "aid", "application_aid", "instance_aid", "load_file_aid"),
        .security_domain = ANY_OF(v, "new_security_domain_aid", "security_domain_aid"),
        .old_security_domain = ANY_OF(v, "old_security_domain_aid"),
        .privileges = ANY_OF(v, "privileges"),
        .parameters = ANY_OF(v, "parameters", "registry_update_parameters")};
}

/* Take the whole response: it is the receipt with its data, with or without the first length, and
 * what is read out of it verifies. */
static void expect_response(struct vector *v, const char *suffix,
                            const struct scp_receipt_subject *subject, struct scp_bytes data)
{
    char name[NAME_MAX_LEN];
    uint8_t buffer[DATA_MAX];
    struct scp_confirmation c;
    struct scp_signature_key key;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    (void)snprintf(name, sizeof name, "confirmation_response%s", suffix);
    if (!vector_has(v->expected, name))
        return;
    struct scp_bytes response = vector_hex(v, v->expected, name);
    if (!vector_ok(v, name, scp_confirmation_parse(response, &c)) ||
        !find_key(v, suffix, c.receipt.len, &key))
        return;
    scp_put_confirmation(&w, c.receipt, data);
    struct scp_bytes bare = scp_written(&w);
    bool is_bare = scp_bytes_equal(response, bare);
    scp_put_ber_lv(&w, bare);
    if (!is_bare && !scp_bytes_equal(response, scp_bytes_from(scp_written(&w), bare.len)))
        vector_fail_bytes(v, name, response, bare);
    if (key.type != SCP_SIGNATURE_EC || key.point.len > 0)
        (void)vector_ok(v, name, scp_receipt_verify(&key, subject, &c));
    vector_taken(v->expected, name);
}

static void receipt(struct vector *v)
{
    static const char *const suffixes[] = {"",        "_des", "_aes",   "_aes128", "_aes192",
                                           "_aes256", "_rsa", "_ecdsa", "_ec"};
    uint8_t buffer[DATA_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    const struct operation *operation = operation_of(v);
    if (operation == NULL)
        return;
    struct scp_receipt_subject subject = subject_of(v, operation->receipt);
    struct scp_bytes data = vector_hex(v, v->inputs, "confirmation_data");
    scp_put_receipt_input(&w, data, &subject);
    if (!vector_ok(v, "scp_put_receipt_input", scp_writer_status(&w)))
        return;
    struct scp_bytes input = scp_written(&w);
    struct scp_bytes given = ANY_OF(v, "receipt_input");
    if (given.len > 0 && !scp_bytes_equal(given, input))
        vector_fail_bytes(v, "receipt_input", given, input);
    vector_expect_bytes(v, v->expected, "receipt_input", input);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        char name[NAME_MAX_LEN];
        (void)snprintf(name, sizeof name, "receipt%s", suffixes[i]);
        expect_signature(v, name, suffixes[i], input);
        expect_response(v, suffixes[i], &subject, data);
    }
    expect_valid(v, input, ANY_OF(v, "receipt", "signature"));
}

/* ---- load files --------------------------------------------------------------------------- */

static void data_block_hash(struct vector *v)
{
    expect_hashes(v, vector_hex(v, v->inputs, "load_file_data_block"));
}

/* Take the block: it is read, holds the signature, and is written again as it was. */
static void expect_dap_block(struct vector *v, struct scp_bytes signature)
{
    uint8_t buffer[DATA_MAX], again[DATA_MAX];
    struct scp_load_file file;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_writer a = scp_writer_on(again, sizeof again);
    if (!vector_has(v->expected, "dap_block"))
        return;
    scp_put(&w, vector_hex(v, v->expected, "dap_block"));
    scp_put_tlv(&w, 0xC4, SCP_LITERAL(0x00));
    if (!vector_ok(v, "dap_block", scp_load_file_parse(scp_written(&w), &file)))
        return;
    same_if_there(v, "security_domain_aid", scp_aid_bytes(&file.daps[0].security_domain));
    if (signature.len > 0)
        file.daps[0].signature = signature;
    scp_put_dap(&a, &file.daps[0]);
    vector_expect_bytes(v, v->expected, "dap_block", scp_written(&a));
}

static void dap_signature(struct vector *v)
{
    struct scp_bytes hash = vector_hex(v, v->inputs, "load_file_data_block_hash");
    struct scp_bytes stated = ANY_OF(v, "signature");
    bool is_expected = vector_has(v->expected, "signature");
    struct scp_bytes signature = is_expected ? vector_hex(v, v->expected, "signature") : stated;
    expect_dap_block(v, signature);
    expect_signature(v, "signature", "", hash);
    expect_valid(v, hash, signature);
}

static void ciphered(struct vector *v)
{
    uint8_t out[DATA_MAX], back[DATA_MAX];
    struct scp_writer w = scp_writer_on(out, sizeof out);
    struct scp_writer b = scp_writer_on(back, sizeof back);
    struct scp_bytes block = vector_hex(v, v->inputs, "load_file_data_block");
    bool is_des = vector_has(v->inputs, "des_key");
    struct scp_key key = vector_key(v, v->inputs,
                                    is_des                             ? "des_key"
                                    : vector_has(v->inputs, "aes_key") ? "aes_key"
                                                                       : "key");
    const struct scp_data_block_cipher cipher = {
        .type = is_des ? SCP_KEY_TYPE_DES : SCP_KEY_TYPE_AES, .key = &key, .icv = ANY_OF(v, "icv")};
    if (!vector_ok(v, "scp_data_block_encrypt", scp_data_block_encrypt(&cipher, block, &w)) ||
        !vector_ok(v, "scp_data_block_decrypt",
                   scp_data_block_decrypt(&cipher, scp_written(&w), &b)))
        return;
    if (!scp_bytes_equal(scp_written(&b), block))
        vector_fail_bytes(v, "the clear data block", block, scp_written(&b));
    vector_expect_bytes(v, v->expected, "ciphered", scp_written(&w));
    struct scp_writer file = scp_writer_on(back, sizeof back);
    scp_put_ciphered_load_file(&file, NULL, 0, cipher.icv, scp_written(&w));
    vector_expect_bytes(v, v->expected, "load_file", scp_written(&file));
}

/* ---- certificates ------------------------------------------------------------------------- */

/* `7F21 {…, 5F37 signature}`: signed is what stands before 5F37. */
static void certificate(struct vector *v)
{
    struct scp_bytes body;
    struct scp_tlv tlv = {.tag = 0};
    enum scp_error error = scp_tlv_expect(vector_hex(v, v->inputs, "certificate"), 0x7F21, &body);
    struct scp_reader r = scp_reader_on(body);
    while (error == SCP_OK && tlv.tag != 0x5F37)
        error = scp_tlv_next(&r, &tlv);
    if (!vector_ok(v, "certificate", error))
        return;
    size_t signed_len = body.len - scp_reader_left(&r) - tlv.whole.len;
    struct scp_bytes covered = scp_bytes_slice(body, 0, signed_len);
    vector_expect_bytes(v, v->expected, "signed_data", covered);
    vector_expect_bytes(v, v->expected, "signature", tlv.value);
    expect_valid(v, covered, tlv.value);
}

#define TOKENS(operation)                              \
    {"GP-DM", operation "-token", token},              \
    {                                                  \
        "GP-DM", operation "-token-verify-only", token \
    }
#define RECEIPTS(operation)                                \
    {"GP-DM", operation "-receipt", receipt},              \
    {                                                      \
        "GP-DM", operation "-receipt-verify-only", receipt \
    }

static const struct vector_kind kinds[] = {
    {"GP-DM", "token-input", token},
    TOKENS("load"),
    TOKENS("install"),
    TOKENS("install-and-make-selectable"),
    TOKENS("install-make-selectable"),
    TOKENS("make-selectable"),
    TOKENS("extradition"),
    TOKENS("registry-update"),
    TOKENS("delete"),
    TOKENS("load-install-and-make-selectable"),
    TOKENS("load-install-make-selectable"),
    TOKENS("combined"),
    {"GP-DM", "confirmation", confirmation},
    RECEIPTS("load"),
    RECEIPTS("install"),
    RECEIPTS("install-and-make-selectable"),
    RECEIPTS("install-make-selectable"),
    RECEIPTS("make-selectable"),
    RECEIPTS("extradition"),
    RECEIPTS("registry-update"),
    RECEIPTS("delete"),
    RECEIPTS("load-install-and-make-selectable"),
    RECEIPTS("load-install-make-selectable"),
    RECEIPTS("combined"),
    {"GP-DM", "load-file-data-block-hash", data_block_hash},
    {"DAP", "load-file-data-block-hash", data_block_hash},
    {"DAP", "dap-signature", dap_signature},
    {"DAP", "dap-signature-verify-only", dap_signature},
    {"DAP", "ciphered-load-file", ciphered},
    {"GP", "certificate-signature", certificate},
};
const struct vector_family vector_delegated = VECTOR_FAMILY(kinds);
