"""Someone who takes the listening test without a page."""

from tiny_study import SECONDS

from audiogan.listening import tokens
from audiogan.listening.guard import Limit, Limits
from audiogan.listening.session import Listening

MODULES = {"naming": 2, "preference": 2, "diversity": 1}
KEY, LISTENER = "1" * 32, "2" * 32
UNHURRIED = Limits(session=Limit(10_000, 10_000.0))


class Listener:
    """Someone at a page, whose clock is ours; the limits have their own, and are wide unless a test is about them."""

    def __init__(self, study, store, key=KEY, limits=UNHURRIED):
        self.now = 1_000_000_000.0
        self.study, self.key = study, key
        self.listening = Listening(study, store, limits, clock=lambda: self.now)
        self.view: dict = {}

    def call(self, action, **request):
        self.now += request.pop("wait", 0)
        told = self.listening.answer({"action": action, "session": self.key} | request, "127.0.0.1")
        self.view = told.get("view", self.view)
        return told

    def consent(self, **changes):
        version = self.study.design.consent_version
        return self.call("consent", **({"listener": LISTENER, "device": "phone", "version": version} | changes))

    def rating(self, **changes):
        """A proper answer to the trial at hand, as a page would send it."""
        given = {question["name"]: question["choices"][-2]["value"] for question in self.view["questions"]}
        heard = round(1000 * SECONDS * len(self.view["clips"])) + 1
        timing = {"plays": 1, "listened_ms": heard, "response_ms": 900}
        return {"token": self.view["token"], "answers": given} | timing | changes

    def step(self):
        if self.view["stage"] == "level":
            return self.call("answer", token=self.view["token"])
        if self.view["stage"] == "headphones":
            return self.call("answer", token=self.view["token"], choices=None)
        return self.call("answer", **self.rating(), wait=5)

    def advance(self, stage):
        """Go on until a stage is reached; everything that was told on the way."""
        told = []
        while self.view["stage"] != stage:
            told.append(self.step())
            assert "error" not in told[-1], told[-1]
        return told


def secrets_of(study) -> set[str]:
    """All that says which system a clip is of."""
    names = {stimulus.system for stimulus in study.stimuli} - {"real", "noise"}
    hashes = {stimulus.checkpoint_sha256 for stimulus in study.stimuli if stimulus.model}
    batches = {batch.id for batch in study.batches}
    return names | hashes | batches | {one.id for one in study.stimuli} | {one.sha256 for one in study.stimuli}


def tokens_of(store):
    return tokens.Tokens(store.secret())
