#include "agent/card/issue.h"

#include <stdlib.h>

#include "agent/card/applet.h"
#include "agent/card/card.h"
#include "agent/card/profile.h"
#include "agent/card/registry.h"
#include "agent/card/social.h"
#include "scp/base/secret.h"
#include "scp/crypto/kdf.h"

enum {
    VALUE_MAX = CARD_OBJECT_MAX,
    ISD_PRIVILEGES = 0x9EFE80, /* all that the issuer security domain has without being told */
    ACCEPT_ALL = 0xF0,
    CPLC_SERIAL_AT = 12,
};

/* What the reading functions share. */
struct issuing {
    struct card_image *image;
    struct document_problem *problem;
    uint8_t *value; /* VALUE_MAX bytes for whatever hex is being read */
};

static bool failed(const struct issuing *is)
{
    return is->problem->error != DOC_OK;
}

static void out_of_memory(const struct issuing *is)
{
    if (!failed(is))
        is->problem->error = DOC_NO_MEMORY;
}

/* Record a problem of a card function at the node it came from. */
static void check(const struct issuing *is, const struct document_node *node, enum scp_error error)
{
    if (error == SCP_NO_MEMORY)
        out_of_memory(is);
    else if (error != SCP_OK)
        doc_fail(node, is->problem, "%s", scp_error_text(error));
}

static struct scp_bytes read_value(const struct issuing *is, const struct document_node *node)
{
    return scp_bytes_of(is->value, doc_hex(node, is->value, 0, VALUE_MAX, is->problem));
}

static struct scp_aid read_aid(const struct issuing *is, const struct document_node *node)
{
    struct scp_aid aid = {.len = 0};
    aid.len = doc_hex(node, aid.bytes, SCP_AID_MIN, SCP_AID_MAX, is->problem);
    return aid;
}

static uint32_t read_number(const struct issuing *is, const struct document_node *node, size_t size)
{
    uint8_t bytes[4] = {0};
    size_t len = doc_hex(node, bytes, size, size, is->problem);
    uint32_t number = 0;
    for (size_t i = 0; i < len; i++)
        number = number << 8 | bytes[i];
    return number;
}

/* ---- keys -------------------------------------------------------------------------------------
 */

static const char *const key_names[] = {"kvn", "scheme",        "enc", "mac",
                                        "dek", "social_update", NULL};
static const char *const schemes[] = {"none", "emv", "visa2", "kdf3", "visa", "sp800-108", NULL};

static void read_key(const struct issuing *is, const struct document_node *root, const char *name,
                     struct scp_key *key)
{
    size_t len = is->image->traits.key_len;
    key->len = doc_hex(doc_require(root, name, is->problem), key->bytes, len, len, is->problem);
}

static enum scp_error store_key_set(const struct card_traits *traits, uint8_t kvn,
                                    struct card_domain *sd, const struct scp_key_set *set)
{
    const struct scp_key *const keys[] = {&set->enc, &set->mac, &set->dek};
    uint8_t type = traits->protocol == SCP_PROTOCOL_03 ? SCP_KEY_TYPE_AES : SCP_KEY_TYPE_DES;
    for (uint8_t i = 0; i < 3; i++) {
        const struct card_key key = {
            .kvn = kvn, .id = i + 1, .type = type, .access = CARD_KEY_ACCESS_NONE};
        SCP_TRY(card_key_put(sd, &key, scp_key_bytes(keys[i])));
    }
    return SCP_OK;
}

