/* SPDX-License-Identifier: MIT */
/* plugin.cc - a collector in C++, 11 and 17: members in their order, no designated initialisers. */
#include <kymo/plugin.h>

#include <new>

namespace {

struct counter {
	const kymo_host *host;
	double value;
};

const kymo_metric metrics[] = {
	{ "cxx.value", KYMO_COUNTER, KYMO_FROM_ZERO, "", "Counts its collects.", nullptr },
};

int create(const kymo_host *host, const kymo_value *, void **instance)
{
	*instance = new (std::nothrow) counter{ host, 0 };
	return *instance ? 0 : -12;
}

void destroy(void *instance)
{
	delete static_cast<counter *>(instance);
}

int collect(void *instance, kymo_batch *batch)
{
	counter *self = static_cast<counter *>(instance);

	kymo_emit(self->host, batch, 0, ++self->value);
	return 0;
}

}

KYMO_PLUGIN = {
	KYMO_PLUGIN_HEAD,
	"cxx", "1.0", "A counter in C++.",
	nullptr, metrics, 0, 1,
	{ nullptr, nullptr, 0 },
	nullptr, 0,
	create, nullptr, nullptr, destroy,
	collect, nullptr, nullptr,
	nullptr, nullptr, nullptr, nullptr,
};
