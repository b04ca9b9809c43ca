/* SPDX-License-Identifier: MIT */
/*
 * rules.c - in OpenMetrics the text is in one family at a time, and in that in one
 * group, and in that at one time; each ends when the next begins, and is checked then.
 * In the Prometheus format families and series may come in any order.
 */
#include "text/rules.h"

#include <errno.h>
#include <sys/random.h>

int rules_init(struct rules *rules, enum text_format format)
{
	*rules = (struct rules){ .family = MAP_NONE, .last.family = MAP_NONE };
	rules->families.format = format;
	return getrandom(&rules->seed, sizeof rules->seed, GRND_NONBLOCK) == sizeof rules->seed ? 0 : -errno;
}

void rules_fini(struct rules *rules)
{
	families_fini(&rules->families);
	seen_fini(&rules->samples);
	seen_fini(&rules->groups);
	buf_fini(&rules->scratch);
	buf_fini(&rules->last.raw);
}

static struct family *family_at(struct rules *rules, uint32_t family)
{
	return &rules->families.items[family];
}

/* Its name with its NUL, for messages and for labels that are called so; until the next call. */
static const char *name_of(struct rules *rules, uint32_t family)
{
	struct text_slice name = family_at(rules, family)->name;

	buf_clear(&rules->scratch);
	buf_add(&rules->scratch, family_text(&rules->families, name), name.n);
	return buf_text(&rules->scratch) ? (const char *)rules->scratch.data : "";
}

static const char *shown_name(struct rules *rules, uint32_t family, char room[TEXT_SHOWN])
{
	struct text_slice name = family_at(rules, family)->name;

	return text_shown(family_text(&rules->families, name), name.n, room);
}

static enum text_format format_of(const struct rules *rules)
{
	return rules->families.format;
}

static const char *type_name(const struct rules *rules, const struct family *family)
{
	return text_type_name(family->type, format_of(rules));
}

static int new_family(struct rules *rules, struct text_word name, uint32_t line, uint32_t *family)
{
	int r = family_add(&rules->families, name, line);

	*family = rules->families.n - 1;
	return r == -E2BIG ? error_set(rules->err, r, "more than %u metrics", FAMILIES_MOST) : r;
}

/* ---- what belongs to a series ---- */

/* a="b" as it mostly stands; else made so. */
static int label_key(struct rules *rules, const struct text_label *label, struct seen_key *key)
{
	struct text_word name = label->name, value = label->value;
	char *to;

	if (!name.escaped && !value.escaped && value.at == name.at + name.n + 2 && name.at[name.n] == '=') {
		*key = seen_key(name.at, (size_t)(value.at + value.n - name.at), rules->seed);
		return 0;
	}
	buf_clear(&rules->scratch);
	if (!(to = (char *)buf_reserve(&rules->scratch, (size_t)name.n + value.n + 2)))
		return -ENOMEM;
	name.n = text_unescape(name, to);
	memcpy(to + name.n, "=\"", 2);
	value.n = text_unescape(value, to + name.n + 2);
	*key = seen_key(to, (size_t)name.n + value.n + 2, rules->seed);
	return 0;
}

/* Of all labels but `without`. One without a value is as good as not there. */
static int labels_key(struct rules *rules, const struct text_line *line, const struct text_label *without, struct seen_key *all,
		      struct seen_key *others)
{
	struct seen_key key;
	int r = 0;

	*all = *others = (struct seen_key){ 0 };
	for (uint32_t i = 0; i < line->n_labels && r == 0; i++) {
		const struct text_label *label = &line->labels[i];

		if (!label->value.n || (r = label_key(rules, label, &key)) < 0)
			continue;
		seen_join(all, key);
		if (label != without)
			seen_join(others, key);
	}
	return r;
}

/* The series of a family's part. */
static void join_name(const struct rules *rules, uint32_t family, enum text_part part, struct seen_key *key)
{
	uint32_t name[2] = { family, part };

	seen_join(key, seen_key(name, sizeof name, rules->seed));
}

static int stands_twice(struct rules *rules, const struct text_line *line, const char *at)
{
	return text_wrong(rules->err, line_place(line, at), "the same series%s stands further up already",
			  line->time_at ? " at the same time" : "");
}

/* ---- the Prometheus format ---- */

