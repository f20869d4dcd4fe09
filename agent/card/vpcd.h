/* A soft card in a virtual PC/SC reader: the client's side of the vpcd driver of vsmartcard.
 *
 * Each message is a length of two bytes and the payload. A payload of one byte is a control: 00
 * power off, 01 power on, 02 reset, 04 ask for the ATR, which is the only one that is answered. Any
 * other payload is a command, answered by its response. */
#ifndef AGENT_CARD_VPCD_H
#define AGENT_CARD_VPCD_H

#include "agent/card/softcard.h"

enum { SOFTCARD_VPCD_PORT = 35963 };

/* Connect to the driver. The socket is the caller's. IO, with the text in `problem`. */
SCP_MUST_USE enum scp_error softcard_vpcd_connect(const char *host, const char *port, int *socket,
                                                  struct rebind_problem *problem);

/* Serve the card until the driver closes the connection (SCP_OK), it breaks (IO) or the card loses
 * power (STATE): whoever closes the socket then takes the card out of the reader. In real time each
 * answer waits as long as softcard_busy_us says. */
SCP_MUST_USE enum scp_error softcard_vpcd_serve(struct softcard *card, int socket, bool real_time,
                                                struct rebind_problem *problem);

#endif