static void issue_key_set(const struct issuing *is, const struct document_node *node)
{
    const struct card_traits *traits = &is->image->traits;
    struct card_domain *sd = card_isd(is->image)->sd;
    struct scp_key_set masters = {0};
    struct scp_key_set set = {0};
    doc_expect_keys(node, key_names, is->problem);
    uint8_t kvn =
        (uint8_t)doc_integer(doc_get(node, "kvn"), 1, 255, traits->kvn_default, is->problem);
    if (card_key_version_find(sd, kvn) != NULL)
        doc_fail(node, is->problem, "there is a key set of version %u already", kvn);
    const struct document_node *scheme_node = doc_require(node, "scheme", is->problem);
    size_t scheme_word = doc_word(scheme_node, schemes, 0, is->problem);
    read_key(is, node, "enc", &masters.enc);
    read_key(is, node, "mac", &masters.mac);
    read_key(is, node, "dek", &masters.dek);
    enum scp_diversification scheme = SCP_DIVERSIFY_NONE;
    if (!failed(is))
        check(is, scheme_node, scp_diversification_from_name(schemes[scheme_word], &scheme));
    if (!failed(is))
        check(is, scheme_node, scp_diversify(scheme, &masters, traits->diversification_data, &set));
    if (!failed(is))
        check(is, node, store_key_set(traits, kvn, sd, &set));
    scp_wipe(&masters, sizeof masters);
    scp_wipe(&set, sizeof set);
}

/* One key set, or a list of them. The first is what the card chooses where it may. */
static void issue_keys(const struct issuing *is, const struct document_node *keys)
{
    if (doc_kind(keys) != DOC_LIST) {
        issue_key_set(is, keys);
        return;
    }
    for (const struct document_node *set = doc_first(keys); set != NULL && !failed(is);
         set = doc_next(set))
        issue_key_set(is, set);
}

/* ---- the issuer security domain ----------------------------------------------------------------
 */

/* The chip's CPLC with the last four bytes of the diversification data as serial number. */
static enum scp_error put_cplc(struct card_application *isd, const struct card_traits *traits,
                               const uint8_t cplc[SCP_CPLC_SIZE])
{
    uint8_t own[SCP_CPLC_SIZE];
    struct scp_writer w = scp_writer_on(own, sizeof own);
    struct scp_bytes whole = scp_bytes_of(cplc, SCP_CPLC_SIZE);
    scp_put(&w, scp_bytes_slice(whole, 0, CPLC_SERIAL_AT));
    scp_put(&w, scp_bytes_from(SCP_BYTES(traits->diversification_data), 6));
    scp_put(&w, scp_bytes_from(whole, CPLC_SERIAL_AT + 4));
    SCP_TRY(scp_writer_status(&w));
    return card_object_put(&isd->objects, SCP_DATA_CPLC, scp_written(&w));
}

static struct card_application *add_isd(const struct issuing *is, struct scp_aid aid)
{
    struct card_application *isd = card_image_add_application(is->image);
    if (isd == NULL)
        return NULL;
    isd->sd = calloc(1, sizeof *isd->sd);
    if (isd->sd == NULL)
        return NULL;
    isd->aid = aid;
    isd->domain = aid;
    isd->applet = CARD_APPLET_DOMAIN;
    isd->privileges = ISD_PRIVILEGES;
    isd->sd->protocol = is->image->traits.protocol;
    isd->sd->i = is->image->traits.i;
    isd->sd->accept_extradition_to = ACCEPT_ALL;
    isd->sd->accept_deletion = ACCEPT_ALL;
    isd->sd->accept_extradition_from = ACCEPT_ALL;
    return isd;
}

static void issue_isd(const struct issuing *is, const struct document_node *root,
                      const struct card_profile_facts *facts)
{
    static const char *const states[] = {"op-ready", "initialized", "secured", NULL};
    static const uint8_t codes[] = {SCP_CARD_OP_READY, SCP_CARD_INITIALIZED, SCP_CARD_SECURED};
    struct card_traits *traits = &is->image->traits;
    doc_hex(doc_require(root, "diversification_data", is->problem), traits->diversification_data,
            sizeof traits->diversification_data, sizeof traits->diversification_data, is->problem);
    struct card_application *isd = add_isd(is, facts->isd);
    if (isd == NULL) {
        out_of_memory(is);
        return;
    }
    isd->state = codes[doc_word(doc_get(root, "state"), states, 2, is->problem)];
    const struct document_node *iin = doc_require(root, "iin", is->problem);
    check(is, iin, card_object_put(&isd->objects, SCP_DATA_ISSUER_NUMBER, read_value(is, iin)));
    const struct document_node *cin = doc_require(root, "cin", is->problem);
    check(is, cin, card_object_put(&isd->objects, SCP_DATA_IMAGE_NUMBER, read_value(is, cin)));
    check(is, root, put_cplc(isd, traits, facts->cplc));
}

