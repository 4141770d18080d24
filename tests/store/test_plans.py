"""Sessions begin once, each with a plan that knows of the others', and are under way until they end."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

from trials import SESSION, STUDY, session_of, trial


def test_session_comes_back_with_its_plan_and_begins_once(store):
    step = {"kind": "rating", "clips": ["a"], "rated": ["a"]}
    store.start(session_of(SESSION), lambda counts: [step], 0)
    store.start(session_of(SESSION), lambda counts: [{"kind": "other", "rated": ["b"]}], 0)
    assert store.session(SESSION) == dataclasses.replace(session_of(SESSION), plan=(step,))
    assert store.session("6" * 32) is None
    assert store.heard("f" * 32, STUDY) == {"a"}
    assert store.heard("f" * 32, "another") == set()


def test_plan_is_told_what_was_rated_and_what_is_about_to_be(store):
    def plan(counts):
        seen.append(counts)
        return [{"rated": ["a" * 32, "b"]}]

    seen = []
    store.start(session_of("1" * 32, created_ms=1000), plan, pending_since_ms=0)
    store.start(session_of("2" * 32, created_ms=2000), plan, pending_since_ms=1500)  # the first is given up
    store.close_step("1" * 32, 0, {}, 2500, trial(0, session="1" * 32))  # but comes back and rates "aaa..."
    store.start(session_of("3" * 32, created_ms=3000), plan, pending_since_ms=1500)
    assert seen == [{}, {}, {"a" * 32: 2, "b": 1}]


def test_sessions_that_begin_at_once_are_planned_in_turn(store):
    def begin(number):
        store.start(session_of(f"{number:032x}"), lambda counts: [{"rated": [str(sum(counts.values()))]}], 0)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(begin, range(16)))
    rated = {step["rated"][0] for number in range(16) for step in store.session(f"{number:032x}").plan}
    assert rated == set(map(str, range(16)))


def test_session_is_under_way_from_its_first_step_to_its_last_or_until_it_is_given_up(store):
    names = [f"{number:032x}" for number in range(4)]
    for name in names:
        store.start(session_of(name), lambda counts: [{"kind": "rating"}] * 2, 0)
    store.close_step(names[0], 0, {}, 5000)
    store.close_step(names[1], 0, {}, 5000)
    store.close_step(names[1], 1, {}, 6000)  # its last
    store.close_step(names[2], 0, {}, 1000)  # long ago
    assert store.under_way(STUDY, since_ms=2000) == {names[0]}
    store.close_step("f" * 32, 0, {}, 5000)  # of no session that is known
    assert store.under_way(STUDY, since_ms=0) == {names[0], names[2]}
    assert store.under_way("another", since_ms=0) == set()
