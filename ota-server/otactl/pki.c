/* A development PKI: an authority, and certificates for the server and for each kind of principal.
 * For production the certificates come from the operator's own authority. */
#include "ota-server/otactl/certificate.h"
#include "ota-server/otactl/resources.h"
#include "scp/host/text.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

enum { PEM_FILE_MAX = 64 * 1024, CA_DAYS = 3650, LEAF_DAYS = 825 };

static const char ca_name[] = "ca";

/* What `pki init` makes beside the authority. */
static const struct certificate_request leaves[] = {
    {.name = "server", .host = "localhost"},
    {.name = "operator", .uri = "rebind:operator/operator"},
    {.name = "author", .uri = "rebind:author/author"},
    {.name = "approver", .uri = "rebind:approver/approver"},
    {.name = "officer", .uri = "rebind:officer/officer"},
    {.name = "auditor", .uri = "rebind:auditor/auditor"},
    {.name = "agent", .uri = "rebind:agent/agent"},
    {.name = "bank-a", .uri = "rebind:bank/bank-a"},
    {.name = "bank-b", .uri = "rebind:bank/bank-b"},
};

enum { LEAVES = sizeof leaves / sizeof leaves[0] };

/* ---- files -------------------------------------------------------------------------------- */

/* DIR/NAME.SUFFIX; the caller frees it. */
static struct rebind_text file_name(const char *dir, const char *name, const char *suffix)
{
    struct rebind_text path = rebind_text_new(PATH_MAX);
    rebind_text_addf(&path, "%s/%s.%s", dir, name, suffix);
    return path;
}

static bool exists(const char *dir, const char *name, const char *suffix)
{
    struct rebind_text path = file_name(dir, name, suffix);
    bool there = access(rebind_text_string(&path), F_OK) == 0;
    rebind_text_free(&path);
    return there;
}

/* Refuse what is there before anything is written. */
static enum scp_error check_free(const char *dir, const char *name, struct rebind_problem *problem)
{
    if (!exists(dir, name, "crt") && !exists(dir, name, "key"))
        return SCP_OK;
    return rebind_problem_set(problem, SCP_DUPLICATE,
                              "%s/%s.crt or its key exists and is not overwritten", dir, name);
}

/* The key first: a certificate without its key is of no use. */
static enum scp_error write_pair(const char *dir, const char *name,
                                 const struct certificate_pair *pair,
                                 struct rebind_problem *problem)
{
    struct rebind_text key = file_name(dir, name, "key");
    struct rebind_text crt = file_name(dir, name, "crt");
    enum scp_error error =
        rebind_file_create(rebind_text_string(&key), rebind_blob_bytes(&pair->key), 0600, problem);
    if (error == SCP_OK) {
        error = rebind_file_create(rebind_text_string(&crt), rebind_blob_bytes(&pair->certificate),
                                   0644, problem);
        if (error != SCP_OK)
            (void)unlink(rebind_text_string(&key));
    }
    rebind_text_free(&key);
    rebind_text_free(&crt);
    return error;
}

static enum scp_error read_authority(const char *dir, struct certificate_pair *pair,
                                     struct rebind_problem *problem)
{
    struct rebind_text key = file_name(dir, ca_name, "key");
    struct rebind_text crt = file_name(dir, ca_name, "crt");
    memset(pair, 0, sizeof *pair);
    enum scp_error error =
        rebind_file_read_private(rebind_text_string(&key), PEM_FILE_MAX, &pair->key, problem);
    if (error == SCP_OK)
        error =
            rebind_file_read(rebind_text_string(&crt), PEM_FILE_MAX, &pair->certificate, problem);
    rebind_text_free(&key);
    rebind_text_free(&crt);
    if (error != SCP_OK)
        certificate_pair_free(pair);
    return error;
}

/* ---- making ------------------------------------------------------------------------------- */

static enum scp_error make_leaf(const struct otactl *ctl, const char *dir,
                                const struct certificate_pair *authority,
                                const struct certificate_request *request,
                                struct rebind_problem *problem)
{
    struct certificate_pair pair;
    enum scp_error error = certificate_issue(ctl->env, authority, request, &pair, problem);
    if (error == SCP_OK)
        error = write_pair(dir, request->name, &pair, problem);
    certificate_pair_free(&pair);
    if (error == SCP_OK)
        (void)fprintf(ctl->out, "%s/%s.crt  %s\n", dir, request->name,
                      request->uri != NULL ? request->uri : request->host);
    return error;
}

static enum scp_error make_leaves(const struct otactl *ctl, const char *dir, unsigned days,
                                  const struct certificate_pair *authority,
                                  struct rebind_problem *problem)
{
    for (size_t i = 0; i < LEAVES; i++) {
        struct certificate_request request = leaves[i];
        request.days = days;
        SCP_TRY(make_leaf(ctl, dir, authority, &request, problem));
    }
    return SCP_OK;
}

