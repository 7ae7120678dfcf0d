from pathlib import Path

import check_shape
import pytest

CODE = """\
#define MACRO(x) { x
namespace orrery {
class Clock {
 public:
  Instant Now() const { return now_; }

 private:
  Instant now_{};
};

// A comment with a brace {
Result Walk(const std::string& path,
            int depth = 1) {
  auto visit = [&](int n) {
    if (n > 0) {
      return "}";
    }
    return R"(})";
  };
  return visit(depth);
}
}  // namespace orrery
"""


def lengths(text: str) -> dict[str, int]:
    return {function.name: function.length for function in check_shape.cpp_functions(text)}


def test_functions_are_found_in_namespaces_and_classes() -> None:
    assert lengths(CODE) == {"Now": 1, "Walk": 10}


def test_a_function_starts_at_its_signature() -> None:
    walk = check_shape.cpp_functions(CODE)[1]
    assert CODE.splitlines()[walk.line - 1].startswith("Result Walk")


def test_constructors_with_initialisers_and_digit_separators_are_read() -> None:
    assert lengths("A::A(int n) : n_(n), big_(1'000'000) {\n  Run();\n}\nint F() {\n  return 2;\n}\n") == {
        "A::A": 3,
        "F": 3,
    }


def test_templates_are_read_as_what_they_declare() -> None:
    code = "template <class T, class A = std::vector<T>>\nclass Box {\n  T Get() const {\n    return t_;\n  }\n};\n"
    assert lengths(code) == {"Get": 3}
    assert lengths("template <typename T>\nvoid Run(T t) noexcept {\n  t();\n}\n") == {"Run": 4}


def test_tables_and_enums_are_not_functions() -> None:
    assert (
        lengths("enum class Code { kA, kB };\nconstexpr int kTable[] = {\n  1,\n};\nstruct P { int x; };\n")
        == {}
    )


def test_python_functions_count_their_whole_body() -> None:
    found = check_shape.python_functions("def f():\n    x = 1\n    return x\n\n\ndef g():\n    pass\n")
    assert [(f.name, f.line, f.length) for f in found] == [("f", 1, 3), ("g", 6, 2)]


def test_percentiles_of_few_and_none() -> None:
    assert check_shape.percentile([], 0.9) == 0
    assert check_shape.percentile([3, 1, 2], 0.5) == 2
    assert check_shape.percentile(list(range(100)), 0.99) == 99


def test_long_files_and_functions_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    long_function = tmp_path / "a.cc"
    long_function.write_text("void Long() {\n" + "  Step();\n" * 99 + "}\n")
    long_file = tmp_path / "b.py"
    long_file.write_text("x = 1\n" * 801)
    monkeypatch.setattr(check_shape, "tracked_files", lambda root: [long_function, long_file])
    assert check_shape.main(str(tmp_path)) == 1
    printed = capsys.readouterr().out
    assert "a.cc:1: Long has 101 lines, at most 100" in printed
    assert "b.py: 801 lines, at most 800" in printed
