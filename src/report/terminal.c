/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/terminal.h"

void report_terminal(FILE *out, const struct analysis *analysis, unsigned verbose)
{
	(void)verbose;
	fprintf(out, "%zu failures\n", analysis->failure_count);
	for (size_t i = 0; i < analysis->findings.count; i++)
		fprintf(out, "%s\n", analysis->findings.findings[i].statement);
}
