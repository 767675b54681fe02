import json
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import bench
import provenance
from bench import BOOST, GO, MEMCPY, Workload, row_of

PING = Workload("ping_pong", 100, (GO, BOOST))
OURS = {"": "ours", MEMCPY: "ours"}
ALL = {**OURS, GO: "go", BOOST: "boost"}


class Plan(unittest.TestCase):
    def test_boost_has_one_thread(self):
        rows = [(p, peer) for _, p, peer in bench.rows_asked([PING], ALL)]
        self.assertEqual(rows, [(1, GO), (1, BOOST), (2, GO)])

    def test_leaves_out_peers_that_are_not_there(self):
        self.assertEqual(bench.rows_asked([PING], OURS), [])
        rows = bench.rows_asked([Workload("copy", 1, (MEMCPY,), (1,), twin="memcpy")], OURS)
        self.assertEqual([peer for _, _, peer in rows], [MEMCPY])

    def test_measures_what_nobody_else_has(self):
        rows = bench.rows_asked([Workload("shrink", 1, (), (1,))], ALL)
        self.assertEqual([(p, peer) for _, p, peer in rows], [(1, "")])

    def test_same_work_for_both(self):
        self.assertIn("--ops=7", bench.command(ALL, PING, "", 2, 7))
        self.assertIn("-test.benchtime=7x", bench.command(ALL, PING, GO, 2, 7))
        self.assertIn("-test.cpu=2", bench.command(ALL, PING, GO, 2, 7))
        copy = Workload("copy", 1, (MEMCPY,), (1,), twin="memcpy")
        self.assertIn("--benchmark_filter=^memcpy/processors:1/",
                      bench.command(ALL, copy, MEMCPY, 1, 7))


class Parse(unittest.TestCase):
    def test_google_benchmark(self):
        text = json.dumps({"benchmarks": [{"real_time": 2.5, "time_unit": "us", "bytes": 9}]})
        self.assertEqual(bench.parse_benchmark(text, "ns"), 2500)
        self.assertEqual(bench.parse_benchmark(text, "bytes"), 9)

    def test_google_benchmark_without_result(self):
        for text in ("", "{}", json.dumps({"benchmarks": []}),
                     json.dumps({"benchmarks": [{"error_occurred": True,
                                                 "error_message": "fatal: x"}]})):
            with self.assertRaises(ValueError):
                bench.parse_benchmark(text, "ns")

    def test_go(self):
        line = "goos: linux\nBenchmarkAll/ping_pong-2 \t 100\t  346.2 ns/op\t 12.5 bytes\nPASS\n"
        self.assertEqual(bench.parse_go(line, "ns"), 346.2)
        self.assertEqual(bench.parse_go(line, "bytes"), 12.5)
        with self.assertRaises(ValueError):
            bench.parse_go("PASS\n", "ns")


class Rows(unittest.TestCase):
    def test_ratio_is_the_median_of_the_pairs(self):
        row = row_of(PING, 1, GO, [10, 40, 12], [20, 50, 30])
        self.assertEqual((row["ours_ns"], row["peer_ns"]), (12, 30))
        self.assertEqual((row["ratio"], row["ratio_min"], row["ratio_max"]), (0.5, 0.4, 0.8))
        self.assertEqual(row["ratio_best"], 0.5)
        self.assertEqual((row["workload"], row["processors"], row["peer"]), ("ping_pong", 1, GO))

    def test_a_row_without_peer_has_no_ratio(self):
        row = row_of(PING, 1, "", [10])
        self.assertIsNone(row["ratio"])
        self.assertIn("| ping_pong | 1 | ns | 10.0 | - | - | - | - | - |", bench.tables([row]))

    def test_chart_data(self):
        rows = [row_of(PING, 2, GO, [10], [20]),
                row_of(Workload("copy_64k", 1), 1, MEMCPY, [3000], [1500])]
        self.assertEqual(bench.ratio_data(rows), '0 "ping pong, 2P" 0.5000 0.5000 0.5000\n')
        self.assertEqual(bench.copy_data(rows), "64 3.000 1.500\n")
        self.assertEqual(bench.copy_data(rows[:1]), "")


class Repetitions(unittest.TestCase):
    def test_pairs_of_all_repetitions_make_a_row_and_some_have_fewer(self):
        self.enterContext(mock.patch.object(provenance, "source", lambda mutant: "s"))
        self.enterContext(mock.patch.object(bench, "say"))
        times = iter(range(1, 100))
        self.enterContext(mock.patch.object(bench, "run_one", lambda *_: next(times)))
        options = SimpleNamespace(json=None, only=["memory_per_parked", "shrink"], quick=False,
                                  repetitions=5, resume=False)
        with tempfile.TemporaryDirectory() as folder:
            measured = bench.Bench(options, ALL, Path(folder) / "pairs.json")
            rows = measured.collected(measured.run())
            kept = json.loads(measured.path.read_text())
        self.assertEqual({row["workload"]: row["repetitions"] for row in rows},
                         {"shrink": 5, "memory_per_parked": 3})
        self.assertEqual(len(kept), 8)
        measured.check(kept)
        with self.assertRaises(TypeError):
            measured.check([{**kept[0], "ours": "much", "peer": GO, "theirs": 1}])


class Table(unittest.TestCase):
    def test_names_are_unique(self):
        names = [w.name for w in bench.WORKLOADS]
        self.assertEqual(len(names), len(set(names)))


if __name__ == "__main__":
    unittest.main()
