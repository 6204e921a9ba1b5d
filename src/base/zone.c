/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/zone.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static bool parse_offset(const char *zone, int32_t *seconds)
{
	int sign = *zone == '-' ? -1 : 1;
	int digits[4];
	size_t count = 0;

	if (*zone != '+' && *zone != '-')
		return false;
	for (zone++; *zone != '\0'; zone++) {
		if (*zone == ':' && (count == 1 || count == 2))
			continue;
		if (!isdigit((unsigned char)*zone) || count == 4)
			return false;
		digits[count++] = *zone - '0';
	}
	int hours = count == 1 || count == 3 ? digits[0] : count == 0 ? 99 : digits[0] * 10 + digits[1];
	int minutes = count == 3 ? digits[1] * 10 + digits[2] : count == 4 ? digits[2] * 10 + digits[3] : 0;
	if (hours > 14 || minutes > 59)
		return false;
	*seconds = sign * (hours * 3600 + minutes * 60);
	return true;
}

/*
 * The zone that the C library has loaded, which is as much a matter of the whole process as is its own state. It is
 * read once, and not given up for the next question: a confined program could not read it again.
 */
static char loaded[256];

/* Only names that the database has: the C library takes an unknown one for UTC without a word. */
static bool is_in_database(const char *zone)
{
	char path[256];

	if (zone[0] == '\0' || zone[0] == '/' || zone[0] == '.' || strstr(zone, "..") != NULL)
		return false;
	int length = snprintf(path, sizeof path, "%s/%s", ZONE_DATABASE, zone);
	return length > 0 && (size_t)length < sizeof path && access(path, R_OK) == 0;
}

static bool load(const char *zone)
{
	if (strcmp(zone, loaded) == 0)
		return true;
	if (!is_in_database(zone) || strlen(zone) >= sizeof loaded)
		return false;
	memcpy(loaded, zone, strlen(zone) + 1);
	setenv("TZ", zone, 1);
	tzset();
	return true;
}

bool zone_offset(const char *zone, time_ns at, int32_t *seconds)
{
	if (strcmp(zone, "UTC") == 0 || strcmp(zone, "Z") == 0) {
		*seconds = 0;
		return true;
	}
	if (parse_offset(zone, seconds))
		return true;
	if (!load(zone))
		return false;
	struct tm local;
	time_t when = (time_t)(at / NS_PER_S);
	if (localtime_r(&when, &local) == NULL)
		return false;
	*seconds = (int32_t)local.tm_gmtoff;
	return true;
}
