"""Time limits on PostgreSQL, so that no listener, probe or stopping process waits for it long."""

import sqlalchemy as sa

# libpq's, unless the URL sets them. By default it waits for ever for a server that takes a connection and stays silent,
# and for a quarter of an hour or more for one whose machine is gone.
CONNECTING = {"connect_timeout": 10, "tcp_user_timeout": 15_000, "keepalives_idle": 10, "keepalives_interval": 5}
# The server's, unless the URL's `options` set them. The last one is for a process frozen in the middle of a transaction
# while others wait for its locks.
ANSWERING = {"lock_timeout": "5s", "statement_timeout": "10s", "idle_in_transaction_session_timeout": "10s"}
SILENT_SECONDS = 15.0  # for a frozen server whose kernel still acknowledges, which none of the above catches


def be_patient(engine: sa.Engine) -> None:
    """Set `ANSWERING` on each connection of an engine; psycopg's give up after `SILENT_SECONDS` without an answer."""
    said = str(engine.url.query.get("options", ""))
    limits = {name: value for name, value in ANSWERING.items() if name not in said}

    def limit(connection, _record) -> None:
        with connection.cursor() as cursor:
            for name, value in limits.items():
                cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
        connection.commit()  # else the next rollback would undo them

    sa.event.listen(engine, "connect", limit)
    if engine.dialect.driver == "psycopg":
        kind = _impatient()
        sa.event.listen(engine, "do_connect", lambda _dialect, _record, given, named: kind.connect(*given, **named))


def _impatient() -> type:
    """A psycopg connection class that closes if an answer is late: psycopg itself has no such limit."""
    import psycopg  # not needed with SQLite

    class Impatient(psycopg.Connection):
        """Closed, so that SQLAlchemy discards it and all connections that it opened before."""

        def wait(self, generator, *arguments, **named):
            """Wait for the server's answer.

            Raises:
                OperationalError: it did not come in time.
            """
            try:
                return super().wait(generator, *arguments, **({"timeout": SILENT_SECONDS} | named))
            except psycopg.errors._WaitTimeout:
                self.pgconn.finish()
                raise psycopg.OperationalError(f"the server has not answered for {SILENT_SECONDS:.0f} s") from None

    return Impatient