/* The package that security domains are installed from; it is part of the chip. */
static void add_domain_package(const struct issuing *is)
{
    struct card_load_file *file = card_image_add_load_file(is->image);
    if (file == NULL ||
        card_aids_add(&file->modules, &file->module_count, card_domain_module) != SCP_OK) {
        out_of_memory(is);
        return;
    }
    file->aid = card_aid_of(card_domain_package);
    file->domain = card_isd(is->image)->aid;
    file->version[0] = 1;
}

/* ---- content ----------------------------------------------------------------------------------
 */

/* What a file of the social-security applet holds: records, or the bytes of a transparent file. */
static void issue_file_content(const struct issuing *is, const struct document_node *item,
                               uint32_t file, struct card_application *app)
{
    const struct document_node *binary = doc_get(item, "binary");
    if (binary != NULL) {
        check(is, binary, card_object_put(&app->objects, file, read_value(is, binary)));
        return;
    }
    uint32_t record = 1;
    const struct document_node *value = doc_first(doc_require(item, "records", is->problem));
    for (; value != NULL && !failed(is) && record <= 0xFF; value = doc_next(value), record++)
        check(is, value, card_object_put(&app->objects, file | record, read_value(is, value)));
}

static void issue_files(const struct issuing *is, const struct document_node *list,
                        struct card_application *app)
{
    static const char *const keys[] = {"df", "ef", "records", "binary", "update", NULL};
    static const char *const rules[] = {"key", "pin", "never", NULL};
    for (const struct document_node *item = doc_first(list); item != NULL && !failed(is);
         item = doc_next(item)) {
        doc_expect_keys(item, keys, is->problem);
        uint32_t df = read_number(is, doc_get(item, "df"), 1);
        uint32_t ef = read_number(is, doc_require(item, "ef", is->problem), 1);
        uint8_t rule =
            (uint8_t)doc_word(doc_get(item, "update"), rules, CARD_SOCIAL_BY_KEY, is->problem);
        issue_file_content(is, item, df << 16 | ef << 8, app);
        if (rule != CARD_SOCIAL_BY_KEY)
            check(is, item,
                  card_object_put(&app->objects, CARD_SOCIAL_RULES | df << 8 | ef,
                                  scp_bytes_of(&rule, sizeof rule)));
    }
}

/* The holder's PIN in the social-security applet. */
static void issue_pin(const struct issuing *is, const struct document_node *node,
                      struct card_application *app)
{
    uint8_t pin[CARD_SOCIAL_PIN_MAX];
    size_t len = doc_hex(node, pin, 1, sizeof pin, is->problem);
    if (len > 0)
        check(is, node, card_object_put(&app->objects, CARD_SOCIAL_PIN, scp_bytes_of(pin, len)));
    scp_wipe(pin, sizeof pin);
}

static void issue_dgis(const struct issuing *is, const struct document_node *list,
                       struct card_application *app)
{
    static const char *const keys[] = {"dgi", "value", NULL};
    uint8_t state[CARD_APPLET_STATE] = {0};
    const struct card_applet *applet = card_applet_of(app->applet);
    const struct card_applet_call call = {.app = app, .state = state};
    for (const struct document_node *item = doc_first(list); item != NULL && !failed(is);
         item = doc_next(item)) {
        doc_expect_keys(item, keys, is->problem);
        struct scp_dgi dgi = {
            .id = (uint16_t)read_number(is, doc_require(item, "dgi", is->problem), 2)};
        dgi.value = read_value(is, doc_require(item, "value", is->problem));
        if (!failed(is) && applet->store(&call, &dgi) != SCP_SW_SUCCESS)
            doc_fail(item, is->problem, "the applet '%s' refuses this grouping", applet->name);
    }
    if (list != NULL && !failed(is) && applet->stored(&call) != SCP_SW_SUCCESS)
        doc_fail(list, is->problem, "the applet '%s' refuses this personalisation", applet->name);
}

