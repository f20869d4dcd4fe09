#include "tests/unit/agent/card/signer.h"

#include <string.h>

#include "scp/crypto/kdf.h"

static const char scalar_hex[] = "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721";
static const char point_hex[] = "0460FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
                                "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299";

void rig_make_signer(bool ec, struct rig_signer *signer)
{
    struct scp_writer secret = scp_writer_on(signer->secret, sizeof signer->secret);
    struct scp_writer point = scp_writer_on(signer->point, sizeof signer->point);
    assert_int_equal(SCP_OK, scp_hex_decode(scalar_hex, &secret));
    assert_int_equal(SCP_OK, scp_hex_decode(point_hex, &point));
    if (ec)
        assert_int_equal(SCP_OK, scp_signature_key_ec(&signer->key, SCP_CURVE_P256, SCP_EMPTY,
                                                      SCP_BYTES(signer->secret)));
    else
        assert_int_equal(SCP_OK, scp_signature_key_symmetric(&signer->key, SCP_SIGNATURE_AES,
                                                             scp_bytes_of(signer->secret, 16)));
}

void rig_put_signer(struct rig *rig, uint8_t kvn, bool ec, const struct rig_signer *signer)
{
    static const uint8_t p256[] = {0x00};
    uint8_t data[255];
    uint8_t cipher[16];
    uint8_t kcv[3];
    struct scp_apdu apdu;
    struct scp_put_key put_key = {.kvn = kvn, .first_key_id = 1, .key_count = 1};
    struct scp_key aes = {.len = 16};
    struct scp_writer w = scp_writer_on(data, sizeof data);
    memcpy(aes.bytes, signer->secret, 16);
    assert_int_equal(SCP_OK, scp_kcv_aes(&aes, kcv));
    assert_int_equal(
        SCP_OK, scp_channel_dek_encrypt(&rig->channel, &rig->holder, scp_key_bytes(&aes), cipher));
    put_key.keys[0] =
        ec ? scp_ec_public_key(SCP_BYTES(signer->point), SCP_BYTES(p256))
           : scp_symmetric_key(SCP_KEY_TYPE_AES, SCP_BYTES(cipher), 16, SCP_BYTES(kcv), NULL);
    assert_int_equal(SCP_OK, scp_put_key_command(&put_key, &w, &apdu));
    assert_sw(0x9000, rig_send(rig, apdu));
}
