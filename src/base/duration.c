/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/duration.h"

#include <inttypes.h>
#include <stdio.h>

void duration_format(int64_t us, char *text)
{
	if (us < 1000)
		snprintf(text, DURATION_TEXT_SIZE, "%" PRId64 " µs", us);
	else if (us < 1000000)
		snprintf(text, DURATION_TEXT_SIZE, "%.1f ms", (double)us / 1e3);
	else if (us < 600000000)
		snprintf(text, DURATION_TEXT_SIZE, "%.3f s", (double)us / 1e6);
	else
		snprintf(text, DURATION_TEXT_SIZE, "%" PRId64 " min %" PRId64 " s", us / 60000000, us / 1000000 % 60);
}
