# SPDX-License-Identifier: MIT
"""Clean roots of Debian (scripts/debian-root) in which the package is installed, and containers and services run."""

import subprocess

import builds

SECONDS = 3000
# With what runs containers and services; none of it is needed on this machine.
ROOT = ["env", "DEBIAN_ROOT_WITH=catatonit,crun,kubectl,podman,systemd", builds.ROOT / "scripts" / "debian-root", "trixie"]
# package.deb of the root's folder.
INSTALL = """
apt-get -q -o Acquire::Retries=3 update
DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 install --no-install-recommends ./package.deb
"""
# A group of processes that end, and the groups in it; not for ever, where others have some in it, too.
REMOVE_GROUP = """
remove_group() {
    for attempt in $(seq 600); do
        [ -d "$1" ] || return 0
        find "$1" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.1
    done
}
"""


def output_of(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS,
                          check=False)
    if done.returncode == 77:
        raise builds.Unavailable(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, f"{command[0]}: exit status {done.returncode}\n{(done.stdout + done.stderr)[-3000:]}"
    return done.stdout


def in_root(folder, *words):
    output_of([*ROOT, folder, *words])


def replaced(text, changes):
    """Of a recipe, what has to be other here."""
    for old, new in changes.items():
        assert text.count(old) == 1, f"not once in deploy/: {old}"
        text = text.replace(old, new)
    return text
