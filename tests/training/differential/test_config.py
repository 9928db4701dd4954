import pytest
from pydantic import ValidationError

from hemolens.errors import TrainingError
from hemolens.training.differential.config import ClassifierConfig, read_classifier_config

from .conftest import CONFIG


def test_the_shipped_configuration_names_its_sources_and_their_terms():
    config = read_classifier_config("white-cells")
    assert all(each.what and each.terms for each in config.sources)
    assert "unsure" not in config.classes


def test_a_class_that_is_not_told_apart_is_refused():
    with pytest.raises(ValidationError, match="not told apart: lymphocyte"):
        ClassifierConfig.model_validate(CONFIG | {"classes": ("neutrophil", "other")})


@pytest.mark.parametrize(
    ("text", "fault"), [("name = ", "Invalid value"), ("name = 'x'", "classes: Field required"), (None, "No such file")]
)
def test_what_is_wrong_with_a_file_is_named(tmp_path, text, fault):
    path = tmp_path / "c.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(TrainingError, match=fault):
        read_classifier_config(str(path))
