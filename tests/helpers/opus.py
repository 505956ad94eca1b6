"""What an Opus listener hears: its packets decoded by libopus and joined as the protocol's description says.

At every epoch a new decoder is given the pre-roll, whose output is dropped; sample ``i`` of what follows is frame
``start + i - 312``. Where the epoch announces a fade, the two decodings are faded over the frames before it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from helpers.listener import MEDIA, RATE, Listener, Packet
from helpers.opus_decoder import Decoder

DELAY = 312
QUANTUM = 960


def joined(listener: Listener) -> np.ndarray:
    """All that a listener was sent, as audio addressed by stream time; nothing (NaN) where it was sent nothing."""
    ring = np.full((listener.heard.seconds * RATE, 2), np.nan, np.float32)
    for epoch in (message for message in listener.log if message["type"] == "epoch"):
        packets = [packet for packet in listener.packets if packet.epoch == epoch["epoch"]]
        if any(packet.kind == MEDIA for packet in packets):
            _join(ring, epoch, packets)
        else:
            ring[epoch["starts_at"] :] = np.nan
    if listener.last_frame is not None:
        ring[listener.last_frame :] = np.nan
    return ring


def _join(ring: np.ndarray, epoch: dict[str, Any], packets: Sequence[Packet]) -> None:
    decoder = Decoder()
    decoder.decode([packet.payload for packet in packets if packet.kind != MEDIA])
    media = [packet for packet in packets if packet.kind == MEDIA]
    audio = decoder.decode([packet.payload for packet in media])
    begin, starts_at = media[0].start - DELAY, epoch["starts_at"]
    fade = min(epoch["fade_before"], starts_at - begin)
    if fade:
        gain = ((np.arange(fade) + 0.5) / fade)[:, None]
        old, new = ring[starts_at - fade : starts_at], audio[starts_at - fade - begin : starts_at - begin]
        ring[starts_at - fade : starts_at] = old + (new - old) * gain
    unknown = np.isnan(ring[begin:starts_at])
    ring[begin:starts_at][unknown] = audio[: starts_at - begin][unknown]
    ring[starts_at:] = np.nan
    ring[starts_at : begin + len(audio)] = audio[starts_at - begin :]


INAUDIBLE = 1e-7
"""Power of noise (-70 dB) that counts as none, however soft the signal."""


def snr_db(heard: np.ndarray, expected: np.ndarray, window: int = QUANTUM) -> np.ndarray:
    """Signal to noise of each window: what is expected against the difference; NaN where nothing is known."""
    windows = len(expected) // window
    signal, noise = (
        np.square(audio[: windows * window].astype(np.float64)).reshape(windows, window * 2).mean(axis=1)
        for audio in (expected, heard - expected)
    )
    return np.where(noise < INAUDIBLE, np.inf, 10.0 * np.log10((signal + INAUDIBLE) / (noise + INAUDIBLE)))
