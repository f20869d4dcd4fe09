/* A bank's application on a card, issued for a test, and the terminal and issuer that talk to it.
 * Every helper asserts what it needs. */
#ifndef TESTS_UNIT_AGENT_CARD_PAYMENT_BANK_H
#define TESTS_UNIT_AGENT_CARD_PAYMENT_BANK_H

#include "tests/unit/agent/card/rig.h"

#include "scp/emv/script.h"
#include "scp/gp/tlv.h"

/* Keys for cryptograms, MACs and confidentiality. */
extern const uint8_t bank_keys[48];

/* Data for the lists of the application: 9F02 9F37 9A, and 8A 91 9F37 with zeros for 91. */
#define CDOL1_DATA "000000000100AABBCCDD261123"
#define CDOL2_NO_ANSWER "303000000000000000000000AABBCCDD"
/* Groupings 9200 of two cryptogram versions. */
#define PBOC_DATA "9F100807010103A0000001"
#define VISA_18_DATA "9F100706011203A00000"

struct bank {
    struct rig *rig;
    struct scp_key key;
    struct scp_emv_request request; /* the last one that went online */
};

/* The groupings that bank_issue sends. */
enum {
    BANK_RECORD,
    BANK_FCI,
    BANK_FCI_CONTACTLESS,
    BANK_FAST,
    BANK_OPTIONS,
    BANK_PIN,
    BANK_TRIES,
    BANK_ISSUER_DATA,
    BANK_KEYS,
    BANK_DGI_COUNT,
};
enum { BANK_VALUE_MAX = 96 };

/* Hex into the caller's memory. */
struct scp_bytes bank_decode(const char *hex, uint8_t *buffer, size_t cap);

/* ---- issuing ---------------------------------------------------------------------------------
 */

/* Package and instance, selectable; the session stays open. */
void bank_install(struct rig *rig);
/* INSTALL [for personalization] and the groupings; the last status word. */
uint16_t bank_personalise(struct rig *rig, const struct scp_dgi *dgis, size_t count);
/* All groupings of an application; `issuer_data` is grouping 9200. Values borrow from `memory`. */
void bank_fill(struct scp_dgi dgis[BANK_DGI_COUNT], uint8_t memory[BANK_DGI_COUNT][BANK_VALUE_MAX],
               const char *issuer_data);
/* A card with the whole of it. The caller frees bank.rig. */
struct bank bank_issue(const char *issuer_data);

/* ---- at the terminal and the issuer -----------------------------------------------------------
 */

uint16_t bank_select(struct rig *rig);
/* SELECT and GET PROCESSING OPTIONS. */
void bank_begin(struct rig *rig);
uint16_t bank_generate_ac(struct rig *rig, uint8_t p1, const char *data_hex);
uint16_t bank_external_authenticate(struct rig *rig, struct scp_bytes data);
/* In template 77 of the last answer. */
struct scp_bytes bank_tag(const struct rig *rig, uint32_t tag);
/* 9F27 of the last answer. */
uint8_t bank_kind(const struct rig *rig);
/* Verify the last answer as the issuer does, and keep it when it is a request. */
void bank_assert_cryptogram(struct bank *bank, const char *data_hex, const char *aip_hex);
/* Up to a request, verified. */
void bank_go_online(struct bank *bank);
/* The issuer's approval of that request, tag 91. */
struct scp_bytes bank_answer(const struct bank *bank, uint8_t buffer[16]);
/* Card verification results in the last answer. */
void bank_assert_results(const struct rig *rig, const char *hex);
void bank_assert_data_object(struct rig *rig, const char *command, const char *hex);

#endif
