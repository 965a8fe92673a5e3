/* SPDX-License-Identifier: MIT */
/* template.c - one pass over a template's text; blocks are a stack, a loop jumps back. */
#include "script/template.h"

#include <stdint.h>
#include <string.h>

#define MAX_DEPTH 16

/* A block that is open. */
struct block {
	bool is_loop;
	bool outer_active; /* what is around it is written */
	bool condition; /* of an if */
	bool has_else;
	unsigned line;
	size_t body; /* of a loop: its first byte, and its line */
	unsigned body_line;
	size_t index, count;
};

struct run {
	const char *text;
	size_t length, at;
	unsigned line, directive_line;
	struct block blocks[MAX_DEPTH];
	size_t depth;
	bool active;
	bool in_loop;
	const struct template_ops *ops;
	void *context;
	FILE *out;
};

/* A directive as it stands in the text. */
struct directive {
	char *content; /* owned; word and argument point into it */
	const char *word, *argument;
	size_t start, end; /* of the braces, end exclusive */
};

static void directive_release(struct directive *directive)
{
	free(directive->content);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Finds the next directive. Its start is the text's end when there is none. */
static struct error *find_directive(const struct run *run, struct directive *directive)
{
	const char *text = run->text, *start, *end;
	char *word, *argument;
	size_t length;

	*directive = (struct directive){.start = run->length, .end = run->length};
	start = memmem(text + run->at, run->length - run->at, "{{", 2);
	if (!start)
		return NULL;
	directive->start = (size_t)(start - text);
	end = memmem(start, run->length - (size_t)(start - text), "}}", 2);
	if (!end)
		return error_new("'{{' without '}}'");
	directive->end = (size_t)(end - text) + 2;
	for (start += 2; start < end && is_space(*start); start++)
		;
	for (; end > start && is_space(end[-1]); end--)
		;
	length = (size_t)(end - start);
	if (!length || memchr(start, '\0', length))
		return error_new("'{{}}' says nothing");
	directive->content = word = strndup(start, length);
	if (!word)
		return error_out_of_memory();
	for (argument = word; *argument && !is_space(*argument); argument++)
		;
	while (is_space(*argument))
		*argument++ = '\0';
	directive->word = word;
	directive->argument = argument;
	return NULL;
}

static bool is_of_block(const struct directive *directive)
{
	static const char *const words[] = {"if", "else", "each", "end"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!strcmp(directive->word, words[i]))
			return true;
	}
	return directive->word[0] == '#';
}

/* Widens a directive that is alone on its line to the line, its end included. */
static void take_line(const struct run *run, struct directive *directive)
{
	size_t start = directive->start, end = directive->end;

	while (start > run->at && (run->text[start - 1] == ' ' || run->text[start - 1] == '\t'))
		start--;
	while (end < run->length && (run->text[end] == ' ' || run->text[end] == '\t'))
		end++;
	if ((start && run->text[start - 1] != '\n') ||
	    (end < run->length && run->text[end] != '\n'))
		return;
	directive->start = start;
	directive->end = end < run->length ? end + 1 : end;
}

static void count_lines(struct run *run, size_t from, size_t to)
{
	for (; from < to; from++)
		run->line += run->text[from] == '\n';
}

static struct error *open_block(struct run *run, const struct directive *directive)
{
	bool is_loop = !strcmp(directive->word, "each");
	struct block *block = &run->blocks[run->depth];
	struct error *err = NULL;

	if (run->depth == MAX_DEPTH)
		return error_new("more than %d blocks in one another", MAX_DEPTH);
	if (is_loop && run->in_loop)
		return error_new("'each' inside of 'each'");
	*block = (struct block){
		.is_loop = is_loop, .outer_active = run->active, .line = run->directive_line};
	if (run->active && is_loop)
		err = run->ops->each(run->context, directive->argument, &block->count);
	else if (run->active)
		err = run->ops->condition(run->context, directive->argument, &block->condition);
	if (err)
		return err;
	run->depth++;
	run->in_loop |= is_loop;
	run->active = run->active && (is_loop ? block->count > 0 : block->condition);
	return is_loop && run->active ? run->ops->item(run->context, 0, run->out) : NULL;
}

static struct error *turn_block(struct run *run)
{
	struct block *block = run->depth ? &run->blocks[run->depth - 1] : NULL;

	if (!block || block->is_loop || block->has_else)
		return error_new("'else' without 'if'");
	block->has_else = true;
	run->active = block->outer_active && !block->condition;
	return NULL;
}

static struct error *close_block(struct run *run)
{
	struct block *block = run->depth ? &run->blocks[run->depth - 1] : NULL;

	if (!block)
		return error_new("'end' without 'if' or 'each'");
	if (block->is_loop && ++block->index < block->count) {
		run->at = block->body;
		run->line = block->body_line;
		return run->ops->item(run->context, block->index, run->out);
	}
	run->depth--;
	run->active = block->outer_active;
	if (!block->is_loop)
		return NULL;
	run->in_loop = false;
	return run->active ? run->ops->item(run->context, SIZE_MAX, run->out) : NULL;
}

/* run->at is behind the directive already. */
static struct error *obey(struct run *run, const struct directive *directive)
{
	struct error *err;

	if (directive->word[0] == '#')
		return NULL;
	if (!strcmp(directive->word, "else"))
		return turn_block(run);
	if (!strcmp(directive->word, "end"))
		return close_block(run);
	if (!strcmp(directive->word, "if"))
		return open_block(run, directive);
	if (strcmp(directive->word, "each"))
		return run->ops->expand(run->context, directive->word, directive->argument,
					run->active, run->out);
	err = open_block(run, directive);
	if (err)
		return err;
	run->blocks[run->depth - 1].body = run->at;
	run->blocks[run->depth - 1].body_line = run->line;
	return NULL;
}

static struct error *step(struct run *run)
{
	_cleanup_(directive_release) struct directive directive = {0};
	struct error *err = find_directive(run, &directive);
	size_t from = run->at, start = directive.start;

	/* errors are of the line on which the directive begins */
	if (err) {
		count_lines(run, from, start);
		return err;
	}
	if (directive.word && is_of_block(&directive))
		take_line(run, &directive);
	if (run->active)
		fwrite(run->text + from, 1, directive.start - from, run->out);
	count_lines(run, from, start);
	run->at = directive.end;
	if (!directive.word)
		return NULL;
	run->directive_line = run->line;
	count_lines(run, start, directive.end);
	err = obey(run, &directive);
	if (err)
		run->line = run->directive_line;
	return err;
}

struct error *template_run(const char *name, const char *text, size_t length,
			   const struct template_ops *ops, void *context, FILE *out)
{
	struct run run = {.text = text,
			  .length = length,
			  .line = 1,
			  .active = true,
			  .ops = ops,
			  .context = context,
			  .out = out};

	while (run.at < run.length) {
		struct error *err = step(&run);

		if (err)
			return error_prefix(err, "%s:%u", name, run.line);
	}
	if (run.depth)
		return error_new("%s:%u: this block has no 'end'", name,
				 run.blocks[run.depth - 1].line);
	return NULL;
}
