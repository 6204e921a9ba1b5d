/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a confined program can't do any more. Each test confines a child, which tells by its exit status what happened,
 * because there is no way back.
 */
#include "confine/confine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#ifdef MTASCOPE_SANITIZE
static const bool sanitized = true;
#else
static const bool sanitized = false;
#endif

enum { FAILED_CHECK = 1, NOT_CONFINED = 101, CONFINED_IN_PART = 102 };

/* The child's own /proc/self/status, opened before it was confined. */
static int status_file = -1;

static char folder[] = "/tmp/mtascope-confine-XXXXXX";
static char outside[] = "/tmp/mtascope-outside-XXXXXX";
static char named[64], other[64];

/* In a confined child. Says which check fails first. */
#define CHECK(condition)                                                                                               \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			dprintf(STDERR_FILENO, "line %d: %s: %s\n", __LINE__, #condition, strerror(errno));            \
			_exit(FAILED_CHECK);                                                                           \
		}                                                                                                      \
	} while (0)

#define REFUSED(call) CHECK((errno = 0, (long)(call)) == -1 && (errno == EPERM || errno == EACCES))

static int run(const struct confine_plan *plan, void (*child)(void))
{
	int status;

	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char says[CONFINE_SAYS];
		status_file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
		enum confined confined = confine(plan, says);
		if (confined != CONFINED)
			fprintf(stderr, "%s\n", says);
		if (confined == CONFINED_NOT)
			_exit(NOT_CONFINED);
		if (confined == CONFINED_PARTLY)
			_exit(CONFINED_IN_PART);
		child();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void run_whole(const struct confine_plan *plan, void (*child)(void))
{
	if (sanitized) {
		print_message("skipped: AddressSanitizer's leak check needs what is given up here\n");
		skip();
	}
	int status = run(plan, child);
	if (status == CONFINED_IN_PART) {
		print_message("skipped: this kernel lacks Landlock or seccomp\n");
		skip();
	}
	assert_int_equal(status, 0);
}

static void refuses_all_but_what_is_open(void)
{
	char *arguments[] = {(char *)"/bin/true", NULL};
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_port = htons(1), .sin_addr.s_addr = htonl(0x7f000001)};
	char byte = 0;
	struct iovec piece = {&byte, 1};

	REFUSED(socket(AF_INET, SOCK_STREAM, 0));
	REFUSED(socket(AF_INET6, SOCK_DGRAM, 0));
	REFUSED(socket(AF_UNIX, SOCK_STREAM, 0));
	REFUSED(socket(AF_NETLINK, SOCK_RAW, 0));
	REFUSED(socket(AF_PACKET, SOCK_RAW, 0));
	REFUSED(socketpair(AF_UNIX, SOCK_STREAM, 0, (int[2]){0}));
	REFUSED(connect(STDIN_FILENO, (struct sockaddr *)&address, sizeof address));
	REFUSED(bind(STDIN_FILENO, (struct sockaddr *)&address, sizeof address));
	REFUSED(execve("/bin/true", arguments, NULL));
	REFUSED(fork());
	REFUSED(syscall(SYS_clone3, NULL, 0));
	REFUSED(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
	REFUSED(kill(getppid(), 0));
	REFUSED(process_vm_readv(getppid(), &piece, 1, &piece, 1, 0));
	REFUSED(setuid(0));
	REFUSED(mkdir("/tmp/mtascope-never", 0700));
	REFUSED(unlink(named));
	REFUSED(rename(named, other));
	REFUSED(symlink(named, "/tmp/mtascope-never"));
	REFUSED(chmod(named, 0777));
	REFUSED(chdir("/"));
	REFUSED(memfd_create("never", 0));
	REFUSED(syscall(SYS_io_uring_setup, 1, NULL));
	REFUSED(syscall(SYS_bpf, 0, NULL, 0));
	REFUSED(syscall(SYS_userfaultfd, 0));
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	/* The time, memory and what is open are as they were. */
	CHECK(write(STDERR_FILENO, "", 0) == 0);
	void *memory = malloc(1 << 24);
	CHECK(memory != NULL);
	free(memory);
}

static void refuses_every_file(void)
{
	REFUSED(open(named, O_RDONLY));
	REFUSED(open("/etc/passwd", O_RDONLY));
	REFUSED(open("/", O_PATH));
	REFUSED(open("/tmp", O_TMPFILE | O_RDWR, 0600));
	REFUSED(open(other, O_WRONLY | O_CREAT, 0600));
	REFUSED(syscall(SYS_openat2, AT_FDCWD, named, NULL, 0));
	REFUSED(access(named, R_OK));
	refuses_all_but_what_is_open();
}

static void nothing_is_left(void **state)
{
	const struct confine_plan plan = {0};

	(void)state;
	run_whole(&plan, refuses_every_file);
}

static void reads_the_named_file(void)
{
	char byte;
	int file = open(named, O_RDONLY | O_CLOEXEC);

	CHECK(file >= 0 && read(file, &byte, 1) == 1 && byte == 'x');
	CHECK(close(file) == 0);
	REFUSED(open(named, O_RDWR));
	REFUSED(open(named, O_WRONLY | O_TRUNC));
	REFUSED(open(other, O_RDONLY));
	REFUSED(open("/etc/passwd", O_RDONLY));
	REFUSED(open("/proc/self/maps", O_RDONLY));
	REFUSED(open(folder, O_RDONLY | O_DIRECTORY));
	REFUSED(open("/tmp", O_TMPFILE | O_RDWR, 0600));
	CHECK(open("/tmp/mtascope-is-not-there", O_RDONLY) == -1 && errno == ENOENT);
	refuses_all_but_what_is_open();
}

static void named_files_can_be_read_and_no_others(void **state)
{
	const char *const files[] = {"/tmp/mtascope-is-not-there", named, "-"};
	const struct confine_plan first = {.files = files, .file_count = 3};
	const struct confine_plan second = {.more_files = files, .more_file_count = 3};

	(void)state;
	run_whole(&first, reads_the_named_file);
	run_whole(&second, reads_the_named_file);
}

static void writes_into_the_folder(void)
{
	char path[96], renamed[96];

	snprintf(path, sizeof path, "%s/new", folder);
	snprintf(renamed, sizeof renamed, "%s/renamed", folder);
	int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	CHECK(file >= 0 && write(file, "y", 1) == 1 && close(file) == 0);
	CHECK(rename(path, renamed) == 0);
	CHECK(unlink(renamed) == 0);
	REFUSED(open("/tmp/mtascope-never", O_WRONLY | O_CREAT, 0600));
	REFUSED(open("/etc/passwd", O_RDONLY));
	REFUSED(unlink(other));
	REFUSED(socket(AF_INET, SOCK_STREAM, 0));
	REFUSED(syscall(SYS_execve, "/bin/true", NULL, NULL));
	REFUSED(fork());
	REFUSED(mkdir(renamed, 0700));
	REFUSED(rename(named, other));
}

static void folders_can_be_written_and_no_others(void **state)
{
	const char *const folders[] = {folder};
	const struct confine_plan plan = {.write_folders = folders, .write_folder_count = 1, .packets = true};

	(void)state;
	run_whole(&plan, writes_into_the_folder);
}

static void *say_yes(void *user)
{
	*(bool *)user = true;
	return NULL;
}

static void makes_a_thread(void)
{
	pthread_t thread;
	bool ran = false;

	CHECK(pthread_create(&thread, NULL, say_yes, &ran) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(ran);
	REFUSED(fork());
	REFUSED(syscall(SYS_vfork));
	CHECK(syscall(SYS_clone3, NULL, 0) == -1 && errno == ENOSYS);
}

static void threads_can_be_made_and_no_processes(void **state)
{
	const struct confine_plan plan = {.threads = true};

	(void)state;
	run_whole(&plan, makes_a_thread);
}

static int pair[2];

static void sends_to_the_peer(void)
{
	const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
	char byte;

	CHECK(send(pair[0], "x", 1, 0) == 1);
	CHECK(read(pair[1], &byte, 1) == 1);
	REFUSED(sendto(pair[0], "x", 1, 0, (const struct sockaddr *)&address, sizeof address));
	REFUSED(socket(AF_UNIX, SOCK_DGRAM, 0));
}

static void what_is_connected_can_be_sent_to(void **state)
{
	const struct confine_plan plan = {.sends = true};

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
	run_whole(&plan, sends_to_the_peer);
}

static void opens_an_interface(void)
{
	const struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(0x7f000001)};
	struct ifreq question = {.ifr_name = "lo"};

	int packets = socket(AF_PACKET, SOCK_RAW, 0);
	CHECK(packets >= 0);
	CHECK(ioctl(packets, SIOCGIFINDEX, &question) == 0);
	const struct sockaddr_ll interface = {
	    .sll_family = AF_PACKET, .sll_protocol = htons(3), .sll_ifindex = question.ifr_ifindex};
	CHECK(bind(packets, (const struct sockaddr *)&interface, sizeof interface) == 0);
	REFUSED(send(packets, "x", 1, 0));
	REFUSED(sendto(packets, "x", 1, 0, (const struct sockaddr *)&interface, sizeof interface));
	int asked = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK(asked >= 0 && ioctl(asked, SIOCGIFFLAGS, &question) == 0);
	REFUSED(ioctl(asked, SIOCSIFFLAGS, &question));
	REFUSED(connect(asked, (const struct sockaddr *)&address, sizeof address));
	REFUSED(socket(AF_INET, SOCK_STREAM, 0));
	REFUSED(socket(AF_INET6, SOCK_DGRAM, 0));
	REFUSED(socket(AF_NETLINK, SOCK_RAW, 0));
	CHECK(getuid() == 65534);
}

static void interfaces_can_be_opened_and_nothing_be_sent(void **state)
{
	const struct confine_plan plan = {.packets = true, .interfaces = true, .leaves_root = true};

	(void)state;
	if (geteuid() != 0) {
		print_message("skipped: only root can open an interface\n");
		skip();
	}
	run_whole(&plan, opens_an_interface);
}

static void reads_the_folder(void)
{
	int file = open(named, O_RDONLY | O_CLOEXEC);

	CHECK(file >= 0 && close(file) == 0);
	REFUSED(open(named, O_WRONLY));
	REFUSED(open("/etc/passwd", O_RDONLY));
	REFUSED(unlink(named));
	REFUSED(socket(AF_INET, SOCK_STREAM, 0));
}

static void folders_can_be_read(void **state)
{
	const char *const folders[] = {folder};
	const struct confine_plan plan = {.read_folders = folders, .read_folder_count = 1, .packets = true};

	(void)state;
	run_whole(&plan, reads_the_folder);
}

static bool status_has(const char *line)
{
	char text[8192];
	ssize_t length = pread(status_file, text, sizeof text - 1, 0);

	text[length > 0 ? length : 0] = '\0';
	return strstr(text, line) != NULL;
}

static void is_nobody(void)
{
	uid_t real, effective, saved;

	CHECK(getuid() == 65534 && geteuid() == 65534 && getgid() == 65534);
	CHECK(status_has("\nUid:\t65534\t65534\t65534\t65534\n"));
	CHECK(status_has("\nGroups:\t \n") || status_has("\nGroups:\t\n"));
	CHECK(status_has("\nCapPrm:\t0000000000000000\n"));
	CHECK(status_has("\nCapEff:\t0000000000000000\n"));
	CHECK(status_has("\nCapBnd:\t0000000000000000\n"));
	CHECK(status_has("\nNoNewPrivs:\t1\n"));
	CHECK(status_has("\nSeccomp:\t2\n"));
	REFUSED(getresuid(&real, &effective, &saved));
	REFUSED(setresuid(0, 0, 0));
}

static void root_becomes_nobody(void **state)
{
	const struct confine_plan plan = {.packets = true, .leaves_root = true};

	(void)state;
	if (geteuid() != 0) {
		print_message("skipped: only root has another user to become\n");
		skip();
	}
	unsetenv("SUDO_UID");
	run_whole(&plan, is_nobody);
}

static void sees_who_called(void)
{
	CHECK(getuid() == 1234 && getgid() == 2345);
}

static void root_becomes_who_called_sudo(void **state)
{
	const struct confine_plan plan = {.leaves_root = true};

	(void)state;
	if (geteuid() != 0) {
		print_message("skipped: only root has another user to become\n");
		skip();
	}
	setenv("SUDO_UID", "1234", 1);
	setenv("SUDO_GID", "2345", 1);
	run_whole(&plan, sees_who_called);
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
}

static void nothing(void)
{
}

static void what_cannot_be_is_said(void **state)
{
	const char *const folders[] = {"/tmp/mtascope-is-not-there"};
	const struct confine_plan no_folder = {.write_folders = folders, .write_folder_count = 1};
	const struct confine_plan no_user = {.leaves_root = true, .user = "mtascope-no-such-user"};
	const struct confine_plan is_root = {.leaves_root = true, .user = "root"};

	(void)state;
	assert_int_equal(run(&no_folder, nothing), NOT_CONFINED);
	if (geteuid() != 0)
		return;
	assert_int_equal(run(&no_user, nothing), NOT_CONFINED);
	assert_int_equal(run(&is_root, nothing), NOT_CONFINED);
}

static void write_file(const char *path)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs("x", file);
	fclose(file);
}

static int make_folder(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(named, sizeof named, "%s/named", folder);
	assert_non_null(mkdtemp(outside));
	snprintf(other, sizeof other, "%s/other", outside);
	write_file(named);
	write_file(other);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(named);
	unlink(other);
	return rmdir(folder) != 0 || rmdir(outside) != 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_is_left),
	    cmocka_unit_test(named_files_can_be_read_and_no_others),
	    cmocka_unit_test(folders_can_be_written_and_no_others),
	    cmocka_unit_test(folders_can_be_read),
	    cmocka_unit_test(threads_can_be_made_and_no_processes),
	    cmocka_unit_test(what_is_connected_can_be_sent_to),
	    cmocka_unit_test(interfaces_can_be_opened_and_nothing_be_sent),
	    cmocka_unit_test(root_becomes_nobody),
	    cmocka_unit_test(root_becomes_who_called_sudo),
	    cmocka_unit_test(what_cannot_be_is_said),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
