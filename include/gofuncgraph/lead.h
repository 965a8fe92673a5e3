/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* lead.h - how it was seen that a goroutine may serve what another one waits for: goroutines/leads.h. */
#ifndef GOFUNCGRAPH_LEAD_H
#define GOFUNCGRAPH_LEAD_H

/* What more than so many have says nothing. */
#define LEADS_MAX 3

/* Recordings have the numbers. */
enum lead_by {
	LEAD_HAS, /* it has the object that is waited for on its stack */
	LEAD_SHARES, /* it and who waits have one in common that holds the object */
	LEAD_STARTED, /* it was started by who waits */
};

#endif
