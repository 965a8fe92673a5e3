/* SPDX-License-Identifier: MIT */
/* files.c - where templates come from: those that are built in, a folder of the user's, a file. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "gofuncgraph/script.h"
#include "script/builtin.h"

#define MAX_SIZE (1 << 20)
#define SUFFIX   ".bt"

/* NULL: there are only those that are built in. */
static const char *own_folder(void)
{
	const char *own = getenv("GOFUNCGRAPH_TEMPLATES");

	return own && *own ? own : NULL;
}

static char *own_path(const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s" SUFFIX, own_folder(), name) < 0 ? NULL : path;
}

static const struct builtin_template *find_builtin(const char *name)
{
	for (size_t i = 0; i < num_builtin_templates; i++)
		if (!strcmp(builtin_templates[i].name, name))
			return &builtin_templates[i];
	return NULL;
}

/* ---- the names there are ---- */

struct names {
	char **names;
	size_t count, capacity;
};

static void names_release(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->names[i]);
	free(names->names);
}

static bool names_add(struct names *names, const char *name, size_t length)
{
	char *copy;

	if (!array_reserve(&names->names, &names->capacity, names->count + 1, sizeof(copy)))
		return false;
	copy = strndup(name, length);
	if (copy)
		names->names[names->count++] = copy;
	return copy;
}

static void cleanup_closedir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static struct error *add_own_names(struct names *names)
{
	_cleanup_(cleanup_closedir) DIR *dir = opendir(own_folder());
	const struct dirent *entry;

	if (!dir)
		return error_errno(
			errno,
			"the folder of templates that GOFUNCGRAPH_TEMPLATES names, %s, cannot be read",
			own_folder());
	while ((entry = readdir(dir))) {
		size_t length = strlen(entry->d_name);

		if (length > strlen(SUFFIX) && entry->d_name[0] != '.' &&
		    !strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX) &&
		    !names_add(names, entry->d_name, length - strlen(SUFFIX)))
			return error_out_of_memory();
	}
	return NULL;
}

static int compare_names(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

static bool names_hold(const struct names *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(names->names[i], name))
			return true;
	return false;
}

static struct error *names_list(struct names *names)
{
	struct error *err = own_folder() ? add_own_names(names) : NULL;
	size_t num_own = names->count;

	for (size_t i = 0; !err && i < num_builtin_templates; i++) {
		const char *name = builtin_templates[i].name;

		if (!names_hold(names, num_own, name) && !names_add(names, name, strlen(name)))
			err = error_out_of_memory();
	}
	if (!err)
		qsort(names->names, names->count, sizeof(*names->names), compare_names);
	return err;
}

static struct error *no_such_template(const char *name)
{
	_cleanup_(names_release) struct names names = {};
	_cleanup_free_ char *text = NULL;
	struct error *err = names_list(&names);
	size_t size;
	FILE *list;

	if (err)
		return err;
	list = open_memstream(&text, &size);
	for (size_t i = 0; list && i < names.count; i++)
		fprintf(list, "%s%s", i ? ", " : "", names.names[i]);
	if (list)
		fclose(list);
	return error_new(
		"there is no template '%s', but: %s; a file of your own is named with a '/' (./%s)",
		name, text ? text : "?", name);
}

/* ---- loading ---- */

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

static struct error *load_builtin(const char *name, struct script_template *out)
{
	const struct builtin_template *builtin = find_builtin(name);

	if (!builtin)
		return no_such_template(name);
	out->text = strdup(builtin->text);
	if (!out->text)
		return error_out_of_memory();
	out->length = strlen(out->text);
	return NULL;
}

struct error *script_template_load(const char *name, struct script_template *out)
{
	_cleanup_free_ char *path = NULL;

	*out = (struct script_template){.name = strdup(name)};
	if (!out->name)
		return error_out_of_memory();
	if (strchr(name, '/'))
		return read_file(name, &out->text, &out->length);
	if (!own_folder())
		return load_builtin(name, out);
	path = own_path(name);
	if (!path)
		return error_out_of_memory();
	return access(path, F_OK) ? load_builtin(name, out)
				  : read_file(path, &out->text, &out->length);
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
	_cleanup_(names_release) struct names names = {};
	struct error *err = names_list(&names);

	for (size_t i = 0; !err && i < names.count; i++) {
		_cleanup_(script_template_release) struct script_template tmpl = {0};

		err = script_template_load(names.names[i], &tmpl);
		if (err)
			break;
		fprintf(out, "%-12s ", names.names[i]);
		print_description(tmpl.text, out);
		fputs("\n", out);
	}
	return err;
}
