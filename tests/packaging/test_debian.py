# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's packages, built from what is committed: what is in them, what lintian says, and that they work."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
TOOLS = {"dpkg-buildpackage": "dpkg-dev", "dh": "debhelper", "lintian": "lintian", "git": "git"}
PACKAGES = ["libnfwpolicy-dev", "libnfwpolicy0", "nfwpolicy"]

# What dpkg and what it triggers write for themselves; backups of its database among it.
OF_DPKG = re.compile(
    r"var/lib/dpkg/|var/log/|var/cache/(man|ldconfig|debconf)/|etc/ld\.so\.cache$"
)


def run(*command, **options):
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, check=False, **options
    )
    assert done.returncode == 0, f"{command}: exit {done.returncode}\n{done.stdout[-4000:]}"
    return done.stdout


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The folder with the packages."""
    missing = sorted({package for tool, package in TOOLS.items() if not shutil.which(tool)})
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    folder = tmp_path_factory.mktemp("debian")
    tree = folder / "nfwpolicy"
    tree.mkdir()
    archive = subprocess.Popen(["git", "-c", "safe.directory=*", "archive", "HEAD"], cwd=SOURCE, stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x", "-C", tree], stdin=archive.stdout, check=True)
    assert archive.wait() == 0
    # The unit tests, which a package's build runs otherwise, are a suite of their own here.
    environment = dict(os.environ, DEB_BUILD_OPTIONS=f"nocheck parallel={os.cpu_count()}", LC_ALL="C.UTF-8")
    log = run("dpkg-buildpackage", "-us", "-uc", "-b", cwd=tree, env=environment)
    (folder / "log").write_text(log)
    yield folder
    shutil.rmtree(folder)


def package(built, name):
    (found,) = built.glob(f"{name}_*.deb")
    return found


def files(built, name):
    lines = run("dpkg-deb", "--contents", str(package(built, name))).splitlines()
    return {line.split()[5].removeprefix("./"): line.split()[0] for line in lines if not line.startswith("d")}


def test_the_packages(built):
    found = sorted(path.name.split("_")[0] for path in built.glob("*.deb"))
    assert [name for name in found if not name.endswith("-dbgsym")] == PACKAGES


def test_nothing_is_in_two_packages(built):
    lists = [set(files(built, name)) for name in PACKAGES]
    assert not lists[0] & lists[1] and not lists[0] & lists[2] and not lists[1] & lists[2]


def test_what_is_in_them(built):
    programs, library, development = (files(built, name) for name in ("nfwpolicy", "libnfwpolicy0", "libnfwpolicy-dev"))
    for path in (
        "usr/sbin/nfwpolicy", "usr/sbin/nfwpolicyd", "lib/systemd/system/nfwpolicyd.service",
        "usr/share/dbus-1/system-services/org.nfwpolicy1.service", "usr/share/dbus-1/system.d/org.nfwpolicy1.conf",
        "usr/share/polkit-1/actions/org.nfwpolicy1.policy", "usr/share/bash-completion/completions/nfwpolicy",
        "usr/share/zsh/vendor-completions/_nfwpolicy", "usr/share/fish/vendor_completions.d/nfwpolicy.fish",
        "usr/share/man/man8/nfwpolicy.8.gz", "usr/share/man/man8/nfwpolicyd.8.gz", "usr/share/man/man5/nfwpolicy-policy.5.gz",
        "usr/share/nfwpolicy/hooks/libvirt-qemu", "usr/share/nfwpolicy/hooks/lima-network",
        "usr/share/nfwpolicy/schema/policy-1.0.schema.json", "usr/share/doc/nfwpolicy/examples/github.yaml",
    ):
        assert path in programs, path
    assert programs["usr/share/nfwpolicy/hooks/libvirt-qemu"] == "-rwxr-xr-x"
    assert any(path.endswith("/libnfwpolicy.so.0") for path in library)
    assert "usr/include/nfwpolicy/nfwpolicy.h" in development
    assert "usr/share/man/man3/nfw_attach.3.gz" in development
    assert any(path.endswith("/pkgconfig/libnfwpolicy.pc") for path in development)


def test_paths_of_an_installation_are_in_the_hooks(built, tmp_path):
    run("dpkg-deb", "--extract", str(package(built, "nfwpolicy")), str(tmp_path))
    for hook in ("libvirt-qemu", "lima-network"):
        text = (tmp_path / "usr/share/nfwpolicy/hooks" / hook).read_text()
        assert "nfwpolicy=/usr/sbin/nfwpolicy\n" in text and "=/etc/nfwpolicy/" in text and "@nfwpolicy@" not in text


def test_lintian_finds_no_error(built):
    (changes,) = built.glob("*.changes")
    said = run("lintian", "--allow-root", "--fail-on", "error", "--no-tag-display-limit", str(changes))
    assert not re.search(r"^E:", said, re.MULTILINE), said


def test_the_library_has_versioned_symbols(built, tmp_path):
    run("dpkg-deb", "--control", str(package(built, "libnfwpolicy0")), str(tmp_path))
    found = re.findall(r"^ (nfw_\w+)@NFWPOLICY_0\.1 0\.1\.0", (tmp_path / "symbols").read_text(), re.MULTILINE)
    listed = re.findall(r"\b(nfw_\w+);", (built / "nfwpolicy/lib/libnfwpolicy.sym").read_text())
    assert sorted(found) == sorted(listed)
    depends = run("dpkg-deb", "--field", str(package(built, "nfwpolicy")), "Depends")
    assert "libnfwpolicy0 (>= 0.1.0)" in depends


@pytest.fixture(scope="session")
def machine(built, tmp_path_factory):
    """A folder of its own for each machine that looks like this one."""
    if os.geteuid() != 0:
        pytest.skip("needs root: it installs the packages")
    missing = [tool for tool in ("dbus-daemon", "busctl", "nft", "ip", "ping") if not shutil.which(tool)]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    # An overlay cannot be written on top of another, where temporary files may be.
    folder = tmp_path_factory.mktemp("machine")
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True)
    try:
        probe = folder / "probe"
        probe.mkdir()
        done = subprocess.run([HERE / "chroot", probe, "true"], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"cannot make a machine of its own here: {done.stderr.strip()}")
        for path in built.glob("*.deb"):
            shutil.copy(path, folder)
        shutil.copy(HERE / "smoke", folder)
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture(scope="session")
def smoke(machine):
    folder = machine / "smoke-test"
    folder.mkdir()
    for path in [*machine.glob("*.deb"), machine / "smoke"]:
        shutil.move(path, folder)
    done = subprocess.run(
        [HERE / "chroot", folder, "/mnt/smoke"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, timeout=900, check=False,
    )
    return folder, done


def test_installed_activated_and_enforced(smoke):
    _, done = smoke
    assert done.returncode == 0 and done.stdout.endswith("== done\n"), done.stdout


def test_purge_leaves_nothing(smoke):
    folder, done = smoke
    assert done.returncode == 0, done.stdout
    written = folder / "written"
    found = {path.relative_to(written).as_posix(): path for path in written.rglob("*")}
    # A folder that was there is among them when something in it came and went.
    left = [name for name, path in found.items() if not (path.is_dir() and os.path.isdir(f"/{name}"))]
    assert "var/lib/dpkg/status" in left
    assert sorted(name for name in left if not OF_DPKG.match(name)) == []
    assert sorted(name for name in left if "nfwpolicy" in name) == []
    in_run = done.stdout.partition("== purge")[2]
    assert "/run/dbus" in in_run and not re.search(r"^/run/.*nfwpolicy", in_run, re.MULTILINE)
