"""What `make load-test` refuses; tests/stack/test_load.py runs it."""

import pytest

from benchmarks.load.__main__ import main

REFUSED = {
    "--profile=write": "invalid choice: 'write'",
    "--requests=0": "REQUESTS must be a whole number from 1 to 100,000",
    "--p95=fast": "P95 must be a whole number from 0 to 30,000, not 'fast'",
    "--errors=101%": "ERRORS must be a whole number from 0 to 100",
    "--url=https://directorio.example.com": "say MINE=1 if it is yours",
}


@pytest.mark.parametrize(("argument", "sentence"), REFUSED.items())
def test_a_bad_value_is_refused(argument, sentence, capsys):
    with pytest.raises(SystemExit) as refusal:
        main([argument], {})
    assert refusal.value.code == 2
    assert sentence in capsys.readouterr().err
