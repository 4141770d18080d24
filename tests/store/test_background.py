"""What listeners said about themselves: stored once, with the step in which they said it, and never as a vote."""

from trials import SESSION, STUDY, session_of

from audiogan.listening.store import Store, background


def test_what_was_said_first_stays_and_is_copied(store, tmp_path):
    told = []
    store.subscribe(told.extend)
    store.start(session_of(SESSION), lambda counts: [], 0)
    said = background.events(SESSION, STUDY, {"training": "None", "hearing": ""})
    assert store.close_step(SESSION, 0, {}, 5000, events=said)
    assert not store.close_step(SESSION, 0, {}, 5000, events=background.events(SESSION, STUDY, {"training": "1 to 5"}))
    rows = list(store.rows())
    assert [(row["kind"], row["asked"], row["said"]) for row in rows] == [
        ("background", "training", "None"),
        ("background", "hearing", ""),
    ]
    assert [entry["kind"] for entry in told] == ["session", "step", "background", "background"]
    copy = Store(f"sqlite:///{tmp_path / 'copy.sqlite3'}")
    assert copy.merge(store.journal())["background"] == 2
    assert list(copy.rows()) == rows
    assert not copy.close_step(SESSION, 0, {}, 6000, events=said)
    copy.close()
