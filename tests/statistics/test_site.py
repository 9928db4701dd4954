import pytest

from hemolens.errors import UsageError
from hemolens.statistics.site import SiteFactor, read_site, site_text

MEASURED = SiteFactor(factor=15000, low=12000, high=18000, spread=0.1, n_smears=12, field_area_px=1e6)


def read(tmp_path, text):
    (tmp_path / "site.toml").write_text(text, "utf-8")
    return read_site(tmp_path / "site.toml")


def test_a_factor_may_be_set_by_hand(tmp_path):
    assert read(tmp_path, "[wbc]\nfactor = 2000\n[plt]\nfactor = 15000") == {
        "wbc": SiteFactor(factor=2000),
        "plt": SiteFactor(factor=15000),
    }


def test_what_is_written_is_read_back(tmp_path):
    site = {"rbc": MEASURED, "plt": MEASURED}
    assert read(tmp_path, site_text(site)) == site


def test_red_cells_need_a_measured_factor(tmp_path):
    with pytest.raises(UsageError, match="a factor for red cells that was not measured"):
        read(tmp_path, "[rbc]\nfactor = 1000")


@pytest.mark.parametrize(
    "text",
    [
        "[plt",
        "[platelets]\nfactor = 1",
        "[plt]\n",
        "[plt]\nfactor = 0",
        "[plt]\nfactor = nan",
        "[plt]\nfactor = inf",
        "[plt]\nfactor = 1e300",
        "[plt]\nfactor = '15000'\nnote = 1",
        "[plt]\nfactor = 15000\nlow = 1",
        "[plt]\nfactor = 5\nlow = 6\nhigh = 7\nspread = 0\nn_smears = 5",
        "[plt]\nfactor = 5\nlow = 5\nhigh = 5\nspread = 0\nn_smears = 1",
        "plt = 15000",
        "a = " + "[" * 5000,
    ],
)
def test_a_malformed_file_is_refused(tmp_path, text):
    with pytest.raises(UsageError, match=r"the file of the site is malformed: got '.*site\.toml: "):
        read(tmp_path, text)


def test_a_number_of_very_many_digits_is_malformed(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(f"[plt]\nfactor = {'9' * 5000}\n", encoding="utf-8")
    with pytest.raises(UsageError, match="the file of the site is malformed"):
        read_site(path)