static uint32_t known_family(struct rules *rules, struct text_word name)
{
	return family_owner(&rules->families, name).family;
}

static int own_family(struct rules *rules, struct text_word name, uint32_t line, uint32_t *family)
{
	struct owner owner;
	int r = new_family(rules, name, line, family);

	return r < 0 ? r : family_own(&rules->families, *family, PART_SELF, &owner);
}

/* x_count of a summary x that is declared; not where x_count is itself. */
static int find_family(struct rules *rules, const struct text_line *line, uint32_t *family, enum text_part *part)
{
	static const enum text_part parts[] = { PART_BUCKET, PART_SUM, PART_COUNT };

	*part = PART_SELF;
	*family = known_family(rules, line->name);
	for (size_t i = 0; i < sizeof parts / sizeof *parts && *family == MAP_NONE; i++) {
		struct owner owner = family_of_part(&rules->families, line->name, parts[i]);

		if (owner.family == MAP_NONE ||
		    !(text_type_parts(family_at(rules, owner.family)->type, TEXT_PROMETHEUS) & PART_BIT(parts[i])))
			continue;
		*family = owner.family;
		*part = parts[i];
	}
	if (*family == MAP_NONE)
		return own_family(rules, line->name, line->number, family);
	if (text_type_parts(family_at(rules, *family)->type, TEXT_PROMETHEUS) & PART_BIT(*part))
		return 0;
	return text_wrong(rules->err, line_place(line, line->series),
			  "a histogram has samples called _bucket, _sum and _count, none without");
}

/* Where the first sample of the name, or of what becomes a part, stands; 0: there is none. */
static uint32_t sample_line(struct rules *rules, uint32_t own, enum text_type type)
{
	struct text_slice name = family_at(rules, own)->name;
	uint32_t line = family_at(rules, own)->sample_line;

	for (unsigned i = PART_BUCKET; i <= PART_COUNT && !line; i++) {
		const char *suffix = text_part_suffix(i);
		uint32_t family;

		if (!(text_type_parts(type, TEXT_PROMETHEUS) & PART_BIT(i)))
			continue;
		buf_clear(&rules->scratch);
		buf_add(&rules->scratch, family_text(&rules->families, name), name.n);
		buf_add_text(&rules->scratch, suffix);
		family = known_family(rules, (struct text_word){ (char *)rules->scratch.data, (uint32_t)rules->scratch.len, false });
		if (family != MAP_NONE && !family_at(rules, family)->has_type)
			line = family_at(rules, family)->sample_line;
	}
	return line;
}

static int check_no_samples(struct rules *rules, const struct text_line *line, uint32_t family, enum text_type type)
{
	uint32_t before = sample_line(rules, family, type);
	char room[TEXT_SHOWN];

	if (!before)
		return 0;
	return text_wrong(rules->err, line_place(line, line->begin), "TYPE of %s stands behind a sample of it (line %u)",
			  shown_name(rules, family, room), before);
}

/* Samples in a row mostly have one name. */
static bool same_name(const struct rules *rules, struct text_word name)
{
	return rules->last.family != MAP_NONE && rules->last.raw.len == name.n && rules->last.escaped == name.escaped &&
	       !memcmp(rules->last.raw.data, name.at, name.n);
}

static int keep_name(struct rules *rules, struct text_word name, uint32_t family, enum text_part part)
{
	buf_clear(&rules->last.raw);
	buf_add(&rules->last.raw, name.at, name.n);
	rules->last.escaped = name.escaped;
	rules->last.family = family;
	rules->last.part = part;
	return buf_failed(&rules->last.raw) ? -ENOMEM : 0;
}

static void count_sample(struct rules *rules, const struct text_line *line, uint32_t family, enum text_part part)
{
	struct family *of = family_at(rules, family);

	of->parts |= PART_BIT(part);
	if (!of->sample_line)
		of->sample_line = line->number;
}

