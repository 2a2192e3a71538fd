"""The mean of two checkpoints."""
import pytest
import torch

from model import Photo2Sketch, Sketch2Photo
from tests.tiny import TINY, TINY_PAPER
from utils.checkpoint import load_network, save_generator
from utils.training.average import main


@pytest.fixture
def files(tmp_path):
    """Checkpoints of two Photo2Sketches, and the networks."""
    networks = [Photo2Sketch(TINY), Photo2Sketch(TINY)]
    paths = [tmp_path / name for name in ("one.pth", "two.pth")]
    for number, (network, path) in enumerate(zip(networks, paths)):
        save_generator(network, path, 10 * number, {"run": f"run-{number}"})
    return paths, networks


def test_weights_lie_between_those_of_both(files, tmp_path, capsys):
    paths, networks = files
    main([*map(str, paths), "--share", "0.25", "--output", str(tmp_path / "mean.pth")])
    assert capsys.readouterr().out.strip() == str(tmp_path / "mean.pth")
    mean = load_network(Photo2Sketch, str(tmp_path / "mean.pth"))
    states = [network.state_dict() for network in networks]
    changed = 0
    for name, value in mean.state_dict().items():
        expected = [state[name].double().numpy() for state in states]
        assert value.double().numpy() == pytest.approx(0.75 * expected[0] + 0.25 * expected[1], abs=1e-6), name
        changed += not torch.equal(*(state[name] for state in states))
    assert changed > 10
    assert mean.step == 10 and mean.notes == {"run": "run-0 and run-1", "share": 0.25}


def test_what_does_not_go_together_is_a_sentence_and_leaves_no_file(files, tmp_path):
    (one, _), _ = files
    save_generator(Photo2Sketch(TINY_PAPER), tmp_path / "paper.pth", 1)
    save_generator(Sketch2Photo(TINY), tmp_path / "reverse.pth", 1)
    torch.save({"step": 1}, tmp_path / "other.pth")
    for first, second, words in (
        (one, tmp_path / "paper.pth", "differ in architecture"),
        (one, tmp_path / "reverse.pth", "holds a Sketch2Photo"),
        (tmp_path / "other.pth", one, "not a checkpoint of a generator"),
        (tmp_path / "none.pth", one, "checkpoint not found"),
    ):
        with pytest.raises(SystemExit, match=words):
            main([str(first), str(second), "--output", str(tmp_path / "mean.pth")])
    with pytest.raises(SystemExit):
        main([str(one), str(one), "--share", "2", "--output", str(tmp_path / "mean.pth")])
    assert not (tmp_path / "mean.pth").exists()
