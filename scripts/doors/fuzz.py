"""Fuzzes the runtime in the simulator until the time is up or a bug is found.

Without --sanitizer the time is split: the first half under ASan and UBSan, the second under TSan.
A finding is confirmed, kept as build/fuzz/findings/*.case, printed with its replay command, and
minimised to *.min.case beside it.
When a run was killed, the next one first reports what it had found.
A finding that cannot be kept there (a full disk) is kept elsewhere or printed, with the reason.
A campaign begins with up to 2,000 inputs that earlier ones have evolved; the others wait to be
merged, at the end of a campaign for a tenth of its time, or with --merge until that is done.
Exit code: 0 no bug, 1 a bug, 2 could not run, or its folder is full or gone, or all the time went
into inputs that were known.
"""

import base64
import sys
import time
from dataclasses import asdict
from pathlib import Path

import arguments
import building
import concertina
import ending
import engines
import files
import findings
import keeping
import merging
import needs
from campaign import Campaign, Result, Settings
from common import EXIT_FAILED, EXIT_OK, FUZZ_FLAVOURS, Interrupted, Unusable, cores, relative, say
from progress import Line


def NEEDS(options):  # pylint: disable=invalid-name
    return needs.AFL if engines.uses_afl(options.engine) else needs.BUILD


POLL_S = 0.1
STATUS_S = 1.0
STATUS_S_PLAIN = 10.0  # when there is no terminal
MERGE_MIN_S = 2.0  # at a campaign's end, on top of its time
INPUT_NAME = "finding.bytes"  # of an input that can be kept nowhere


class Status:
    """One line that is rewritten each second, or a plain one every ten."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.line = Line(sys.stdout)
        self.next_at = 0.0
        self.said = 0

    def remark(self, result):
        """What is to be said and has not been."""
        lines = [result.inputs, *result.remarks] if result.inputs else result.remarks
        for line in lines[self.said:]:
            self.line.say(line)
        self.said = len(lines)

    def show(self, result, last=False):
        self.remark(result)
        now = time.monotonic()
        if now < self.next_at and not last:
            return
        self.next_at = now + (STATUS_S if self.line.is_terminal else STATUS_S_PLAIN)
        self.line.show([f"{result.flavour:7}", f"{result.seconds:.0f}/{self.seconds:.0f} s",
                        f"bugs {len(result.findings)}",
                        f"{result.executions:,} programs ({result.executions_per_second:,.0f}/s)",
                        f"coverage {result.coverage}", f"corpus {result.corpus}"])
        if last:
            self.line.keep()


def run_campaign(tree, settings):
    """Fuzzes, and returns the campaign; an interrupt still reports what was done."""
    campaign = Campaign(tree, settings)
    status = Status(settings.seconds)
    try:
        campaign.start()
        while not campaign.poll():
            status.show(campaign.result)
            time.sleep(POLL_S)
    except Interrupted:
        campaign.finish()
        status.show(campaign.result, last=True)
        raise
    finally:
        campaign.stop()
    status.show(campaign.result, last=True)
    result = campaign.result
    if not result.findings and not result.unusable and not settings.empty:
        merge_at_the_end(campaign, status)
    return campaign


def merge_at_the_end(campaign, status):
    """Some of what waits; the next start is as quick as this one."""
    try:
        campaign.merge(max(MERGE_MIN_S, campaign.settings.seconds * merging.SHARE))
    except (Unusable, OSError) as error:
        say(f"not merged: {ending.words_of(error)}")
    status.remark(campaign.result)


def run_merge(tree, settings):
    """Merges what waits, until the time is up, and fuzzes nothing."""
    campaign = Campaign(tree, settings)
    status = Status(settings.seconds)
    try:
        if campaign.open():
            campaign.merge(settings.seconds, always=True, say=lambda merged: status.line.show(
                [f"{settings.flavour:7}", f"merging: {merged.words()}"]))
    finally:
        campaign.stop()
    status.remark(campaign.result)
    return campaign


def report(result, mutant):
    for finding in result.findings:
        say("")
        say(f"BUG      {finding.signature}")
        if not finding.confirmed:
            say("         NOT CONFIRMED: replays of the saved input do not all fail the same way")
        if finding.left_over:
            say(f"found    by a campaign that was killed, in flavour {result.flavour}")
        else:
            say(f"found    after {finding.executions:,} programs, {finding.seconds:.1f} s, "
                f"in flavour {result.flavour}, by {finding.engine}")
        for line in finding.remarks:
            say(f"         {line}")
        if finding.case:
            say(f"case     {relative(finding.case)}")
        else:
            say_input(finding)
        path = finding.case or INPUT_NAME
        say(f"replay   {findings.replay_command(path, result.flavour, mutant)}")


def say_input(finding):
    say(f"input    kept nowhere but here; in a shell, these lines make the file {INPUT_NAME}:")
    for line in keeping.printed(base64.b64decode(finding.input), INPUT_NAME):
        say(line)


def minimise(campaign, finding, mutant):
    """The finding as small as it goes, beside it if that can be."""
    case = Path(finding.case)
    folder, reasons = keeping.place_for(case.parent)
    if folder is None:
        raise Unusable("; ".join(reasons))
    minimal = case.with_suffix(".min.case").name
    partial = files.temporary(minimal, folder)
    say(f"minimising {relative(case)}")
    try:
        answer = concertina.minimize(campaign.tool, case, partial)
        target, reasons = keeping.keep(partial.read_bytes(), minimal, case.parent)
    finally:
        partial.unlink(missing_ok=True)
        if folder != case.parent:
            folder.rmdir()
    if target is None:
        raise Unusable("; ".join(reasons))
    for line in reasons:
        say(f"         {line}")
    say(f"minimal  {relative(target)}: {concertina.size_words(answer)} "
        f"({answer['runs']:,} runs, {answer['seconds']:.0f} s)")
    say(f"replay   {findings.replay_command(target, campaign.settings.flavour, mutant)}")
    finding.minimised = str(target)


def minimise_findings(campaign, mutant):
    for finding in campaign.result.findings:
        if not finding.confirmed or not finding.case:
            continue
        try:
            minimise(campaign, finding, mutant)
        except (Unusable, OSError) as error:
            say(f"not minimised: {ending.words_of(error)}")


def write_json(path, results):
    """The sums over the flavours; `campaigns` has each flavour's own numbers."""
    campaigns = list(map(asdict, results))
    sums = {key: round(sum(each[key] for each in campaigns), 3)
            for key in ("seconds", "executions", "new_inputs")}
    files.write_json(path, {
        "flavour": ",".join(result.flavour for result in results), "engine": results[0].engine,
        **sums,
        "executions_per_second": round(sums["executions"] / max(sums["seconds"], 0.001), 1),
        **{key: max(each[key] for each in campaigns) for key in ("coverage", "corpus")},
        "findings": [finding for each in campaigns for finding in each["findings"]],
        "unusable": "; ".join(result.unusable for result in results if result.unusable),
        "campaigns": campaigns})


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("--engine", choices=engines.NAMES, default="libfuzzer",
                        help="all: workers alternate between the engines (at least one of each) "
                        "and share what they find")
    parser.add_argument("--sanitizer", choices=FUZZ_FLAVOURS,
                        help="give all the time to this flavour")
    parser.add_argument("--seconds", type=arguments.seconds(1), default=60.0,
                        help="total time (default 60)")
    parser.add_argument("--workers", type=arguments.workers, default=cores(),
                        help="processes (default: one per core)")
    parser.add_argument("--seed", type=arguments.engine_seed, default=1,
                        help="engine seed; worker i uses seed + i (default 1)")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--corpus", nargs="+", type=arguments.folder, metavar="DIR",
                       help="seeds instead of corpus/seeds and (without --mutant) corpus/regress: "
                       "cases and engine bytes, in subfolders, too")
    group.add_argument("--empty", action="store_true",
                       help="begin with no inputs at all; the evolved corpus stays as it is")
    group.add_argument("--merge", action="store_true",
                       help="do not fuzz: prune the evolved corpus, until it is done or the time "
                            "is up")
    parser.add_argument("--mutant", default="", type=arguments.mutant, metavar="NAME",
                        help="fuzz a copy with fuzzers/mutants/NAME.patch applied")
    parser.add_argument("--no-minimize", action="store_true",
                        help="keep findings as they were found")
    parser.add_argument("--json", metavar="FILE", help="write the result here")
    return parser.parse_args()


