#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes the bill of materials of a board's program as SPDX 2.3 JSON to standard output.

    sbom.py FOLDER COMPILER VERSION     FOLDER holds portreeve and the linker's portreeve.map

What is in the program is read from the linker's map, not from a list: archive members that were linked. Versions
and hashes come from the records of tools/fetch. The same sources give the same document.
"""

import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

LICENCES = {"musl": "MIT", "libgcc": "GPL-3.0-or-later WITH GCC-exception-3.1"}


def linked_archives(map_text):
    """The archives of which the linker took a member, by the head of its map."""
    head = map_text.split("Discarded input sections")[0].split("Memory Configuration")[0]
    return {pathlib.PurePath(path).name for path in re.findall(r"^(\S+\.a)\(\S+\)", head, re.M)}


def created():
    """SOURCE_DATE_EPOCH, or the time of the commit, or 1970: never the time of the build."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        epoch = subprocess.run(["git", "log", "-1", "--format=%ct"], capture_output=True, text=True, check=False).stdout
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(epoch.strip() or 0)))


def package(name, version, licence, location="NOASSERTION", **more):
    return {
        "SPDXID": f"SPDXRef-{name}",
        "name": name,
        "versionInfo": version,
        "downloadLocation": location,
        "licenseConcluded": licence,
        "licenseDeclared": licence,
        "copyrightText": "NOASSERTION",
        "filesAnalyzed": False,
        **more,
    }


def musl_package():
    record = json.loads(pathlib.Path("build/sources/musl.json").read_text())
    archive = next(f for f in record["files"] if ".orig.tar." in f["name"] and not f["name"].endswith(".asc"))
    return package(
        "musl", record["version"], LICENCES["musl"],
        packageFileName=archive["name"],
        checksums=[{"algorithm": "SHA256", "checksumValue": archive["sha256"]}],
        sourceInfo=record["origin"] + ": " + ", ".join(f"{f['name']} sha256:{f['sha256']}" for f in record["files"]),
        externalRefs=[{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": f"pkg:deb/debian/musl@{record['version'].replace('~', '%7E')}?arch=source",
        }],
    )


def main():
    folder, compiler, version = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    compiler_version = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True).stdout.split("\n")[0]
    program_hash = hashlib.sha256((folder / "portreeve").read_bytes()).hexdigest()
    packages = [package("portreeve", version, "BSD-2-Clause", packageFileName="portreeve", primaryPackagePurpose="FIRMWARE",
                        checksums=[{"algorithm": "SHA256", "checksumValue": program_hash}])]
    archives = linked_archives((folder / "portreeve.map").read_text())
    if "libc.a" in archives:
        packages.append(musl_package())
    if "libgcc.a" in archives:
        packages.append(package("libgcc", compiler_version, LICENCES["libgcc"]))
    unknown = archives - {"libc.a", "libgcc.a"}
    if unknown:
        sys.exit(f"sbom: linked from {', '.join(sorted(unknown))}, of which nothing is known here")
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"portreeve-{version}-{folder.name}",
        "documentNamespace": f"urn:portreeve:sbom:{folder.name}:{program_hash}",
        "creationInfo": {"created": created(), "creators": ["Organization: Portreeve developers"]},
        "packages": packages,
        "relationships": [
            {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-portreeve"},
            *({"spdxElementId": "SPDXRef-portreeve", "relationshipType": "STATIC_LINK", "relatedSpdxElement": p["SPDXID"]}
              for p in packages[1:]),
        ],
    }
    json.dump(document, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
