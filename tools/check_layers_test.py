from pathlib import Path

import check_layers
import pytest

RULES = check_layers.parse_rules("base:  # everyone's\n\nsql: base\nhttp: base\napi: base sql http\n")


def write(src: Path, name: str, text: str) -> None:
    path = src / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_rules_are_one_module_a_line() -> None:
    assert RULES == {"base": set(), "sql": {"base"}, "http": {"base"}, "api": {"base", "sql", "http"}}


def test_a_line_without_a_colon_is_refused() -> None:
    with pytest.raises(ValueError, match="line 2"):
        check_layers.parse_rules("base:\nsql base\n")


def test_allowed_own_and_foreign_includes_pass(tmp_path: Path) -> None:
    write(
        tmp_path,
        "sql/sql.h",
        '#include <string>\n#include "base/error.h"\n#include "sql/internal/writer.h"\n',
    )
    write(tmp_path, "sql/sql.cc", '#include "vendor/thing.h"\n')
    assert check_layers.check_tree(tmp_path, RULES) == []


def test_a_module_that_is_not_named_may_not_be_included(tmp_path: Path) -> None:
    write(tmp_path, "sql/sql.cc", '#  include "http/server.h"\n')
    assert check_layers.check_tree(tmp_path, RULES) == [
        f"{tmp_path}/sql/sql.cc: sql may not include http (http/server.h)"
    ]


def test_internal_headers_stay_in_their_module(tmp_path: Path) -> None:
    write(tmp_path, "api/runs.cc", '#include "sql/internal/writer.h"\n')
    assert check_layers.check_tree(tmp_path, RULES) == [
        f"{tmp_path}/api/runs.cc: sql/internal/writer.h is internal to sql"
    ]


def test_a_folder_without_a_rule_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "extra/x.h", "")
    assert check_layers.check_tree(tmp_path, RULES) == [f"{tmp_path}/extra/x.h: module 'extra' has no rule"]


def test_a_cycle_in_the_rules_is_named(tmp_path: Path) -> None:
    rules = check_layers.parse_rules("a: b\nb: c\nc: a\n")
    assert check_layers.find_cycle(rules) == ["a", "b", "c", "a"]
    assert check_layers.check_tree(tmp_path, rules) == ["the rules contain a cycle: a -> b -> c -> a"]


def test_a_rule_for_a_module_that_does_not_exist_is_named(tmp_path: Path) -> None:
    rules = check_layers.parse_rules("a: typo\n")
    assert check_layers.check_tree(tmp_path, rules) == [
        "the rules allow 'typo', which has no line of its own"
    ]


def test_the_rules_of_this_repository_have_no_cycle() -> None:
    rules = check_layers.parse_rules((Path(__file__).parent / "layers.txt").read_text())
    assert check_layers.find_cycle(rules) is None
