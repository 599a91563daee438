from __future__ import annotations

import threading

import pytest

from dalgubeol.world.identity.ratelimit import RateLimit, caller


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_passes_and_then_the_rate_holds() -> None:
    clock = Clock()
    limit = RateLimit(rate_per_s=0.5, burst=3, clock=clock)
    assert [limit.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 2.0]
    clock.now = 1.0
    assert limit.take("a") == 1.0  # who knocks in vain does not wait longer for it
    clock.now = 2.0
    assert [limit.take("a"), limit.take("a")] == [0.0, 2.0]


def test_callers_do_not_hold_each_other_up() -> None:
    limit = RateLimit(rate_per_s=1, burst=1, clock=Clock())
    assert [limit.take(key) for key in "abab"] == [0.0, 0.0, 1.0, 1.0]


def test_a_bucket_fills_no_further_than_the_burst() -> None:
    clock = Clock()
    limit = RateLimit(rate_per_s=1, burst=2, clock=clock)
    clock.now = 3600.0
    assert [limit.take("a") for _ in range(3)] == [0.0, 0.0, 1.0]


def test_memory_is_bounded_and_the_latest_are_remembered() -> None:
    limit = RateLimit(rate_per_s=1, burst=1, most_keys=100, clock=Clock())
    for number in range(10_000):
        limit.take(str(number))
    assert len(limit) == 100
    assert limit.take("9999") == 1.0


def test_threads_get_no_more_than_the_burst() -> None:
    limit, passed = RateLimit(rate_per_s=1, burst=50, clock=Clock()), []
    threads = [
        threading.Thread(target=lambda: passed.extend(limit.take("a") == 0.0 for _ in range(40)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(passed), sum(passed)) == (320, 50)


@pytest.mark.parametrize(("rate_per_s", "burst"), [(0, 1), (-1, 1), (1, 0)])
def test_a_limit_that_limits_nothing_is_not_made(rate_per_s: float, burst: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        RateLimit(rate_per_s, burst)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", "unknown"),
        ("a name", "unknown"),
    ],
)
def test_an_ipv6_caller_is_its_whole_network(address: str, key: str) -> None:
    assert caller(address) == key