static enum scp_error make_all(const struct otactl *ctl, const char *dir, unsigned days,
                               struct rebind_problem *problem)
{
    SCP_TRY(rebind_make_dirs(dir, 0700, problem));
    SCP_TRY(check_free(dir, ca_name, problem));
    for (size_t i = 0; i < LEAVES; i++)
        SCP_TRY(check_free(dir, leaves[i].name, problem));
    struct certificate_pair authority;
    SCP_TRY(
        certificate_authority_new(ctl->env, "Rebind development CA", CA_DAYS, &authority, problem));
    enum scp_error error = write_pair(dir, ca_name, &authority, problem);
    if (error == SCP_OK) {
        (void)fprintf(ctl->out, "%s/%s.crt  the authority\n", dir, ca_name);
        error = make_leaves(ctl, dir, days, &authority, problem);
    }
    certificate_pair_free(&authority);
    return error;
}

/* ---- commands ----------------------------------------------------------------------------- */

static enum scp_error read_days(const struct otactl_arguments *args, unsigned *days,
                                struct rebind_problem *problem)
{
    uint64_t number = LEAF_DAYS;
    const char *text = args->option[OTACTL_DAYS];
    if (text != NULL &&
        (rebind_number_parse(text, CERTIFICATE_DAYS_MAX, &number) != SCP_OK || number == 0))
        return rebind_problem_set(problem, SCP_OUT_OF_RANGE, "--days is a number from 1 to %d",
                                  CERTIFICATE_DAYS_MAX);
    *days = (unsigned)number;
    return SCP_OK;
}

static enum otactl_exit run_init(struct otactl *ctl, const struct otactl_command *command,
                                 const struct otactl_arguments *args)
{
    struct rebind_problem problem = {""};
    unsigned days = 0;
    (void)command;
    if (read_days(args, &days, &problem) != SCP_OK)
        return otactl_complain(ctl, OTACTL_USAGE, "%s", problem.text);
    if (make_all(ctl, args->option[OTACTL_OUT], days, &problem) != SCP_OK)
        return otactl_complain(ctl, OTACTL_FAILED, "%s", problem.text);
    return OTACTL_OK;
}

/* A name that is a file's and stays in its folder. */
static bool is_file_name(const char *name)
{
    return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL;
}

static enum scp_error issue(const struct otactl *ctl, const struct otactl_arguments *args,
                            const struct certificate_request *request,
                            struct rebind_problem *problem)
{
    const char *dir = args->option[OTACTL_DIR];
    struct certificate_pair authority;
    SCP_TRY(check_free(dir, request->name, problem));
    SCP_TRY(read_authority(dir, &authority, problem));
    enum scp_error error = make_leaf(ctl, dir, &authority, request, problem);
    certificate_pair_free(&authority);
    return error;
}

static enum otactl_exit run_issue(struct otactl *ctl, const struct otactl_command *command,
                                  const struct otactl_arguments *args)
{
    struct rebind_problem problem = {""};
    struct certificate_request request = {
        .name = args->option[OTACTL_NAME],
        .uri = args->option[OTACTL_URI],
        .host = args->option[OTACTL_HOST],
    };
    (void)command;
    if (read_days(args, &request.days, &problem) != SCP_OK)
        return otactl_complain(ctl, OTACTL_USAGE, "%s", problem.text);
    if (!is_file_name(request.name))
        return otactl_complain(ctl, OTACTL_USAGE, "--name cannot be the name of a file");
    if (request.uri == NULL && request.host == NULL)
        return otactl_complain(ctl, OTACTL_USAGE, "give --uri, or --host for a server");
    if (issue(ctl, args, &request, &problem) != SCP_OK)
        return otactl_complain(ctl, OTACTL_FAILED, "%s", problem.text);
    return OTACTL_OK;
}

static const struct otactl_command commands[] = {
    {
        .verb = "init",
        .args = "",
        .summary = "make a development CA and certificates",
        .details = "Makes ca, server (localhost), operator, author, approver, officer, auditor,\n"
                   "agent, bank-a and bank-b: NAME.crt and NAME.key, the keys with mode 600.\n"
                   "Nothing is ever overwritten.\n\n"
                   "  otactl pki init --out pki",
        .options = OTACTL_BIT(OTACTL_OUT) | OTACTL_BIT(OTACTL_DAYS),
        .needs = OTACTL_BIT(OTACTL_OUT),
        .run = run_init,
    },
    {
        .verb = "issue",
        .args = "",
        .summary = "make one more certificate",
        .details = "  otactl pki issue --dir pki --name alice --uri rebind:operator/alice\n"
                   "  otactl pki issue --dir pki --name edge --host ota.example.org --days 90",
        .options = OTACTL_BIT(OTACTL_DIR) | OTACTL_BIT(OTACTL_NAME) | OTACTL_BIT(OTACTL_URI) |
                   OTACTL_BIT(OTACTL_HOST) | OTACTL_BIT(OTACTL_DAYS),
        .needs = OTACTL_BIT(OTACTL_DIR) | OTACTL_BIT(OTACTL_NAME),
        .run = run_issue,
    },
};

const struct otactl_resource otactl_resource_pki = {
    .name = "pki",
    .summary = "certificates for development",
    OTACTL_ROWS(commands),
};
