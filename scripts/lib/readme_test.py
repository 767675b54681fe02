"""What the READMEs show: it fits a terminal, and names what is there."""

import re
import unittest

from common import ROOT

LINK = re.compile(r"\]\(([^)#\s]*)(#[^)\s]*)?\)")
FOLDERS = ("corpus", "fuzzers", "runtime", "sanitizers", "scripts", "stress")
WIDTH = 80
# A finding's replay command, in what a night has written: a Markdown file, shown as it is.
SHOWS_MARKDOWN = re.compile(r"# Night ")


def readmes():
    return [ROOT / "README.md",
            *sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.md"))]


def code_blocks(text):
    """Lists of lines: what is between fences, or indented."""
    block, is_fenced = [], False
    for line in text.splitlines():
        if line.startswith("```"):
            is_fenced = not is_fenced
        elif is_fenced or line.startswith("    "):
            block.append(line)
            continue
        yield block
        block = []
    yield block


def anchors(text):
    """What GitHub calls the headings."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


class Readmes(unittest.TestCase):
    def test_code_blocks_are_found_by_fence_and_by_indentation(self):
        self.assertEqual([block for block in code_blocks("a\n    b\n    c\n```\nd\n\n```\n")
                          if block],
                         [["    b", "    c"], ["d", ""]])

    def test_code_blocks_fit_a_terminal_of_80_columns(self):
        self.assertGreater(len(readmes()), 10)
        for path in readmes():
            for block in code_blocks(path.read_text(encoding="utf-8")):
                if block and SHOWS_MARKDOWN.match(block[0]):
                    continue
                for line in block:
                    with self.subTest(path.relative_to(ROOT)):
                        self.assertLessEqual(len(line), WIDTH, line)

    def test_links_lead_to_files_and_headings(self):
        count = 0
        for path in readmes():
            for name, anchor in LINK.findall(path.read_text(encoding="utf-8")):
                if ":" in name:
                    continue
                count += 1
                target = path.parent / name if name else path
                with self.subTest(path.relative_to(ROOT), link=name + anchor):
                    self.assertTrue(target.exists())
                    if anchor and target.suffix == ".md":
                        self.assertIn(anchor[1:], anchors(target.read_text(encoding="utf-8")))
        self.assertGreater(count, 50)

    def test_each_script_has_a_line_and_each_line_a_script(self):
        rows = re.findall(r"^\| (`[^|]*`) \|", (ROOT / "scripts/README.md").read_text(), re.M)
        named = {name for row in rows for name in re.findall(r"`(\w[\w-]*)`", row)}
        there = {path.name for path in (ROOT / "scripts").iterdir()
                 if path.is_file() and not path.suffix}
        self.assertEqual(named, there)

    def test_the_first_one_says_how_the_tool_is_built_before_it_uses_it(self):
        text = (ROOT / "README.md").read_text(encoding="utf-8")
        built = text.index("scripts/build none --target concertina")
        self.assertLess(built, text.index("`build/none/concertina "))


if __name__ == "__main__":
    unittest.main()