static int take_plain_sample(struct rules *rules, const struct text_line *line)
{
	uint32_t family = rules->last.family;
	enum text_part part = rules->last.part;
	struct seen_key key, ignored;
	double le = 0;
	int r = 0;

	if (!same_name(rules, line->name)) {
		if ((r = find_family(rules, line, &family, &part)) < 0 || (r = keep_name(rules, line->name, family, part)) < 0)
			return r;
	}
	count_sample(rules, line, family, part);
	if (part != PART_SELF || family_at(rules, family)->type == TYPE_SUMMARY)
		r = part_check(line, TEXT_PROMETHEUS, "", family_at(rules, family)->type, part, &le, rules->err);
	if (r == 0)
		r = labels_key(rules, line, NULL, &key, &ignored);
	if (r < 0)
		return r;
	join_name(rules, family, part, &key);
	if (line->time_at)
		seen_join(&key, seen_key(&line->time.ms, sizeof line->time.ms, rules->seed));
	r = seen_add(&rules->samples, key);
	return r == 0 ? stands_twice(rules, line, line->series) : r < 0 ? r : 0;
}

/* ---- OpenMetrics: groups ---- */

static bool is_histogram(const struct family *family)
{
	return family->type == TYPE_HISTOGRAM || family->type == TYPE_GAUGE_HISTOGRAM;
}

static int end_time(struct rules *rules)
{
	const struct family *family = family_at(rules, rules->family);
	char room[TEXT_SHOWN];

	seen_forget(&rules->samples);
	return histogram_end(&rules->histogram, rules->histogram.begun ? shown_name(rules, rules->family, room) : "",
			     family->type == TYPE_GAUGE_HISTOGRAM, rules->err);
}

static int end_group(struct rules *rules)
{
	if (!rules->in_group)
		return 0;
	rules->in_group = false;
	return end_time(rules);
}

static int compare_times(const struct text_time *a, const struct text_time *b)
{
	if (a->ms != b->ms)
		return a->ms < b->ms ? -1 : 1;
	if (a->ns != b->ns)
		return a->ns < b->ns ? -1 : 1;
	return (a->seconds > b->seconds) - (a->seconds < b->seconds);
}

static int begin_group(struct rules *rules, const struct text_line *line, struct seen_key group)
{
	int r = end_group(rules);

	if (r < 0)
		return r;
	r = seen_add(&rules->groups, group);
	if (r == 0)
		return text_wrong(rules->err, line_place(line, line->series),
				  "samples of this metric with these labels stand further up already, with others between");
	rules->in_group = true;
	rules->group = group;
	rules->has_time = line->time_at;
	rules->time = line->time;
	return r < 0 ? r : 0;
}

/* *later: at another time than the one before, but within the same millisecond. */
static int go_on(struct rules *rules, const struct text_line *line, bool *within)
{
	bool has_time = line->time_at, info = family_at(rules, rules->family)->type == TYPE_INFO;
	int order;

	if (has_time != rules->has_time)
		return text_wrong(rules->err, line_place(line, has_time ? line->time_at : line->value_at),
				  "some samples of this metric have a time, others have none");
	if (!has_time)
		return 0;
	order = compare_times(&line->time, &rules->time);
	if (order < 0 && !info)
		return text_wrong(rules->err, line_place(line, line->time_at), "the time lies before that of the sample above");
	*within = order && line->time.ms == rules->time.ms;
	rules->time = line->time;
	return order && !*within ? end_time(rules) : 0;
}

static int take_in_group(struct rules *rules, const struct text_line *line, enum text_part part, bool *keep)
{
	const struct family *family = family_at(rules, rules->family);
	const struct text_label *label = part_label(line, name_of(rules, rules->family), family->type, part);
	struct seen_key series, group;
	bool within = false;
	int r = labels_key(rules, line, label, &series, &group);

	if (r < 0)
		return r;
	if (family->type == TYPE_INFO)
		group = (struct seen_key){ 0 };
	r = rules->in_group && seen_equal(group, rules->group) ? go_on(rules, line, &within) : begin_group(rules, line, group);
	if (r < 0)
		return r;
	join_name(rules, rules->family, part, &series);
	r = seen_add(&rules->samples, series);
	if (r == 0 && !within)
		return stands_twice(rules, line, line->series);
	*keep = r > 0;
	rules->left_out += r == 0;
	return r < 0 ? r : 0;
}

/* ---- OpenMetrics: families ---- */

