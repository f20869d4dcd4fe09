"""A PC/SC client with nothing of Rebind's: it opens secure channels by the text of the standards (GPCS
2.3.1 appendix E, Amendment D) with the cryptography of Python, and manages content.

    pcsc_client.py PROFILE | torn
"""

import os
import sys

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC
from smartcard.CardConnection import CardConnection
from smartcard.Exceptions import CardConnectionException, NoCardException
from smartcard.scard import SCARD_LEAVE_CARD, SCARD_RESET_CARD, SCARD_UNPOWER_CARD
from smartcard.System import readers

KEY = bytes(range(0x40, 0x50))
ISD = bytes.fromhex("A000000151000000")
DOMAIN_PACKAGE = bytes.fromhex("A0000001515350")
DOMAIN_MODULE = bytes.fromhex("A000000151535041")
DOMAIN = bytes.fromhex("A0000000990D")


def expect(what, value, wanted):
    if value != wanted:
        sys.exit(f"{what}: {value!r}, not {wanted!r}")


# ---- the reader


class Reader:
    """A connection that fetches what waits behind 61xx and 6Cxx, as every program does in T=0."""

    def __init__(self, protocol, disposition=SCARD_RESET_CARD):
        self.connection = readers()[0].createConnection()
        self.connection.connect(protocol, disposition=disposition)
        self.t0 = protocol == CardConnection.T0_protocol
        self.waited = False

    def raw(self, command):
        data, sw1, sw2 = self.connection.transmit(list(command))
        return bytes(data), sw1 << 8 | sw2

    def send(self, command):
        if self.t0 and len(command) > 5 and len(command) == 6 + command[4]:
            command = command[:-1]  # no Le behind data
        data, sw = self.raw(command)
        while sw >> 8 == 0x61:
            self.waited = True
            more, sw = self.raw(bytes([0x00, 0xC0, 0x00, 0x00, sw & 0xFF]))
            data += more
        if sw >> 8 == 0x6C:
            self.waited = True
            data, sw = self.raw(command[:4] + bytes([sw & 0xFF]))
        return data, sw

    def close(self):
        self.connection.disconnect()


def apdu(cla, ins, p1, p2, data=b"", le=True):
    lc = bytes([len(data)]) if data else b""
    return bytes([cla, ins, p1, p2]) + lc + data + (b"\x00" if le else b"")


# ---- ciphers


def pad(data, size):
    data += b"\x80"
    return data + bytes(-len(data) % size)


def unpad(data):
    return data.rstrip(b"\x00")[:-1]


def run(algorithm, mode, data, decrypt=False):
    cipher = Cipher(algorithm, mode)
    context = cipher.decryptor() if decrypt else cipher.encryptor()
    return context.update(data) + context.finalize()


def des3(key, data, iv=bytes(8)):
    return run(algorithms.TripleDES(key + key[:8]), modes.CBC(iv), data)


def des(key, data, iv=bytes(8)):
    return run(algorithms.TripleDES(key * 3), modes.CBC(iv), data)


def retail_mac(key, data, iv):
    data = pad(data, 8)
    chained = des(key[:8], data[:-8], iv)[-8:] if len(data) > 8 else iv
    return des3(key, data[-8:], chained)


def aes(key, data, iv=bytes(16), decrypt=False):
    return run(algorithms.AES(key), modes.CBC(iv), data, decrypt)


def cmac(key, data):
    mac = CMAC(algorithms.AES(key))
    mac.update(data)
    return mac.finalize()


# ---- channels: each has wrap, for a command at level 03 or 33, and unwrap


