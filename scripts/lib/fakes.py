"""For tests: programs that behave like a fuzzer, afl-fuzz and the tool, and a tree of them."""

import stat
import sys
import time
from pathlib import Path

# A libFuzzer. `behaviour` is Python with `prefix` (of artifacts), `corpus` and `slot` (in flight).
LIBFUZZER = """
import hashlib, os, struct, sys, time
arguments = dict(a[1:].split('=', 1) for a in sys.argv[1:] if a.startswith('-'))
if 'merge_inner' in arguments:
    MERGING
prefix = arguments['artifact_prefix']
corpus = [a for a in sys.argv[1:] if not a.startswith('-')][0]
slot = os.environ['CONCERTINA_IN_FLIGHT']

def run(content, runs=1):
    with open(slot, 'wb') as file:
        file.write(struct.pack('<QIII', runs, len(content), 1, 0) + content)

def save(content, path=''):
    name = hashlib.sha1(content).hexdigest()
    with open(path + name if path else os.path.join(corpus, name), 'wb') as file:
        file.write(content)

run(b'', 8)
print('#2\\tINITED cov: 5 ft: 6 corp: 1/1b exec/s: 100 rss: 1Mb')
print('#8\\tNEW cov: 5 ft: 6 corp: 2/2b exec/s: 100 rss: 1Mb', flush=True)
BEHAVIOUR
"""
# Its merge's inner step. A feature is a byte that an input has; one with 'fatal' in it kills.
# `place` is that of the input which has just been begun.
MERGING = """
    path = arguments['merge_control_file']
    lines = open(path).read().split('\\n')
    names = lines[2:2 + int(lines[0])]
    seen = set()
    with open(path, 'a') as control:
        for place in range(sum(line.startswith('STARTED') for line in lines), len(names)):
            content = open(names[place], 'rb').read()
            print(f'STARTED {place} {len(content)}', file=control, flush=True)
            BEHAVIOUR
            if b'fatal' in content:
                os._exit(77)
            print('FT', place, *sorted(set(content) - seen), file=control)
            print('COV', place, file=control, flush=True)
            seen |= set(content)
    sys.exit(0)
"""
# An AFL++ target that runs seeds: it dies of one that contains 'fatal'.
AFL_TARGET = """
import os, struct, sys
for runs, path in enumerate(sys.argv[1:], 1):
    content = open(path, 'rb').read()
    with open(os.environ['CONCERTINA_IN_FLIGHT'], 'wb') as file:
        file.write(struct.pack('<QIII', runs, len(content), 1, 0) + content)
    if b'hang' in content and not os.path.exists(sys.argv[0] + '.hung'):  # the first time
        import time
        open(sys.argv[0] + '.hung', 'w').close()
        time.sleep(600)
    if b'fatal' in content:
        os.abort()
"""
# An afl-fuzz. `behaviour` is Python with `out`, its folder, and `inputs`, what it began with. It
# runs new inputs as long as that lasts.
AFL_FUZZ = """
import os, signal, struct, sys, threading, time
option = lambda name: sys.argv[sys.argv.index(name) + 1]
inputs = [open(os.path.join(option('-i'), name), 'rb').read()
          for name in sorted(os.listdir(option('-i')))]
out = os.path.join(option('-o'), option('-M'))
for name in ('queue', 'crashes', 'hangs'):
    os.makedirs(os.path.join(out, name))

def write(name, content):
    with open(os.path.join(out, name), 'wb') as file:
        file.write(content)

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
for i, content in enumerate(inputs):
    write(f'queue/id:{i:06},time:0,execs:0,orig:seed', content)

def run(content, runs, killer=b''):
    with open(os.environ['CONCERTINA_IN_FLIGHT'], 'rb+') as slot:
        slot.write(struct.pack('<QIII', runs, len(content), 1, len(killer))
                   + content.ljust(1 << 14, b'-')
                   + killer)

def fuzz():
    for runs in range(100, 1000000):
        run(b'', runs)
        time.sleep(0.02)

FUZZING
BEHAVIOUR
"""
AFL_FUZZING = """
print('All set and ready to roll!', flush=True)
threading.Thread(target=fuzz, daemon=True).start()
"""
# A tool. An input with 'fatal' or 'crash' in it fails; one with 'noise' in it is none. What it
# shows are the header fields that it was given, or, with -o, the inputs as they are.
TOOL = """
import json, os, sys
if '-o' in sys.argv:
    at = sys.argv.index('-o')
    complaints = 0
    for name in sys.argv[at + 2:]:
        content = open(name, 'rb').read() if os.path.isfile(name) else b'noise'
        if b'noise' in content:
            complaints += 1
            print(f'{name}:3:7: no input', file=sys.stderr)
            continue
        stem = os.path.splitext(os.path.basename(name))[0]
        with open(os.path.join(sys.argv[at + 1], stem), 'wb') as file:
            file.write(content)
    sys.exit(2 if complaints else 0)
source = open(sys.argv[-1], 'rb').read()
if '--bytes' not in sys.argv and not sys.argv[-1].endswith('.case'):
    sys.exit('not a case')
if sys.argv[1] == 'show':
    print('\\n'.join(sys.argv[i + 1] for i, a in enumerate(sys.argv) if a == '--set'))
else:
    times = int(sys.argv[sys.argv.index('--times') + 1])
    fails = b'fatal' in source or b'crash' in source
    print(json.dumps(dict(dict(failures=times if fails else 0, agree=True, died=False,
                               signature='channels: lost value' if fails else 'pass',
                               oracle='channels' if fails else ''), **ANSWER)))
"""


def write_program(path, text):
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


class Tree:
    """Stands for building.Tree, with fakes for binaries."""
    mutant = "planted"

    def __init__(self, folder, is_new=True):
        self.folder = folder
        if is_new:
            self.write_tool()

    def fuzz_folder(self, flavour):
        return self.folder / "fuzz" / flavour

    def binary(self, _, name):
        return self.folder / name

    def tool(self, _):
        return self.folder / "concertina"

    def mutator(self):
        return self.folder / "mutator_afl.so"

    def write_tool(self, **answer):
        write_program(self.folder / "concertina", TOOL.replace("ANSWER", repr(answer)))

    def write_libfuzzer(self, behaviour, merging="pass"):
        text = LIBFUZZER.replace("BEHAVIOUR", behaviour).replace("    MERGING", MERGING)
        write_program(self.folder / "fuzz_sim", text.replace("BEHAVIOUR", merging))

    def write_afl(self, behaviour, fuzzing=AFL_FUZZING):
        """afl-fuzz itself is looked for in PATH: put `folder` in front of it."""
        write_program(self.folder / "fuzz_sim_afl", AFL_TARGET)
        write_program(self.folder / "afl-fuzz", AFL_FUZZ.replace("FUZZING", fuzzing)
                      .replace("BEHAVIOUR", behaviour))


def has_ended(pid):
    """It is no more, or waits for its parent, or for init, to ask how it ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def poll_until(done, seconds=600):
    """Waits for a true answer and returns it; the limit is for what never comes."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = done()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")
