/* SPDX-License-Identifier: MIT */
/* manifest_fuzz.c - any bytes as a manifest, with its checksums put right: what is taken is written back the same. */
#include "codec/frame.h"
#include "block/manifest.h"
#include "util/check.h"

#include "driver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF bytes = { 0 };
	AUTO_BUF again = { 0 };
	struct manifest manifest, twice;
	size_t frame;

	manifest_decode(data, size, &manifest);
	manifest_fini(&manifest);
	frame_file_header(&bytes, "KYMO-MAN", 1);
	frame = frame_begin(&bytes, 1);
	buf_add(&bytes, data, size);
	CHECK(frame_end(&bytes, frame, 0) == 0, "size=%zu", size);
	if (manifest_decode(bytes.data, bytes.len, &manifest) < 0)
		return 0;
	CHECK(manifest_encode(&manifest, &again) == 0 && manifest_decode(again.data, again.len, &twice) == 0 && twice.n == manifest.n,
	      "n=%u", manifest.n);
	manifest_fini(&manifest);
	manifest_fini(&twice);
	return 0;
}
