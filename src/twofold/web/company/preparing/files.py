"""Files that come in and go out. A name is data: only its last part is kept, and it never leads out of a folder."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from twofold.model.problem import Problem, UserError

_NAME_BYTES = 200
_RUNS_NOTHING = "sandbox; default-src 'none'"


@contextmanager
def uploaded(request: HttpRequest, field: str) -> Iterator[Path]:
    """Give the file of a form under its own name in a folder that goes away; raises UserError for none, or too large.

    What may be in it is for the job to say, with the limits of the command line.
    """
    file = request.FILES.get(field)
    if file is None or not isinstance(file.name, str):
        raise UserError(Problem(field, "no file was chosen", "a file"))
    if (file.size or 0) > settings.TWOFOLD_UPLOAD_BYTES:
        expected = f"at most {settings.TWOFOLD_UPLOAD_BYTES // 1024**2} MiB"
        raise UserError(Problem(field, f"the file has {file.size or 0:,} bytes", expected))
    with tempfile.TemporaryDirectory(prefix="twofold-upload-") as scratch:
        path = Path(scratch) / plain_name(file.name)
        with path.open("wb") as copy:
            for chunk in file.chunks():
                copy.write(chunk)
        yield path


def plain_name(name: str) -> str:
    """Return the last part of a name without control characters, as a file system takes it.

    >>> plain_name("../../etc/passwd"), plain_name(".."), plain_name("a" + chr(0) + ".csv")
    ('passwd', 'file', 'a.csv')
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(each for each in last if each.isprintable()).strip()
    cut = shown.encode()[-_NAME_BYTES:].decode(errors="ignore")
    return "file" if cut in {"", ".", ".."} else cut


def download(content: bytes, name: str) -> HttpResponse:
    """Answer with bytes as a file to keep, never as something that a browser runs."""
    answer = HttpResponse(content, content_type="application/octet-stream")
    quoted = "".join(each if each.isascii() and (each.isalnum() or each in " ._-") else "_" for each in name)
    answer.headers["Content-Disposition"] = f'attachment; filename="{quoted}"'
    answer.headers["Content-Security-Policy"] = _RUNS_NOTHING
    return answer
