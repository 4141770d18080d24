"""A lecture hall: people who open the page, sample sounds and rate trials, each at their own pace.

What they ask for is decided here, once, for every soak:

- A listener in ten is a program, which calls `/generate` for two clips and fetches both files. The others play pads.
- Half of what either asks for is popular: one of `POPULAR` seeds, as of a link that went round. Once somebody had it,
  it is cached. The rest nobody asked for before: fresh. Of what the pads ask for afresh, a quarter is what a re-roll
  fetches, eight sounds at once (the page plays seven re-rolls without a request; here each sample is one), the others
  one sound, as of a typed seed or a changed pitch.
- Even listeners share an address, like a hall behind one router; odd ones come alone.
"""

import json
import random
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import httpx
from listeners import Line, Listener

from audiogan.listening.views import UNHEARD

MODEL = "hybrid-instruments"
SAMPLE_SECONDS, RATE_SECONDS = 5.0, 15.0
POPULAR, PROGRAM_EVERY, RESTOCK_OF_FRESH, RESTOCK, CLIPS = 100, 10, 0.25, 8, 2
PATIENCE = 5  # times that a page asks while the server is busy
BUSY = "you would be number"


@dataclass
class Diary:
    """What all listeners went through; safe to write from many threads.

    Attributes:
        seconds: of each request that was answered, by its kind.
        errors: what nobody should see, and when (`time.monotonic`).
        busy: how often a listener was told an honest place in line.
    """

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[tuple[float, str]] = field(default_factory=list)
    busy: Counter = field(default_factory=Counter)

    def add(self, kind: str, seconds: float) -> None:
        self.seconds[kind].append(seconds)

    def complain(self, words: str) -> None:
        self.errors.append((time.monotonic(), words[:200]))


class Popular:
    """Seeds that everyone asks for, and which of them somebody was already given."""

    def __init__(self):
        self._given: set[tuple] = set()

    def is_cached(self, *what) -> bool:
        return what in self._given

    def was_given(self, *what) -> None:
        self._given.add(what)


