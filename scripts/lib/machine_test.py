import unittest
import unittest.mock

import machine

TARGETS = """Created-By: Packages
Origin: Debian
Codename: bookworm
Component: main
Repo-URI: http://mirror.example/debian/

Created-By: Packages
Origin: Debian
Codename: bookworm-security
Component: main
Repo-URI: http://mirror.example/debian-security/
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Created-By: Packages
Origin: Debian
Codename: bookworm-backports
Component: main
Repo-URI: http://mirror.example/debian/

Created-By: Packages
Origin: Somebody
Codename: bookworm
Component: stable
Repo-URI: http://packages.example/

Created-By: Translations
Origin: Debian
Codename: bookworm
Component: main
Repo-URI: http://mirror.example/debian/
"""
DUMP = """Acquire::http::Proxy "http://proxy.example:3128";
Acquire::https::CaInfo "/etc/hostname";
Acquire::Check-Valid-Until "false";
Acquire::IndexTargets::deb::Packages::Optional "0";
APT::Install-Recommends "1";
"""


class ArchiveTest(unittest.TestCase):
    def setUp(self):
        answers = {"apt-get": TARGETS, "apt-config": DUMP}
        self.enterContext(unittest.mock.patch.object(
            machine, "output_of", lambda command, *_: answers[command]))

    def test_the_same_archives_serve_another_release(self):
        self.assertEqual(machine.Archive().lines_for("trixie"),
                         ["deb http://mirror.example/debian/ trixie main",
                          "deb http://mirror.example/debian-security/ trixie-security main"])

    def test_debootstrap_gets_the_main_one(self):
        found = machine.Archive()
        self.assertEqual(found.mirror(), "http://mirror.example/debian/")
        self.assertEqual(found.components(), ["main"])
        self.assertEqual(found.keyrings, ["/usr/share/keyrings/debian-archive-keyring.gpg"])

    def test_takes_over_what_it_takes_to_reach_them(self):
        found = machine.Archive()
        self.assertEqual(found.proxy(), "http://proxy.example:3128")
        self.assertEqual([str(path) for path in found.files()], ["/etc/hostname"])
        self.assertIn("Check-Valid-Until", found.options)
        self.assertNotIn("IndexTargets", found.options)
        self.assertNotIn("APT::", found.options)

    def test_lists_that_were_never_fetched_are_said_to_be(self):
        self.enterContext(unittest.mock.patch.object(machine, "output_of", lambda *_: ""))
        with self.assertRaisesRegex(machine.Unusable, "apt-get update"):
            machine.Archive()


if __name__ == "__main__":
    unittest.main()
