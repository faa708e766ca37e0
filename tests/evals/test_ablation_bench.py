"""The costs of arms, by a stand-in for a writer."""

import asyncio

from redraft.agent.settings import load_settings
from redraft.evals import rehearsal
from redraft.evals.ablation_bench import SHOWN, Cost, measured, table
from redraft.evals.arms import ARMS
from redraft.tests.agent.whole import PATIENT

pytestmark = PATIENT


def test_every_arm_has_a_row_with_its_differences_to_the_base() -> None:
    base = Cost(20_000, 40, 1000, dict.fromkeys(SHOWN, 0.5))
    arm = Cost(15_000, 31, 1500, dict.fromkeys(SHOWN) | {"words": 1234.0})

    lines = table({"base": base, "no-vote": arm}).splitlines()

    assert lines[2] == "| base | 40 | 20,000 |  | 1,000 |  | 0.5 | 0.5 | 0.5 | 0.5 | 0.5 | 0.5 |"
    assert lines[3] == "| no-vote | 31 | 15,000 | -25% | 1,500 | +50% | 1,234 |  |  |  |  |  |"


def test_one_section_after_the_other_makes_the_longer_chain() -> None:
    settings = load_settings(
        preset="quick", sections=3, words=240, rounds=0, library=rehearsal.LIBRARY, search=("none",), llm_concurrency=99
    )

    base, serial = (asyncio.run(measured(settings, ARMS[name])) for name in ("base", "serial"))

    assert serial.critical > base.critical > 0
    assert base.calls > 6
