"""How long PostgreSQL is waited for: nothing that a listener, a probe or a process that stops waits for may last."""

import sqlalchemy as sa

# libpq's, where the URL does not say. It would wait for ever for a server that takes a connection and says nothing, and
# for a quarter of an hour or more for one whose machine is gone.
CONNECTING = {"connect_timeout": 10, "tcp_user_timeout": 15_000, "keepalives_idle": 10, "keepalives_interval": 5}
# The server's own, where the URL's `options` do not say. The last one is for a process that was frozen in the middle of
# a transaction, whose locks others wait for.
ANSWERING = {"lock_timeout": "5s", "statement_timeout": "10s", "idle_in_transaction_session_timeout": "10s"}
SILENT_SECONDS = 15.0  # a server whose kernel acknowledges, and which is frozen itself, keeps none of the above


def be_patient(engine: sa.Engine) -> None:
    """Give each connection of an engine `ANSWERING`, and psycopg's up after `SILENT_SECONDS` without an answer."""
    said = str(engine.url.query.get("options", ""))
    limits = {name: value for name, value in ANSWERING.items() if name not in said}

    def limit(connection, _record) -> None:
        with connection.cursor() as cursor:
            for name, value in limits.items():
                cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
        connection.commit()  # else the next rollback would take them back

    sa.event.listen(engine, "connect", limit)
    if engine.dialect.driver == "psycopg":
        kind = _impatient()
        sa.event.listen(engine, "do_connect", lambda _dialect, _record, given, named: kind.connect(*given, **named))


def _impatient() -> type:
    """A connection of psycopg, closed where a question has had no answer for long: by itself it has no such limit."""
    import psycopg  # which SQLite can do without

    class Impatient(psycopg.Connection):
        """Closed, so that SQLAlchemy forgets it, and all that it opened before."""

        def wait(self, generator, *arguments, **named):
            """Wait for the server's answer.

            Raises:
                OperationalError: it did not come.
            """
            try:
                return super().wait(generator, *arguments, **({"timeout": SILENT_SECONDS} | named))
            except psycopg.errors._WaitTimeout:
                self.pgconn.finish()
                raise psycopg.OperationalError(f"the server has not answered for {SILENT_SECONDS:.0f} s") from None

    return Impatient
