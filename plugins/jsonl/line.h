/* SPDX-License-Identifier: MIT */
/*
 * line.h - one point of a batch as one JSON object on a line.
 *
 *	{"at":1700000000000,"name":"a.b","labels":{"k":"v"},"value":1.5}
 *	{"at":...,"name":...,"labels":{},"value":null,"stale":true}
 *	{"at":...,"name":...,"labels":{},"value":0,"reset":true}
 *
 * and for a window, that is, the record of a tier or a distribution in raw:
 *
 *	{"start":...,"end":...,"name":...,"labels":{...},"count":60,"sum":...,
 *	 "min":...,"max":...,"first":...,"last":...,"correction":...,
 *	 "first_at":...,"last_at":...,"ended":true,
 *	 "sketch":{"schema":5,"zeros":0,"nans":0,"positive":[[i,count],...],
 *	 "negative":[[i,count],...],"+Inf":1,"-Inf":1}}
 *
 * Times are milliseconds since 1970. Numbers that JSON has no form for are the
 * strings "NaN", "+Inf" and "-Inf". "ended", "sketch" and "+Inf" and "-Inf" in
 * it stand only where there is something to say. Bucket i of schema n holds
 * gamma^(i-1) < v <= gamma^i, gamma = 2^(2^-n).
 */
#ifndef JSONL_LINE_H
#define JSONL_LINE_H

#include <kymo/metric.h>

#include "text.h"

/* With its newline. */
void line_add(struct text *text, const struct kymo_point *point);

#endif
