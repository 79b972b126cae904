"""What a program leaves beside the files that its words name: `gzip F` leaves F.gz, `wget URL` the last part of its address."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit


class Product(NamedTuple):
    """``path`` counts from where the command works. ``kept`` says that it is what the program was started for; ``whole`` that
    it is a directory into which files of any name come; ``saved`` that it is what a server answered."""

    path: str
    kept: bool = False
    whole: bool = False
    saved: bool = False


_SUFFIX: Mapping[str, str] = {
    **dict.fromkeys(("gzip", "pigz"), ".gz"),
    **dict.fromkeys(("bzip2", "pbzip2", "lbzip2"), ".bz2"),
    **dict.fromkeys(("xz", "pixz"), ".xz"),
    **{"zstd": ".zst", "lz4": ".lz4", "lzop": ".lzo", "compress": ".Z", "gpg": ".gpg", "gpg2": ".gpg"},
}
"""What a compressor puts behind the name of a file (their manuals); gpg(1) ``-e`` does the same."""
_WITHOUT: Mapping[str, tuple[str, ...]] = {
    "gunzip": (".gz", ".tgz"),
    "bunzip2": (".bz2",),
    "unxz": (".xz",),
    "unzstd": (".zst",),
    "uncompress": (".Z",),
}
# An address of a page is asked for its effect (`wget http://x/cron.php`), one of a file for the file.
_FILE = re.compile(
    r"\.(?:csv|tsv|json|xml|gz|tgz|bz2|xz|zst|zip|7z|rar|tar|sql|dump|dat|db|mmdb|txt|pdf|jpe?g|png|gif|mp[34]|xlsx?|docx?"
    r"|rss|ics|iso|deb|rpm|jar|war|whl|bin|img|bak|bundle|grib2?|nc|shp|parquet|rdf|owl|ttl|nt)$",
    re.I,
)


# curl(1): the remote name as a file's name. A letter before it may take the rest as its value: `-XPOST`.
_CURL_KEEPS = re.compile(r"-[fsSLkgnjJlNRviIGB0-46#]*O[a-zA-Z]*|--remote-name(?:-all)?")


def products_of(name: str, words: Sequence[str]) -> Iterator[Product]:
    """What a call leaves beside the operands that are files to be written. ``words`` begin with the program."""
    own = [word for word in words[1:] if not word.startswith("-")]
    if name in _SUFFIX and not _to_output(words):
        yield from (Product(word + _SUFFIX[name]) for word in own)
    elif name in _WITHOUT and not _to_output(words):
        yield from (Product(word.removesuffix(end)) for word in own for end in _WITHOUT[name] if word.endswith(end))
    elif name == "wget" and not _has(words, "O", "--output-document", "--spider"):
        yield from _saved(words, _value(words, "P", "--directory-prefix") or ".")
    elif name == "curl" and any(map(_CURL_KEEPS.fullmatch, words[1:])):
        yield from _saved(words, _value(words, "", "--output-dir") or ".")
    elif name == "unzip":
        yield Product(_value(words, "d", "") or ".", whole=True)
    elif name == "tar" and any(re.match(r"-?[a-zA-Z]*x|--(?:extract|get)$", word) for word in words[1:2]):
        yield Product(_value(words, "C", "--directory") or ".", whole=True)
    elif name == "git" and "clone" in words:
        after = [word for word in words[words.index("clone") + 1 :] if not word.startswith("-")]
        if len(after) == 1:
            yield Product(posixpath.basename(after[0].rstrip("/")).removesuffix(".git"))


def _saved(words: Sequence[str], directory: str) -> Iterator[Product]:
    for word in words[1:]:
        if not re.match(r"(?:https?|ftp)://", word):
            continue
        try:
            last = posixpath.basename(urlsplit(word).path)
        except ValueError:  # `http://[::1/x`
            continue
        if last:
            # `wget -P D` says by its option that it writes into D.
            kept = _FILE.search(last) is not None and (directory == "." or words[0] != "wget")
            yield Product(posixpath.join(directory, last), kept=kept, saved=words[0] == "wget" and directory == ".")


def _to_output(words: Sequence[str]) -> bool:
    """Whether a compressor writes to its standard output, or gpg where an option says."""
    return _has(words, "c", "--stdout", "--to-stdout") or _has(words, "o", "--output")


def _has(words: Sequence[str], letter: str, *names: str) -> bool:
    return any(
        word.partition("=")[0] in names or (bool(letter) and re.match(rf"-[A-Za-z]*{letter}", word) is not None)
        for word in words[1:]
    )


def _value(words: Sequence[str], letter: str, name: str) -> str | None:
    """The value of an option, given behind it or in the same word."""
    for at, word in enumerate(words[1:], start=1):
        if name and word.startswith(name + "="):
            return word[len(name) + 1 :]
        if (letter and word == f"-{letter}") or (name and word == name):
            return words[at + 1] if at + 1 < len(words) else None
        if letter and word.startswith(f"-{letter}") and not word.startswith("--"):
            return word[2:]
    return None
