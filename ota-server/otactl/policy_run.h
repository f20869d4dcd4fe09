/* Policies tried on the server's whole card base, by the evaluator of ota-policy. */
#ifndef OTA_SERVER_OTACTL_POLICY_RUN_H
#define OTA_SERVER_OTACTL_POLICY_RUN_H

#include "ota-server/otactl/command.h"

/* Write the facts of every card with every product that it could get, a line each. */
enum otactl_exit otactl_run_facts(struct otactl *ctl, const struct otactl_command *command,
                                  const struct otactl_arguments *args);
/* One version, or two, over these facts as they come: memory is bounded, whatever their number. */
enum otactl_exit otactl_run_simulate(struct otactl *ctl, const struct otactl_command *command,
                                     const struct otactl_arguments *args);

#endif
