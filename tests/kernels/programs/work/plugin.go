// SPDX-License-Identifier: MIT

//go:build plugin

package main

// A program that can load plugins is linked differently.
import _ "plugin"
