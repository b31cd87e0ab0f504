"""Every place of a released folder where text can stand, packed or not."""

import base64
import binascii
import bz2
import html
import io
import json
import lzma
import re
import tarfile
import urllib.parse
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.release.regions import grade_id, source_text

DEEPEST = 5  # archives inside archives
LARGEST = 64_000_000  # bytes that one packed file may unpack to
_TOO_LARGE = f"unpacks to more than {LARGEST // 1_000_000} MB"

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/_-]{16,}(?:\\n|\r?\n)?)+[A-Za-z0-9+/_-]*={0,2}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}){12,}")
_TAG = re.compile(r"<[^<>]*>")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_ESCAPE = re.compile(r"\\(?:[nrt]|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|(?=\W))")
_PACKED_OTHERWISE = {
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a rar archive",
    b"\x28\xb5\x2f\xfd": "a zstandard archive",
}


@dataclass(frozen=True)
class Place:
    """Where a text stands.

    file : path below the released folder, with `!` before a name inside an archive
    cell : its place in the notebook, counted from one, or None outside cells
    grade_id : the cell's, or None
    where : "source", "output", "metadata", "attachment" or "file"
    """

    file: str
    cell: int | None
    grade_id: str | None
    where: str


@dataclass(frozen=True)
class Unreadable:
    """A file that cannot be looked into, and why."""

    file: str
    why: str


Found = tuple[Place, list[str]] | Unreadable


def places_in_folder(folder: Path) -> Iterator[Found]:
    """Yield every text of a folder with its place, and every file that cannot be read as text."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            yield Unreadable(name, "is a link, whose target may be anything")
        elif path.is_file():
            yield from _places_in_bytes(name, path.read_bytes(), 0)


def places_in_notebook(name: str, nb: Any, depth: int = 0) -> Iterator[Found]:
    """Yield every text of a notebook with its place."""
    for number, cell in enumerate(nb.get("cells", []), start=1):
        parts: dict[str, Any] = {
            "source": source_text(cell),
            "output": cell.get("outputs", []),
            "attachment": cell.get("attachments", {}),
        }
        rest = {key: value for key, value in cell.items() if key not in _APART}
        parts["metadata"] = _without_name(rest)
        for where, value in parts.items():
            place = Place(name, number, grade_id(cell), where)
            for text in _strings(value):
                yield from _texts(place, text, depth)
    rest = {key: value for key, value in nb.items() if key != "cells"}
    for text in _strings(rest):
        yield from _texts(Place(name, None, None, "metadata"), text, depth)


_APART = {"source", "outputs", "attachments", "cell_type", "id", "execution_count"}


def _without_name(cell: dict[str, Any]) -> dict[str, Any]:
    """Return a cell's rest without its grade_id, which is no text of anybody's."""
    metadata = dict(cell.get("metadata", {}))
    if isinstance(metadata.get("nbgrader"), dict):
        metadata["nbgrader"] = {k: v for k, v in metadata["nbgrader"].items() if k != "grade_id"}
    return {**cell, "metadata": metadata}


def _strings(value: Any) -> Iterator[str]:
    """Yield the strings of a JSON value; a list of strings is one text, line by line."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        if value and all(isinstance(line, str) for line in value):
            yield "\n".join(line.removesuffix("\n") for line in value)
        else:
            for item in value:
                yield from _strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _strings(item)


def _texts(place: Place, text: str, depth: int) -> Iterator[Found]:
    """Yield a text in every reading of it, then what is packed into it."""
    text = _ANSI.sub("", text)
    readings = [text]
    if "<" in text or "&" in text:
        readings.append(html.unescape(_TAG.sub(" ", text)))
        readings.append(html.unescape(_TAG.sub("", text)))
    if "\\" in text:
        readings.append(_ESCAPE.sub(_unescaped, text))
    if "%" in text:
        readings.append(urllib.parse.unquote(text))
    yield place, readings
    if depth < DEEPEST:
        for data in _blobs(text):
            yield from _places_in_bytes(place.file, data, depth + 1, place)


def _unescaped(found: re.Match[str]) -> str:
    code = found.group(0)[1:]
    return chr(int(code[1:], 16)) if code[:1] in ("u", "x") else "\n" if code else ""