static void issue_privileges(const struct issuing *is, const struct document_node *node,
                             struct card_application *app)
{
    uint8_t bytes[3] = {0};
    size_t len = doc_hex(node, bytes, 1, sizeof bytes, is->problem);
    if (len > 0)
        check(is, node, scp_privileges_complete(scp_bytes_of(bytes, len), &app->privileges));
}

static void issue_instance(const struct issuing *is, const struct document_node *node,
                           const struct card_load_file *file)
{
    static const char *const keys[] = {"aid",  "module", "privileges", "selectable",
                                       "dgis", "files",  "pin",        NULL};
    doc_expect_keys(node, keys, is->problem);
    struct scp_aid aid = read_aid(is, doc_require(node, "aid", is->problem));
    if (!failed(is) && card_aid_used(is->image, scp_aid_bytes(&aid)))
        doc_fail(node, is->problem, "another package or instance has this AID");
    struct card_application *app = failed(is) ? NULL : card_image_add_application(is->image);
    if (app == NULL) {
        out_of_memory(is);
        return;
    }
    app->aid = aid;
    app->load_file = file->aid;
    app->module = read_aid(is, doc_require(node, "module", is->problem));
    app->domain = card_isd(is->image)->aid;
    app->applet = card_native_for(&is->image->traits, scp_aid_bytes(&app->module));
    app->volatile_bytes = is->image->traits.application_volatile;
    bool selectable = doc_bool(doc_get(node, "selectable"), true, is->problem);
    app->state = selectable ? SCP_APPLICATION_SELECTABLE : SCP_APPLICATION_INSTALLED;
    if (app->applet == CARD_APPLET_DOMAIN)
        doc_fail(node, is->problem, "a security domain is made by INSTALL, not by issuance");
    issue_privileges(is, doc_get(node, "privileges"), app);
    if (!failed(is)) {
        issue_files(is, doc_get(node, "files"), app);
        issue_pin(is, doc_get(node, "pin"), app);
        issue_dgis(is, doc_get(node, "dgis"), app);
    }
}

static void issue_package(const struct issuing *is, const struct document_node *node)
{
    static const char *const keys[] = {"package", "version", "size", "modules", "instances", NULL};
    doc_expect_keys(node, keys, is->problem);
    struct scp_aid aid = read_aid(is, doc_require(node, "package", is->problem));
    if (!failed(is) && card_aid_used(is->image, scp_aid_bytes(&aid)))
        doc_fail(node, is->problem, "another package or instance has this AID");
    struct card_load_file *file = failed(is) ? NULL : card_image_add_load_file(is->image);
    if (file == NULL) {
        out_of_memory(is);
        return;
    }
    file->aid = aid;
    file->domain = card_isd(is->image)->aid;
    doc_hex(doc_get(node, "version"), file->version, 2, 2, is->problem);
    file->size = (uint32_t)doc_integer(doc_require(node, "size", is->problem), 0, SCP_LOAD_FILE_MAX,
                                       0, is->problem);
    const struct document_node *item = doc_first(doc_require(node, "modules", is->problem));
    for (; item != NULL && !failed(is); item = doc_next(item)) {
        struct scp_aid module = read_aid(is, item);
        check(is, item, card_aids_add(&file->modules, &file->module_count, scp_aid_bytes(&module)));
    }
    for (item = doc_first(doc_get(node, "instances")); item != NULL && !failed(is);
         item = doc_next(item))
        issue_instance(is, item, file);
}