class Scp02:
    def __init__(self, reader, kvn):
        host = os.urandom(8)
        data, sw = reader.send(apdu(0x80, 0x50, kvn, 0x00, host))
        expect("INITIALIZE UPDATE", (sw, len(data), data[11]), (0x9000, 28, 2))
        counter, challenge, cryptogram = data[12:14], data[14:20], data[20:28]
        self.mac, self.enc = (
            des3(KEY, bytes([1, c]) + counter + bytes(12)) for c in (0x01, 0x82)
        )
        expect("card cryptogram", self.sign(host + counter + challenge), cryptogram)
        self.icv = bytes(8)
        host_cryptogram = self.sign(counter + challenge + host)
        command = self.protect(apdu(0x84, 0x82, 0x03, 0x00, host_cryptogram, le=False), b"")
        expect("EXTERNAL AUTHENTICATE", reader.send(command), (b"", 0x9000))

    def sign(self, data):
        return des3(self.enc, pad(data, 8))[-8:]

    def protect(self, command, encrypted):
        head, plain = command[:4], command[5 : 5 + command[4]] if len(command) > 5 else b""
        icv = des(self.mac[:8], self.icv) if any(self.icv) else self.icv
        self.icv = retail_mac(self.mac, head + bytes([len(plain) + 8]) + plain, icv)
        body = (encrypted or plain) + self.icv
        return head + bytes([len(body)]) + body

    def wrap(self, cla, ins, p1, p2, data):
        encrypted = des3(self.enc, pad(data, 8)) if data else b""
        return self.protect(apdu(cla | 4, ins, p1, p2, data, le=False), encrypted) + b"\x00"

    def unwrap(self, data, sw):
        return data, sw


class Scp03:
    def __init__(self, reader, kvn, size):
        host = os.urandom(size)
        data, sw = reader.send(apdu(0x80, 0x50, kvn, 0x00, host))
        expect("INITIALIZE UPDATE", (sw, len(data), data[11]), (0x9000, 13 + 2 * size + 3, 3))
        challenge, cryptogram = data[13 : 13 + size], data[13 + size : 13 + 2 * size]
        self.size, self.context, self.chain, self.count = size, host + challenge, bytes(16), 0
        expect("challenge", self.derive(0x02, size, data[-3:] + ISD), challenge)
        self.enc, self.mac, self.rmac = (self.derive(c, 16, self.context) for c in (4, 6, 7))
        expect("card cryptogram", self.derive(0x00, size, self.context, self.mac), cryptogram)
        host_cryptogram = self.derive(0x01, size, self.context, self.mac)
        command = self.protect(apdu(0x84, 0x82, 0x33, 0x00, host_cryptogram, le=False))
        expect("EXTERNAL AUTHENTICATE", reader.send(command), (b"", 0x9000))

    def derive(self, constant, size, context, key=KEY):
        label = bytes(11) + bytes([constant, 0x00]) + (8 * size).to_bytes(2, "big")
        return cmac(key, label + b"\x01" + context)[:size]

    def protect(self, command):
        lc = bytes([(command[4] if len(command) > 5 else 0) + self.size])
        body = command[5:]
        self.chain = cmac(self.mac, self.chain + command[:4] + lc + body)
        return command[:4] + lc + body + self.chain[: self.size]

    def iv(self, response):
        counter = self.count.to_bytes(16, "big")
        return aes(self.enc, bytes([0x80 if response else 0]) + counter[1:])

    def wrap(self, cla, ins, p1, p2, data):
        self.count += 1
        encrypted = aes(self.enc, pad(data, 16), self.iv(False)) if data else b""
        return self.protect(apdu(cla | 4, ins, p1, p2, encrypted, le=False)) + b"\x00"

    def unwrap(self, data, sw):
        if sw != 0x9000 and sw >> 8 not in (0x62, 0x63):
            return data, sw
        body, mac = data[: -self.size], data[-self.size :]
        wanted = cmac(self.rmac, self.chain + body + sw.to_bytes(2, "big"))[: self.size]
        expect("R-MAC", mac, wanted)
        return unpad(aes(self.enc, body, self.iv(True), decrypt=True)) if body else b"", sw


# ---- what is asked of a card


