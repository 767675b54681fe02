import argparse
import unittest

import arguments


class ArgumentsTest(unittest.TestCase):
    def refused(self, read, *texts):
        for text in texts:
            with self.assertRaises(argparse.ArgumentTypeError, msg=text) as caught:
                read(text)
            self.assertIn(f"'{text}' is not", str(caught.exception))

    def test_seconds(self):
        read = arguments.seconds(1)
        self.assertEqual([read(text) for text in ("1", "1.5", "1e3")], [1.0, 1.5, 1000.0])
        self.refused(read, "nan", "inf", "-inf", "1e400", "0", "-5", "0.99", "", "x", "1s", "1e9")
        self.assertEqual(arguments.seconds(0)("0"), 0.0)

    def test_whole_numbers(self):
        read = arguments.whole(2, 9)
        self.assertEqual([read("2"), read("9")], [2, 9])
        self.refused(read, "1", "10", "-3", "2.5", "nan", "", "1e1", "9" * 400, "x")

    def test_an_engines_seed_is_not_the_one_that_means_any(self):
        self.refused(arguments.engine_seed, "0", "4294967297")

    def test_every_page_of_help_names_the_exit_codes(self):
        self.assertIn("130 or 143", arguments.parser("What it does.").format_help())


if __name__ == "__main__":
    unittest.main()
