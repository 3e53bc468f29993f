#!/usr/bin/env python3
"""Prints the table of speeds beside peers, all measured in this run; `just bench-peers` sets it up.

Within the program: what `cargo bench --bench engine` has just left in target/criterion. GMP: through
gmpy2, `mpz_fib_ui` and `mpz_get_str`. Over loopback: this service and nginx in turn, by wrk.
Everything that is started here is ended here, and nothing but loopback is asked.
"""

import contextlib
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import gmpy2

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "target/release/fibonacci-web"
LIST = "/first.txt?n=10000"
ROUNDS = 3
SECONDS = 4


def ours(name):
    """Median seconds of a benchmark."""
    estimates = ROOT / "target/criterion" / name / "new/estimates.json"
    return json.loads(estimates.read_text())["median"]["point_estimate"] / 1e9


def median_seconds(work, rounds):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def gmp_list():
    term, after = gmpy2.mpz(0), gmpy2.mpz(1)
    for _ in range(10_000):
        term.digits()
        term, after = after, term + after


@contextlib.contextmanager
def running(command, **settings):
    """A program that is ended with the block, by its id."""
    environment = {"PATH": os.environ["PATH"], **settings}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, cwd=ROOT)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def wait_for(url):
    for _ in range(200):
        with contextlib.suppress(OSError):
            return urllib.request.urlopen(url, timeout=60).read()
        time.sleep(0.05)
    sys.exit(f"{url} does not answer")


def service(port, **settings):
    return running([PROGRAM], PORT=str(port), MANAGEMENT_PORT="0", RUST_LOG="warn", **settings)


def peak_megabytes(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1000


def wrk(url, connections):
    """Bytes a second."""
    output = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--timeout", "30s", url],
        check=True, capture_output=True, text=True,
    ).stdout
    assert "Non-2xx" not in output and "Socket errors" not in output, output
    number, unit = re.search(r"Transfer/sec:\s+([\d.]+)(\w+)", output).groups()
    return float(number) * {"KB": 2**10, "MB": 2**20, "GB": 2**30}[unit]


@contextlib.contextmanager
def nginx(port, body):
    """nginx with one file, sendfile and as many workers as cores."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "list.txt").write_bytes(body)
        folder.chmod(0o755)
        configuration = folder / "nginx.conf"
        configuration.write_text(f"""
            daemon off; pid {folder}/pid; error_log /dev/null; worker_processes auto;
            events {{ worker_connections 1024; }}
            http {{
                access_log off; sendfile on; tcp_nopush on; open_file_cache max=10;
                keepalive_requests 1000000; types {{ text/plain txt; }}
                server {{ listen 127.0.0.1:{port}; root {folder}; }}
            }}""")
        with running(["nginx", "-c", str(configuration)]) as process:
            yield process


def main():
    rows = []

    def row(work, peer, result, at_least):
        rows.append(f"| {work} | {peer} | {result} | {at_least} |")

    seconds = ours("list/whole")
    peer = median_seconds(gmp_list, 5)
    row("first 10 000 terms as text", f"GMP add + print, {peer * 1e3:.1f} ms",
        f"{seconds * 1e3:.2f} ms, {peer / seconds:.0f} times faster", "25 times")
    copy = ours("list/copy")
    row("the same", f"a copy of the bytes, {copy * 1e3:.2f} ms",
        f"{copy / seconds:.2f} of its speed", "0.5")
    for power, rounds, least in ((6, 15, 4), (7, 5, 7), (8, 2, 7)):
        index = 10**power
        seconds = ours(f"term/{index}")
        peer = median_seconds(lambda: gmpy2.fib(index).digits(), rounds)
        row(f"F(10^{power}) to decimal text", f"GMP, {peer * 1e3:.1f} ms",
            f"{seconds * 1e3:.2f} ms, {peer / seconds:.1f} times faster", f"{least} times")

    with service(18080) as process:
        base = "http://127.0.0.1:18080"
        body = wait_for(base + LIST)
        with nginx(18081, body):
            wait_for("http://127.0.0.1:18081/list.txt")
            speeds = [
                (wrk(base + LIST, 4), wrk("http://127.0.0.1:18081/list.txt", 4))
                for _ in range(ROUNDS)
            ]
        ratio = statistics.median(ours / theirs for ours, theirs in speeds)
        mine, theirs = (statistics.median(column) / 1e9 for column in zip(*speeds))
        row(f"`{LIST}`, 4 connections", f"nginx, sendfile, {theirs:.2f} GB/s",
            f"{mine:.2f} GB/s, {ratio:.2f} of its bytes a second", "0.9")
    with service(18082) as process:
        wait_for("http://127.0.0.1:18082/healthz")
        wrk("http://127.0.0.1:18082" + LIST, 64)
        row("peak memory, 64 clients on that at once", "", f"{peak_megabytes(process):.0f} MB", "64 MB")
    with service(18083, MAX_NTH="100000000") as process:
        wait_for("http://127.0.0.1:18083/nth.txt?n=100000000")
        row("peak memory, F(10^8)", "", f"{peak_megabytes(process):.0f} MB", "2 500 MB")

    processor = re.search(r"model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text())[1]
    print(f"{processor}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}; "
          f"GMP {gmpy2.mp_version().split()[-1]}\n")
    print("| work | peer | here | to reach |\n|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
