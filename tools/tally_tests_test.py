from pathlib import Path

import pytest
import tally_tests

GTEST = """<testsuites tests="3"><testsuite name="Clock">
<testcase name="Jumps" status="run" result="completed"/>
<testcase name="Stops" status="run"><failure message="no"/></testcase>
<testcase name="DISABLED_Later" status="notrun"/>
</testsuite></testsuites>"""
CTEST = """<testsuite name="Linux">
<testcase name="base" status="run"/>
<testcase name="sql" status="fail"><failure message=""/></testcase>
</testsuite>"""


def test_cases_are_counted_by_outcome(tmp_path: Path) -> None:
    (tmp_path / "orrery_base_test.xml").write_text(GTEST)
    assert tally_tests.tally_report(tmp_path / "orrery_base_test.xml") == tally_tests.Tally(1, 1, 1)


def test_ctest_counts_only_for_binaries_that_left_no_report(tmp_path: Path) -> None:
    (tmp_path / "orrery_base_test.xml").write_text(GTEST)
    (tmp_path / "ctest.xml").write_text(CTEST)
    assert tally_tests.tally_report(tmp_path / "ctest.xml") == tally_tests.Tally(failed=1)


def test_a_truncated_report_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "pytest.xml").write_text(GTEST[:60])
    assert tally_tests.tally_report(tmp_path / "pytest.xml") == tally_tests.Tally(failed=1)


def test_the_sum_stands_alone_on_the_last_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "unit").mkdir()
    (tmp_path / "unit" / "ctest.xml").write_text(CTEST)
    (tmp_path / "tools.xml").write_text('<testsuite><testcase name="a"/></testsuite>')
    assert tally_tests.main(str(tmp_path)) == 1
    assert capsys.readouterr().out.splitlines() == [
        "  tools: 1 passed, 0 failed",
        "  unit/ctest: 1 passed, 1 failed",
        "2 passed, 1 failed",
    ]


def test_no_tests_at_all_is_a_failure(tmp_path: Path) -> None:
    assert tally_tests.main(str(tmp_path)) == 1
