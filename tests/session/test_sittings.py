"""Sittings in which something goes wrong: a sound that cannot be played, a memory that is emptied meanwhile."""

from audiogan.listening import records
from audiogan.listening.statistics.analysis import analyse


def test_skipped_sound_is_noted_and_costs_no_vote(rating, store, study):
    number, token = rating.view["number"], rating.view["token"]
    assert rating.call("skip", token=token)["view"]["number"] == number + 1
    assert rating.call("skip", token=token)["view"]["number"] == number + 1  # again changes nothing
    rating.step()
    *votes, note = store.rows()
    assert {vote["kind"] for vote in votes} == {"vote"}
    assert (note["kind"], note["session_id"]) == ("note", votes[0]["session_id"])
    assert note["reason"] == "step 2 (rating) was skipped: its sound did not play"  # after level and headphones
    found = analyse(records.records(store.rows(), [study]))
    assert found["skipped"] == {"steps": 1, "sessions": 1}
    assert found["all"]["counts"]["votes"] == len(votes)


def test_session_is_found_where_another_thread_empties_the_memory_meanwhile(rating, monkeypatch):
    class Emptied(dict):
        """Another thread clears it right after each look."""

        def __contains__(self, name):
            found = super().__contains__(name)
            self.clear()
            return found

        def get(self, name):
            found = super().get(name)
            self.clear()
            return found

    sittings = rating.listening._sittings
    monkeypatch.setattr(sittings, "_sessions", Emptied(sittings._sessions))
    assert rating.call("open")["view"] == rating.view
