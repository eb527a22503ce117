/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory that is allocated piece by piece and freed all at once. */
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include <policy/ir.h>

#define ARENA_BLOCK (64u * 1024)

struct arena_block {
	struct arena_block *next;
	size_t used;
	size_t size;
	alignas(16) unsigned char bytes[];
};

void *
arena_take(struct arena *arena, size_t count, size_t size)
{
	struct arena_block *block = arena->blocks;
	size_t bytes, room;
	void *taken;

	if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
		goto fail;
	bytes = (bytes + 15) & ~(size_t)15;
	if (block == NULL || block->size - block->used < bytes) {
		room = bytes > ARENA_BLOCK ? bytes : ARENA_BLOCK;
		block = calloc(1, sizeof(*block) + room);
		if (block == NULL)
			goto fail;
		block->size = room;
		block->next = arena->blocks;
		arena->blocks = block;
	}
	taken = &block->bytes[block->used];
	block->used += bytes;
	return taken;
fail:
	arena->failed = true;
	return NULL;
}

char *
arena_copy(struct arena *arena, const char *text)
{
	size_t bytes = strlen(text) + 1;
	char *copy = arena_take(arena, bytes, 1);

	if (copy != NULL)
		memcpy(copy, text, bytes);
	return copy;
}

void
arena_free(struct arena *arena)
{
	struct arena_block *block;

	while ((block = arena->blocks) != NULL) {
		arena->blocks = block->next;
		free(block);
	}
}