static int clash(struct rules *rules, uint32_t family, enum text_part part, struct owner owner, struct line_place at)
{
	const struct family *other = family_at(rules, owner.family);
	char room[TEXT_SHOWN], name[TEXT_SHOWN];
	const char *suffix = text_part_suffix(part);

	shown_name(rules, family, room);
	shown_name(rules, owner.family, name);
	if (owner.part == PART_SELF && part == PART_SELF && !(text_type_parts(other->type, TEXT_OPENMETRICS) & PART_BIT(PART_SELF)) &&
	    !family_at(rules, family)->has_type)
		return text_wrong(rules->err, at, "%s is of type %s (line %u): its samples are called %s%s", name, type_name(rules, other),
				  other->line, name, other->type == TYPE_COUNTER ? "_total" : other->type == TYPE_INFO ? "_info" : "_bucket");
	if (owner.part == PART_SELF && part == PART_SELF)
		return text_wrong(rules->err, at, "the metric %s stands further up already (line %u), with others between", room, other->line);
	return text_wrong(rules->err, at, "%s%s belongs to the %s %s (line %u)", room, suffix, type_name(rules, other), name, other->line);
}

static int check_unit(struct rules *rules, const struct family *family)
{
	struct text_slice name = family->name, unit = family->unit;
	const char *text = family_text(&rules->families, name), *end = text + name.n;

	if (!unit.n)
		return 0;
	if (family->type == TYPE_INFO || family->type == TYPE_STATESET)
		return text_wrong(rules->err, family->unit_at, "a metric of type %s has no unit", type_name(rules, family));
	if (name.n > unit.n + 1 && end[-1 - (int32_t)unit.n] == '_' &&
	    !memcmp(end - unit.n, family_text(&rules->families, unit), unit.n))
		return 0;
	return text_wrong(rules->err, family->unit_at, "the name of the metric does not end in _%.*s", (int)(unit.n < 60 ? unit.n : 60),
			  family_text(&rules->families, unit));
}

/* From its first sample on, or its end, its names are nobody else's. */
static int own_names(struct rules *rules, struct line_place at)
{
	struct family *family = family_at(rules, rules->family);
	unsigned parts = text_type_parts(family->type, TEXT_OPENMETRICS) | PART_BIT(PART_SELF);
	int r;

	if (rules->owns)
		return 0;
	rules->owns = true;
	if ((r = check_unit(rules, family)) < 0)
		return r;
	for (unsigned i = 0; i < PARTS; i++) {
		struct owner owner;

		if (!(parts & PART_BIT(i)))
			continue;
		r = family_own(&rules->families, rules->family, (enum text_part)i, &owner);
		if (r)
			return r < 0 ? r : clash(rules, rules->family, (enum text_part)i, owner, at);
	}
	return 0;
}

static int end_family(struct rules *rules)
{
	int r;

	if (rules->family == MAP_NONE)
		return 0;
	r = end_group(rules);
	if (r == 0)
		r = own_names(rules, (struct line_place){ family_at(rules, rules->family)->line, 1 });
	seen_forget(&rules->groups);
	rules->last.family = rules->family = MAP_NONE;
	return r;
}

static int begin_family(struct rules *rules, const struct text_line *line)
{
	int r = end_family(rules);

	if (r == 0)
		r = new_family(rules, line->name, line->number, &rules->family);
	rules->owns = false;
	return r;
}

static int find_part(struct rules *rules, const struct text_line *line, enum text_part *part)
{
	int r = 0;

	if (rules->family == MAP_NONE ||
	    !family_has_name(&rules->families, rules->family, line->name,
			     text_type_parts(family_at(rules, rules->family)->type, TEXT_OPENMETRICS), part)) {
		*part = PART_SELF;
		r = begin_family(rules, line);
	}
	if (r == 0)
		r = own_names(rules, line_place(line, line->series));
	return r < 0 ? r : keep_name(rules, line->name, rules->family, *part);
}

static int take_sample(struct rules *rules, const struct text_line *line, bool *keep)
{
	enum text_part part = rules->last.part;
	const struct family *family;
	double le = 0;
	int r = same_name(rules, line->name) ? 0 : find_part(rules, line, &part);

	if (r < 0)
		return r;
	count_sample(rules, line, rules->family, part);
	family = family_at(rules, rules->family);
	r = part_check(line, TEXT_OPENMETRICS, name_of(rules, rules->family), family->type, part, &le, rules->err);
	if (r == 0)
		r = take_in_group(rules, line, part, keep);
	if (r == 0 && *keep && is_histogram(family))
		r = histogram_take(&rules->histogram, line, part, le, rules->err);
	return r;
}

