/* SPDX-License-Identifier: MIT */
/* files.c - templates are files: finds and reads them. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "gofuncgraph/script.h"

#define MAX_SIZE (1 << 20)
#define SUFFIX	 ".bt"

static const char *folder(void)
{
	const char *own = getenv("GOFUNCGRAPH_TEMPLATES");

	return own && *own ? own : TEMPLATE_DIR;
}

static int is_template(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > strlen(SUFFIX) && entry->d_name[0] != '.' &&
	       !strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX);
}

static void free_entries(struct dirent **entries, int count)
{
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
}

static struct error *no_folder(void)
{
	return error_errno(errno,
			   "the templates of this tool cannot be read from %s (install it, or set "
			   "GOFUNCGRAPH_TEMPLATES to their folder)",
			   folder());
}

static struct error *no_such_template(const char *name)
{
	struct dirent **entries;
	int count = scandir(folder(), &entries, is_template, alphasort);
	struct error *err;
	FILE *list;
	char *text = NULL;
	size_t size;

	if (count < 0)
		return no_folder();
	list = open_memstream(&text, &size);
	for (int i = 0; list && i < count; i++)
		fprintf(list, "%s%.*s", i ? ", " : "",
			(int)(strlen(entries[i]->d_name) - strlen(SUFFIX)), entries[i]->d_name);
	if (list)
		fclose(list);
	free_entries(entries, count);
	err = error_new("there is no template '%s' in %s, but: %s; a file of your own is named "
			"with a '/' (./%s)",
			name, folder(), text ? text : "?", name);
	free(text);
	return err;
}

static struct error *read_file(const char *path, char **text, size_t *length)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	char *bytes;

	if (!file)
		return error_errno(errno, "the template %s cannot be opened", path);
	bytes = malloc(MAX_SIZE + 1);
	if (!bytes)
		return error_out_of_memory();
	*length = fread(bytes, 1, MAX_SIZE + 1, file);
	*text = bytes;
	if (ferror(file))
		return error_errno(errno, "the template %s cannot be read", path);
	if (*length > MAX_SIZE)
		return error_new("%s has more than 1 MB: that is no template", path);
	if (memchr(bytes, '\0', *length))
		return error_new("%s has a NUL byte in it: that is no template", path);
	bytes[*length] = '\0';
	return NULL;
}

struct error *script_template_load(const char *name, struct script_template *out)
{
	_cleanup_free_ char *path = NULL;

	*out = (struct script_template){.name = strdup(name)};
	if (strchr(name, '/'))
		path = strdup(name);
	else if (asprintf(&path, "%s/%s" SUFFIX, folder(), name) < 0)
		path = NULL;
	if (!path || !out->name)
		return error_out_of_memory();
	if (!strchr(name, '/') && access(path, F_OK))
		return no_such_template(name);
	return read_file(path, &out->text, &out->length);
}

void script_template_release(struct script_template *tmpl)
{
	free(tmpl->name);
	free(tmpl->text);
}

/* What the comment says with which a template begins. */
static void print_description(const char *text, FILE *out)
{
	const char *end = strstr(text, "}}");
	_cleanup_free_ char *safe = NULL;

	if (strncmp(text, "{{#", 3) || !end)
		return;
	text += 3;
	text += strspn(text, " ");
	if (text < end)
		safe = text_escape(text, (size_t)(end - text));
	if (safe)
		fputs(safe, out);
}

struct error *script_template_list(FILE *out)
{
	struct dirent **entries;
	int count = scandir(folder(), &entries, is_template, alphasort);
	struct error *err = NULL;

	if (count < 0)
		return no_folder();
	for (int i = 0; !err && i < count; i++) {
		_cleanup_(script_template_release) struct script_template tmpl = {0};
		char *name = entries[i]->d_name;

		name[strlen(name) - strlen(SUFFIX)] = '\0';
		err = script_template_load(name, &tmpl);
		if (err)
			break;
		fprintf(out, "%-12s ", name);
		print_description(tmpl.text, out);
		fputs("\n", out);
	}
	free_entries(entries, count);
	return err;
}
