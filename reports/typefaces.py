"""The typefaces of every document: their files, which are shipped with the product, and the rules that name them."""

from collections.abc import Callable
from importlib.resources import files

FACES = {
    ("Report Sans", 400): "Inter-Regular.otf",
    ("Report Sans", 600): "Inter-SemiBold.otf",
    ("Report Sans", 700): "Inter-Bold.otf",
    ("Report Mono", 400): "DejaVuSansMono.ttf",
}
"""The file of each family and weight."""


def read_face(name: str) -> bytes:
    """The bytes of one file."""
    return files("reports").joinpath("fonts", name).read_bytes()


def font_faces(place: Callable[[str], str]) -> str:
    """The rules of a style sheet that name them.

    Args:
        place: The address of a file, by its name.
    """
    return "".join(
        f"@font-face {{ font-family: '{family}'; font-weight: {weight}; src: url('{place(name)}') }}\n"
        for (family, weight), name in FACES.items()
    )
