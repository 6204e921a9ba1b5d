/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/moment.h"

#include <stdio.h>
#include <string.h>

/* Days since the epoch of the civil date, counting years from March so that the leap day is the year's last. */
static int64_t civil_days(int64_t year, unsigned month, unsigned day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t shifted_month = (int64_t)(month + 9) % 12;
	int64_t day_of_year = (153 * shifted_month + 2) / 5 + (int64_t)day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

int64_t civil_seconds(int64_t year, unsigned month, unsigned day, unsigned hour, unsigned minute, unsigned second)
{
	return civil_days(year, month, day) * 86400 + (int64_t)hour * 3600 + (int64_t)minute * 60 + (int64_t)second;
}

static void put_digits(char *text, uint64_t value, unsigned count)
{
	while (count > 0) {
		text[--count] = (char)('0' + value % 10);
		value /= 10;
	}
}

unsigned time_format(time_ns time, unsigned digits, char *text)
{
	int64_t seconds = time / NS_PER_S;
	int64_t fraction = time % NS_PER_S;

	if (fraction < 0) {
		fraction += NS_PER_S;
		seconds--;
	}
	int64_t days = seconds / 86400;
	int64_t of_day = seconds % 86400;
	if (of_day < 0) {
		of_day += 86400;
		days--;
	}

	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t day_of_era = z - era * 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t shifted_month = (5 * day_of_year + 2) / 153;
	uint64_t day = (uint64_t)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
	uint64_t month = (uint64_t)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
	/* A signed 64-bit count of nanoseconds stays between the years 1677 and 2262: four digits always. */
	uint64_t year = (uint64_t)(year_of_era + era * 400 + (month <= 2 ? 1 : 0));

	memcpy(text, "0000-00-00T00:00:00", 19);
	put_digits(text, year, 4);
	put_digits(text + 5, month, 2);
	put_digits(text + 8, day, 2);
	put_digits(text + 11, (uint64_t)of_day / 3600, 2);
	put_digits(text + 14, (uint64_t)of_day / 60 % 60, 2);
	put_digits(text + 17, (uint64_t)of_day % 60, 2);
	unsigned length = 19;
	if (digits > 0) {
		text[length++] = '.';
		put_digits(text + length, (uint64_t)(digits >= 9 ? fraction : fraction / 1000), digits >= 9 ? 9 : 6);
		length += digits >= 9 ? 9 : 6;
	}
	text[length++] = 'Z';
	text[length] = '\0';
	return length;
}