/* ---- HELP, TYPE, UNIT ---- */

static const char *const words[] = { [TEXT_HELP] = "HELP", [TEXT_TYPE] = "TYPE", [TEXT_UNIT] = "UNIT" };

static int once(struct rules *rules, const struct text_line *line, bool *has)
{
	char room[TEXT_SHOWN];

	if (*has)
		return text_wrong(rules->err, line_place(line, line->begin), "a second %s of %s", words[line->kind],
				  text_shown(line->name.at, line->name.n, room));
	*has = true;
	return 0;
}

static int take_type(struct rules *rules, const struct text_line *line, uint32_t family)
{
	enum text_type type;
	char room[TEXT_SHOWN];
	int r;

	if (!text_type_read(line->rest, format_of(rules), &type))
		return text_wrong(rules->err, line_place(line, line->rest.at), "\"%s\" is no type (there are %s)",
				  text_shown(line->rest.at, line->rest.n, room), format_of(rules) == TEXT_OPENMETRICS ?
				  "counter, gauge, histogram, gaugehistogram, summary, info, stateset and unknown" :
				  "counter, gauge, histogram, summary and untyped");
	if (format_of(rules) == TEXT_PROMETHEUS && (r = check_no_samples(rules, line, family, type)) < 0)
		return r;
	family_at(rules, family)->type = type;
	rules->last.family = MAP_NONE;
	return 0;
}

static int take_descriptor(struct rules *rules, const struct text_line *line, uint32_t family)
{
	struct family *of = family_at(rules, family);
	int r = once(rules, line, line->kind == TEXT_HELP ? &of->has_help : line->kind == TEXT_TYPE ? &of->has_type : &of->has_unit);

	if (r < 0)
		return r;
	if (line->kind == TEXT_TYPE)
		return take_type(rules, line, family);
	if (line->kind == TEXT_HELP) {
		of->help = family_keep(&rules->families, line->rest);
	} else {
		of->unit = family_keep(&rules->families, line->rest);
		of->unit_at = line_place(line, line->rest.at);
	}
	return buf_failed(&rules->families.texts) ? -ENOMEM : 0;
}

static int take_plain_metadata(struct rules *rules, const struct text_line *line)
{
	uint32_t family = known_family(rules, line->name);
	int r = family == MAP_NONE ? own_family(rules, line->name, line->number, &family) : 0;

	return r < 0 ? r : take_descriptor(rules, line, family);
}

static int take_metadata(struct rules *rules, const struct text_line *line)
{
	enum text_part part;
	char room[TEXT_SHOWN];
	int r = 0;

	if (rules->family == MAP_NONE || !family_has_name(&rules->families, rules->family, line->name, PART_BIT(PART_SELF), &part))
		r = begin_family(rules, line);
	else if (family_at(rules, rules->family)->sample_line)
		return text_wrong(rules->err, line_place(line, line->begin), "%s of %s stands behind a sample of it (line %u)",
				  words[line->kind], text_shown(line->name.at, line->name.n, room),
				  family_at(rules, rules->family)->sample_line);
	return r < 0 ? r : take_descriptor(rules, line, rules->family);
}

/* ---- a line; the end ---- */

static int take_eof(struct rules *rules)
{
	rules->ended = true;
	return end_family(rules);
}

int rules_take(struct rules *rules, const struct text_line *line, bool *keep, struct error *err)
{
	bool openmetrics = format_of(rules) == TEXT_OPENMETRICS;

	rules->err = err;
	*keep = line->kind == TEXT_SAMPLE;
	switch (line->kind) {
	case TEXT_SAMPLE:
		return openmetrics ? take_sample(rules, line, keep) : take_plain_sample(rules, line);
	case TEXT_HELP:
	case TEXT_TYPE:
	case TEXT_UNIT:
		return openmetrics ? take_metadata(rules, line) : take_plain_metadata(rules, line);
	case TEXT_EOF:
		return take_eof(rules);
	default:
		return 0;
	}
}

int rules_end(struct rules *rules, uint32_t line, struct error *err)
{
	if (format_of(rules) == TEXT_PROMETHEUS || rules->ended)
		return 0;
	return text_wrong(err, (struct line_place){ line, 1 }, "the text ends without # EOF: it is cut");
}
