"""`orrery admin simulate`: a list of jobs replayed through the scheduler, without a server."""

from __future__ import annotations

import json

from tests.conformance.cli.command import Cli

# On 4 GPUs the second job waits for the first; the third fits beside the first and ends before the second can start.
JOBS = """timestamp,duration,num_gpus
2020-01-01 00:00:00,10,3
2020-01-01 00:00:01,10,4
2020-01-01 00:00:02,5,1
"""


def test_policies_are_compared_in_a_table_and_as_json(cli: Cli) -> None:
    (cli.folder / "jobs.csv").write_text(JOBS)
    policies = ["--policy", "fifo", "--policy", "easy"]
    table = cli.ok("admin", "simulate", "jobs.csv", "--gpus", "4", *policies)
    assert table.startswith("3 jobs on 4 GPUs")
    assert [line.split()[0] for line in table.splitlines()[2:]] == ["POLICY", "fifo", "easy"]
    document = json.loads(cli.ok("admin", "simulate", "jobs.csv", "--gpus", "4", *policies, "--json"))
    fifo, easy = document["policies"]
    assert fifo["mean_completion"] == (10 + 19 + 23) / 3
    assert easy["mean_completion"] == (10 + 19 + 5) / 3
    assert easy["preemptions"] == 0


def test_only_jobs_of_the_time_asked_for_are_replayed(cli: Cli) -> None:
    (cli.folder / "jobs.csv").write_text(JOBS)
    asked = ["admin", "simulate", "jobs.csv", "--gpus", "4", "--policy", "fifo", "--json"]
    assert json.loads(cli.ok(*asked, "--to", "2020-01-01 00:00:02"))["policies"][0]["jobs"] == 2
    assert "no job in that time" in cli.refused(2, *asked, "--from", "2020-01-02")
    assert "--from: needs a time like" in cli.refused(2, *asked, "--from", "soon")


def test_a_bad_line_is_named_with_its_column(cli: Cli) -> None:
    (cli.folder / "jobs.csv").write_text(JOBS + "2020-01-01 00:00:03,5,none\n")
    assert "line 5, num_gpus: " in cli.refused(2, "admin", "simulate", "jobs.csv")
    assert "no such file: gone.csv" in cli.refused(2, "admin", "simulate", "gone.csv")
