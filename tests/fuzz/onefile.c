/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a fuzz target on files, so that a corpus is a test with any compiler and under valgrind. */
#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");
		if (file == NULL) {
			perror(argv[i]);
			return 1;
		}
		uint8_t *data = NULL;
		size_t size = 0;
		size_t capacity = 0;
		for (int byte = fgetc(file); byte != EOF; byte = fgetc(file)) {
			data = memory_grow(data, size, &capacity, 1);
			data[size++] = (uint8_t)byte;
		}
		fclose(file);
		/* Exactly as large as the input, so that a sanitizer sees the first byte read past it. */
		data = memory_resize(data, size == 0 ? 1 : size);
		LLVMFuzzerTestOneInput(data, size);
		free(data);
	}
	printf("%d inputs ran\n", argc - 1);
	return argc > 1 ? 0 : 1;
}
