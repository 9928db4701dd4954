import io

import pytest

from hemolens.cli import main
from hemolens.web.database.sessions import Database

PASSWORD = "red cells on monday"  # noqa: S105


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    def type_in(*arguments, password=PASSWORD):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        with pytest.raises(SystemExit) as left:
            main(["accounts", *arguments, "--folder", str(tmp_path / "data")])
        out, err = capsys.readouterr()
        return left.value.code, out, err

    return type_in


def test_who_is_added_is_listed(run):
    assert run("add", "Ada", "--role", "admin")[:2] == (0, "added Ada, admin\n")
    assert run("add", "Rita")[0] == 0
    assert run("list")[1] == "Ada\tadmin\nRita\treviewer\n"


def test_the_password_stands_nowhere(run, tmp_path):
    _, out, err = run("add", "Ada", "--role", "admin")
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("hemolens.sqlite*"))
    assert PASSWORD not in out + err
    assert PASSWORD.encode() not in kept


@pytest.mark.parametrize(
    ("arguments", "password", "reason"),
    [
        (["add", "Ada", "--role", "owner"], PASSWORD, "this role is not possible"),
        (["add", "Ada"], "short", "too short"),
        (["add", "Ada"], "aaaaaaaaaaaa", "easy to guess"),
        (["add", "A\u202eda"], PASSWORD, "this name is not possible"),
        (["remove", "Bo"], "", "there is no such account"),
        (["password", "Bo"], PASSWORD, "there is no such account"),
    ],
    ids=str,
)
def test_what_is_not_possible_is_said_and_not_done(run, arguments, password, reason):
    status, _, err = run(*arguments, password=password)
    assert status == 2
    assert reason in err
    assert "--name" not in err
    assert run("list")[1] == ""


def test_a_new_password_unlocks(run, tmp_path):
    from hemolens.web.database.tables import AccountRow
    from hemolens.web.passwords import is_password

    run("add", "Ada", "--role", "admin")
    assert run("password", "ada", password="four purple platelets")[0] == 0  # noqa: S106
    database = Database(f"sqlite:///{tmp_path / 'data' / 'hemolens.sqlite'}")
    with database.reading() as session:
        row = session.query(AccountRow).one()
    database.close()
    assert is_password("four purple platelets", row.password_hash)


def test_who_is_removed_is_gone(run):
    run("add", "Ada", "--role", "admin")
    run("add", "Rita")
    assert run("remove", "Rita")[0] == 0
    assert run("list")[1] == "Ada\tadmin\n"


@pytest.mark.parametrize("arguments", [["--host", "0.0.0.0"], ["--name", "counts.example"]])  # noqa: S104
def test_a_service_that_others_reach_does_not_start_without_an_admin(tmp_path, arguments, capsys):
    with pytest.raises(SystemExit) as left:
        main(["serve", "--folder", str(tmp_path), "--port", "0", "--no-browser", "--workers", "0", *arguments])
    assert left.value.code == 2
    assert "hemolens accounts add NAME --role admin" in capsys.readouterr().err