def _blobs(text: str) -> Iterator[bytes]:
    """Yield what a text holds in base64 or hexadecimal digits."""
    for found in _BASE64.finditer(text):
        packed = re.sub(r"\\n|\s", "", found.group(0)).rstrip("=")
        packed = packed.replace("-", "+").replace("_", "/")
        try:
            yield base64.b64decode(packed + "=" * (-len(packed) % 4))
        except (binascii.Error, ValueError):
            continue
    for found in _HEX.finditer(text):
        yield bytes.fromhex(found.group(0))


def _places_in_bytes(
    name: str, data: bytes, depth: int, inside: Place | None = None
) -> Iterator[Found]:
    """Yield the texts of a file, or of a blob inside a text."""
    place = inside or Place(name, None, None, "file")
    if depth > DEEPEST:
        yield Unreadable(name, f"holds archives more than {DEEPEST} deep")
    elif name.endswith((".pyc", ".pyo")) and not inside:
        yield Unreadable(name, "is compiled Python, which holds its source's text in another form")
    elif kind := next((k for magic, k in _PACKED_OTHERWISE.items() if data.startswith(magic)), ""):
        yield Unreadable(name, f"is {kind}, which this gate cannot open")
    elif data.startswith(b"PK\x03\x04"):
        yield from _members(name, depth, inside, _zip_members(data))
    elif data[257:262] == b"ustar":
        yield from _members(name, depth, inside, _tar_members(data))
    elif (unpacked := _decompressed(data)) is not None:
        if len(unpacked) >= LARGEST:
            yield Unreadable(name, _TOO_LARGE)
        else:
            yield from _places_in_bytes(name, unpacked, depth + 1, inside)
    elif (nb := _as_notebook(data)) is not None and not inside:
        yield from places_in_notebook(name, nb, depth)
    else:
        for text in _decoded(data):
            yield from _texts(place, text, depth)


def _members(
    name: str, depth: int, inside: Place | None, members: Iterator[tuple[str, bytes]]
) -> Iterator[Found]:
    try:
        for member, data in members:
            yield from _places_in_bytes(f"{name}!{member}", data, depth + 1, inside)
    except _TooLarge:
        yield Unreadable(name, _TOO_LARGE)
    except (
        OSError,
        RuntimeError,
        EOFError,
        ValueError,
        NotImplementedError,
        zlib.error,
        lzma.LZMAError,
        zipfile.BadZipFile,
        tarfile.TarError,
    ):
        yield Unreadable(name, "is an archive that is damaged or locked by a password")


class _TooLarge(Exception):
    pass


def _zip_members(data: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            yield info.filename, _capped(archive.open(info))


def _tar_members(data: bytes) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for info in archive:
            file = archive.extractfile(info) if info.isfile() else None
            if file is not None:
                yield info.name, _capped(file)


def _capped(file: Any) -> bytes:
    with file:
        data: bytes = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise _TooLarge
    return data


def _decompressed(data: bytes) -> bytes | None:
    """Return what a gzip, bzip2, xz or zlib stream unpacks to, or None if it is none."""
    try:
        if data.startswith(b"\x1f\x8b"):
            return zlib.decompressobj(wbits=31).decompress(data, LARGEST)
        if data.startswith(b"BZh"):
            return bz2.BZ2Decompressor().decompress(data, LARGEST)
        if data.startswith(b"\xfd7zXZ\x00"):
            return lzma.LZMADecompressor().decompress(data, LARGEST)
        if data[:2] in (b"\x78\x01", b"\x78\x9c", b"\x78\xda"):
            return zlib.decompressobj().decompress(data, LARGEST)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
        pass
    return None


def _as_notebook(data: bytes) -> Any | None:
    if not data.lstrip().startswith(b"{"):
        return None
    try:
        nb = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return nb if isinstance(nb, dict) and _has_cells(nb) else None


def _has_cells(nb: dict[str, Any]) -> bool:
    cells = nb.get("cells")
    return isinstance(cells, list) and all(isinstance(cell, dict) for cell in cells)


def _decoded(data: bytes) -> Iterator[str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield data.decode("utf-16", errors="replace")
        return
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    yield text
    if data.count(b"\0") > len(data) // 4:
        yield data.decode("utf-16-le", errors="replace")
        yield data.decode("utf-16-be", errors="replace")
