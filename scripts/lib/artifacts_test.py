import os
import tempfile
import unittest
from pathlib import Path

from artifacts import Artifact, sha1


class ArtifactTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def saved(self, content, kind="crash", of=b"input"):
        path = self.folder / f"libfuzzer-0-{kind}-{sha1(of)}"
        path.write_bytes(content)
        return Artifact(path)

    def test_a_whole_file_needs_no_slot(self):
        artifact = self.saved(b"input").mended([b"another"])
        self.assertEqual((artifact.content, artifact.is_cut, artifact.is_doubtful, artifact.kind),
                         (b"input", False, False, "crash"))

    def test_a_cut_file_is_taken_from_the_slot_when_its_name_says_so(self):
        for content in (b"", b"inp", b"\0" * 5):
            artifact = self.saved(content)
            self.assertTrue(artifact.is_cut and artifact.is_doubtful)
            self.assertTrue(artifact.mended([b"inputs"]).is_cut)
            self.assertTrue(artifact.mended([]).is_cut)
            self.assertEqual((artifact.mended([b"other", b"input"]).content, artifact.is_cut),
                             (b"input", False))

    def test_of_afl_when_it_begins_with_what_is_there_which_is_a_guess(self):
        path = self.folder / "id:000000,sig:06,src:0,time:15,execs:40"
        for content in (b"", b"in"):
            path.write_bytes(content)
            artifact = Artifact(path, kind="crash").mended([b"input", b"inputs"])
            self.assertEqual((artifact.content, artifact.is_cut), (b"input", False))
            self.assertTrue(artifact.is_lost and artifact.is_doubtful)
        path.write_bytes(b"input")
        artifact = Artifact(path, kind="crash").mended([b"other"])
        self.assertEqual((artifact.content, artifact.is_doubtful), (b"input", False))

    def test_an_empty_file_is_doubtful_even_if_its_name_is_right(self):
        artifact = self.saved(b"", of=b"")
        self.assertEqual((artifact.is_cut, artifact.is_doubtful), (False, True))
        self.assertIn("is empty", artifact.words())

    def test_so_are_inputs_in_flight_and_of_workers_that_starved(self):
        for kind in ("in-flight", "timeout", "oom"):
            self.assertTrue(self.saved(b"input", kind).is_doubtful)

    def test_what_cannot_be_read_is_as_good_as_empty(self):
        path = self.folder / f"libfuzzer-0-crash-{sha1(b'input')}"
        path.mkdir()
        self.assertTrue(Artifact(path).is_cut)
        path = self.folder / f"libfuzzer-1-crash-{sha1(b'input')}"
        os.mkfifo(path)
        self.assertEqual(Artifact(path).mended([b"input"]).content, b"input")

    def test_it_goes_with_its_copies(self):
        artifact = self.saved(b"input")
        artifact.copies.append(self.folder / "slot")
        artifact.copies[0].touch()
        artifact.remove()
        artifact.remove()
        self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
