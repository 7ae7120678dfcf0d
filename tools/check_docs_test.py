from pathlib import Path

import check_docs


def problems(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/there.h").touch()
    (tmp_path / "docs").mkdir()
    return list(check_docs.missing_paths(tmp_path / "docs/page.md", text, tmp_path))


def test_links_are_relative_to_their_page(tmp_path: Path) -> None:
    text = "[a](../src/there.h#part) [b](https://example.org/x) [c](there.h)"
    assert problems(tmp_path, text) == ["links to there.h, which does not exist"]


def test_named_paths_are_relative_to_the_root_or_their_page(tmp_path: Path) -> None:
    text = "`src/there.h` `src/gone.cc` `build/orrery` `tools/gone`"
    assert problems(tmp_path, text) == [
        "names `src/gone.cc`, which does not exist",
        "names `tools/gone`, which does not exist",
    ]


def test_patterns_are_left_alone(tmp_path: Path) -> None:
    assert problems(tmp_path, "`src/NAME/types.h` `src/cli/NAME.cc` `web/dist`") == []
