from notes.cli import main


def test_what_is_added_is_exported(tmp_path, capsys):
    path = str(tmp_path / "notes.txt")
    assert main(["add", path, "2026-03-01", "Buy milk"]) == 0
    assert main(["add", path, "2026-04-02", "Call home"]) == 0
    assert main(["export", path, "--month", "2026-04"]) == 0
    assert capsys.readouterr().out == "day,text\n2026-04-02,Call home\n"


def test_a_file_that_holds_something_else_is_an_error(tmp_path, capsys):
    path = tmp_path / "notes.txt"
    path.write_text("hello\n", encoding="utf-8")
    assert main(["export", str(path)]) == 1
    assert "line 1" in capsys.readouterr().err