/* The update key goes to every instance of the social-security applet. */
static void issue_update_key(const struct issuing *is, const struct document_node *keys)
{
    uint8_t bytes[16];
    const struct document_node *first = doc_kind(keys) == DOC_LIST ? doc_first(keys) : keys;
    const struct document_node *node = doc_get(first, "social_update");
    size_t len = doc_hex(node, bytes, sizeof bytes, sizeof bytes, is->problem);
    for (size_t i = 0; len > 0 && i < is->image->application_count; i++) {
        struct card_application *app = is->image->applications[i];
        if (app->applet == CARD_APPLET_SOCIAL)
            check(is, node,
                  card_object_put(&app->objects, CARD_SOCIAL_UPDATE_KEY, scp_bytes_of(bytes, len)));
    }
    scp_wipe(bytes, sizeof bytes);
}

/* ---- the whole --------------------------------------------------------------------------------
 */

static void issue_content(const struct issuing *is, const struct document_node *root)
{
    add_domain_package(is);
    const struct document_node *list = doc_get(root, "content");
    if (list != NULL)
        doc_expect(list, DOC_LIST, is->problem);
    for (const struct document_node *item = doc_first(list); item != NULL && !failed(is);
         item = doc_next(item))
        issue_package(is, item);
    if (!failed(is) && !card_memory_fits(is->image))
        doc_fail(list != NULL ? list : root, is->problem,
                 "the content takes %u bytes, the card has %u",
                 (unsigned)card_memory_used(is->image), (unsigned)is->image->traits.memory);
}

/* The issuance data and the keys, from documents of their own or from the profile. */
struct issued {
    const struct document_node *root;
    const struct document_node *keys;
};

static struct issued from_profile(const struct issuing *is, const struct document *profile,
                                  const struct document_node *root)
{
    if (root == NULL)
        doc_fail(doc_get(doc_root(profile), "soft"), is->problem,
                 "there is no 'issuance' here, so a card needs issuance data of its own");
    return (struct issued){.root = root, .keys = doc_require(root, "keys", is->problem)};
}

static void issue_all(const struct issuing *is, const struct document *profile,
                      const struct document *issuance, const struct document *keys)
{
    static const char *const names[] = {
        "diversification_data", "iin", "cin", "state", "keys", "content", NULL};
    struct card_profile_facts facts;
    if (!card_profile_traits(profile, &is->image->traits, &facts, is->problem))
        return;
    const struct issued from =
        issuance == NULL ? from_profile(is, profile, facts.issuance)
                         : (struct issued){.root = doc_root(issuance), .keys = doc_root(keys)};
    if (failed(is))
        return;
    doc_expect_keys(from.root, names, is->problem);
    issue_isd(is, from.root, &facts);
    if (!failed(is))
        issue_keys(is, from.keys);
    if (!failed(is))
        issue_content(is, from.root);
    if (!failed(is))
        issue_update_key(is, from.keys);
}

static enum scp_error pack(const struct card_image *made, struct rebind_blob *image)
{
    struct rebind_blob flat;
    SCP_TRY(card_image_flatten(made, 0, &flat));
    enum scp_error error = card_image_pack(rebind_blob_bytes(&flat), image);
    rebind_blob_free(&flat);
    return error;
}

bool softcard_issue(const struct document *profile, const struct document *issuance,
                    const struct document *keys, struct rebind_blob *image,
                    struct document_problem *problem)
{
    struct card_image made = {.application_count = 0};
    struct issuing is = {.image = &made, .problem = problem, .value = malloc(VALUE_MAX)};
    *image = (struct rebind_blob){NULL, 0};
    if (is.value == NULL)
        out_of_memory(&is);
    else
        issue_all(&is, profile, issuance, keys);
    if (!failed(&is) && pack(&made, image) != SCP_OK)
        out_of_memory(&is);
    if (is.value != NULL)
        scp_wipe(is.value, VALUE_MAX);
    free(is.value);
    card_image_fini(&made);
    return !failed(&is);
}
