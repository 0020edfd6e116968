#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Mail servers that are unpacked, not installed: Debian lets a machine have only one of them, and a
recording must not take away the machine's own. Each is fetched by apt-get (its signature chain
vouches for it) and unpacked with the libraries that are missing into build/recording/PACKAGE.
"""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from net import RecordingError, run

UNPACKED = Path(__file__).resolve().parents[2] / "build" / "recording"


def installed(package):
    done = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", package],
                          capture_output=True, text=True, check=False)
    return done.stdout == "installed"


def fetch(package, folder):
    """The package's file in folder."""
    run("apt-get", "-q", "download", package, cwd=folder)
    found = sorted(Path(folder).glob(f"{package}_*.deb"))
    if len(found) != 1:
        raise RecordingError(f"apt-get download {package} gave {found}")
    return found[0]


def libraries(file):
    """The libraries that a package asks for and the machine does not have."""
    wanted = run("dpkg-deb", "-f", str(file), "Depends")
    names = [re.match(r"\s*([\w.+-]+)", word).group(1) for word in wanted.split(",")]
    return [name for name in names if name.startswith("lib") and not installed(name)]


def unpacked(package):
    """The folder with the package's files as they would lie under /; fetched at the first time."""
    target = UNPACKED / package
    if target.is_dir():
        return target
    UNPACKED.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=UNPACKED) as folder:
        folder, waiting, known = Path(folder), [package], {package}
        for name in waiting:
            file = fetch(name, folder)
            run("dpkg", "-x", str(file), str(folder / "files"))
            waiting += [more for more in libraries(file) if more not in known]
            known.update(waiting)
        shutil.move(folder / "files", target)
    target.chmod(0o755)
    return target
