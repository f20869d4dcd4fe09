/* Private: the forms of INSTALL, which share their rules about privileges and parameters. Each
 * returns a status word; the card undoes what a failed one changed. */
#ifndef AGENT_CARD_CMD_INSTALL_H
#define AGENT_CARD_CMD_INSTALL_H

#include "agent/card/card.h"
#include "scp/gp/parameters.h"

typedef uint16_t card_install_handler(struct softcard *card, const struct scp_install *install,
                                      const struct scp_parameters *parameters);

/* cmd_install.c */
card_install_handler card_install_for_load;
/* cmd_install_for.c */
card_install_handler card_install_for_install;
card_install_handler card_install_for_make_selectable;
/* cmd_install_registry.c */
card_install_handler card_install_for_extradition;
card_install_handler card_install_for_registry_update;

/* Append the implicit selection parameters to those of the application; they cannot be taken away
 * again (GPCS 11.5.2.3.7). What another application is registered for is refused (GPCS 6.4.1). */
uint16_t card_add_implicit(const struct card_image *image, struct card_application *app,
                           const struct scp_parameters *parameters);
/* The application provider identifier in the control reference template (5F20 in B6), which the
 * registry keeps (GPCS 6.5.1.7); `to` stays when there is none. */
uint16_t card_take_provider(const struct scp_parameters *parameters, struct scp_aid *to);

#endif
