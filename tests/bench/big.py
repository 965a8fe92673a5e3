# SPDX-License-Identifier: MIT
"""Makes a Go program of 130,000 functions, some 100 MB. It takes minutes, so it is kept."""

import os
import tempfile

import builds

PACKAGES = 130
FUNCTIONS = 1000

FUNCTION = """
//go:noinline
func F{n}(a, b int, s []string) (int, error) {{
	if len(s) > a && b > {n} {{
		return 0, fmt.Errorf("f{n}: %d of %q", b, s[a])
	}}
	for i, t := range s {{
		if len(t) == {n} + i {{
			a += b * i
		}}
	}}
	s = append(s, strconv.Itoa(a))
	return F{next}(a - {n}, len(s), s[1:])
}}
"""


def write_sources(folder):
    with open(os.path.join(folder, "go.mod"), "w", encoding="utf-8") as file:
        file.write("module big\n\ngo 1.19\n")
    for package in range(PACKAGES):
        os.makedirs(os.path.join(folder, f"p{package}"), exist_ok=True)
        with open(os.path.join(folder, f"p{package}/p.go"), "w", encoding="utf-8") as file:
            file.write(f'package p{package}\n\nimport (\n\t"fmt"\n\t"strconv"\n)\n')
            for n in range(FUNCTIONS):
                file.write(FUNCTION.format(n=n, next=(n + 1) % FUNCTIONS))
    with open(os.path.join(folder, "main.go"), "w", encoding="utf-8") as file:
        file.write("package main\n\nimport (\n")
        file.writelines(f'\t"big/p{package}"\n' for package in range(PACKAGES))
        file.write(")\n\nfunc main() {\n\targuments := []string{}\n")
        file.writelines(f"\tp{package}.F0(1, 1, arguments)\n" for package in range(PACKAGES))
        file.write("}\n")


def build():
    """The program's path; made when it is not there."""
    def make(path):
        with tempfile.TemporaryDirectory(prefix="big.") as folder:
            write_sources(folder)
            builds.run_go(["build", "-o", path, "."], cwd=folder)

    return builds.built_once("big", (PACKAGES, FUNCTIONS, FUNCTION, builds.release_of(None)), make)
