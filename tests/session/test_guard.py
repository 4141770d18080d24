"""How much may be asked, and how often."""

import pytest
from sitting import Listener

from audiogan.listening import guard
from audiogan.listening.guard import Guard, Limit, Limits, RefusedError


class TestGuard:
    def test_burst_then_a_steady_rate(self):
        now = [0.0]
        counting = Guard(Limits(session=Limit(3, 2.0)), clock=lambda: now[0])
        for _ in range(3):
            counting.check("session", "a")
        with pytest.raises(RefusedError, match="too many") as caught:
            counting.check("session", "a")
        assert caught.value.wait_ms == 501
        counting.check("session", "b")  # another's share is untouched
        now[0] += 0.5
        counting.check("session", "a")

    def test_address_is_kept_as_a_hash_whose_salt_changes_daily(self):
        now = [0.0]
        counting = Guard(clock=lambda: now[0])
        counting.check("address", "192.0.2.7")
        (first,) = counting._buckets
        assert "192.0.2.7" not in repr(vars(counting))
        now[0] += guard.DAY_SECONDS + 1
        counting.check("address", "192.0.2.7")
        assert set(counting._buckets) != {first}
        assert len(counting._buckets) == 1

    def test_made_up_sessions_do_not_fill_the_memory(self, monkeypatch):
        monkeypatch.setattr(guard, "MAX_BUCKETS", 10)
        counting = Guard()
        for number in range(100):
            counting.check("session", str(number))
        assert len(counting._buckets) <= 11

    def test_one_session_cannot_flood(self, study, store):
        listener = Listener(study, store, limits=Limits(session=Limit(5, 0.1)))
        listener.consent()
        told = [listener.call("open") for _ in range(6)]
        assert "too many" in told[-1]["error"]
        assert told[-1]["wait_ms"] > 0

    def test_one_address_cannot_begin_sessions_without_end(self, study, store):
        listener = Listener(study, store, limits=Limits(start=Limit(2, 0.1)))
        told = []
        for number in range(3):
            listener.key = f"{number:032x}"
            told.append(listener.consent())
        assert ["error" in one for one in told] == [False, False, True]
