from __future__ import annotations

from dalgubeol.rules.submissions import MOST_LINES, MOST_SHOWN, Change, FileChange, changes


def test_each_file_is_added_removed_changed_or_the_same_and_changed_lines_are_shown() -> None:
    before = {"a.csv": b"area,n\nnorth,120\nsouth,200\n", "b.txt": b"x", "gone.txt": b"", "m.png": b"1"}
    after = {"a.csv": b"area,n\nnorth,117\nsouth,200\n", "b.txt": b"x", "new.txt": b"", "m.png": b"2"}
    assert changes(before, after) == (
        FileChange("a.csv", Change.CHANGED, ("-north,120", "+north,117")),
        FileChange("b.txt", Change.SAME),
        FileChange("gone.txt", Change.REMOVED),
        FileChange("m.png", Change.CHANGED),
        FileChange("new.txt", Change.ADDED),
    )


def test_what_is_shown_is_bounded() -> None:
    many = [("\n".join(f"{sign}{n}" for n in range(MOST_LINES))).encode() for sign in "ab"]
    [told] = changes({"a.csv": many[0]}, {"a.csv": many[1]})
    assert len(told.lines) == MOST_SHOWN
    [told] = changes({"a.csv": many[0] + b"\nx\ny"}, {"a.csv": many[1]})
    assert (told.change, told.lines) == (Change.CHANGED, ())


def test_lines_that_begin_like_the_headers_of_a_difference_are_shown() -> None:
    [told] = changes({"a.txt": b"x\n--5\n"}, {"a.txt": b"x\n++9\n"})
    assert told.lines == ("---5", "+++9")
