"""Customers flowing through the stages of the lifecycle, month by month, as one file to show anywhere."""

import io
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from sim.lab.film import DOTS, Film
from sim.lab.sheet_table import table_html
from sim.lab.stages import stage_counts
from sim.run import Run
from sim.scenario_files import replacing

FRAME_MS, LAST_FRAME_MS = 350, 2500
_TEMPLATE = "time_lapse.html.j2"


def time_lapse(run: Run, path: str | Path, dots: int = DOTS) -> Path:
    """Write the lifecycle of a run as a film; returns its path.

    `path` ends in .gif, which plays by itself, or in .html: one file with controls and the numbers as a
    table, which makes no request. At most 36 months are shown. Stages are those of `sim.lab.stages`; `dots`
    is how many customers are drawn, at most 400, while numbers are of all. The file is written whole, then
    renamed into place. ValueError for another ending and for a path that cannot be written.
    """
    for _ in filming(run, path, dots):
        pass
    return Path(path)


def filming(run: Run, path: str | Path, dots: int = DOTS) -> Iterator[float]:
    """The same in steps; each yields the share done. Who does not go on, leaves no file behind."""
    path = Path(path)
    kinds = {".gif": _gif, ".html": _html}
    if path.suffix not in kinds or path.is_dir():
        raise ValueError(f"a time-lapse is written as a .gif or .html file; got {str(path)!r}")
    film, images = Film(run, dots), list[Image.Image]()
    for place in range(len(film)):
        images.append(film.image(place))
        yield (place + 1) / (len(film) + 1)
    content = kinds[path.suffix](run, film, images)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as fresh:
            fresh.write_bytes(content)
    except OSError as error:
        raise ValueError(f"the time-lapse cannot be written as {str(path)!r}: {error.strerror}") from None
    yield 1.0


def _gif(_run: Run, _film: Film, images: list[Image.Image]) -> bytes:
    """matplotlib's writer would show the last frame no longer than the others."""
    buffer = io.BytesIO()
    times = [FRAME_MS] * (len(images) - 1) + [LAST_FRAME_MS]
    images[0].save(buffer, "gif", save_all=True, append_images=images[1:], duration=times, loop=0)
    return buffer.getvalue()


def _html(run: Run, film: Film, images: list[Image.Image]) -> bytes:
    """matplotlib's page would fetch its buttons from another site."""
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    frames = [
        {"data": b64encode(_png(image)).decode(), "text": str(frame)}
        for image, frame in zip(images, film.frames, strict=True)
    ]
    title = f"{run.scenario.name}, seed {run.seed}: customers month by month"
    table = table_html(stage_counts(run), "People in each stage at the end of the month")
    page = pages.get_template(_TEMPLATE).render(title=title, frames=frames, table=table, pause=FRAME_MS)
    return page.encode()


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "png", compress_level=6)
    return buffer.getvalue()
