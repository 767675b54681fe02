"""A bare Debian in a folder, and commands in it as on a machine of its own.

What debootstrap calls minbase, with git and ca-certificates: neither python3 nor sudo nor a
compiler. Commands run in namespaces of their own, so that all mounts and all processes vanish with
the first of them, and that one dies with the script, by SIGKILL too.

    FOLDER/SUITE/bare         as debootstrap made it
    FOLDER/SUITE/USER         a copy, in which one user's commands run

It gets its packages from where this machine does, read from apt's configuration.
"""

import os
import re
import shlex
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import processes
from common import ROOT, Unusable, call, output_of, relative

INCLUDED = "git,ca-certificates"
SUITES = ("bookworm", "trixie")
USERS = ("root", "person")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PASSED_ON = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
NAMESPACES = ["setpriv", "--pdeathsig", "KILL",
              "unshare", "--mount", "--pid", "--ipc", "--fork", "--kill-child"]
# "$1" is the root: /proc and /dev as in a container.
ENTER = """
set -eu
root=$1
shift
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for node in null zero full random urandom tty; do
  : > "$root/dev/$node"
  mount --bind "/dev/$node" "$root/dev/$node"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"
exec "$@"
"""

# What it takes to reach an archive, of all of apt's settings.
REACHING = re.compile(
    r'^Acquire::(?:https?|ftp|Check-Valid-Until|Check-Date|Retries|ForceIPv[46])\b')
