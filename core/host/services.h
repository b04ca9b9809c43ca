/* SPDX-License-Identifier: MIT */
/* services.h - struct kymo_host for one instance: how the plugin reaches the host. */
#ifndef HOST_SERVICES_H
#define HOST_SERVICES_H

#include "host/instance.h"

/* For the instance that is built in: gives the struct host. */
#define SERVICES_HOST "kymo.host/0"

struct services *services_create(struct instance *instance);	/* NULL: out of memory */
void services_destroy(struct services *services);	/* NULL is fine */
const struct kymo_host *services_table(struct services *services);

/*
 * Where reject() puts its reasons while the plugin looks at `values`; NULL: nowhere,
 * they are only logged.
 */
void services_judge(struct services *services, const struct schema_values *values, struct error *err);

#endif
