/* From the key that a card was given to the one that signs or verifies: PUT KEY and STORE DATA
 * bring components with a type each (GPCS 11.1.8, 11.8.2.3), signature.h wants what they are
 * together.
 *
 * Nothing is owned: the key borrows the values of its components.
 *
 *     SCP_TRY(scp_put_key_parse(apdu.p1, apdu.p2, apdu.data, &put_key));
 *     const struct scp_new_key *key = &put_key.keys[0];
 *     SCP_TRY(scp_signing_key(key->components, key->component_count, &out));
 */
#ifndef SCP_GP_SIGNING_KEY_H
#define SCP_GP_SIGNING_KEY_H

#include "scp/crypto/signature.h"
#include "scp/gp/put_key.h"

/* The components of one key, all values clear; only their types and values are looked at:
 *
 *     80 or 88           DES, AES
 *     A1 A0              RSA, verifies
 *     A1 or A2, and A3   RSA, signs; the public exponent is 65537
 *     A4 A5 A6 A7 A8     RSA, signs
 *     B0, B1 or both     EC, with F0 (a reference of one byte) or with B2 to B6 (a known curve)
 *
 * UNSUPPORTED for any other set or curve; what the makers of signature.h give. */
SCP_MUST_USE enum scp_error scp_signing_key(const struct scp_key_component *components,
                                            size_t count, struct scp_signature_key *out);

#endif
