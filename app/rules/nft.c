/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Use libnftables in the private namespace: load the file, then list the kernel's ruleset
 * as JSON, and as text for messages.
 */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <nftables/libnftables.h>

#include "annotate.h"
#include "devices.h"
#include "flowtable.h"
#include "hint.h"
#include "listing.h"
#include "lists.h"
#include "message.h"
#include "places.h"
#include "ruleset.h"

/* Up to this size of the JSON, rules are annotated with their text and place. */
#define TEXTS_MAX ((size_t)16 << 20)

struct loading {
	const struct source *source;
	const char *text; /* text to load; NULL: load the file by its path */
	char *blanked;    /* text without flow tables; NULL: not needed */
	char *messages;   /* messages of the first attempt that failed for good */
	struct devices devices;
};

/*
 * Set the include path: `include "name"` is searched in the directory of the rule file,
 * then in nft's default directory.
 */
static int
include_beside(struct nft_ctx *nft, const char *file)
{
	char *copy = strdup(file);
	int ret = copy != NULL ? nft_ctx_add_include_path(nft, dirname(copy)) : -1;

	free(copy);
	return ret;
}

/* Take nft's messages since the last call, malloced; NULL: none, or no memory. */
static char *
messages_take(struct nft_ctx *nft)
{
	const char *messages = nft_ctx_get_error_buffer(nft);

	return messages != NULL && messages[0] != '\0' ? strdup(messages) : NULL;
}

/*
 * Write the text to a memory file and return its descriptor. For a text in memory nft's
 * messages would contain no line numbers.
 */
static int
stdin_replace(const struct source *source, const char *text)
{
	int fd = memfd_create("rules", MFD_CLOEXEC);
	size_t length = strlen(text), done = 0;
	ssize_t wrote = 0;

	while (fd >= 0 && done < length) {
		wrote = write(fd, text + done, length - done);
		if (wrote <= 0)
			break;
		done += (size_t)wrote;
	}
	if (fd < 0 || done < length || lseek(fd, 0, SEEK_SET) != 0 ||
	    dup2(fd, STDIN_FILENO) < 0) {
		message_error(0, "%s: cannot be kept in memory: %s", source->name,
			      strerror(errno));
		return -1;
	}
	close(fd);
	return 0;
}

/* Load the text, or the file by its path so that messages and includes refer to it. */
static int
nft_load(struct nft_ctx *nft, const struct source *source, const char *text)
{
	if (source->named && include_beside(nft, source->name) != 0)
		return -ENOMEM;
	if (text == NULL)
		return nft_run_cmd_from_filename(nft, source->name);
	if (stdin_replace(source, text) != 0)
		return -EIO;
	return nft_run_cmd_from_filename(nft, "/dev/stdin");
}

static struct nft_ctx *
nft_open(void)
{
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);

	if (nft != NULL &&
	    (nft_ctx_buffer_error(nft) != 0 || nft_ctx_buffer_output(nft) != 0)) {
		nft_ctx_free(nft);
		nft = NULL;
	}
	if (nft == NULL)
		message_error(0, "cannot start nft: %s", strerror(errno));
	return nft;
}

/* Return the output of a list command, malloced; NULL: it failed. */
static char *
nft_list(struct nft_ctx *nft, unsigned flags)
{
	const char *listed;

	nft_ctx_output_set_flags(nft, flags | NFT_CTX_OUTPUT_HANDLE);
	/* discard what the rule file itself may have listed */
	nft_ctx_unbuffer_output(nft);
	if (nft_ctx_buffer_output(nft) != 0 ||
	    nft_run_cmd_from_buffer(nft, "list ruleset") != 0)
		return NULL;
	listed = nft_ctx_get_output_buffer(nft);
	return listed != NULL ? strdup(listed) : NULL;
}

/* Remove flow tables from the text to load. Returns whether that changed it. */
static bool
loading_blank(struct loading *loading)
{
	const char *text = loading->text != NULL ? loading->text
						 : loading->source->content;

	if (loading->blanked != NULL || text == NULL)
		return false;
	loading->blanked = flowtables_blank(text);
	if (loading->blanked != NULL)
		loading->text = loading->blanked;
	return loading->blanked != NULL;
}

/* Print nft's messages about the file, and a hint. */
static void
refusal_print(const struct loading *loading)
{
	const struct source *source = loading->source;

	if (loading->messages != NULL) {
		messages_print(stderr, loading->messages, source);
		hints_print(source->name, loading->messages);
	}
	message_error(0, "%s: nft does not accept it", source->name);
}

