"""The wheel carries the program, which then runs from a virtual environment that holds nothing else."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What every Linux with glibc has.
SYSTEM_LIBRARIES = {
    "linux-vdso.so.1",
    "libc.so.6",
    "libm.so.6",
    "libdl.so.2",
    "libpthread.so.0",
    "librt.so.1",
}


def run(*command: str | Path, **options: object) -> str:
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{command}:\n{done.stdout}"
    return str(done.stdout)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT)
    wheels = list(folder.glob("orrery_ml-*.whl"))
    assert len(wheels) == 1
    venv.create(folder / "venv", with_pip=True)
    run(folder / "venv/bin/pip", "install", "--quiet", "--no-index", wheels[0])
    return folder / "venv/bin/orrery"


def test_the_program_runs_with_nothing_else_on_the_path(program: Path) -> None:
    told = run(program, "--version", env={"PATH": str(program.parent)})
    version = run("git", "-C", ROOT, "describe", "--always", "--abbrev=12", "--exclude=*").strip()
    assert version in told


def test_it_needs_no_library_but_the_system_s(program: Path) -> None:
    lines = run("ldd", program).splitlines()
    needed = {Path(line.split()[0]).name for line in lines}
    assert {name for name in needed if not name.startswith("ld-linux")} <= SYSTEM_LIBRARIES


@pytest.mark.skipif(shutil.which("readelf") is None, reason="needs binutils")
def test_it_looks_for_libraries_in_no_folder_of_the_build(program: Path) -> None:
    dynamic = run("readelf", "-d", program, env=os.environ | {"LC_ALL": "C"})
    assert "RPATH" not in dynamic and "RUNPATH" not in dynamic
