/* SPDX-License-Identifier: MIT */
/* page.h - the page that html.c writes, before and behind what was traced; `embed` makes it of the files here. */
#ifndef GOFUNCGRAPH_OUTPUT_HTML_PAGE_H
#define GOFUNCGRAPH_OUTPUT_HTML_PAGE_H

extern const char html_head[], html_tail[];

#endif
