/* Every handler, by the file that holds it. The table in routes.c is the only user. */
#ifndef OTA_SERVER_API_HANDLERS_H
#define OTA_SERVER_API_HANDLERS_H

#include "ota-server/http/router.h"

/* health.c */
http_handler_fn api_healthz, api_readyz;
/* banks.c */
http_handler_fn api_bank_put, api_bank_get, api_bank_list;
/* domains.c */
http_handler_fn api_domain_put, api_domain_get;
/* packages.c */
http_handler_fn api_package_put, api_package_list;
/* products.c */
http_handler_fn api_product_put, api_product_publish, api_product_get, api_product_list;
/* personalisations.c */
http_handler_fn api_personalisation_post;
/* cards.c */
http_handler_fn api_card_post, api_card_lookup, api_card_get, api_card_list, api_card_release;
/* orders.c */
http_handler_fn api_binding_put, api_binding_delete, api_card_operation_post, api_operation_cancel;
/* rekeys.c */
http_handler_fn api_card_keys_post;
/* eligibility.c */
http_handler_fn api_card_eligibility;
/* operations.c */
http_handler_fn api_operation_get, api_operation_list, api_operation_events, api_events;
/* audit.c */
http_handler_fn api_audit_list, api_audit_checkpoint;
/* policies.c */
http_handler_fn api_policy_post, api_policy_check, api_policy_propose, api_policy_approve;
http_handler_fn api_policy_activate, api_policy_rollback, api_policy_get, api_policy_list;
/* policy_facts.c */
http_handler_fn api_policy_facts;
/* stops.c */
http_handler_fn api_stop_post, api_stop_delete, api_stop_list;
/* decisions.c */
http_handler_fn api_decision_get, api_decision_list, api_operation_decision;
/* confirmations.c */
http_handler_fn api_confirmation_post;
/* principals.c */
http_handler_fn api_principal_post, api_principal_list, api_principal_delete;
/* agents.c */
http_handler_fn api_work, api_admin_agent, api_admin_agent_exchange, api_admin_agent_progress;

#endif