def fuzz(tree, settings, options, campaigns):
    """One flavour: its result, and its findings reported. Campaigns that are to be settled are
    added to the list."""
    say(f"building {settings.flavour}" + (f" with mutant {tree.mutant}" if tree.mutant else ""))
    building.build_for_engine(tree, settings.flavour, settings.engine)
    try:
        campaign = (run_merge if options.merge else run_campaign)(tree, settings)
    except Unusable as reason:
        return Result(settings.flavour, settings.engine, unusable=str(reason))
    except OSError as error:
        words = ending.file_words(error)
        if not words:
            raise
        return Result(settings.flavour, settings.engine, unusable=words)
    report(campaign.result, options.mutant)
    if not options.no_minimize:
        minimise_findings(campaign, options.mutant)
    campaigns.append(campaign)
    return campaign.result


def end(results, campaigns, options):
    """The exit code. A bug goes before what could not be done, which is said all the same."""
    reasons = [f"{result.flavour}: {result.unusable}" for result in results if result.unusable]
    is_found = any(result.findings for result in results)
    if options.json:
        try:
            write_json(options.json, results)
        except OSError as error:
            reasons.append(f"--json: {ending.words_of(error)}")
    # A program that reads the result, and not the messages, has it now.
    for campaign in campaigns:
        campaign.settle()
    if reasons and not is_found:
        raise Unusable("\n".join(reasons))
    for reason in reasons:
        say(reason)
    if is_found:
        return EXIT_FAILED
    if not options.merge:  # which has looked for none
        say("no bug found")
    return EXIT_OK


def main(options):
    flavours = [options.sanitizer] if options.sanitizer else ["address", "thread"]
    tree = building.tree(options.mutant)
    results, campaigns = [], []
    for flavour in flavours:
        settings = Settings(flavour=flavour, seconds=options.seconds / len(flavours),
                            engine=options.engine, workers=options.workers, seed=options.seed,
                            corpus=options.corpus, empty=options.empty)
        results.append(fuzz(tree, settings, options, campaigns))
        if results[-1].findings:
            break
    return end(results, campaigns, options)
