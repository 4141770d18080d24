"""Scalars for TensorBoard."""

import io
import os
import socket
import time
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

from audiogan.files import append


class Board:
    """An event file of one stretch of a run.

    TensorBoard's own writer has a thread, which ends with a traceback when the disk is full, and for good. This one
    writes each scalar at once, whole or not at all.

    Args:
        folder: where event files are; need not exist yet.
        first_step: scalars of earlier stretches from here on are hidden.
    """

    def __init__(self, folder: Path, first_step: int):
        # read in the order of their names
        self.file = folder / f"events.out.tfevents.{time.time():017.6f}.{socket.gethostname()}.{os.getpid()}"
        self.first_step, self.begun = first_step, False

    def scalar(self, name: str, value: float, step: int) -> None:
        """Write a number.

        Raises:
            OSError: it cannot be written; the next one may be.
        """
        if not self.begun:
            self.file.parent.mkdir(exist_ok=True)
            start = Event(step=self.first_step, session_log=SessionLog(status=SessionLog.START))
            self._write(Event(file_version="brain.Event:2"), start)
            self.begun = True
        self._write(Event(step=step, summary=Summary(value=[Summary.Value(tag=name, simple_value=value)])))

    def _write(self, *events: Event) -> None:
        records = io.BytesIO()
        for event in events:
            event.wall_time = time.time()
            RecordWriter(records).write(event.SerializeToString())
        append(self.file, records.getvalue())
