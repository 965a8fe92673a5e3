/* SPDX-License-Identifier: MIT */
/* script.c - a script: its header, which says how it was made and what it needs, and the text of a
 * template. */
#include "gofuncgraph/script.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "script/directives.h"

/* bpftrace's limits unless told otherwise (BPFTRACE_MAX_PROBES; 512 before 0.19). */
#define USUAL_MAX_PROBES 500

static void write_text(FILE *out, const char *before, const char *text)
{
	_cleanup_free_ char *safe = text ? text_escape(text, strlen(text)) : NULL;

	fprintf(out, "// %s%s\n", before, safe ? safe : "unknown");
}

static void write_header(const struct directives *d, const struct script_options *options,
			 FILE *out)
{
	_cleanup_free_ char *id = gobin_build_id(d->bin);
	bool need_unsafe = probes_need_unsafe(d->probes);
	size_t count = probes_count(d->probes);

	fprintf(out, "#!/usr/bin/env -S bpftrace%s\n", need_unsafe ? " --unsafe" : "");
	write_text(out, "Made by: ", options->command);
	write_text(out, "For: ", gobin_path(d->bin));
	write_text(out, "Built with: ", gobin_version(d->bin));
	write_text(out, "Build id: ", id);
	fputs("//\n"
	      "// It fits that very file: make it anew when the program is built anew.\n"
	      "// Needs root and bpftrace 0.23 (Debian 13) or newer; Debian 12's 0.17 cannot place probes inside of\n// functions.\n",
	      out);
	if (need_unsafe)
		fputs("// The file has no symbols, so probes are file offsets, which bpftrace takes with --unsafe only.\n",
		      out);
	if (d->uses_g && d->layout.newer_than_known)
		fputs("// This Go is newer than the newest known, and the file has no DWARF: where it keeps goroutine\n// ids is a guess.\n",
		      out);
	if (d->uses_g)
		fprintf(out, "// Goroutines are told apart by their id, from runtime.g in %s.\n",
			gobin_arch(d->bin)->goroutine_name);
	fputs("\n", out);
	if (count > USUAL_MAX_PROBES)
		fprintf(out, "config = {\n\tmax_probes = %zu;\n\tmax_bpf_progs = %zu;\n}\n\n",
			count + 8, count + 8);
}

static struct error *check_params(const struct directives *d, const struct script_template *tmpl)
{
	for (size_t i = 0; i < d->num_params; i++) {
		const char *text = d->params[i].text;
		int length = (int)strcspn(text, "=");

		if (d->params[i].used)
			continue;
		if (!d->known_params)
			return error_new("template %s has no parameters, so no %.*s", tmpl->name,
					 length, text);
		return error_new("template %s has no parameter %.*s, but: %s", tmpl->name, length,
				 text, d->known_params);
	}
	return NULL;
}

static struct error *write_body(struct directives *d, const struct script_options *options,
				char **body, size_t *length)
{
	const struct script_template *tmpl = options->tmpl;
	FILE *out = open_memstream(body, length);
	struct error *err;

	if (!out)
		return error_out_of_memory();
	err = template_run(tmpl->name, tmpl->text, tmpl->length, &directives_ops, d, out);
	if (fclose(out) && !err)
		err = error_out_of_memory();
	return err ? err : check_params(d, tmpl);
}

static void cleanup_probes(struct probes **probes)
{
	probes_free(*probes);
}

struct error *script_write(struct gobin *bin, const struct script_options *options, FILE *out)
{
	_cleanup_(cleanup_probes) struct probes *probes = NULL;
	_cleanup_(directives_release) struct directives d = {
		.bin = bin, .selection = options->selection, .num_params = options->num_params};
	_cleanup_free_ char *body = NULL;
	size_t length;
	struct error *err = probes_new(bin, &probes);

	if (err)
		return err;
	d.probes = probes;
	d.params = calloc(options->num_params + 1, sizeof(*d.params));
	if (!d.params)
		return error_out_of_memory();
	for (size_t i = 0; i < options->num_params; i++)
		d.params[i].text = options->params[i];
	err = write_body(&d, options, &body, &length);
	if (err)
		return err;
	write_header(&d, options, out);
	fwrite(body, 1, length, out);
	return NULL;
}
