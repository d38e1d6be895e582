"""DuckDB, for `duckdb.rs`: reads what to do as JSON from stdin, and says as JSON what it took."""

import json
import os
import sys
import time

import duckdb


def peak_bytes():
    with open("/proc/self/status") as status:
        peak = next(line for line in status if line.startswith("VmHWM:"))
    return int(peak.split()[1]) * 1024


def connect(file, read_only=False):
    connection = duckdb.connect(file, read_only=read_only)
    # It would be drawn where the results go.
    connection.execute("SET enable_progress_bar = false")
    return connection


def ingest(file, schema, tables):
    """Reads CSV files, one for each table, into a new database."""
    connection = connect(file)
    connection.execute(schema)
    before, start = peak_bytes(), time.perf_counter()
    for table, csv in tables:
        connection.execute(f"COPY {table} FROM '{csv}' (HEADER false)")
    connection.execute("CHECKPOINT")
    seconds = time.perf_counter() - start
    connection.close()
    return {"seconds": seconds, "peak_bytes": peak_bytes(), "memory_before": before}


def forget(file):
    """Has the kernel drop what it keeps of a file in memory."""
    descriptor = os.open(file, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)


def timed(act):
    start = time.perf_counter()
    result = act()
    return (time.perf_counter() - start) * 1e3, result


def opening(file, times):
    samples = []
    for _ in range(times):
        milliseconds, connection = timed(lambda: connect(file, read_only=True))
        samples.append(milliseconds)
        connection.close()
    return samples


def ask(file, is_cold, long_enough, queries):
    """For each list of statements the times of their answers, in milliseconds, and the rows of the first."""
    connection, results = None, []
    for statements in queries:
        times, rows, start = [], None, time.perf_counter()
        for number, statement in enumerate(statements):
            if connection is None or is_cold:
                if connection is not None:
                    connection.close()
                if is_cold:
                    forget(file)
                connection = connect(file, read_only=True)
            milliseconds, answer = timed(lambda: connection.execute(statement).fetchall())
            rows = len(answer) if rows is None else rows
            is_over = time.perf_counter() - start >= long_enough
            # What the first one reads, the others find in memory.
            if is_cold or number > 0 or is_over:
                times.append(milliseconds)
            if is_over:
                break
        results.append([times, rows])
    return results


def main():
    task = json.load(sys.stdin)
    print(json.dumps({"ingest": ingest, "opening": opening, "ask": ask}[task.pop("do")](**task)))


main()
