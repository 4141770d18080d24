"""huggingface_hub, set up once: every wait has a limit, and every failure is one sentence."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import audiogan

if TYPE_CHECKING:
    from huggingface_hub import HfApi

SECONDS = {"connect": 10.0, "read": 30.0, "write": 30.0, "pool": 30.0}  # limits of each step of a request


class HubError(ValueError):
    """A request to the Hub failed; the message is one sentence.

    Attributes:
        retry_after: seconds to wait, as the Hub asks; None if it named none.
        conflict: somebody else changed the repository at the same moment.
    """

    def __init__(self, message: str, retry_after: float | None = None, conflict: bool = False):
        super().__init__(message)
        self.retry_after, self.conflict = retry_after, conflict


class UnreachableError(HubError):
    """The Hub cannot be reached, fails, or is busy: a later try may work."""


def connect() -> "HfApi":
    """A client for HF_ENDPOINT with HF_TOKEN. This call itself needs no network."""
    import huggingface_hub

    _set_up()
    endpoint = os.environ.get("HF_ENDPOINT", "").rstrip("/") or None
    return huggingface_hub.HfApi(endpoint=endpoint, library_name="audiogan", library_version=audiogan.__version__)


@contextmanager
def explained(repo: str) -> Iterator[None]:
    """Turn every error of the client into a HubError about the repository; a full disk stays an OSError."""
    from huggingface_hub.errors import HTTPError, LocalEntryNotFoundError, RevisionResolutionError

    try:
        yield
    except HubError:
        raise
    except (RuntimeError, RevisionResolutionError, LocalEntryNotFoundError) as error:
        raise _explanation(repo, error.__cause__ or error) from None
    except (HTTPError, ValueError, KeyError) as error:
        raise _explanation(repo, error) from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise _explanation(repo, error) from None


@cache
def _set_up() -> None:
    """Once per process, turn off progress bars and warnings between retries, and limit every wait."""
    from huggingface_hub import set_client_factory
    from huggingface_hub.utils import disable_progress_bars, logging
    from huggingface_hub.utils._http import default_client_factory

    def client():
        made = default_client_factory()
        made.event_hooks = {**made.event_hooks, "request": [*made.event_hooks["request"], _limited]}
        return made

    disable_progress_bars()
    logging.set_verbosity_error()
    set_client_factory(client)


def _limited(request) -> None:
    """Set a timeout on a request that has none, as most of the client's do."""
    given = request.extensions.get("timeout") or {}
    request.extensions["timeout"] = {name: given.get(name) or seconds for name, seconds in SECONDS.items()}


def _explanation(repo: str, error: BaseException) -> HubError:
    from huggingface_hub import errors

    response = getattr(error, "response", None)
    if isinstance(error, errors.OfflineModeIsEnabled):
        return UnreachableError(f"{repo} is not in the cache, and HF_HUB_OFFLINE forbids fetching it")
    if isinstance(error, errors.GatedRepoError):
        return HubError(f"{repo} is gated: ask for access on its page, and set HF_TOKEN")
    if isinstance(error, errors.RepositoryNotFoundError):
        return HubError(f"the Hub has no {repo} that HF_TOKEN may see")
    if isinstance(error, errors.RevisionNotFoundError):
        return HubError(f"{repo} has no such revision")
    if isinstance(error, errors.EntryNotFoundError) and response is None:
        return UnreachableError(f"{repo} is not in the cache, and the Hub cannot be reached")
    if response is not None:
        return _answered(repo, response)
    if isinstance(error, errors.HTTPError):
        return UnreachableError(f"the Hub cannot be reached for {repo}: {_line(error)}")
    return HubError(f"the Hub's answer about {repo} makes no sense: {_line(error)}")


def _answered(repo: str, response) -> HubError:
    """The error for a response's status."""
    status, wait = response.status_code, response.headers.get("Retry-After", "")
    if status in (401, 403):
        return HubError(f"the Hub refuses access to {repo}: HF_TOKEN must permit this ({status})")
    if status in (409, 412):
        return HubError(f"{repo} was changed by somebody else at the same moment ({status}): try again", conflict=True)
    if status == 429:
        seconds = float(wait) if wait.isascii() and wait.isdigit() else None
        later = f"in {wait} seconds" if seconds is not None else "later"
        return UnreachableError(f"the Hub is busy: try {repo} again {later}", seconds)
    if status >= 500:
        return UnreachableError(f"the Hub has a problem and answers {status} for {repo}: try again later")
    return HubError(f"the Hub refuses the request for {repo} ({status})")


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__
