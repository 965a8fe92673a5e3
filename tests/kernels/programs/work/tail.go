// SPDX-License-Identifier: MIT

package main

type tailInner struct{ n int }

//go:noinline
func (i *tailInner) callTo(k int) int {
	count()
	return i.n + k
}

// The compiler makes a method callTo of it that jumps to that of tailInner.
type tailOuter struct {
	padding int
	*tailInner
}

type tailed interface{ callTo(k int) int }

//go:noinline
func callTail(to tailed, k int) int {
	count()
	count() // for tailOuter's
	return to.callTo(k)
}