FILE_OPTION = re.compile(r'^Acquire::https?::(?:\S+::)?(?:CaInfo|IssuerCert|CrlFile) "(/[^"]+)";',
                         re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Source:
    """A line of sources.list, of this machine's release."""
    uri: str
    codename: str  # bookworm, bookworm-security, ...
    component: str


def paragraphs(text):
    for paragraph in text.split("\n\n"):
        pairs = (line.partition(": ") for line in paragraph.splitlines())
        fields = {key: value for key, _, value in pairs}
        if fields:
            yield fields


def read_sources(targets):
    """Of what `apt-get indextargets` says: Debian's own sources, each once, and their signers."""
    found, keyrings = [], set()
    for target in paragraphs(targets):
        if target.get("Created-By") != "Packages" or target.get("Origin") != "Debian":
            continue
        source = Source(target["Repo-URI"], target["Codename"], target["Component"])
        if source not in found:
            found.append(source)
        keyrings |= set(re.findall(r"^/\S+$", target.get("Signed-By", "")))
    return found, keyrings


class Archive:
    """This machine's archive, as apt reaches it."""

    def __init__(self):
        sources, keyrings = read_sources(output_of("apt-get", "indextargets"))
        if not any("-" not in source.codename for source in sources):
            raise Unusable("apt's sources have no archive of Debian, or their lists have not been "
                           "fetched yet: apt-get update")
        self.sources = sources
        self.keyrings = sorted(keyrings)
        self.options = "".join(line + "\n" for line in output_of("apt-config", "dump").splitlines()
                               if REACHING.match(line))

    def lines_for(self, suite):
        """sources.list of another release, from the same archives."""
        result = []
        for source in self.sources:
            codename, hyphen, pocket = source.codename.partition("-")
            if pocket in ("", "updates", "security"):
                line = f"deb {source.uri} {suite}{hyphen}{pocket} {source.component}"
                if codename and line not in result:
                    result.append(line)
        return result

    def mirror(self):
        return next(source.uri for source in self.sources if "-" not in source.codename)

    def components(self):
        return sorted({source.component for source in self.sources if "-" not in source.codename})

    def files(self):
        """What the options name: certificates of an authority, and the like."""
        return [Path(name) for name in FILE_OPTION.findall(self.options) if Path(name).is_file()]

    def proxy(self):
        found = re.search(r'^Acquire::http::Proxy "([^"]+)";', self.options, re.MULTILINE)
        return found.group(1) if found and found.group(1) != "DIRECT" else ""


def check_able(folder):
    """Before minutes of work: what would make it end badly."""
    if os.geteuid() != 0:
        raise Unusable("needs root, for debootstrap, chroot and mounts")
    probe = processes.run([*NAMESPACES, "true"], capture_output=True)
    if probe.returncode != 0:
        raise Unusable("namespaces are not allowed here (a container without CAP_SYS_ADMIN?)")
    flags = os.statvfs(folder).f_flag
    for flag, name in ((os.ST_NODEV, "nodev"), (os.ST_NOEXEC, "noexec"), (os.ST_NOSUID, "nosuid")):
        if flags & flag:
            raise Unusable(f"{relative(folder)} is on a file system mounted {name}")


def environment(home, user):
    passed = [f"{name}={os.environ[name]}" for name in PASSED_ON if name in os.environ]
    return ["env", "-i", f"HOME={home}", f"USER={user}", f"PATH={PATH}", "TERM=dumb", *passed]


def make_bare(root, suite, archive):
    """debootstrap, then what reaches the archive from there."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    command = ["debootstrap", "--variant=minbase", f"--include={INCLUDED}",
               f"--components={','.join(archive.components())}"]
    if len(archive.keyrings) == 1:
        command.append(f"--keyring={archive.keyrings[0]}")
    env = dict(os.environ)
    if archive.proxy():
        env["http_proxy"] = archive.proxy()
    call([*NAMESPACES, *command, suite, root, archive.mirror()], f"debootstrap of {suite}", env=env)
    write(root, "etc/apt/sources.list", "\n".join(archive.lines_for(suite)) + "\n")
    write(root, "etc/apt/apt.conf.d/90reaching", archive.options)
    for path in [*archive.files(), Path("/etc/resolv.conf"), Path("/etc/hosts")]:
        if path.is_file():
            write(root, str(path).lstrip("/"), path.read_text())
    # A container image has no lists, either.
    shutil.rmtree(root / "var/lib/apt/lists")
    (root / "var/lib/apt/lists/partial").mkdir(parents=True)


def write(root, name, text):
    target = root / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)  # it may be a link out of the root
    target.write_text(text)


class Machine:
    """A copy of the bare root with a clone of the committed tree, and someone who works there."""

    def __init__(self, root, user):
        self.root = root
        self.user = user
        self.home = "/root" if user == "root" else f"/home/{user}"
        self.checkout = f"{self.home}/concertina"

    def make(self, bare):
        shutil.rmtree(self.root, ignore_errors=True)
        call(["cp", "-a", "--reflink=auto", bare, self.root], "copying the bare root")
        if self.user != "root":
            self.add_user()
        inside = Path(f"{self.root}{self.checkout}")
        call(["git", "-c", f"safe.directory={ROOT}", "-c", f"safe.directory={ROOT}/.git", "clone",
              "-q", "--no-hardlinks", "--", ROOT, inside], "cloning the tree")
        if self.user != "root":
            call(["chroot", self.root, "chown", "-R", f"{self.user}:", self.home], "chown")

    def add_user(self):
        script = ("apt-get -q update && apt-get -q install -y --no-install-recommends sudo && "
                  f"useradd -m -s /bin/bash {self.user}")
        call([*self.entering("root", "/root"), "sh", "-c", script], "adding a user with sudo")
        write(self.root, f"etc/sudoers.d/{self.user}", f"{self.user} ALL=(ALL) NOPASSWD: ALL\n")
        (self.root / f"etc/sudoers.d/{self.user}").chmod(0o440)

    def entering(self, user, home):
        enter = [*NAMESPACES, "sh", "-c", ENTER, "enter", self.root, "chroot"]
        if user != "root":
            enter.append(f"--userspec={user}:{user}")
        return [str(part) for part in (*enter, self.root, *environment(home, user))]

    def run(self, command, log):
        """Its exit code and seconds; what it prints goes to the log."""
        words = " ".join(shlex.quote(str(word)) for word in command)
        script = f"cd {self.checkout} && exec {words}"
        begin = time.monotonic()
        log.parent.mkdir(parents=True, exist_ok=True)
        with open(log, "w", encoding="utf-8") as output:
            code = processes.run([*self.entering(self.user, self.home), "sh", "-c", script],
                                 stdin=subprocess.DEVNULL, stdout=output, stderr=output).returncode
        return code, time.monotonic() - begin
