// The first process of an emulated machine, which .ci/common starts. It runs the programs that
// /runs lists, one a line, prints how each ended, and switches the machine off. If it returns
// instead, the kernel panics, which ends the machine too. A line is: [VARIABLE=value ...] program
// [argument ...]
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void run(char *line)
{
	char *words[64], *word;
	int n = 0, first = 0;

	for (word = strtok(line, " "); word && n < 63; word = strtok(NULL, " "))
		words[n++] = word;
	words[n] = NULL;
	while (first < n && strchr(words[first], '='))
		putenv(words[first++]);
	if (first < n)
		execv(words[first], words + first);
	perror("exec");
	_exit(127);
}

int main(void)
{
	char line[4096];
	int number = 0;
	FILE *runs;

	// The order matters: devtmpfs brings /dev/null and the like, and the tests write to /tmp.
	if (mount("proc", "/proc", "proc", 0, NULL) || mount("sys", "/sys", "sysfs", 0, NULL)
	    || mount("dev", "/dev", "devtmpfs", 0, NULL) || mount("tmp", "/tmp", "tmpfs", 0, NULL))
		return 1;
	// The machine is there for restartable sequences and their fence. Without them nothing is run.
	if (__rseq_size == 0 || syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ, 0, 0)
	    || syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, 0, 0)) {
		printf("\nGUEST lacks restartable sequences: __rseq_size %u\n", __rseq_size);
		fflush(NULL);
		sleep(1);
		return 1;
	}
	setenv("PATH", "/", 1);
	setenv("HOME", "/tmp", 1);
	runs = fopen("/runs", "re");
	while (runs && fgets(line, sizeof line, runs)) {
		struct timespec start, end;
		int status = -1;
		pid_t child;

		line[strcspn(line, "\n")] = 0;
		number++;
		printf("\nGUEST %d begins: %s\n", number, line);
		fflush(NULL);
		clock_gettime(CLOCK_MONOTONIC, &start);
		child = fork();
		if (child == 0)
			run(line);
		waitpid(child, &status, 0);
		clock_gettime(CLOCK_MONOTONIC, &end);
		if (WIFSIGNALED(status))
			printf("\nGUEST %d signal %d", number, WTERMSIG(status));
		else
			printf("\nGUEST %d exit %d", number, WEXITSTATUS(status));
		printf(" (%ld s)\n", (long)(end.tv_sec - start.tv_sec));
	}
	printf("\nGUEST ends\n");
	fflush(NULL);
	// The pause lets the serial port send what it has.
	sleep(1);
	reboot(RB_POWER_OFF);
	return 1;
}
