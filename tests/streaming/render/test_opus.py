import subprocess
import sys

import numpy as np
import pytest
from helpers.music import music
from helpers.opus_decoder import decoded

from streaming.render.opus import Encoder, Library, OpusError, locate

PATH = locate()
SONG = music(1, 960 * 120)


@pytest.fixture(scope="module")
def library():
    """The library that is found."""
    assert PATH
    return Library(PATH)


def packets(encoder, first, last):
    """Packets of a stretch of the song."""
    return [encoder.encode(SONG[960 * k : 960 * k + 960]) for k in range(first, last)]


def test_decodes_to_what_went_in(library):
    """What is encoded comes out again, 312 frames later and 10 dB or more above the codec's noise."""
    audio = decoded(packets(Encoder(library), 0, 60))[960:]
    original = SONG[960 - 312 : 60 * 960 - 312]
    noise = audio - original
    assert 10 * np.log10((original**2).sum() / (noise**2).sum()) > 10


def test_state_copies(library):
    """An encoder that takes over another's state makes the same packets from there on."""
    first, second = Encoder(library), Encoder(library)
    packets(first, 0, 40)
    packets(second, 70, 90)
    second.state[:] = first.state
    assert packets(first, 40, 80) == packets(second, 40, 80)


def test_reset_forgets(library):
    """A reset encoder is as good as new."""
    used = Encoder(library)
    packets(used, 0, 10)
    used.reset()
    assert packets(used, 20, 30) == packets(Encoder(library), 20, 30)


def test_a_reset_decoder_converges_after_an_unpredicted_packet(library):
    """A decoder primed with four packets, the first unpredicted, equals one that never stopped."""
    encoder = Encoder(library)
    before = packets(encoder, 0, 50)
    after = [encoder.encode(SONG[50 * 960 : 51 * 960], predicted=False), *packets(encoder, 51, 80)]
    unbroken = decoded(before + after)[54 * 960 :]
    assert np.array_equal(decoded(after)[4 * 960 :], unbroken)


def test_refuses_other_shapes(library):
    """A packet takes one quantum of stereo frames, nothing else."""
    with pytest.raises(ValueError, match="960 stereo frames"):
        Encoder(library).encode(SONG[:480])


def test_names_the_refused_call(library):
    """What libopus refuses is said with the call and its code."""
    with pytest.raises(OpusError, match="opus_encoder_ctl 4010 answered -1"):
        Encoder(library, complexity=11)


def test_a_configured_path_is_the_only_one_tried():
    """Where a path is configured, no other library is taken in its place."""
    assert locate("/nowhere/libopus.so") is None
    assert locate(PATH) == PATH


def test_the_bundled_library_is_found_without_importing_its_package():
    """Looking for libopus loads neither PyAV nor anything of ours but this module."""
    code = "import sys, streaming.render.opus as o; assert o.locate(); print('av' in sys.modules, 'numba' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["False", "False"]