/*
 * Supply what the file needs and the namespace lacks: interfaces; or remove flow tables.
 * Returns whether another attempt makes sense.
 */
static bool
loading_mend(struct loading *loading, char *messages)
{
	bool again = false;

	if (messages != NULL)
		again = devices_create(&loading->devices, loading->source, messages) > 0;
	if (again) {
		free(messages);
		return true;
	}
	if (loading->messages == NULL)
		loading->messages = messages;
	else
		free(messages);
	return loading_blank(loading);
}

/*
 * Load the text, and retry after supplying what it needs. A text that fails leaves
 * nothing in the kernel. Returns the context, or NULL.
 */
static struct nft_ctx *
nft_load_whole(struct loading *loading)
{
	struct nft_ctx *nft;
	bool again;

	do {
		nft = nft_open();
		if (nft == NULL || nft_load(nft, loading->source, loading->text) == 0)
			return nft;
		again = loading_mend(loading, messages_take(nft));
		nft_ctx_free(nft);
	} while (again);
	return NULL;
}

/* Add the annotations for messages to the JSON; omit them when anything fails. */
static void
json_annotate(const struct loading *loading, struct nft_ctx *nft, char **json)
{
	const unsigned flags = NFT_CTX_OUTPUT_TERSE | NFT_CTX_OUTPUT_STATELESS;
	struct annotations annotations = {.flowtables = loading->blanked != NULL};
	char *text = strlen(*json) <= TEXTS_MAX ? nft_list(nft, flags) : NULL;
	struct listing listing;

	if (text == NULL)
		return;
	if (listing_read(text, &listing) == 0) {
		annotations.listing = &listing;
		annotations.places = places_read(&listing, loading->source);
		annotate(json, &annotations);
		places_free(&listing, annotations.places);
	}
	listing_free(&listing);
	free(text);
}

/* Print the warnings of nft. */
static void
warnings_print(struct nft_ctx *nft, const struct source *source)
{
	char *messages = messages_take(nft);

	if (messages != NULL)
		messages_print(stderr, messages, source);
	free(messages);
}

/* Load the text with stand-ins. Returns the JSON with the lists, or NULL. */
static char *
lists_to_json(struct loading *loading, struct lists *lists)
{
	struct nft_ctx *nft = nft_load_whole(loading);
	char *json = nft != NULL ? nft_list(nft, NFT_CTX_OUTPUT_JSON) : NULL;
	const char *warnings = json != NULL ? nft_ctx_get_error_buffer(nft) : NULL;
	bool done = json != NULL && (warnings == NULL || warnings[0] == '\0');

	if (done) {
		json_annotate(loading, nft, &json);
		done = lists_put(lists, &json);
	}
	if (nft != NULL && !done)
		nft_run_cmd_from_buffer(nft, "flush ruleset");
	if (nft != NULL)
		nft_ctx_free(nft);
	if (done)
		return json;
	free(json);
	return NULL;
}

/* Load the source as it is. Returns the JSON, or NULL after a message. */
static char *
source_to_json(struct loading *loading)
{
	struct nft_ctx *nft = nft_load_whole(loading);
	char *json;

	if (nft == NULL) {
		refusal_print(loading);
		return NULL;
	}
	json = nft_list(nft, NFT_CTX_OUTPUT_JSON);
	warnings_print(nft, loading->source);
	if (json == NULL)
		message_error(0, "%s: is loaded, but nft cannot list it",
			      loading->source->name);
	else
		json_annotate(loading, nft, &json);
	nft_ctx_free(nft);
	return json;
}

/* Begin to load a text; interfaces that were created stay. */
static void
loading_begin(struct loading *loading, const char *text)
{
	loading->text = text;
	free(loading->blanked);
	free(loading->messages);
	loading->blanked = loading->messages = NULL;
}

int
nft_to_json(const struct source *source, char **json)
{
	struct loading loading = {.source = source};
	struct lists lists = {.count = 0};
	char *reduced = lists_take(&lists, source->content);

	*json = NULL;
	if (reduced != NULL) {
		loading_begin(&loading, reduced);
		*json = lists_to_json(&loading, &lists);
	}
	if (*json == NULL) {
		loading_begin(&loading, source->text);
		*json = source_to_json(&loading);
	}
	loading_begin(&loading, NULL);
	lists_free(&lists);
	free(reduced);
	return *json != NULL ? 0 : -EINVAL;
}
