"""The line before the generators: turns, places, limits, and answers that are given twice but made once."""

import asyncio
import json
import threading
import time

import pytest
from starlette.exceptions import HTTPException

from audiogan.listening.guard import Limit
from audiogan.tiles import ClosedError
from audiogan.ui.gate import AT_ONCE, CLOSING, Gate, SoundLimits, Visitor
from audiogan.ui.recent import Recent, size_of


class Oracle:
    """Answers that are held back until `go`; what was asked is in `asked`, in its order."""

    def __init__(self):
        self.go, self.asked, self.at_once, self.most = threading.Event(), [], 0, 0

    def answer(self, request: dict) -> dict:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        self.asked.append(request["name"])
        assert self.go.wait(10)
        time.sleep(0.001)
        self.at_once -= 1
        return {"sounds": [request["name"]]}


def visit(gate: Gate, oracle: Oracle, *requests, look=None) -> list[dict]:
    """Send (name, address) pairs, or (name, address, ticket), together; `look` is called while all wait."""

    async def one(name, address="", ticket=""):
        return await gate.serve(oracle.answer, {"name": name, "ticket": ticket}, Visitor(address=address))

    async def crowd():
        tasks = []
        for request in requests:
            tasks.append(asyncio.create_task(one(*request)))
            await asyncio.sleep(0.01)
        if look:
            look()
        oracle.go.set()
        return await asyncio.gather(*tasks)

    return asyncio.run(crowd())


def test_crowd_waits_its_turn_and_beyond_that_is_told_its_number():
    gate, oracle = Gate(max_waiting=3), Oracle()
    told = visit(gate, oracle, *((name,) for name in "abcdef"))
    assert [one.get("sounds") for one in told] == [["a"], ["b"], ["c"], ["d"], None, None]
    assert told[-1]["error"] == "the server is busy, and you would be number 4 in line: try again in a moment"
    assert (told[-1]["busy"], told[-1]["place"]) == (True, 4)
    assert told[-1]["wait_ms"] > 0
    assert oracle.most == 1
    assert gate.waiting == 0
    assert visit(gate, oracle, ("later",)) == [{"sounds": ["later"]}]


def test_one_address_does_not_make_another_wait_for_all_that_it_asks():
    gate, oracle = Gate(), Oracle()
    flood = [(f"flood {number}", "192.0.2.1") for number in range(9)]
    visit(gate, oracle, *flood, ("mine", "198.51.100.7"), ("mine too", "198.51.100.7"))
    assert oracle.asked.index("mine") <= 2
    assert oracle.asked.index("mine too") <= 4
    assert len(oracle.asked) == 11


def test_full_line_has_room_for_who_has_less_in_it():
    gate, oracle = Gate(max_waiting=3), Oracle()
    flood = [(f"flood {number}", "192.0.2.1") for number in range(4)]
    told = visit(gate, oracle, *flood, *((name, "198.51.100.7") for name in ("mine", "mine too")))
    sounds = [one.get("sounds") for one in told]
    assert sounds == [["flood 0"], ["flood 1"], ["flood 2"], None, ["mine"], None]  # two and one: nobody yields
    for refused in (told[3], told[5]):
        assert refused["error"].startswith("the server is busy, and you would be number")
        assert refused["busy"]
    assert told[3]["place"] == 3  # behind two of its own address, no other waited yet
    assert gate.waiting == 0


def test_place_in_line_is_what_comes_true():
    gate, oracle, places = Gate(), Oracle(), {}
    people = [
        ("1", "a", "t1"),
        ("2", "a", "t2"),
        ("3", "a", "t3"),
        ("4", "b", "t4"),
        ("5", "a", "t5"),
        ("6", "b", "t6"),
    ]

    def look():
        places.update({name: gate.place(ticket) for name, _, ticket in people})

    visit(gate, oracle, *people, look=look)
    assert places["1"] is None  # it is being answered
    assert [places[name] for name in oracle.asked[1:]] == pytest.approx([1, 2, 3, 4, 5], abs=1)
    assert gate.place("t6") is None
    assert gate.place("") is None
    assert gate.place(None) is None


def test_who_shares_tiles_is_answered_beside_others_and_the_rest_one_by_one():
    gate, oracle, begun = Gate(), Oracle(), []

    async def crowd():
        tasks = [
            asyncio.create_task(gate.serve(oracle.answer, {"name": f"{kind}{at}"}, shares=kind == "shares"))
            for at in range(AT_ONCE + 2)
            for kind in ("alone", "shares")
        ]
        while len(oracle.asked) <= AT_ONCE:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        begun.extend(oracle.asked)
        oracle.go.set()
        return await asyncio.gather(*tasks)

    told = asyncio.run(crowd())
    assert len(told) == len(oracle.asked) == 2 * (AT_ONCE + 2)
    assert set(begun) == {"alone0", *(f"shares{at}" for at in range(AT_ONCE))}