@dataclass
class Guest:
    """One person in the hall.

    Attributes:
        url: of the page; paths: what a browser fetches of it.
        labels: the model's.
        opens, until: when to come and when to go, `time.monotonic`.
    """

    url: str
    paths: list[str]
    labels: list[str]
    number: int
    opens: float
    until: float
    diary: Diary
    popular: Popular

    def __post_init__(self):
        address = f"10.0.{self.number // 250}.{self.number % 250 + 1}" if self.number % 2 else "10.1.0.1"
        self.line = Line(self.url, headers={"X-Forwarded-For": address})
        self.random, self.where = random.Random(self.number), "alone" if self.number % 2 else "hall"
        self.rater = Listener(self.line, self.number, 1.024, give_up=self.until + 60)

    def run(self) -> None:
        """From opening the page to leaving."""
        time.sleep(max(self.opens - time.monotonic(), 0))
        try:
            with self.line.client.stream("GET", f"{self.url}/gradio_api/heartbeat/{self.line.session}"):
                self.open()
                rating = threading.Thread(target=self.noted, args=(self.rate,))
                rating.start()
                self.sample()
                rating.join()
        except Exception as error:
            self.diary.complain(f"open: {error!r}")

    def noted(self, activity, *arguments) -> None:
        """Do something, and go on whatever happens."""
        try:
            activity(*arguments)
        except Exception as error:
            self.diary.complain(f"{activity.__name__}: {error!r}")

    def open(self) -> None:
        """Fetch what a browser does, without unpacking it."""
        begun = time.perf_counter()
        for path in self.paths:
            with self.line.client.stream("GET", self.url + path, headers={"accept-encoding": "gzip, br"}) as reply:
                size = sum(map(len, reply.iter_raw()))
            if reply.status_code != 200 or not size:
                self.diary.complain(f"{path}: {reply.status_code}")
        self.diary.add("page", time.perf_counter() - begun)

    def sample(self) -> None:
        """A sample every `SAMPLE_SECONDS`."""
        ask = self.call_generate if self.number % PROGRAM_EVERY == 0 else self.play_pad
        following = time.monotonic() + SAMPLE_SECONDS * self.random.random()
        while following < self.until:
            time.sleep(max(following - time.monotonic(), 0))
            following = time.monotonic() + SAMPLE_SECONDS
            if self.random.random() < 0.5:
                seed = self.random.randrange(POPULAR)
                self.noted(ask, seed, self.labels[seed % len(self.labels)], True)
            else:
                self.noted(ask, self.random.randrange(10**6, 10**9), self.random.choice(self.labels), False)

    def play_pad(self, seed: int, label: str, popular: bool) -> None:
        """One sound or a stock of eight, as the Play tab asks for them."""
        count = RESTOCK if not popular and self.random.random() < RESTOCK_OF_FRESH else 1
        wanted = [{"model": MODEL, "label": label, "seed": str(seed), "index": index} for index in range(count)]
        kind = "cached sample" if self.popular.is_cached("pad", seed) else "fresh sample"
        begun, told = time.perf_counter(), {}
        for _ in range(PATIENCE):
            told = self.line.call({"sounds": wanted, "ticket": f"{self.random.random()}"}, "answer", "play")
            if BUSY not in told.get("error", ""):
                break
            self.diary.busy["pad"] += 1
            time.sleep(told["wait_ms"] / 1000)
        if len(told.get("sounds", ())) == count:
            self.given(kind, begun, ("pad", seed) if popular else None)
        elif BUSY not in told.get("error", ""):
            self.diary.complain(f"pad: {told}")

    def call_generate(self, seed: int, label: str, popular: bool) -> None:
        """Two clips as files, as README's client asks for them."""
        kind = "cached sample" if self.popular.is_cached("program", seed) else "fresh sample"
        begun = time.perf_counter()
        given = [MODEL, CLIPS, seed, label, None, 1.0]
        told, files = call_endpoint(self.line.client, self.url, "generate", given, self.line.session)
        if BUSY in told:
            self.diary.busy["program"] += 1
        elif len(files) != CLIPS:
            self.diary.complain(f"program: {told}")
        else:
            for file in files:
                wave = self.line.client.get(file["url"])
                if not wave.content.startswith(b"RIFF"):
                    self.diary.complain(f"file: {wave.status_code} {wave.content[:100]}")
            self.given(kind, begun, ("program", seed) if popular else None)

    def given(self, kind: str, begun: float, what: tuple | None) -> None:
        seconds = time.perf_counter() - begun
        self.diary.add(kind, seconds)
        self.diary.add(f"{kind}, {self.where}", seconds)
        if what:
            self.popular.was_given(*what)

    def rate(self) -> None:
        """A trial every `RATE_SECONDS`, one sitting after the other."""
        following = time.monotonic() + RATE_SECONDS * self.random.random()
        while following < self.until:
            self.rater.__post_init__()
            self.rater.begin()
            while self.rater.view["stage"] != "done" and following < self.until:
                if self.rater.view["stage"] not in UNHEARD:
                    time.sleep(max(following - time.monotonic(), 0))
                    following = time.monotonic() + RATE_SECONDS
                self.rater.step()


def call_endpoint(client: httpx.Client, url: str, name: str, data: list, session: str) -> tuple[str, list]:
    """A named endpoint over plain HTTP: what it said, and its data."""
    event = client.post(f"{url}/gradio_api/call/{name}", json={"data": data, "session_hash": session})
    if event.status_code != 200:
        return event.text, []
    with client.stream("GET", f"{url}/gradio_api/call/{name}/{event.json()['event_id']}") as reply:
        said = reply.read().decode()
    last = said.strip().rpartition("data: ")[2]
    return said, json.loads(last)[0] if "event: complete" in said else []