def lv(value):
    return bytes([len(value)]) + value


def select(reader, aid):
    data, sw = reader.send(apdu(0x00, 0xA4, 0x04, 0x00, aid))
    expect("SELECT", sw, 0x9000)
    return data


def manage(reader, channel):
    """Install a security domain, find it in the registry, delete it."""

    def send(ins, p1, p2, data):
        return channel.unwrap(*reader.send(channel.wrap(0x80, ins, p1, p2, data)))

    install = lv(DOMAIN_PACKAGE) + lv(DOMAIN_MODULE) + lv(DOMAIN) + lv(b"\x80") + lv(b"\xc9\x00") + b"\x00"
    find = b"\x4f" + lv(DOMAIN)
    expect("INSTALL", send(0xE6, 0x0C, 0x00, install), (b"\x00", 0x9000))
    data, sw = send(0xF2, 0x40, 0x02, find)
    expect("GET STATUS", (sw, DOMAIN in data), (0x9000, True))
    expect("DELETE", send(0xE4, 0x00, 0x00, find), (b"\x00", 0x9000))
    expect("GET STATUS of what is gone", send(0xF2, 0x40, 0x02, find)[1], 0x6A88)


def check_resets(protocol, open_channel):
    """A session ends with a reset and with a loss of power, and stays otherwise.

    What anybody may ask is refused within a session that protects its commands.
    """
    question = apdu(0x80, 0xCA, 0x00, 0x66)
    for disposition, expected in (
        (SCARD_LEAVE_CARD, 0x6982),
        (SCARD_RESET_CARD, 0x9000),
        (SCARD_UNPOWER_CARD, 0x9000),
    ):
        reader = Reader(protocol, disposition)
        select(reader, ISD)
        open_channel(reader)
        reader.close()
        reader = Reader(protocol, SCARD_RESET_CARD)
        expect(f"GET DATA after disposition {disposition}", reader.send(question)[1], expected)
        reader.close()


PROFILES = {
    "test-scp02-i15": (CardConnection.T1_protocol, lambda reader: Scp02(reader, 0xFF)),
    "test-scp02-i55-t0": (CardConnection.T0_protocol, lambda reader: Scp02(reader, 0x20)),
    "test-scp02-i75": (CardConnection.T1_protocol, lambda reader: Scp02(reader, 0x01)),
    "test-scp03-i70": (CardConnection.T1_protocol, lambda reader: Scp03(reader, 0xFF, 8)),
    "test-scp03-s16": (CardConnection.T1_protocol, lambda reader: Scp03(reader, 0x00, 16)),
}


def check(profile):
    protocol, open_channel = PROFILES[profile]
    check_resets(protocol, open_channel)
    reader = Reader(protocol)
    fci = select(reader, ISD)
    expect("FCI", fci[:12], bytes([0x6F, len(fci) - 2, 0x84, 8]) + ISD)
    manage(reader, open_channel(reader))
    manage(reader, open_channel(reader))  # a second session: the counters are in step
    expect("data waited", reader.waited, protocol == CardConnection.T0_protocol)
    if protocol == CardConnection.T1_protocol:
        extended = bytes([0x00, 0xA4, 0x04, 0x00, 0x00, 0x00, len(ISD)]) + ISD + b"\x00\x00"
        expect("extended length", reader.raw(extended)[1], 0x6700)
    reader.close()
    print(f"{profile}: resets, FCI, two sessions, content management")


def check_torn():
    """The power goes at the second write: the counter is the first, the try the second."""
    reader = Reader(CardConnection.T1_protocol)
    select(reader, ISD)
    try:
        Scp03(reader, 0xFF, 8)
    except (CardConnectionException, NoCardException):
        print("torn: the card was gone before it answered")
        return
    sys.exit("the card answered without power")


if __name__ == "__main__":
    if sys.argv[1] == "torn":
        check_torn()
    else:
        check(sys.argv[1])
