#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Suricata on a capture, set to do what we do: no signatures, one thread, checksums not verified, and EVE with the
events that we have: SSH with HASSH, SMTP with MIME decoded, attachments as fileinfo (with SHA-256 where asked for),
DNS, TLS with JA3, flows and anomalies. All else stays as Debian has it, but that a stream is read up to
STREAM_DEPTH instead of 1 MiB, so that it, too, reads an attachment to its end.
"""

import json
import os
import shlex
import shutil
import tempfile
from collections import Counter
from pathlib import Path

from measure import Unmeasurable, run

STREAM_DEPTH = "4mb"
SETTINGS = """%YAML 1.1
---
include: /etc/suricata/suricata.yaml
outputs:
  - eve-log:
      enabled: yes
      filetype: regular
      filename: {eve}
      community-id: true
      types:
        - alert
        - anomaly
        - dns
        - files:
            force-magic: no{hash}
        - flow
        - smtp
        - ssh
        - tls:
            extended: yes
"""
OPTIONS = {"app-layer.protocols.ssh.hassh": "yes", "app-layer.protocols.tls.ja3-fingerprints": "yes",
           "stream.reassembly.depth": STREAM_DEPTH}


def tally(eve):
    """What stands in a file of events: {"smtp": …, "mails": …} and the SHA-256 of the files."""
    found, hashes = Counter(), []
    with open(eve, encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            kind = event["event_type"]
            found[kind] += 1
            found["mails"] += kind == "smtp" and "mail_from" in event.get("smtp", {})
            if "sha256" in event.get("fileinfo", {}):
                hashes.append(event["fileinfo"]["sha256"])
    return found, sorted(hashes)


class Suricata:
    """`words`: how to call it, such as /usr/bin/suricata or "chroot FOLDER suricata"; with chroot, captures are put into
    the folder for the time of the measurement."""

    def __init__(self, words):
        self.words = shlex.split(words)
        self.root = Path(self.words[1]) if Path(self.words[0]).name == "chroot" and len(self.words) > 2 else Path("/")
        self.folder = None
        self.captures = {}

    def __enter__(self):
        try:
            self.folder = Path(tempfile.mkdtemp(prefix="portreeve-bench-", dir=self.root / "var/tmp"))
            (self.folder / "none.rules").touch()
        except OSError as error:
            raise Unmeasurable(f"SURICATA={shlex.join(self.words)}: {error}") from error
        return self

    def __exit__(self, *_failure):
        shutil.rmtree(self.folder)

    def version(self):
        return run([*self.words, "-V"]).stdout.strip()

    def inside(self, path):
        return Path("/") / path.relative_to(self.root)

    def put(self, capture):
        """Where Suricata finds a capture."""
        own = self.captures.get(capture)
        if own is None:
            own = self.captures[capture] = self.folder / capture.name
            try:
                os.link(capture, own)
            except OSError:
                shutil.copyfile(capture, own)
        return self.inside(own)

    def hashing(self, wanted):
        return Setting(self, wanted)


class Setting:
    """Suricata with or without the hashing of attachments; something to measure (measure.compare)."""

    def __init__(self, suricata, hashes):
        self.suricata = suricata
        name = "hashed" if hashes else "unhashed"
        self.eve, self.settings = suricata.folder / f"{name}.json", suricata.folder / f"{name}.yaml"
        with_hash = "\n            force-hash: [sha256]" if hashes else ""
        self.settings.write_text(SETTINGS.format(eve=self.eve.name, hash=with_hash))

    def command(self, capture):
        self.eve.unlink(missing_ok=True)  # it would go on where an earlier run ended
        inside = self.suricata.inside
        options = [word for name, value in OPTIONS.items() for word in ("--set", f"{name}={value}")]
        return [*self.suricata.words, "-c", inside(self.settings), "-r", self.suricata.put(capture), "-k", "none",
                "-l", inside(self.suricata.folder), "--runmode", "single",
                "-S", inside(self.suricata.folder / "none.rules"), *options]
