"""Tables of translations: they keep the places of their templates, and every text of the page is in them."""

import re

import pytest

from core.checkpoints import catalogue
from webapp.panel import panels
from webapp.translations import t, table

PLACES = re.compile(r"{(\w+)[^}]*}")


def test_templates_keep_their_places():
    for english, chinese in table("zh").items():
        assert sorted(PLACES.findall(english)) == sorted(PLACES.findall(chinese)), english


def test_what_is_not_translated_stays_english():
    assert t("No such text {x}", "zh", x=3) == "No such text 3"
    assert t("Working…", "en") == "Working…"
    assert t("Working…", "zh") == "正在计算…"


@pytest.mark.parametrize("key", list(panels()))
def test_every_panel_speaks_chinese(key):
    panel = panels()[key]
    for text in (panel.title, *panel.help):
        assert text in table("zh"), text


def test_every_checkpoint_is_described_in_chinese():
    missing = [row.about for row in catalogue().values() if row.about and row.about not in table("zh")]
    assert not missing
