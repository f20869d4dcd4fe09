/* The one table of what exists and who may: routes x roles. The matrix test walks it. */
#include "ota-server/api/api.h"
#include "ota-server/api/handlers.h"
#include "ota-server/api/limits.h"

#define ANYONE HTTP_PUBLIC
#define BANK ROLE(BANK)
#define AGENT ROLE(AGENT)
#define OPERATOR ROLE(OPERATOR)
#define AUTHOR ROLE(AUTHOR)
#define APPROVER ROLE(APPROVER)
#define OFFICER ROLE(OFFICER)
#define AUDITOR ROLE(AUDITOR)
#define BUREAU (OPERATOR | AUTHOR | APPROVER | AUDITOR | OFFICER)

#define JSON "application/json"
#define CAP "application/java-archive"
#define YAML "application/yaml"
#define RESPONSES "application/vnd.globalplatform.card-content-mgt-response"

const struct http_route api_routes[] = {
    {"GET", "/healthz", api_healthz, ANYONE, 0, NULL},
    {"GET", "/readyz", api_readyz, ANYONE, 0, NULL},

    {"PUT", "/v1/banks/{bank}", api_bank_put, OPERATOR, API_BODY_MAX, JSON},
    {"GET", "/v1/banks/{bank}", api_bank_get, OPERATOR | BANK | AUDITOR | AUTHOR | APPROVER, 0,
     NULL},
    {"GET", "/v1/banks", api_bank_list, OPERATOR | AUDITOR | AUTHOR | APPROVER, 0, NULL},

    {"PUT", "/v1/banks/{bank}/security-domain", api_domain_put, OPERATOR, API_BODY_MAX, JSON},
    {"GET", "/v1/banks/{bank}/security-domain", api_domain_get, OPERATOR | BANK | AUDITOR, 0, NULL},

    {"PUT", "/v1/banks/{bank}/packages/{aid}", api_package_put, BANK | OPERATOR, API_CAP_MAX, CAP},
    {"GET", "/v1/banks/{bank}/packages", api_package_list, BANK | OPERATOR | AUDITOR, 0, NULL},

    {"PUT", "/v1/banks/{bank}/products/{product}", api_product_put, BANK | OPERATOR, API_BODY_MAX,
     JSON},
    {"POST", "/v1/banks/{bank}/products/{product}/publish", api_product_publish, BANK | OPERATOR, 0,
     NULL},
    {"GET", "/v1/banks/{bank}/products/{product}", api_product_get, BANK | OPERATOR | AUDITOR, 0,
     NULL},
    {"GET", "/v1/banks/{bank}/products", api_product_list, BANK | OPERATOR | AUDITOR, 0, NULL},

    {"POST", "/v1/banks/{bank}/personalisations", api_personalisation_post, BANK, API_BODY_MAX,
     JSON},

    {"POST", "/v1/cards", api_card_post, OPERATOR, API_BODY_MAX, JSON},
    {"POST", "/v1/cards/lookup", api_card_lookup, OPERATOR | BANK, API_BODY_MAX, JSON},
    {"GET", "/v1/cards", api_card_list, OPERATOR | AUDITOR | BANK, 0, NULL},
    {"GET", "/v1/cards/{card}", api_card_get, OPERATOR | AUDITOR | BANK, 0, NULL},
    {"PUT", "/v1/cards/{card}/binding", api_binding_put, BANK | OPERATOR, API_BODY_MAX, JSON},
    {"DELETE", "/v1/cards/{card}/binding", api_binding_delete, OPERATOR, 0, NULL},
    {"POST", "/v1/cards/{card}/operations", api_card_operation_post, BANK | OPERATOR, API_BODY_MAX,
     JSON},
    {"POST", "/v1/cards/{card}/keys", api_card_keys_post, OFFICER, API_BODY_MAX, JSON},
    {"GET", "/v1/cards/{card}/eligibility", api_card_eligibility, BANK | OPERATOR | AUDITOR, 0,
     NULL},
    {"POST", "/v1/cards/{card}/release", api_card_release, OPERATOR, 0, NULL},

    {"GET", "/v1/operations", api_operation_list, OPERATOR | AUDITOR | BANK, 0, NULL},
    {"GET", "/v1/operations/{operation}", api_operation_get, OPERATOR | AUDITOR | BANK, 0, NULL},
    {"GET", "/v1/operations/{operation}/events", api_operation_events, OPERATOR | AUDITOR | BANK, 0,
     NULL},
    {"POST", "/v1/operations/{operation}/cancel", api_operation_cancel, OPERATOR | BANK, 0, NULL},
    {"GET", "/v1/events", api_events, OPERATOR | AUDITOR, 0, NULL},

    {"GET", "/v1/audit", api_audit_list, AUDITOR | OPERATOR, 0, NULL},
    {"GET", "/v1/audit/checkpoint", api_audit_checkpoint, AUDITOR | OPERATOR, 0, NULL},

    {"POST", "/v1/policies", api_policy_post, AUTHOR, API_POLICY_MAX, YAML},
    {"POST", "/v1/policies/{version}/check", api_policy_check, AUTHOR | APPROVER, 0, NULL},
    {"POST", "/v1/policies/{version}/propose", api_policy_propose, AUTHOR, 0, NULL},
    {"POST", "/v1/policies/{version}/approve", api_policy_approve, APPROVER, 0, NULL},
    {"POST", "/v1/policies/{version}/activate", api_policy_activate, APPROVER | OFFICER,
     API_BODY_MAX, JSON},
    {"POST", "/v1/policies/rollback", api_policy_rollback, APPROVER | OFFICER, 0, NULL},
    {"GET", "/v1/policies", api_policy_list, BUREAU, 0, NULL},
    {"GET", "/v1/policies/{version}", api_policy_get, BUREAU, 0, NULL},
    {"GET", "/v1/policies/facts", api_policy_facts, AUTHOR | APPROVER | AUDITOR, 0, NULL},
    {"POST", "/v1/policies/stops", api_stop_post, OFFICER | APPROVER, API_BODY_MAX, JSON},
    {"DELETE", "/v1/policies/stops/{stop}", api_stop_delete, OFFICER | APPROVER, 0, NULL},
    {"GET", "/v1/policies/stops", api_stop_list, BUREAU, 0, NULL},

    {"GET", "/v1/decisions", api_decision_list, BUREAU | BANK, 0, NULL},
    {"GET", "/v1/decisions/{decision}", api_decision_get, BUREAU | BANK, 0, NULL},
    {"GET", "/v1/operations/{operation}/decision", api_operation_decision, BUREAU | BANK, 0, NULL},
    {"POST", "/v1/cards/{card}/confirmations", api_confirmation_post, OPERATOR | APPROVER | OFFICER,
     API_BODY_MAX, JSON},

    {"POST", "/v1/principals", api_principal_post, OFFICER, API_BODY_MAX, JSON},
    {"GET", "/v1/principals", api_principal_list, OFFICER | AUDITOR, 0, NULL},
    {"DELETE", "/v1/principals/{principal}", api_principal_delete, OFFICER, 0, NULL},

    {"GET", "/v1/work", api_work, AGENT, 0, NULL},
    {"POST", "/admin-agent", api_admin_agent, AGENT, 0, NULL},
    {"POST", "/admin-agent/{exchange}", api_admin_agent_exchange, AGENT, API_RESPONSES_MAX,
     RESPONSES},
    {"POST", "/admin-agent/{exchange}/progress", api_admin_agent_progress, AGENT, API_PROGRESS_MAX,
     JSON},
};

const size_t api_route_count = sizeof api_routes / sizeof api_routes[0];
