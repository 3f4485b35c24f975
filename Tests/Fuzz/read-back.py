"""Reads the exports that Tests/fuzz has written: python3 read-back.py FOLDER

Each table is there as NAME.csv, NAME.xlsx and NAME.json, which has the expected contents. Python's csv and openpyxl
must find the same texts in the first two, and no formula. If not, the first wrong file is named and the exit status is
1.
"""

import csv
import io
import json
import pathlib
import re
import sys
import warnings

import openpyxl

# Characters at which spreadsheets begin a formula. Both formats write an apostrophe in front of them.
FORMULA = tuple("=+-@\t\n\r＝＋－＠")


def guarded(text):
    # A byte order mark at the beginning is invisible.
    return "'" + text if text.lstrip("\ufeff").startswith(FORMULA) else text


def in_csv(path):
    text = path.read_bytes().decode("utf-8")
    assert text.startswith("\ufeff"), "no byte order mark"
    csv.field_size_limit(1 << 24)
    return list(csv.reader(io.StringIO(text[1:], newline=""), strict=True))


def in_workbook(path):
    book = openpyxl.load_workbook(path)
    rows = []
    for row in list(book.active.rows)[1:]:
        assert all(cell.data_type != "f" for cell in row), "a formula"
        # openpyxl does not decode the escapes of characters that XML can't hold (ISO/IEC 29500-1, 22.9.2.19).
        rows.append(
            [
                re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), cell.value or "")
                for cell in row
            ]
        )
    return rows


def cut(text):
    """Returns the text that fits into a cell: at most 32,767 UTF-16 units, and no noncharacter."""
    units = text.encode("utf-16-le")
    if len(units) // 2 > 32_767:
        kept = units[: 32_766 * 2].decode("utf-16-le", "ignore")
        text = kept + "…"
    return re.sub("[\ufffe\uffff]", "\ufffd", text)


def main():
    warnings.simplefilter("error")
    tables = sorted(pathlib.Path(sys.argv[1]).glob("*.json"))
    if not tables:
        sys.exit(f"{sys.argv[1]} contains no table.")
    for path in tables:
        expected = [[guarded(text) for text in row] for row in json.loads(path.read_bytes())]
        for found, read in ((path.with_suffix(".csv"), in_csv), (path.with_suffix(".xlsx"), in_workbook)):
            wanted = [[cut(text) for text in row] for row in expected] if found.suffix == ".xlsx" else expected
            try:
                rows = read(found)
            except Exception as error:
                sys.exit(f"{found}: {type(error).__name__}: {error}")
            if rows != wanted:
                sys.exit(f"{found}: {rows!r} is read, {wanted!r} was written")
    print(f"{len(tables)} tables read back with csv and openpyxl")


main()
