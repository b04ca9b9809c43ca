/* SPDX-License-Identifier: MIT */
/*
 * remote_test.c - remote write while memory runs out, and while the disk is full:
 * what is answered with success is there after a sudden end.
 */
#include "fault/fault.h"
#include "remote/read_request.h"
#include "wire.h"

#include <errno.h>

enum { SERIES = 20 };

static struct folder folder;
static struct receiver *receiver;

static void quiet(void *data, enum log_level level, enum log_topic topic, const char *text)
{
	(void)data, (void)level, (void)topic, (void)text;
}

static int make(void **state)
{
	static const struct receiver_limits limits = { { 64, 256, 4096 }, 1000, 1 << 20 };

	(void)state;
	log_set_writer(quiet, NULL);
	folder_make(&folder);
	folder_open(&folder);
	receiver = receiver_create(folder.store, &limits);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	fault_off();
	receiver_destroy(receiver);
	folder_remove(&folder);
	return 0;
}

/* One sample of each series, new ones with each `name`, and metadata. */
static void pack(const char *name, kymo_ms at, struct buf *packed)
{
	AUTO_BUF request = { 0 };
	char labels[64];

	for (int i = 0; i < SERIES; i++) {
		snprintf(labels, sizeof labels, "__name__=%s,i=%d", name, i);
		wire_one(&request, labels, at, i);
	}
	wire_metadata(&request, 2, name, "Help.", "");
	wire_pack(&request, packed);
}

static int send(const char *name, kymo_ms at)
{
	AUTO_BUF packed = { 0 };

	pack(name, at, &packed);
	return receiver_write(receiver, packed.data, packed.len, NULL);
}

static void memory_runs_out(void **state)
{
	(void)state;
	for (unsigned n = 1;; n++) {
		AUTO_BUF packed = { 0 };
		char name[16];
		int r;

		snprintf(name, sizeof name, "m%u", n);
		pack(name, T0 + n, &packed);
		fault_at(FAULT_MEMORY, n, ENOMEM);
		r = receiver_write(receiver, packed.data, packed.len, NULL);
		if (!fault_off()) {
			assert_int_equal(r, 0);
			break;
		}
		if (r != 0 && r != -ENOMEM)
			fail_msg("call %u: %d", n, r);
		r = send(name, T0 + n);
		if (r == -EIO) {		/* stored, but there was no memory to log it */
			flush(folder.store);
			r = send(name, T0 + n);
		}
		if (r != 0)
			fail_msg("again after call %u: %d", n, r);
	}
}

static void write_text(const char *name, struct buf *text)
{
	buf_printf(text, "# TYPE %s counter\n# HELP %s Help.\n", name, name);
	for (int i = 0; i < SERIES; i++)
		buf_printf(text, "%s_total{i=\"%d\",b=\"\\n\"} %d # {} 1\n", name, i, i);
	buf_add_text(text, "# EOF\n");
}

static int import(enum packing packing, const struct buf *body, kymo_ms at)
{
	const struct label extra = { "job", "x", 3, 1 };
	const struct text_import how = { TEXT_OPENMETRICS, packing, at, 1, &extra };

	return receiver_import(receiver, &how, body->data, body->len, NULL);
}

static void memory_runs_out_in_a_text(void **state)
{
	(void)state;
	for (unsigned n = 1;; n++) {
		AUTO_BUF text = { 0 };
		char name[16];
		int r;

		snprintf(name, sizeof name, "t%u", n);
		write_text(name, &text);
		fault_at(FAULT_MEMORY, n, ENOMEM);
		r = import(PACKED_NOT, &text, T0 + n);
		if (!fault_off()) {
			assert_int_equal(r, 0);
			break;
		}
		if (r != 0 && r != -ENOMEM)
			fail_msg("call %u: %d", n, r);
		r = import(PACKED_NOT, &text, T0 + n);
		if (r == -EIO) {		/* stored, but there was no memory to log it */
			flush(folder.store);
			r = import(PACKED_NOT, &text, T0 + n);
		}
		if (r != 0)
			fail_msg("again after call %u: %d", n, r);
	}
}

static void memory_runs_out_in_unpacking(void **state)
{
	static const uint8_t gzip[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0x4b, 0x54, 0x30, 0xe4, 2, 0, 0x36, 0xe7, 0x1b, 0xbc, 4, 0, 0, 0 };
	AUTO_BUF out = { 0 };
	int r = -ENOMEM;

	(void)state;
	for (unsigned n = 1; r == -ENOMEM; n++) {
		buf_fini(&out);
		fault_at(FAULT_MEMORY, n, ENOMEM);
		r = unpack(PACKED_GZIP, gzip, sizeof gzip, 100, &out, NULL);
		if (!fault_off())
			assert_int_equal(r, 0);
	}
	assert_int_equal(r, 0);
	assert_int_equal(out.len, 4);
}

static void who_sends_again_is_told_until_it_is_safe(void **state)
{
	struct receiver_stats stats;

	(void)state;
	assert_int_equal(send("a", T0), 0);
	assert_int_equal(send("a", T0), 0);
	fault_from(FAULT_WRITES, 1, ENOSPC);
	assert_int_equal(send("a", T0 + 1000), -ENOSPC);
	assert_true(send("a", T0 + 1000) < 0);
	assert_true(fault_off());
	assert_int_equal(send("a", T0 + 1000), -EIO);	/* it is there, but still only in memory */
	flush(folder.store);
	assert_int_equal(send("a", T0 + 1000), 0);
	assert_int_equal(send("a", T0 + 2000), 0);
	receiver_stats(receiver, &stats);
	assert_int_equal(stats.requests_refused, 0);
	assert_int_equal(stats.stored, 3 * SERIES);
}

static void put_matcher(struct buf *query, uint64_t type, const char *name, const char *value)
{
	AUTO_BUF matcher = { 0 };

	wire_varint(&matcher, 1, type);
	wire_bytes(&matcher, 2, name, strlen(name));
	wire_bytes(&matcher, 3, value, strlen(value));
	wire_bytes(query, 3, matcher.data, matcher.len);
}

/* A request to read: all of it is understood, or memory was short. */
static void memory_runs_out_while_a_request_is_read(void **state)
{
	AUTO_BUF body = { 0 }, query = { 0 };

	(void)state;
	wire_varint(&query, 2, 5);
	put_matcher(&query, 0, "__name__", "up");
	put_matcher(&query, 2, "job", "a.*|b");
	wire_bytes(&body, 1, query.data, query.len);
	wire_bytes(&body, 1, query.data, query.len);
	for (unsigned n = 1;; n++) {
		struct read_request request = { 0 };
		struct error err = { 0 };
		int r;

		fault_at(FAULT_MEMORY, n, ENOMEM);
		r = read_request_read(&request, body.data, body.len, &err);
		if (!fault_off()) {
			assert_int_equal(r, 0);
			assert_int_equal(request.n, 2);
			read_request_fini(&request);
			break;
		}
		if (r != -ENOMEM && r != 0)
			fail_msg("call %u: %d (%s)", n, r, error_text(&err));
		read_request_fini(&request);
		error_clear(&err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_runs_out_while_a_request_is_read),
		cmocka_unit_test_setup_teardown(memory_runs_out, make, clean),
		cmocka_unit_test_setup_teardown(memory_runs_out_in_a_text, make, clean),
		cmocka_unit_test(memory_runs_out_in_unpacking),
		cmocka_unit_test_setup_teardown(who_sends_again_is_told_until_it_is_safe, make, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