def test_same_request_is_computed_once_and_remembered():
    gate, oracle = Gate(), Oracle()
    told = visit(gate, oracle, ("a", "x", "t1"), ("a", "y", "t2"), ("b",))
    assert told == [{"sounds": ["a"]}, {"sounds": ["a"]}, {"sounds": ["b"]}]
    assert visit(gate, oracle, ("a", "z", "t3")) == [{"sounds": ["a"]}]
    assert oracle.asked == ["a", "b"]


def test_mistakes_are_not_remembered():
    class Moody:
        def __init__(self):
            self.answers = [{"error": "no"}, {"sounds": []}]

        def answer(self, _request):
            return self.answers.pop(0)

    gate, moody = Gate(), Moody()
    told = [asyncio.run(gate.serve(moody.answer, {})) for _ in range(3)]
    assert told == [{"error": "no"}, {"sounds": []}, {"sounds": []}]


def test_mistake_of_ours_does_not_hold_up_the_next(caplog):
    def fail(_request):
        raise RuntimeError("a bug")

    gate = Gate()
    with pytest.raises(RuntimeError):
        asyncio.run(gate.serve(fail, {}))
    assert asyncio.run(gate.serve(lambda request: request, {"later": True})) == {"later": True}
    assert "could not be answered" in caplog.text


def test_too_many_requests_of_one_session_or_address_are_told_to_wait():
    limits = SoundLimits(session=Limit(2, 0.001), address=Limit(3, 0.001))
    gate = Gate(limits=limits)

    def ask(session, address):
        return asyncio.run(gate.serve(lambda request: {"made": True}, {}, Visitor(session, address)))

    assert [("error" in ask("s1", "a1")) for _ in range(3)] == [False, False, True]
    assert "error" in ask("s2", "a1")  # the address has used up its own
    told = ask("s1", "a2")
    assert "wait a moment" in told["error"]
    assert told["busy"]
    assert told["wait_ms"] > 0
    assert ask("s3", "a3") == {"made": True}


def test_asking_for_the_place_in_line_counts_a_tenth_of_a_request():
    gate, oracle, places = Gate(limits=SoundLimits(address=Limit(6, 0.001))), Oracle(), []
    people = [(name, "a", name) for name in "123"]
    visit(gate, oracle, *people, look=lambda: places.extend(gate.place("3", Visitor(address="a")) for _ in range(31)))
    assert places == [2] * 30 + [None]


def test_closed_gate_finishes_what_it_began_and_sends_others_away():
    gate, oracle = Gate(), Oracle()

    async def crowd():
        coming = [asyncio.create_task(gate.serve(oracle.answer, {"name": name})) for name in "abc"]
        while not oracle.asked:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(gate.close)
        waited = await asyncio.gather(*coming[1:], return_exceptions=True)
        oracle.go.set()
        return [await coming[0], *waited]

    first, *others = asyncio.run(crowd())
    assert first == {"sounds": ["a"]}
    with pytest.raises(HTTPException) as late:
        visit(gate, oracle, ("d",))
    for refused in (*others, late.value):
        assert (refused.status_code, refused.detail) == (503, CLOSING)
    assert gate.waiting == 0


def test_sound_that_is_given_up_is_told_like_a_closed_gate(caplog):
    def give_up(_request):
        raise ClosedError

    with pytest.raises(HTTPException, match=CLOSING):
        asyncio.run(Gate().serve(give_up, {}))
    assert caplog.text == ""


@pytest.mark.parametrize("request_", [None, [], 5, "x", {"x": "y" * 100_000}, {"ticket": ["t"]}])
def test_whatever_is_asked_reaches_the_answer_and_no_more(request_):
    gate = Gate()
    assert asyncio.run(gate.serve(lambda request: {"asked": request}, request_)) == {"asked": request_}
    assert len(gate._recent) == 0


class TestRecent:
    def test_least_recently_used_makes_room(self):
        recent = Recent(max_bytes=35_000)
        value = "x" * 10_000
        for key in "abc":
            recent.put(key, value)
        assert recent.get("a") == value
        recent.put("d", value)
        assert [recent.get(key) for key in "abcd"] == [value, None, value, value]
        assert 30_000 < recent.bytes < 33_000

    def test_replacing_counts_once_and_what_is_too_large_is_not_kept(self):
        recent = Recent(max_bytes=6000)
        recent.put("a", "x" * 2000)
        recent.put("a", "x" * 4000)
        recent.put("b", "x" * 6001)
        assert 4000 < recent.bytes < 5000
        assert (len(recent), recent.get("b")) == (1, None)

    def test_keys_and_empty_values_take_room_too(self):
        recent = Recent(max_bytes=100_000)
        for number in range(1000):
            recent.put((f"/static/{number}/" + "x" * 10_000, "br"), "")
        assert len(recent) <= 10
        recent = Recent(max_bytes=100_000)
        for number in range(1000):
            recent.put(number, "")
        assert len(recent) < 200

    def test_an_answer_of_many_numbers_counts_as_what_it_takes(self):
        answer = {"scores": [{"name": "a", "values": [0.5] * 10} for _ in range(100)]}
        assert size_of(answer) > len(json.dumps(answer))
