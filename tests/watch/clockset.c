/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests, loaded before the C library (LD_PRELOAD): a wall clock that is set without touching the machine's. By how
 * many nanoseconds, stands in the file that CLOCKSET_FILE names, eight bytes that may be written at any time. What the
 * kernel stamps packets with is set likewise.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)

static const volatile int64_t *by;

static __attribute__((constructor)) void look_at_file(void)
{
	const char *path = getenv("CLOCKSET_FILE");
	int descriptor = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);

	if (descriptor < 0)
		return;
	void *mapped = mmap(NULL, sizeof *by, PROT_READ, MAP_SHARED, descriptor, 0);
	by = mapped == MAP_FAILED ? NULL : mapped;
	close(descriptor);
}

static void set(time_t *seconds, long *fraction, int64_t units)
{
	int64_t all = *seconds * units + *fraction + (by == NULL ? 0 : *by / (NS_PER_S / units));

	*seconds = all / units;
	*fraction = all % units;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	static int (*real)(clockid_t, struct timespec *);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	int result = real(clock, now);
	if (result == 0 && clock == CLOCK_REALTIME)
		set(&now->tv_sec, &now->tv_nsec, NS_PER_S);
	return result;
}

int pcap_next_ex(pcap_t *capture, struct pcap_pkthdr **header, const u_char **data)
{
	static int (*real)(pcap_t *, struct pcap_pkthdr **, const u_char **);
	/* The packet's own header lies in memory that is the kernel's too. */
	static struct pcap_pkthdr changed;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "pcap_next_ex");
	int result = real(capture, header, data);
	if (result != 1)
		return result;
	changed = **header;
	long fraction = changed.ts.tv_usec;
	set(&changed.ts.tv_sec, &fraction,
	    pcap_get_tstamp_precision(capture) == PCAP_TSTAMP_PRECISION_NANO ? NS_PER_S : 1000000);
	changed.ts.tv_usec = fraction;
	*header = &changed;
	return result;
}
