/* Threads that serve cards, up to a number at a time. Used from main's thread alone. */
#ifndef AGENT_RELAY_JOBS_H
#define AGENT_RELAY_JOBS_H

#include "agent/relay/agent.h"

struct agent_job;
struct agent_reporter;

struct agent_jobs {
    const struct agent_setup *setup; /* borrowed */
    struct agent_job **items;        /* setup->contacts places */
    size_t running;
    struct agent_reporter **idle; /* as many places: kept from card to card */
    size_t idle_count;
    int wake_fd; /* readable when a job has ended */
};

/* NO_MEMORY, SYSTEM. */
SCP_MUST_USE enum agent_error agent_jobs_init(struct agent_jobs *jobs,
                                              const struct agent_setup *setup);
/* Wait for the running jobs, then free; takes a zeroed struct. */
void agent_jobs_fini(struct agent_jobs *jobs);

bool agent_jobs_full(const struct agent_jobs *jobs);
/* Serve a card; it must outlive the job. NO_MEMORY, SYSTEM. */
SCP_MUST_USE enum agent_error agent_jobs_start(struct agent_jobs *jobs, struct agent_card *card);
/* A job that has ended: its card and result. False when there is none. */
bool agent_jobs_reap(struct agent_jobs *jobs, struct agent_card **card, enum agent_error *result);

#endif
