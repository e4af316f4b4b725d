"""Rules count what is independent: cages of animals filmed together, not mice."""

from __future__ import annotations

import json

from boutwise.cli import main
from boutwise.planning import Fingerprint
from boutwise.planning.rules import _calibrate, _combine


def test_a_plan_counts_cages(social, trained, capsys):
    facts = social[1].fingerprint
    assert (facts.animals, facts.groups, facts.independent) == (8, 4, 4)
    assert facts.who == "4 groups of animals filmed together"
    assert social[1].reasons["combine"].startswith("4 groups of animals filmed together do not")
    alone = trained[1].fingerprint
    assert (alone.independent, alone.who) == (4, "4 animals")
    words = ["plan", str(social[0].root), "--recipe", "pose"]
    assert main(words) == 0
    assert "of 8 animals (4 groups of animals filmed together)" in capsys.readouterr().out


def test_twenty_mice_in_ten_cages_are_few(social):
    data = social[1].fingerprint.as_dict()
    few = Fingerprint.from_dict({**data, "animals": 20, "groups": 10})
    many = Fingerprint.from_dict({**data, "animals": 20, "groups": 20})
    assert (_combine(few)[0], _calibrate(few)[0]) == ("mean", "temperature")
    assert (_combine(many)[0], _calibrate(many)[0]) == ("logistic", "vector")


def test_a_plan_of_before_counts_its_animals(social):
    data = social[1].fingerprint.as_dict()
    del data["groups"]
    assert Fingerprint.from_dict(json.loads(json.dumps(data))).independent == 8
