"""`docs/reference/catalogue.md` is what the catalogue says, and its example of an own file is a good one."""

import re
from pathlib import Path

from reports.catalogue import OwnText, load_catalogue, load_whole_catalogue
from reports.catalogue.page import draw_page

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "catalogue.md"


def test_the_page_is_what_the_catalogue_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == draw_page(load_whole_catalogue())


def test_the_example_of_an_own_file_can_be_used_as_it_is() -> None:
    (example,) = re.findall(r"```yaml\n(# catalogue/own\.yml\n.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    catalogue = load_catalogue(files=[OwnText(name="own.yml", content=example.encode())])
    controls = catalogue.mapping(kind="key-ceremony", perimeters=(5,)).controls
    own = {(one.framework, one.reference) for one in controls if not one.common}
    assert own == {("own-policy", "P-12"), ("iso27001", "A.8.24")}
