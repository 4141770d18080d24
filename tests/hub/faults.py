"""What may go wrong with a request to the small Hub: each is an `act` for `HubServer.fail`."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Fault:
    """What goes wrong with coming requests.

    Attributes:
        pattern: of `METHOD /path`, searched for.
        act: called with the request's handler; true when it has dealt with the request.
        times: how many requests.
    """

    pattern: str
    act: Callable
    times: int = 1


def say(status: int, **headers: str) -> Callable:
    """Answer with a status alone."""
    return lambda handler: handler.answer(status, {"error": "of the tests"}, **headers) or True


def hang_up(handler) -> bool:
    """Close the connection without a word."""
    handler.connection.close()
    handler.close_connection = True
    return True


def lose_the_answer(handler) -> bool:
    """Do what was asked, and close the connection before the answer."""
    handler.mute = True
    handler.route()
    return hang_up(handler)


def never_answer(handler) -> bool:
    """Keep the caller waiting until the tests end."""
    handler.hub.stopping.wait(60)
    return hang_up(handler)


def slowly(seconds: float) -> Callable:
    """Answer properly, but late."""

    def act(handler) -> bool:
        time.sleep(seconds)
        return False

    return act


def cut_after(count: int) -> Callable:
    """Promise a whole body and drop the connection after so many bytes of it."""

    def act(handler) -> bool:
        handler.cut = count
        return False

    return act
