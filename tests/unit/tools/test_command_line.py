import pytest

from tools.command_line import EXIT_INTERRUPTED, NotReady, OneSentenceParser, run, shortened, whole_number


@pytest.fixture
def parser():
    parser = OneSentenceParser("make it", "Makes it.")
    parser.add_argument("--how-often", type=whole_number("TIMES", 1, 1_000))
    return parser


def test_a_number_within_the_bounds_is_read(parser):
    assert [parser.parse_args([f"--how-often={text}"]).how_often for text in ("1", "1000", "007")] == [1, 1_000, 7]


@pytest.mark.parametrize("text", ["0", "1001", "", "-1", "1.5", "1e2", "1k", "٣", "1_0", "9" * 30])
def test_any_other_value_is_one_sentence_with_the_variables_name(text, parser, capsys):
    with pytest.raises(SystemExit) as leaving:
        parser.parse_args([f"--how-often={text}"])
    assert leaving.value.code == 2
    assert capsys.readouterr().err == f"make it: TIMES must be a whole number from 1 to 1,000, not {text!r}.\n"


def test_abbreviations_are_not_guessed_and_long_values_are_cut(parser, capsys):
    with pytest.raises(SystemExit):
        parser.parse_args(["--how=1"])
    assert capsys.readouterr().err == "make it: unrecognized arguments: --how=1.\n"
    assert shortened("a" * 61) == repr("a" * 60 + "…")


@pytest.mark.parametrize(
    ("outcome", "status"),
    [(None, None), (NotReady("Not yet."), "Not yet."), (KeyboardInterrupt(), EXIT_INTERRUPTED)],
)
def test_a_command_leaves_with_a_status_or_with_its_sentence(outcome, status):
    def command(_argv, _environment):
        if outcome:
            raise outcome

    with pytest.raises(SystemExit) as leaving:
        run(command)
    assert leaving.value.code == status
